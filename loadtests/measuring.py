"""Load on both sides in turn, in equal rounds, so that a machine with other work to do disturbs both alike.

A window begins before its first call and ends when everything that follows from its calls has been done: for the
engine that is when the history of all of them stands in PostgreSQL.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from loadtests import cpu
from loadtests.generator import Job
from loadtests.parts import NAMESPACE, WORKFLOW, CannotMeasure, Engine, Generator, Target
from wfcore import subjects
from wfhistory.store import Store
from wfservice.bus import Bus
from wfservice.bus.nats import NatsBus

_LOOK_AGAIN_SECONDS = 0.02
_HISTORY_SECONDS = 30.0

_WRITTEN = """
SELECT count(*) FROM executions
WHERE namespace = $1 AND workflow = $2 AND status = 'succeeded' AND told_at IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much is measured. `single` and `loaded` are calls per round and side."""

    warm_up: int = 400
    rounds: int = 5
    single: int = 250
    loaded: int = 600
    connections: int = 32


@dataclass(frozen=True, kw_only=True)
class Window:
    """A number of calls on one side. Times in milliseconds; `cpu` by process, of the whole window."""

    calls: int
    seconds: float
    latencies: list[float]
    cpu: dict[str, float]

    @property
    def cpu_per_call(self) -> float:
        return sum(self.cpu.values()) / self.calls


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round on one side: calls one after another, then many at once."""

    single: Window
    loaded: Window


class Side(Protocol):
    """One of the two that are compared."""

    target: Target

    async def settled(self, calls: int) -> dict[str, float]:
        """Wait until all that follows from the calls so far is done; the reading of `cpu.used` at that moment."""
        ...


class FloorSide:
    """Done when it has answered."""

    def __init__(self, target: Target) -> None:
        self.target = target

    async def settled(self, calls: int) -> dict[str, float]:
        return cpu.used(self.target.processes)


class EngineSide:
    """Done when the history of every execution is written."""

    def __init__(self, engine: Engine, bus: Bus, store: Store, written_before: int) -> None:
        """Use `open`."""
        self.target: Target = engine
        self._bus = bus
        self._store = store
        self._before = written_before

    @classmethod
    @asynccontextmanager
    async def open(cls, engine: Engine) -> AsyncIterator[EngineSide]:
        """Look into the stream and the database of this engine."""
        bus = await NatsBus.connect(engine.nats, "bench")
        store = await Store.open(engine.database, connections=1)
        try:
            yield cls(engine, bus, store, await _written(store))
        finally:
            await store.close()
            await bus.drain(1)

    async def settled(self, calls: int) -> dict[str, float]:
        lag = 0
        try:
            async with asyncio.timeout(_HISTORY_SECONDS):
                while True:
                    lag = await self._bus.pending(subjects.HISTORY, subjects.HISTORY_WRITER)
                    # No lag may also mean that the last group has not been sent yet: so the rows are counted as
                    # well, after the reading, because counting is not the engine's work.
                    if not lag:
                        reading = cpu.used(self.target.processes)
                        if await _written(self._store) - self._before == calls:
                            return reading
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except TimeoutError:
            written = await _written(self._store) - self._before
            raise CannotMeasure(
                f"{_HISTORY_SECONDS:g} s after the last answer {written} of {calls} executions stand in the history "
                f"as succeeded and told, and {lag} messages are still to be written"
            ) from None


async def _written(store: Store) -> int:
    (row,) = await store.fetch(_WRITTEN, NAMESPACE, WORKFLOW)
    return int(row[0])


class Measuring:
    """A side and the load on it."""

    def __init__(self, side: Side, generator: Generator) -> None:
        self._side = side
        self._generator = generator
        self._calls = 0
        self.rounds: list[Round] = []

    async def warm_up(self, plan: Plan) -> None:
        """Let it fetch, compile and connect what it needs; not counted."""
        await self._window(plan.warm_up, plan.connections)
        await self._window(plan.warm_up // 10, 1)

    async def round(self, plan: Plan) -> None:
        """Measure one round."""
        single = await self._window(plan.single, 1)
        self.rounds.append(Round(single=single, loaded=await self._window(plan.loaded, plan.connections)))

    async def idle(self, seconds: float) -> float:
        """CPU milliseconds per second while nobody calls."""
        before = await self._side.settled(self._calls)
        await asyncio.sleep(seconds)
        after = cpu.used(self._side.target.processes)
        return sum(cpu.between(before, after).values()) / seconds

    async def _window(self, calls: int, connections: int) -> Window:
        target = self._side.target
        before = await self._side.settled(self._calls)
        job = Job(port=target.port, path=target.path, calls=calls, connections=connections, first=self._calls)
        result = await self._generator.run(job)
        self._calls += calls
        after = await self._side.settled(self._calls)
        return Window(calls=calls, seconds=result.seconds, latencies=result.latencies, cpu=cpu.between(before, after))


def median(values: Sequence[float]) -> float:
    """Of rounds: one disturbed round changes nothing."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
