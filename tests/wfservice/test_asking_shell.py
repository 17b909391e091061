"""The asker on a bus, against an executor that accepts, is busy, stays silent, answers late or dies."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.wfservice.scripted import ScriptedExecutor, ended, never
from tests.wfservice.waiting import until
from wfcore import subjects
from wfcore.messages import Grant, HistoryBatch, MayAct, StartRun
from wfservice import asking, ids
from wfservice.asking import Asker
from wfservice.bus import Bus
from wfservice.bus.wire import decode
from wfservice.journal import Journal
from wfservice.testing import MemoryBus, Room

from .conftest import Connect


class AskerAlone:
    """An asker whose journal is a bus of its own, so that tests can read it."""

    def __init__(self, bus: Bus) -> None:
        self.room = Room()
        self.journal = Journal(MemoryBus(self.room), "asker")
        self.asker = Asker(bus, self.journal, ids.execution_id().replace("-", ""))

    def run(self, seconds: float = 30.0) -> StartRun:
        end = ids.now() + int(seconds * 1e6)
        return StartRun(execution=ids.execution_id(), attempt=1, asker=self.asker.id, namespace="shop", workflow="w",
                        bundle="b", input=b"{}", answer_by=end, end_by=end)  # fmt: skip

    async def journaled(self) -> list[HistoryBatch]:
        await self.journal.close()
        return [decode(delivery.data, HistoryBatch) for delivery in self.room.streams["WF_HISTORY"].waiting]


@pytest_asyncio.fixture
async def alone(connect: Connect) -> AsyncIterator[AskerAlone]:
    """An asker that listens."""
    bus = await connect()
    made = AskerAlone(bus)
    await bus.serve(made.asker.handlers())
    yield made
    await made.asker.close()
    await made.journal.close()


@pytest_asyncio.fixture
async def executor(connect: Connect) -> AsyncIterator[ScriptedExecutor]:
    """An executor that listens."""
    made = ScriptedExecutor(await connect())
    await made.listen()
    yield made
    await made.die()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks ten times as fast: silence is found soon."""
    monkeypatch.setattr(asking, "TICK_SECONDS", 0.01)


async def test_the_result_is_the_answer(alone: AskerAlone, executor: ScriptedExecutor):
    """What the executor delivers is what the caller hears."""
    said = await alone.asker.ask(alone.run())
    assert said.answer.result == ended(executor.started[0])
    assert said.attempt == 1
    assert alone.asker.waiting == 0


async def test_a_quick_result_is_the_reply(alone: AskerAlone, executor: ScriptedExecutor):
    """A run that has ended before it was accepted is answered with its result: one message less."""
    executor.takes = lambda _: "answers"
    said = await alone.asker.ask(alone.run())
    assert said.answer.result == ended(executor.started[0])


@pytest.mark.parametrize("takes", ["accepts", "answers"])
async def test_every_result_is_acknowledged(alone: AskerAlone, executor: ScriptedExecutor, takes: str):
    """The executor is told soon which of its results have arrived, however they came."""
    executor.takes = lambda _: takes
    await asyncio.gather(*(alone.asker.ask(alone.run()) for _ in range(10)))
    await until(lambda: executor.heard == {(run.execution, 1) for run in executor.started})


async def test_without_an_executor_the_caller_hears_it_at_once(alone: AskerAlone):
    """Nobody listens: NO_EXECUTOR, nothing done, long before the deadline."""
    async with asyncio.timeout(10):
        said = await alone.asker.ask(alone.run(seconds=600))
    assert (said.answer.result, said.answer.code, said.answer.effects) == (None, "NO_EXECUTOR", "none")


async def test_a_busy_executor_is_asked_once_more(alone: AskerAlone, executor: ScriptedExecutor):
    """Busy means not taken: the run is asked for again, under the same id as the next attempt."""
    executor.takes = lambda run: "busy" if run.attempt == 1 else "accepts"
    said = await alone.asker.ask(alone.run())
    assert said.answer.result is not None
    assert [run.attempt for run in executor.started] == [1, 2]
    assert len({run.execution for run in executor.started}) == 1


async def test_busy_twice_is_overloaded(alone: AskerAlone, executor: ScriptedExecutor):
    """After the second refusal the caller hears OVERLOADED, with nothing done."""
    executor.takes = lambda _: "busy"
    said = await alone.asker.ask(alone.run())
    assert (said.answer.code, said.answer.effects, len(executor.started)) == ("OVERLOADED", "none", 2)


@pytest.mark.usefixtures("hasty")
async def test_an_attempt_that_nobody_takes_is_asked_again(alone: AskerAlone, executor: ScriptedExecutor):
    """No `accepted` for a few ticks: somebody else is asked, with the rest of the time."""
    executor.takes = lambda run: "silent" if run.attempt == 1 else "accepts"
    said = await alone.asker.ask(alone.run(seconds=600))
    assert (said.attempt, len(executor.started)) == (2, 2)
    assert said.answer.result is not None


@pytest.mark.usefixtures("hasty")
async def test_an_executor_that_dies_before_it_acts_is_replaced(alone: AskerAlone, connect: Connect):
    """Its ping finds nobody and no licence is out: the run is asked for elsewhere and succeeds there."""
    mortal, heir = ScriptedExecutor(await connect(), "mortal", ends=never), ScriptedExecutor(await connect(), "heir")
    await mortal.listen()
    asked = asyncio.create_task(alone.asker.ask(alone.run(seconds=600)))
    await until(lambda: bool(mortal.started))
    await heir.listen()
    await mortal.die()
    said = await asked
    assert said.attempt == 2
    assert said.answer.result is not None
    assert [run.attempt for run in heir.started] == [2]
    await heir.die()


@pytest.mark.usefixtures("hasty")
async def test_an_executor_that_dies_with_a_licence_is_lost(alone: AskerAlone, connect: Connect):
    """It was allowed to act and is gone: EXECUTOR_LOST at once, effects possible, nobody else is asked."""
    mortal, heir = ScriptedExecutor(await connect(), "mortal", ends=never), ScriptedExecutor(await connect(), "heir")
    await mortal.listen()
    asked = asyncio.create_task(alone.asker.ask(alone.run(seconds=600)))
    await until(lambda: bool(mortal.started))
    assert (await mortal.may_act(mortal.started[0])).granted
    await heir.listen()
    await mortal.die()
    said = await asked
    assert (said.answer.code, said.answer.effects) == ("EXECUTOR_LOST", "possible")
    assert heir.started == []
    await heir.die()


@pytest.mark.usefixtures("hasty")
async def test_an_executor_that_falls_silent_is_replaced(alone: AskerAlone, executor: ScriptedExecutor):
    """Its subject is there but neither beats nor pings are answered: without a licence somebody else is asked."""
    executor.answers_pings = False
    executor.ends = lambda run: ended(run) if run.attempt == 2 else None
    said = await alone.asker.ask(alone.run(seconds=600))
    assert said.attempt == 2


@pytest.mark.usefixtures("hasty")
async def test_an_executor_that_answers_pings_is_waited_for(alone: AskerAlone, executor: ScriptedExecutor):
    """A run that takes long is not taken from an executor that says it lives."""
    executor.ends = never

    asked = asyncio.create_task(alone.asker.ask(alone.run(seconds=600)))
    await until(lambda: bool(executor.started))
    known = await _known(alone.asker, executor.id)
    for _ in range(3):  # silent long enough to be asked, answered, silent again
        await until(lambda: known.ticks >= asking.TICKS_TO_PING)
        await until(lambda: known.ticks < asking.TICKS_TO_PING)
    await executor.deliver(executor.started[0], ended(executor.started[0]))
    assert (await asked).attempt == 1
    assert len(executor.started) == 1


async def _known(asker: Asker, executor: str) -> asking._Executor:
    await until(lambda: executor in asker._executors)
    return asker._executors[executor]


async def test_a_late_answer_is_acknowledged_and_dropped(alone: AskerAlone, executor: ScriptedExecutor):
    """A result for which nobody waits any more is taken off the executor's hands."""
    executor.ends = never
    said = await alone.asker.ask(alone.run(seconds=0.05))
    assert said.answer.code == "DEADLINE_EXCEEDED"
    await executor.deliver(executor.started[0], ended(executor.started[0]))
    await until(lambda: (executor.started[0].execution, 1) in executor.heard)


async def test_at_the_deadline_the_caller_hears_and_the_executor_too(alone: AskerAlone, executor: ScriptedExecutor):
    """No result in time: DEADLINE_EXCEEDED, effects none without a licence; the executor is told to stop."""
    executor.ends = never
    said = await alone.asker.ask(alone.run(seconds=0.3))
    assert (said.answer.code, said.answer.effects) == ("DEADLINE_EXCEEDED", "none")
    await until(lambda: [c.execution for c in executor.cancelled] == [executor.started[0].execution])


async def test_a_deadline_after_a_licence_admits_what_may_have_happened(alone: AskerAlone, executor: ScriptedExecutor):
    """An executor that may act and does not answer in time: effects possible."""
    executor.ends = never
    asked = asyncio.create_task(alone.asker.ask(alone.run(seconds=0.4)))
    await until(lambda: bool(executor.started))
    assert (await executor.may_act(executor.started[0])).granted
    assert (await asked).answer.effects == "possible"


async def test_a_caller_who_goes_takes_the_run_along(alone: AskerAlone, executor: ScriptedExecutor):
    """Cancelling `ask` tells the executor that nobody waits; the execution is forgotten."""
    executor.ends = never
    asked = asyncio.create_task(alone.asker.ask(alone.run()))
    await until(lambda: bool(executor.started))
    await _known(alone.asker, executor.id)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await until(lambda: bool(executor.cancelled))
    assert alone.asker.waiting == 0


async def test_a_licence_is_given_once_and_written_down(alone: AskerAlone, executor: ScriptedExecutor):
    """A repeated question gets the same answer, another executor's is refused; Granted stands in the journal."""
    executor.ends = never
    asked = asyncio.create_task(alone.asker.ask(alone.run()))
    await until(lambda: bool(executor.started))
    run = executor.started[0]
    assert (await executor.may_act(run, seq=5)).granted
    assert (await executor.may_act(run, seq=5)).granted
    other = await executor.may_act(run, seq=5, executor="e2")
    assert not other.granted
    assert other.reason
    await executor.deliver(run, ended(run))
    await asked
    granted = [event for batch in await alone.journaled() for event in batch.events]
    assert {(e.execution, e.attempt, e.seq, e.type) for e in granted} == {(run.execution, 1, 5, "Granted")}


async def test_nobody_waits_nobody_acts(alone: AskerAlone, executor: ScriptedExecutor):
    """A question about an execution that is unknown, or answered already, is refused."""
    question = MayAct(ids.execution_id(), 1, executor.id, 1)
    answer = await executor.bus.request(subjects.may_act(alone.asker.id), question, Grant, within=10)
    assert not answer.granted
    await alone.asker.ask(alone.run())
    assert not (await executor.may_act(executor.started[0])).granted


def stand_still() -> None:
    """The fault: this loop does not turn, for twice as long as silence may last."""
    time.sleep(2 * asking.TICK_SECONDS * asking.TICKS_TO_SILENCE)


@pytest.mark.usefixtures("hasty")
async def test_own_sleep_is_nobodys_silence(alone: AskerAlone, executor: ScriptedExecutor):
    """The asker's loop stands still far longer than silence may last: nobody is asked a second time."""
    executor.ends = never
    asked = [asyncio.create_task(alone.asker.ask(alone.run(seconds=600))) for _ in range(32)]
    await until(lambda: bool(executor.started))
    stand_still()
    await until(lambda: len(executor.started) == 32)
    stand_still()
    for run in list(executor.started):
        await executor.deliver(run, ended(run))
    assert {said.attempt for said in await asyncio.gather(*asked)} == {1}
    assert len(executor.started) == 32


class CountingBus(MemoryBus):
    """Counts how often somebody asks whether it is connected: once per tick."""

    looks = 0
    up = True

    @property  # type: ignore[override]
    def connected(self) -> bool:
        self.looks += 1
        return self.up

    @connected.setter
    def connected(self, value: bool) -> None:
        self.up = value


@pytest.mark.usefixtures("hasty")
async def test_cut_off_ourselves_we_judge_nobody():
    """While the bus is away silence does not count: the result that comes afterwards is the answer."""
    room = Room()
    bus = CountingBus(room)
    alone, executor = AskerAlone(bus), ScriptedExecutor(MemoryBus(room), ends=never)
    await bus.serve(alone.asker.handlers())
    await executor.listen()
    asked = asyncio.create_task(alone.asker.ask(alone.run(seconds=600)))
    await until(lambda: bool(executor.started))
    await _known(alone.asker, executor.id)
    bus.up = False
    seen = bus.looks
    await until(lambda: bus.looks > seen + 2 * asking.TICKS_TO_SILENCE)
    bus.up = True
    await executor.deliver(executor.started[0], ended(executor.started[0]))
    assert (await asked).attempt == 1
    assert len(executor.started) == 1
    await alone.asker.close()
    await alone.journal.close()


async def test_asked_while_cut_off_is_refused_at_once():
    """Without a bus nothing was sent: BUS_UNAVAILABLE, effects none, not at the deadline but now."""
    bus = MemoryBus()
    alone = AskerAlone(bus)
    bus.connected = False
    async with asyncio.timeout(10):
        said = await alone.asker.ask(alone.run(seconds=600))
    assert (said.answer.code, said.answer.effects) == ("BUS_UNAVAILABLE", "none")
    await alone.asker.close()
    await alone.journal.close()
