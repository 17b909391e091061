"""Brings a database to the tables that this release needs.

Migrations only ever add (expand, then contract a release later), so services of two releases may run side by side.
By hand, or as a script for those who apply SQL themselves:
`alembic -c <this folder>/alembic.ini upgrade head [--sql]` with WORKFLOW_DATABASE_URL set.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from wfhistory.failures import classified

if TYPE_CHECKING:
    from sqlalchemy import Connection

HEAD = "0001"
"""The newest revision. Written here so that a start on a current database need not import alembic."""

_LOCK = 0x77665F68

FOLDER = Path(__file__).parent


async def migrate(database_url: str) -> None:
    """Upgrade to HEAD; nothing happens where that is done. Several may call it at once. Raises StoreUnavailable."""
    with classified():
        if await _revision(database_url) != HEAD:
            await locked(database_url, _upgrade)


async def _revision(database_url: str) -> str | None:
    connection = await asyncpg.connect(database_url, timeout=3, command_timeout=5)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return revision
    finally:
        await connection.close()


async def locked(database_url: str, act: Callable[[Connection], None]) -> None:
    """Run `act` in one transaction, alone: whoever comes second waits, then finds everything done."""
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(database_url, timeout=3)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await connection.run_sync(act)
    except DBAPIError as error:
        # SQLAlchemy wraps twice; the driver's own error says which kind it is.
        raise (error.orig.__cause__ if error.orig and error.orig.__cause__ else error) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(FOLDER / "alembic.ini")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
