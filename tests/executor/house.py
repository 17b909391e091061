"""A small house in one process: an executor and an asker on a bus, and bundles that the asker can run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from wf_executor.executing import Executor
from wf_executor.handlers import handlers
from wf_executor.settings import Settings
from wfcore import bundle, subjects
from wfcore.bundle import Bundle, CallPlan, TaskPlan
from wfcore.events import Event
from wfcore.messages import Heartbeat, HistoryBatch, Ping, RunEnded, StartRun
from wfcore.program import Program
from wfservice import blobs, ids
from wfservice.asking import Asker, Said
from wfservice.bus import Bus, Handler, on
from wfservice.journal import Journal
from wfservice.testing import MemoryBus

PATIENCE = 20.0
"""How long anything that is known to happen may take (seconds)."""


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something in this process is true, turning the loop meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


def reaching(program: Program, url: str) -> Bundle:
    """The bundle of a drawn program whose calls go to this upstream."""
    return with_http(program.bundle, base_url=url, private_addresses=True)


def with_http(made: Bundle, **changes: Any) -> Bundle:
    """The same bundle where every call is changed in this way."""

    def changed(task: TaskPlan) -> TaskPlan:
        assert isinstance(task.work, CallPlan)
        return replace(task, work=replace(task.work, http=replace(task.work.http, **changes)))

    return replace(made, body=replace(made.body, tasks=tuple(map(changed, made.body.tasks))))


async def publish(bus: Bus, made: Bundle) -> str:
    """Store a bundle; its hash."""
    hash, data = bundle.pack(made)
    await blobs.put(bus, subjects.BUNDLES, hash, data)
    return hash


def a_run(hash: str, input: Any = None, *, asker: str = "asker", seconds: float = PATIENCE) -> StartRun:
    """What an asker sends."""
    end = ids.now() + int(seconds * 1_000_000)
    return StartRun(
        execution=ids.execution_id(),
        attempt=1,
        asker=asker,
        namespace="shop",
        workflow="drawn",
        bundle=hash,
        input=msgspec.json.encode({} if input is None else input),
        answer_by=end,
        end_by=end,
    )


class Desk:
    """An asker with its journal on a bus of its own connection."""

    def __init__(self, bus: Bus, id: str) -> None:
        self.bus = bus
        self.journal = Journal(bus, id)
        self.asker = Asker(bus, self.journal, id)

    async def answer(self, run: StartRun) -> RunEnded:
        """Run it; the result of the executor, which has to come."""
        said: Said = await self.asker.ask(run)
        assert said.answer.result is not None, said
        return said.answer.result


@contextlib.asynccontextmanager
async def desk(bus: Bus, id: str = "asker") -> AsyncIterator[Desk]:
    """An asker that listens."""
    made = Desk(bus, id)
    await bus.serve(made.asker.handlers())
    yield made
    await made.asker.close()
    await made.journal.close()
    await bus.unserve()


@contextlib.asynccontextmanager
async def executor(bus: Bus, nats_url: str, **settings: Any) -> AsyncIterator[Executor]:
    """An executor that listens; its heart beats over the real NATS. It is drained in the end."""
    opened = await Executor.open(bus, Settings(nats_url=nats_url, **settings))
    await bus.serve(handlers(opened))
    if isinstance(bus, MemoryBus):
        await bus.serve([_a_heart(opened.id)])
    yield opened
    async with asyncio.timeout(PATIENCE):
        await opened.stop()


def _a_heart(id: str) -> Handler:
    """Answers pings on the bus of tests, which the heartbeat thread does not reach: else a run of 1 s looks dead."""

    async def answer(ping: Ping) -> Heartbeat:
        return Heartbeat(id, [], 0)

    return on(subjects.executor_ping(id), Ping, answer)


def history(bus: MemoryBus) -> list[Event]:
    """All events that have been handed to history, in the order of each run."""
    batches = [msgspec.msgpack.decode(each.data, type=HistoryBatch) for each in _stored(bus)]
    found = [event for batch in batches for event in batch.events]
    return sorted(found, key=lambda event: (event.execution, event.attempt, event.seq))


def _stored(bus: MemoryBus) -> Iterable[Any]:
    stream = bus.room.streams.get(subjects.HISTORY.name)
    return [] if stream is None else list(stream.waiting)


def types(events: Sequence[Event]) -> list[str]:
    return [event.type for event in events]
