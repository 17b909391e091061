"""A bus and a database for history writers alone: they stop and start them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from wf_history_writer.service import HistoryWriter
from wf_history_writer.settings import Settings
from wfcli.local import nats, postgres
from wfcore import subjects
from wfservice.bus.nats import NatsBus


@dataclass
class Database:
    """A PostgreSQL that can be away and come back where it was."""

    folder: Path
    server: postgres.PostgresServer

    @property
    def url(self) -> str:
        return self.server.url

    async def stop(self) -> None:
        await self.server.stop()

    async def start(self) -> None:
        self.server = await postgres.start(self.folder, durable=False, port=self.server.port)


@pytest_asyncio.fixture(scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A server of this module alone."""
    folder = tmp_path_factory.mktemp("postgres")
    found = Database(folder, await postgres.start(folder, durable=False))
    yield found
    await found.stop()


@pytest_asyncio.fixture
async def bus_url(tmp_path: Path) -> AsyncIterator[str]:
    """An empty bus for each test."""
    server = await nats.start(tmp_path / "nats")
    yield server.url
    await server.stop()


@pytest_asyncio.fixture
async def bus(bus_url: str) -> AsyncIterator[NatsBus]:
    """A sender's connection to it; the streams are there."""
    opened = await NatsBus.connect(bus_url, "sender")
    await opened.ensure(subjects.STREAMS, subjects.BUCKETS)
    yield opened
    await opened.drain(2)


def settings(database: Database, **changes: float) -> Settings:
    return Settings(**{"database_url": database.url, "group_seconds": 0.01, "lag_seconds": 0.02} | changes)


class Running:
    """A history writer with a connection of its own, ended as `runtime` ends it."""

    def __init__(self, service: HistoryWriter, bus: NatsBus) -> None:
        self.service, self._bus = service, bus

    @classmethod
    async def start(cls, bus_url: str, given: Settings) -> "Running":
        bus = await NatsBus.connect(bus_url, "history_writer")
        return cls(await HistoryWriter.start(given, bus), bus)

    async def stop(self) -> None:
        await self.service.stop()
        await self._bus.drain(5)


@pytest_asyncio.fixture
async def writer(bus: NatsBus, bus_url: str, database: Database) -> AsyncIterator[Running]:
    """A history writer that listens."""
    running = await Running.start(bus_url, settings(database))
    yield running
    await running.stop()
