"""What an executor owes its askers, on the bus of tests and on a real NATS alike."""

import asyncio

import pytest
from msgspec.structs import replace

from wf_executor.executing import Executor
from wfcore import bundle, subjects
from wfcore.messages import Accepted, Busy, CancelRun, EventLog, EventsSince, Grant, RunEnded
from wfservice.testing import MemoryBus, Room

from ..wfcore.programs import a_program
from .by_hand import AskerByHand
from .conftest import Connect
from .house import PATIENCE, Desk, a_run, desk, executor, publish, reaching, types, until
from .upstream import Upstream, answers, says_nothing, waits_for

PAY = a_program("look, pay", pay={"method": "POST"})


async def test_no_unsafe_call_leaves_before_the_grant(running: Executor, by_hand: AskerByHand, upstream: Upstream):
    """While the asker thinks, safe calls are made and the POST is not; it leaves with the grant."""
    upstream.at("*", answers(b"1"))
    await by_hand.listen()
    hash = await publish(by_hand.bus, reaching(PAY, upstream.url))
    run = a_run(hash, asker=by_hand.id)
    assert await by_hand.start(run) == Accepted(running.id)
    await until(lambda: bool(by_hand.asked))
    await upstream.until(lambda: bool(upstream.requests("/look")))
    assert upstream.requests("/pay") == []
    by_hand.thought.set()
    assert (await by_hand.result()).status == "succeeded"
    assert len(upstream.requests("/pay")) == 1
    assert {(q.execution, q.attempt, q.executor) for q in by_hand.asked} == {(run.execution, 1, running.id)}


async def test_a_refused_run_is_abandoned(running: Executor, by_hand: AskerByHand, upstream: Upstream):
    """No grant, no act: the run ends as abandoned without effects, nothing unsafe reaches the upstream."""
    upstream.at("*", answers(b"1"))
    by_hand.grant = Grant(False, "another attempt runs")
    by_hand.thought.set()
    await by_hand.listen()
    hash = await publish(by_hand.bus, reaching(PAY, upstream.url))
    await by_hand.start(a_run(hash, asker=by_hand.id))
    ended = await by_hand.result()
    assert (ended.status, ended.effects) == ("abandoned", "none")
    assert ended.failure is not None
    assert ended.failure.code == "ABANDONED"
    assert upstream.requests("/pay") == []


async def test_without_an_asker_nobody_acts(running: Executor, by_hand: AskerByHand, upstream: Upstream):
    """The asker is gone when the licence is asked for: abandoned, nothing unsafe reaches the upstream."""
    upstream.at("*", answers(b"1"))
    await by_hand.listen(may_act=False)
    hash = await publish(by_hand.bus, reaching(PAY, upstream.url))
    await by_hand.start(a_run(hash, asker=by_hand.id))
    ended = await by_hand.result()
    assert (ended.status, ended.effects) == ("abandoned", "none")
    assert "gone" in (ended.failure.message if ended.failure else "")
    assert upstream.requests("/pay") == []


@pytest.mark.parametrize("quick", [True, False], ids=["quick run", "slow run"])
async def test_a_result_is_repeated_until_it_is_heard(
    running: Executor, by_hand: AskerByHand, upstream: Upstream, quick: bool
):
    """A result that gets lost is told again, the same one, be it first told as the reply or as a message."""
    accepted = asyncio.Event()
    upstream.at("*", answers(b"1") if quick else waits_for(accepted, answers(b"1")))
    by_hand.deaf_for = 2
    await by_hand.listen()
    hash = await publish(by_hand.bus, reaching(a_program("look"), upstream.url))
    await by_hand.start(a_run(hash, asker=by_hand.id))
    accepted.set()
    await by_hand.result()
    assert len(by_hand.results) == 3
    assert by_hand.results[0] == by_hand.results[1] == by_hand.results[2]
    assert len(upstream.received) == 1


async def test_a_missing_bundle_is_told(running: Executor, asking: Desk):
    """A hash that nobody has stored: BUNDLE_UNAVAILABLE, without effects; the next run is none the worse."""
    for _ in range(2):
        ended = await asking.answer(a_run("0" * 64))
        assert (ended.status, ended.effects, ended.tasks) == ("failed", "none", [])
        assert ended.failure is not None
        assert ended.failure.code == "BUNDLE_UNAVAILABLE"


async def test_a_bundle_that_arrives_late_is_found(running: Executor, asking: Desk, upstream: Upstream):
    """That it was missing once is not remembered."""
    upstream.at("*", answers(b"1"))
    made = reaching(a_program("late"), upstream.url)
    hash, _ = bundle.pack(made)
    assert (await asking.answer(a_run(hash))).status == "failed"
    await publish(asking.bus, made)
    assert (await asking.answer(a_run(hash))).status == "succeeded"


async def test_a_fault_of_ours_is_told_like_every_other_end(running: Executor, asking: Desk, upstream: Upstream):
    """An input that no gateway would let through: the run fails as INTERNAL without effects, and is not lost."""
    hash = await publish(asking.bus, reaching(a_program("look"), upstream.url))
    ended = await asking.answer(replace(a_run(hash), input=b"{"))
    assert (ended.status, ended.effects) == ("failed", "none")
    assert ended.failure is not None
    assert ended.failure.code == "INTERNAL"
    assert upstream.received == []


async def test_forgotten_bundles_are_fetched_again(connect: Connect, nats_url: str, upstream: Upstream):
    """With room for one compiled bundle, runs of three at once and in turn all succeed."""
    upstream.at("*", answers(b"1"))
    async with desk(await connect()) as asking, executor(await connect(), nats_url, bundles_kept=1):
        hashes = [await publish(asking.bus, reaching(a_program(name), upstream.url)) for name in "abc"]
        for _ in range(2):
            ended = await asyncio.gather(*(asking.answer(a_run(hash)) for hash in hashes))
            assert [each.status for each in ended] == ["succeeded"] * 3


async def test_more_runs_than_allowed_are_refused_as_busy(connect: Connect, nats_url: str, upstream: Upstream):
    """Above `runs_at_once` the answer is Busy, nothing is done, and there is room again when one has ended."""
    free = asyncio.Event()
    upstream.at("/slow", waits_for(free, answers(b"1")))
    async with desk(await connect()) as asking, executor(await connect(), nats_url, runs_at_once=2) as running:
        hash = await publish(asking.bus, reaching(a_program("slow"), upstream.url))
        open_runs = [asyncio.create_task(asking.answer(a_run(hash))) for _ in range(2)]
        await upstream.until(lambda: len(upstream.received) == 2)
        refused = await asking.bus.request(subjects.RUN_START, a_run(hash), Accepted | Busy | RunEnded, within=PATIENCE)
        assert isinstance(refused, Busy)
        assert refused.executor == running.id
        said = await asking.asker.ask(a_run(hash))
        assert (said.answer.code, said.answer.effects) == ("OVERLOADED", "none")
        free.set()
        assert {ended.status for ended in await asyncio.gather(*open_runs)} == {"succeeded"}
        await until(lambda: not running._running)
        assert (await asking.answer(a_run(hash))).status == "succeeded"
        assert len(upstream.received) == 3


async def test_who_goes_away_drops_the_safe_calls(running: Executor, asking: Desk, upstream: Upstream):
    """A caller that leaves: the open GET is closed at the upstream."""
    upstream.at("/slow", says_nothing)
    hash = await publish(asking.bus, reaching(a_program("slow"), upstream.url))
    run = a_run(hash)
    answer = asyncio.create_task(asking.asker.ask(run))
    await upstream.until(lambda: len(upstream.received) == 1)
    await until(lambda: asking.asker._open[run.execution].ask.executor == running.id)
    answer.cancel()
    await upstream.until(lambda: upstream.open_connections == 0)
    await until(lambda: not running._running)


async def test_who_goes_away_does_not_cut_an_unsafe_call(running: Executor, by_hand: AskerByHand, upstream: Upstream):
    """A POST under way ends and is recorded, the GET beside it is dropped; the run is cancelled with its effect."""
    free = asyncio.Event()
    upstream.at("/pay", waits_for(free, answers(b"1"))).at("/look", says_nothing)
    by_hand.thought.set()
    await by_hand.listen()
    hash = await publish(by_hand.bus, reaching(PAY, upstream.url))
    run = a_run(hash, asker=by_hand.id)
    await by_hand.start(run)
    await upstream.until(lambda: len(upstream.received) == 2)
    await by_hand.bus.publish(subjects.executor_cancel(running.id), CancelRun(run.execution, 1, "nobody waits"))
    await upstream.until(lambda: upstream.open_connections == 1)
    free.set()
    ended = await by_hand.result()
    assert (ended.status, ended.effects) == ("cancelled", "confirmed")
    assert {task.id: task.status for task in ended.tasks} == {"look": "cancelled", "pay": "succeeded"}


async def test_the_events_of_a_running_run_can_be_asked_for(running: Executor, asking: Desk, upstream: Upstream):
    """All of them, or those after a seq; of a run that is not here it says so."""
    free = asyncio.Event()
    upstream.at("/quick", answers(b"1")).at("/slow", waits_for(free, answers(b"1")))
    hash = await publish(asking.bus, reaching(a_program("quick, slow"), upstream.url))
    run = a_run(hash)
    answer = asyncio.create_task(asking.answer(run))

    async def log(since: int, execution: str = run.execution) -> EventLog:
        where = subjects.executor_events(running.id)
        return await asking.bus.request(where, EventsSince(execution, since), EventLog, within=PATIENCE)

    async with asyncio.timeout(PATIENCE):
        while "TaskCompleted" not in types((await log(0)).events):
            await asyncio.sleep(0.005)
    whole = await log(0)
    assert (whole.known, whole.events[0].type) == (True, "WorkflowStarted")
    assert [event.seq for event in whole.events] == list(range(1, len(whole.events) + 1))
    assert (await log(3)).events == whole.events[3:]
    assert await log(0, "another") == EventLog(False)
    free.set()
    await answer
    await until(lambda: not running._running)
    assert await log(0) == EventLog(False)


async def test_draining_lets_runs_end(connect: Connect, nats_url: str, upstream: Upstream):
    """An executor that stops takes nothing new, ends what it has, and delivers it."""
    free = asyncio.Event()
    upstream.at("/slow", waits_for(free, answers(b"1")))
    async with desk(await connect()) as asking, executor(await connect(), nats_url) as leaving:
        hash = await publish(asking.bus, reaching(a_program("slow"), upstream.url))
        under_way = asyncio.create_task(asking.answer(a_run(hash)))
        await upstream.until(lambda: len(upstream.received) == 1)
        stopping = asyncio.create_task(leaving.stop())
        async with asyncio.timeout(PATIENCE):
            while (await asking.asker.ask(a_run(hash))).answer.code != "NO_EXECUTOR":
                await asyncio.sleep(0.005)
        assert not stopping.done()
        free.set()
        assert (await under_way).status == "succeeded"
        await stopping


async def test_a_run_is_accepted_before_its_bundle_is_there(nats_url: str, upstream: Upstream):
    """A slow store delays the run, not the answer to the asker, who would else ask again elsewhere."""
    opened = asyncio.Event()

    class SlowStore(MemoryBus):
        def bucket(self, bucket: subjects.Bucket):
            held = super().bucket(bucket)

            class Slow:
                async def get(self, key: str):
                    await opened.wait()
                    return await held.get(key)

            return Slow()

    upstream.at("*", answers(b"1"))
    room = Room()
    theirs = MemoryBus(room)
    async with desk(theirs) as asking, executor(SlowStore(room), nats_url) as running:
        hash = await publish(theirs, reaching(a_program("look"), upstream.url))
        run = a_run(hash)
        answer = asyncio.create_task(asking.answer(run))
        accepted = await theirs.request(subjects.RUN_START, a_run(hash), Accepted | Busy | RunEnded, within=PATIENCE)
        assert accepted == Accepted(running.id)
        assert upstream.received == []
        opened.set()
        assert (await answer).status == "succeeded"
