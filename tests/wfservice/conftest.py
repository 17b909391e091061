"""Two buses, one contract."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from tests.wfservice.scratch import SCRATCH
from wfcore import subjects
from wfservice.bus import Bus
from wfservice.bus.nats import NatsBus
from wfservice.testing import MemoryBus, Room

Connect = Callable[[], Awaitable[Bus]]


@pytest_asyncio.fixture(params=["nats", "memory"])
async def connect(request: pytest.FixtureRequest, nats_url: str) -> AsyncIterator[Connect]:
    """Opens connections to the same bus: the real one, or the one of tests."""
    opened: list[Bus] = []
    room = Room()

    async def open_one() -> Bus:
        bus: Bus = await NatsBus.connect(nats_url, "test") if request.param == "nats" else MemoryBus(room)
        if not opened:
            await bus.ensure(subjects.STREAMS, (*subjects.BUCKETS, SCRATCH))
        opened.append(bus)
        return bus

    yield open_one
    for bus in opened:
        await bus.drain(2)
