"""A real PostgreSQL for the whole session: one migrated database to share, and empty ones for who wants them."""

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from wfcli.local import postgres
from wfhistory import migrate
from wfhistory.partitions import ensure_partitions
from wfhistory.store import Store

NewDatabase = Callable[[], Awaitable[str]]


@pytest_asyncio.fixture(scope="session")
async def server_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The server of WORKFLOW_TEST_DATABASE_URL, or one of our own."""
    given = os.environ.get("WORKFLOW_TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = await postgres.start(tmp_path_factory.mktemp("postgres"), durable=False)
    yield server.url
    await server.stop()


@pytest_asyncio.fixture(scope="session")
async def new_database(server_url: str) -> NewDatabase:
    """Makes empty databases."""
    numbers = itertools.count()

    async def make() -> str:
        name = f"test_{os.getpid()}_{next(numbers)}"
        connection = await asyncpg.connect(server_url)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        return server_url.rsplit("/", 1)[0] + f"/{name}"

    return make


@pytest_asyncio.fixture(scope="session")
async def store(new_database: NewDatabase) -> AsyncIterator[Store]:
    """A store on a migrated database that all tests share: each uses execution ids of its own."""
    url = await new_database()
    await migrate(url)
    opened = await Store.open(url)
    await ensure_partitions(opened, datetime.now(UTC))
    yield opened
    await opened.close()
