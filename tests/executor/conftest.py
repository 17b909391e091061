"""What the tests of the executor draw: an upstream of their own, a caller, an executor with its askers."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from wf_executor.calling import Caller
from wf_executor.executing import Executor
from wfcore import subjects
from wfservice.bus import Bus
from wfservice.bus.nats import NatsBus
from wfservice.testing import MemoryBus, Room

from .by_hand import AskerByHand
from .house import Desk, desk, executor
from .upstream import Upstream

Connect = Callable[[], Awaitable[Bus]]


@pytest_asyncio.fixture
async def upstream() -> AsyncIterator[Upstream]:
    """A fresh upstream that does as it is told."""
    async with Upstream() as listening:
        yield listening


@pytest_asyncio.fixture
async def caller() -> AsyncIterator[Caller]:
    """Makes calls with the settings that executors start with."""
    caller = Caller(connect_seconds=1.0, idle_seconds=4.0)
    yield caller
    await caller.close()


@pytest_asyncio.fixture(params=["memory", "nats"])
async def connect(request: pytest.FixtureRequest, nats_url: str) -> AsyncIterator[Connect]:
    """Opens connections to the same bus: the one of tests, or the real one."""
    opened: list[Bus] = []
    room = Room()

    async def open_one() -> Bus:
        bus: Bus = MemoryBus(room) if request.param == "memory" else await NatsBus.connect(nats_url, "test")
        if not opened:
            await bus.ensure(subjects.STREAMS, subjects.BUCKETS)
        opened.append(bus)
        return bus

    yield open_one
    for bus in opened:
        await bus.drain(2)


@pytest_asyncio.fixture
async def asking(connect: Connect) -> AsyncIterator[Desk]:
    """An asker on its own connection."""
    async with desk(await connect()) as opened:
        yield opened


@pytest_asyncio.fixture
async def by_hand(connect: Connect) -> AskerByHand:
    """Another asker, played by the test."""
    return AskerByHand(await connect())


@pytest_asyncio.fixture
async def running(connect: Connect, asking: Desk, by_hand: AskerByHand, nats_url: str) -> AsyncIterator[Executor]:
    """An executor. It leaves before its askers do, so that they hear what it has to say."""
    async with executor(await connect(), nats_url) as opened:
        yield opened
