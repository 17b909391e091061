"""The connection to PostgreSQL, and the one way in which history is written.

A pool is small and never waited for long: whoever cannot get a connection within a second is told so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from wfcore.messages import HistoryBatch
from wfhistory.capping import RUN_LIMIT
from wfhistory.failures import DataRefused, StoreUnavailable, classified
from wfhistory.folding import Logs, cap, fold, gather, size
from wfhistory.statements import KEPT_BYTES, WRITE, arguments

__all__ = ["Connection", "DataRefused", "Store", "StoreUnavailable"]

Connection: TypeAlias = asyncpg.Connection
Pool: TypeAlias = asyncpg.Pool

CONNECTIONS = 4
_ACQUIRE_SECONDS = 1.0
_COMMAND_SECONDS = 5.0
_CONNECT_SECONDS = 3.0
_IDLE_SECONDS = 60.0

_SMALL = 1024
"""Bytes of a later piece of a log that are not worth a look at how much of the run is kept already."""

_SETTINGS = {
    "application_name": "workflow-history",
    "jit": "off",  # compiling costs more than our statements
}


class Store:
    """History in one database. Every method raises StoreUnavailable when the database cannot serve."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int = CONNECTIONS) -> Store:
        """A store on this database. Connects when first used, so it opens while the database is away."""
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            timeout=_CONNECT_SECONDS,
            command_timeout=_COMMAND_SECONDS,
            max_inactive_connection_lifetime=_IDLE_SECONDS,
            server_settings=_SETTINGS,
            reset=_as_it_is,
        )
        return cls(pool)

    async def close(self) -> None:
        """Close every connection; those still busy after a command's time are cut."""
        try:
            await asyncio.wait_for(self._pool.close(), _COMMAND_SECONDS)
        except TimeoutError:
            self._pool.terminate()

    async def ping(self) -> None:
        """Return when the database answers."""
        await self.fetch("SELECT 1")

    async def write(self, batches: Sequence[HistoryBatch]) -> None:
        """Store these batches, all or nothing. What is stored already changes nothing; any order gives the same rows.

        Raises DataRefused when a part of them can never be stored: write the halves to find it.
        """
        logs = gather(batches)
        told = [answer for batch in batches for answer in batch.told]
        async with self.connection() as connection:
            budgets = await _budgets(connection, logs)
            values = arguments(fold(cap(logs, budgets), told))
            try:
                await connection.execute(WRITE, *values)
            except asyncpg.InvalidCachedStatementError:  # after a migration; the driver has forgotten it by now
                await connection.execute(WRITE, *values)

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """The rows of a query."""
        async with self.connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
            return rows

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for a moment. What goes wrong on it is raised as DataRefused or StoreUnavailable."""
        with classified():
            connection = await self._pool.acquire(timeout=_ACQUIRE_SECONDS)
            try:
                yield connection
            finally:
                await self._release(connection)

    async def _release(self, connection: Any) -> None:
        try:
            await self._pool.release(connection, timeout=_ACQUIRE_SECONDS)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            connection.terminate()


async def _as_it_is(connection: Connection) -> None:
    """Nothing to clean up between uses: we leave nothing behind, and the round trip costs as much as a small write."""


async def _budgets(connection: Connection, logs: Logs) -> dict[tuple[str, int], int]:
    """How many bytes each of these runs may still add, for those that have pieces of some size stored already."""
    later = [key for key, lines in logs.items() if min(lines) > 1 and size(lines) > _SMALL]
    if not later:
        return {}
    rows = await connection.fetch(
        KEPT_BYTES,
        [execution for execution, _ in later],
        [attempt for _, attempt in later],
        [min(logs[key]) for key in later],
        [max(logs[key]) for key in later],
    )
    return {later[row["place"] - 1]: RUN_LIMIT - row["bytes"] for row in rows}
