"""Runs end to end: asker, executor, upstream and back, on the bus of tests and on a real NATS alike."""

import asyncio
import json
from collections.abc import Iterable

import pytest

from wf_executor.calling import Caller
from wf_executor.driving import Driver
from wf_executor.executing import Executor
from wfcore import program as programs
from wfcore.events import Event
from wfservice.journal import Journal
from wfservice.testing import MemoryBus, Room

from ..wfcore.programs import a_program
from .house import PATIENCE, Desk, a_run, desk, executor, history, publish, reaching, types, with_http
from .upstream import (
    Behaviour,
    Upstream,
    answers,
    hangs_up,
    says_and_leaves,
    says_nothing,
    waits_for,
    waits_for_all,
)


async def test_three_tasks_are_answered(running: Executor, asking: Desk, upstream: Upstream):
    """A bundle, a run, a result: each task reads the ones before it, and the output is composed of all."""
    program = a_program(
        "user >> orders, user >> advice",
        user={"path": "/users/{{input.id}}", "input": {"id": "{{input.id}}"}},
        orders={"path": "/orders/{{input.of}}", "input": {"of": "{{tasks.user.output.key}}"}},
        advice={"path": "/advice/{{input.of}}", "input": {"of": "{{tasks.user.output.key}}"}},
        output={
            "name": "{{tasks.user.output.name}}",
            "orders": "{{tasks.orders.output}}",
            "advice": "{{tasks.advice.output}}",
        },
    )
    upstream.at("/users/7", answers(b'{"key":"k7","name":"Ada"}'))
    upstream.at("/orders/k7", answers(b"[1,2]")).at("/advice/k7", answers(b'"rest"'))
    hash = await publish(asking.bus, reaching(program, upstream.url))
    ended = await asking.answer(a_run(hash, {"id": "7"}))
    assert (ended.status, ended.effects, ended.failure) == ("succeeded", "none", None)
    assert json.loads(ended.output or b"") == {"name": "Ada", "orders": [1, 2], "advice": "rest"}
    assert {(task.id, task.status, task.attempts) for task in ended.tasks} == {
        ("user", "succeeded", 1),
        ("orders", "succeeded", 1),
        ("advice", "succeeded", 1),
    }
    assert ended.executor == running.id


async def test_independent_tasks_run_at_the_same_time(running: Executor, asking: Desk, upstream: Upstream):
    """Eight tasks without edges are all open at once: the upstream answers none before it has seen the eighth."""
    names = [f"t{number}" for number in range(8)]
    together = waits_for_all(8, answers(b"1"))
    for name in names:
        upstream.at(f"/{name}", together)
    hash = await publish(asking.bus, reaching(a_program(", ".join(names)), upstream.url))
    ended = await asking.answer(a_run(hash))
    assert (ended.status, len(upstream.received)) == ("succeeded", 8)


async def test_no_more_calls_are_open_than_the_workflow_allows(running: Executor, asking: Desk, upstream: Upstream):
    """With maxParallel 2 the upstream sees two, and the third only when one of them is answered."""
    gates = {name: asyncio.Event() for name in "abcd"}
    for name, gate in gates.items():
        upstream.at(f"/{name}", waits_for(gate, answers(b"1")))
    hash = await publish(asking.bus, reaching(a_program("a, b, c, d", max_parallel=2), upstream.url))
    run = asyncio.create_task(asking.answer(a_run(hash)))
    await upstream.until(lambda: len(upstream.received) == 2)
    assert [request.target for request in upstream.received] == ["/a", "/b"]
    gates["b"].set()
    await upstream.until(lambda: len(upstream.received) == 3)
    for gate in gates.values():
        gate.set()
    assert (await run).status == "succeeded"


async def test_an_unsafe_call_is_made_with_a_licence(running: Executor, asking: Desk, upstream: Upstream):
    """The asker grants once; the POST goes out once and its effect is confirmed."""
    upstream.at("/pay", answers(b'{"paid":true}'))
    hash = await publish(asking.bus, reaching(a_program("pay", pay={"method": "POST"}), upstream.url))
    ended = await asking.answer(a_run(hash))
    assert (ended.status, ended.effects) == ("succeeded", "confirmed")
    assert [request.method for request in upstream.received] == ["POST"]


async def test_tries_are_as_many_as_the_upstream_sees(running: Executor, asking: Desk, upstream: Upstream):
    """A GET that was cut is tried again, a POST that failed is not: attempts in the result are requests on the wire."""
    upstream.at("/look", hangs_up, answers(b"1")).at("/pay", answers(status=503))
    hash = await publish(asking.bus, reaching(a_program("look >> pay", pay={"method": "POST"}), upstream.url))
    ended = await asking.answer(a_run(hash))
    assert (ended.status, ended.effects) == ("failed", "possible")
    assert {task.id: (task.attempts, task.effect) for task in ended.tasks} == {
        "look": (2, "none"),
        "pay": (1, "possible"),
    }
    sent = [(request.target, request.header("x-attempt")) for request in upstream.received]
    assert sent == [("/look", "1"), ("/look", "2"), ("/pay", "1")]


async def test_a_forbidden_destination_is_told(running: Executor, asking: Desk, upstream: Upstream):
    """An upstream that is not declared private: DESTINATION_FORBIDDEN, one try, nothing sent, effects none."""
    made = reaching(a_program("pay", pay={"method": "POST"}), upstream.url)
    made = with_http(made, private_addresses=False)
    ended = await asking.answer(a_run(await publish(asking.bus, made)))
    assert (ended.status, ended.effects, ended.tasks[0].attempts) == ("failed", "none", 1)
    assert ended.failure is not None
    assert ended.failure.code == "DESTINATION_FORBIDDEN"
    assert upstream.connections == 0


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (answers(status=500), "UPSTREAM_ERROR"),
        (answers(b"<html>", kind="text/html"), "RESPONSE_MISMATCH"),
        (answers(b'{"a":'), "RESPONSE_MALFORMED"),
        (answers(b'{"a":"\xff"}'), "RESPONSE_MALFORMED"),
        (answers(b"\xff\xfe", kind="text/plain"), "RESPONSE_MALFORMED"),
        (answers(b"[" * 200 + b"]" * 200), "RESPONSE_MALFORMED"),
        (answers(b'{"a":"one"}'), "RESPONSE_MISMATCH"),
        (answers(b""), "RESPONSE_MISMATCH"),
        (answers(b"x" * ((2 << 20) + 1), kind="text/plain"), "RESPONSE_TOO_LARGE"),
        (says_and_leaves(b"what?\r\n\r\n"), "UPSTREAM_CUT"),
        (answers(status=302, more=b"Location: /elsewhere\r\n"), "UPSTREAM_ERROR"),
    ],
    ids=[
        *("500", "wrong type", "half a json", "not utf-8", "text not utf-8", "too deep", "mismatch", "nothing"),
        *("too much", "nonsense", "redirect"),
    ],
)
async def test_an_upstream_that_misbehaves_has_a_code_of_its_own(
    running: Executor, asking: Desk, upstream: Upstream, behaviour: Behaviour, code: str
):
    """What went wrong at the upstream is the run's failure, with its task, and the executor goes on to work."""
    upstream.at("/bad", behaviour).at("/good", answers(b"1"))
    wanted = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    program = a_program("bad", bad={"output_schema": wanted, "retries": 1})
    ended = await asking.answer(a_run(await publish(asking.bus, reaching(program, upstream.url))))
    assert ended.failure is not None
    assert (ended.status, ended.failure.code, ended.failure.task) == ("failed", code, "bad")
    assert len(upstream.received) == 1
    good = await asking.answer(a_run(await publish(asking.bus, reaching(a_program("good"), upstream.url))))
    assert good.status == "succeeded"


async def test_the_time_of_a_run_ends_it(running: Executor, asking: Desk, upstream: Upstream):
    """An upstream that keeps silent: the result comes before the caller's own deadline, as timed out."""
    upstream.at("*", says_nothing)
    hash = await publish(asking.bus, reaching(a_program("slow, pay", pay={"method": "POST"}), upstream.url))
    ended = await asking.answer(a_run(hash, seconds=1.0))
    assert (ended.status, ended.effects) == ("timedOut", "possible")
    await upstream.until(lambda: upstream.open_connections == 0)


async def test_many_runs_at_once_stay_apart(running: Executor, asking: Desk, upstream: Upstream):
    """Fifty runs side by side: each gets the answer to its own input."""
    for number in range(50):
        upstream.at(f"/echo/{number}", answers(b"%d" % number))
    program = a_program("echo", echo={"path": "/echo/{{input.n}}", "input": {"n": "{{input.n}}"}})
    hash = await publish(asking.bus, reaching(program, upstream.url))
    ended = await asyncio.gather(*(asking.answer(a_run(hash, {"n": number})) for number in range(50)))
    assert [json.loads(each.output or b"") for each in ended] == [{"echo": number} for number in range(50)]


async def test_the_history_of_a_run_is_whole(nats_url: str, upstream: Upstream):
    """Executor and asker together write every seq once, the grant at the place that was kept for it."""
    upstream.at("/look", answers(b"1")).at("/pay", answers(b"{}", status=503), answers(b"2"))
    room = Room()
    ours, theirs = MemoryBus(room), MemoryBus(room)
    async with desk(theirs) as asking, executor(ours, nats_url):
        program = a_program("look >> pay", pay={"method": "POST", "idempotent": True})
        hash = await publish(asking.bus, reaching(program, upstream.url))
        run = a_run(hash)
        assert (await asking.answer(run)).status == "succeeded"
    log = history(ours)
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    assert types(log) == [
        *("WorkflowStarted", "TaskStarted", "CallStarted", "CallSucceeded", "TaskCompleted"),
        *("TaskStarted", "GrantRequested", "Granted", "CallStarted", "CallFailed", "TaskRetried", "RetryDue"),
        *("CallStarted", "CallSucceeded", "TaskCompleted", "WorkflowCompleted"),
    ]
    assert {event.execution for event in log} == {run.execution}


class BrokenJournal(Journal):
    """Takes the first events and breaks on what comes later."""

    def add(self, events: Iterable[Event], *, at_once: bool = False) -> None:
        if any(event.seq > 3 for event in events):
            raise RuntimeError("as told")


async def test_a_fault_of_the_engine_ends_the_run_at_once(asking: Desk, caller: Caller, upstream: Upstream):
    """A fault while a fact is taken is raised by the run: it neither hangs nor waits for its deadline."""
    upstream.at("/a", answers(b"1"))
    made = reaching(a_program("a"), upstream.url)
    journal = BrokenJournal(asking.bus, "broken")
    driver = Driver("e1", a_run("hash", seconds=3600), programs.compile(made), asking.bus, caller, journal)
    with pytest.raises(RuntimeError, match="as told"):
        async with asyncio.timeout(PATIENCE):
            await driver.drive()
    await journal.close()


async def test_a_failure_carries_no_secret_away(running: Executor, asking: Desk, upstream: Upstream):
    """A wrong value of a field that is named like a secret is in no part of what the asker hears."""
    schema = {"type": "object", "properties": {"password": {"type": "integer"}}}
    upstream.at("/a", answers(b'{"password":"hunter2"}'))
    hash = await publish(asking.bus, reaching(a_program("a", a={"output_schema": schema}), upstream.url))
    ended = await asking.answer(a_run(hash))
    assert ended.failure is not None
    assert ended.failure.code == "RESPONSE_MISMATCH"
    assert "hunter2" not in repr(ended)


async def test_a_failure_is_small_enough_to_be_told(running: Executor, asking: Desk, upstream: Upstream):
    """An error body larger than the bus carries does not hide the failure, and the run is not made twice over it."""
    upstream.at("/a", answers(b"x" * (9 << 20), status=500))
    made = with_http(reaching(a_program("a", a={"retries": 1}), upstream.url), max_response_bytes=16 << 20)
    ended = await asking.answer(a_run(await publish(asking.bus, made)))
    assert (ended.attempt, ended.failure and ended.failure.code) == (1, "UPSTREAM_ERROR")
