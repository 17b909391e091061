"""The run machine: what follows from what happens."""

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wfcore import events, program
from wfcore.events import CallFailed, CancelRequested, DeadlinePassed, GrantDenied, Granted, RetryDue
from wfcore.run import AskGrant, Call, Cancel, End, Happened, Wake

from .played import Played
from .programs import DEADLINE, SECOND, a_program, answered


def test_a_task_starts_the_moment_its_own_needs_end():
    """No barrier between levels: what depends on the fast branch starts while the slow one goes on."""
    played = Played(a_program("fast >> next, slow >> last"))
    assert played.calls == ["fast", "slow"]
    assert played.succeeds("fast").calls == ["next"]
    assert played.succeeds("next").calls == []
    assert played.succeeds("slow").calls == ["last"]


def test_the_answer_is_composed_from_what_the_tasks_gave():
    """When the last task has ended the run ends with the output mapping, as JSON."""
    played = Played(a_program("a >> b", output={"first": "{{tasks.a.output.n}}", "second": "{{tasks.b.output}}"}))
    played.succeeds("a", b'{"n":1}').succeeds("b", b'"two"')
    assert played.end.status == "succeeded"
    assert played.end.output == b'{"first":1,"second":"two"}'
    assert played.end.effects == "none"


def test_at_most_max_parallel_calls_are_open():
    """With maxParallel 2 the third waits for a free place, whichever gets free."""
    played = Played(a_program("a, b, c, d", max_parallel=2))
    assert played.calls == ["a", "b"]
    assert played.succeeds("b").calls == ["c"]
    assert played.succeeds("c").calls == ["d"]


def test_an_unsafe_call_waits_for_its_licence():
    """The asker is asked once, before the first POST; safe tasks go on meanwhile, and the seq of Granted is free."""
    played = Played(a_program("look, pay, post", pay={"method": "POST"}, post={"method": "POST"}))
    assert played.calls == ["look"]
    (question,) = played.of(AskGrant)
    played.succeeds("look")
    assert played.calls == []
    played.happens(Granted("executor", "asker"))
    assert played.calls == ["pay", "post"]
    assert question.seq not in [event.seq for event in played.log]
    played.succeeds("pay").succeeds("post")
    assert played.end.effects == "confirmed"


def test_who_waits_for_the_licence_keeps_its_slot():
    """With one slot a GET does not use up the time of the POST that asked first; the POST is made when it may be."""
    played = Played(a_program("a_pay, b_look", max_parallel=1, a_pay={"method": "POST"}))
    assert played.calls == []
    assert played.happens(Granted("executor", "asker")).calls == ["a_pay"]
    assert played.succeeds("a_pay").calls == ["b_look"]


def test_a_task_whose_time_is_running_goes_before_one_that_has_not_begun():
    """A retry that is due takes the free slot, whatever its name."""
    played = Played(a_program("z, b", max_parallel=1, b={"timeout": 1.0}))
    assert played.calls == ["b"]
    played.fails("b", status=503)
    (wake,) = played.of(Wake)
    assert played.calls == ["z"]
    played.happens(RetryDue(), "b", after=wake.at - played.at)
    assert played.calls == []
    assert played.succeeds("z").calls == ["b"]


def test_without_a_licence_nothing_is_done():
    """A refused grant ends the run abandoned with effects none; open safe calls are dropped."""
    played = Played(a_program("look, pay", pay={"method": "POST"}))
    played.happens(GrantDenied("another attempt runs"))
    assert played.of(Cancel) == [Cancel(("look",))]
    assert (played.end.status, played.end.effects) == ("abandoned", "none")
    assert played.end.failure is not None
    assert played.end.failure.code == "ABANDONED"


def test_a_safe_call_is_tried_again_and_then_fails():
    """A GET that answers 503 is called twice by default; then the run fails with task, attempts and meaning."""
    played = Played(a_program("get"))
    played.fails("get", status=503)
    (wake,) = played.of(Wake)
    assert 0 <= wake.at - played.at <= 50_000
    assert played.happens(RetryDue(), "get", after=wake.at - played.at).calls == ["get"]
    played.fails("get", status=503)
    failure = played.end.failure
    assert failure is not None
    assert (failure.code, failure.task) == ("UPSTREAM_ERROR", "get")
    assert failure.normalized_error is not None
    assert failure.normalized_error.code == "UNAVAILABLE"
    assert played.end.tasks[0].attempts == 2


@pytest.mark.parametrize(("status", "effects"), [(500, "possible"), (503, "possible"), (404, "none"), (409, "none")])
def test_an_unsafe_call_is_never_repeated_after_it_was_sent(status: int, effects: str):
    """A POST that was answered with an error is not called again; 4xx did nothing, 5xx possibly something."""
    played = Played(a_program("pay", pay={"method": "POST", "retries": 5}))
    played.happens(Granted("executor", "asker")).fails("pay", status=status)
    assert (played.end.status, played.end.effects) == ("failed", effects)


def test_an_unsafe_call_that_never_left_is_tried_again():
    """Connection refused is proven unsent: the POST may be tried again, with effects none."""
    played = Played(a_program("pay", pay={"method": "POST"}))
    played.happens(Granted("executor", "asker")).fails("pay", "connection", None, sent=False)
    (wake,) = played.of(Wake)
    played.happens(RetryDue(), "pay", after=wake.at - played.at)
    assert played.calls == ["pay"]
    played.fails("pay", "connection", None, sent=False)
    assert played.end.effects == "none"


def test_a_declared_idempotent_post_is_tried_again():
    """`retry.idempotent: true` makes a POST repeatable; what the first try may have done is remembered."""
    played = Played(a_program("pay", pay={"method": "POST", "idempotent": True, "retries": 3}))
    played.happens(Granted("executor", "asker")).fails("pay", status=503)
    (wake,) = played.of(Wake)
    played.happens(RetryDue(), "pay", after=wake.at - played.at).succeeds("pay")
    assert (played.end.status, played.end.effects) == ("succeeded", "possible")


def test_retry_after_is_honoured_while_it_fits():
    """Retry-After: 1 makes the pause a second; one above the longest interval ends the task."""
    played = Played(a_program("get"))
    played.fails("get", status=503, retry_after="1")
    (wake,) = played.of(Wake)
    assert wake.at - played.at == SECOND
    other = Played(a_program("get")).fails("get", status=503, retry_after="60")
    assert other.end.status == "failed"


def test_a_retry_that_cannot_end_in_time_is_not_begun():
    """With less than the pause and 50 ms left the task fails at once with what it has."""
    played = Played(a_program("get", get={"timeout": 0.2}))
    played.at = 190_000
    played.fails("get", status=503)
    assert played.end.failure is not None
    assert played.end.failure.code == "UPSTREAM_ERROR"


def test_after_a_failure_nothing_starts_and_others_end():
    """Safe calls are dropped, a licensed POST is waited for and recorded, what had not begun never begins."""
    drawing = "look, pay, get >> never"
    played = Played(a_program(drawing, pay={"method": "POST"}))
    played.happens(Granted("executor", "asker"))
    played.fails("get", status=404)
    assert played.of(Cancel) == [Cancel(("look",))]
    assert played.of(End) == []
    played.succeeds("pay")
    statuses = {task.id: task.status for task in played.end.tasks}
    assert statuses == {"look": "cancelled", "pay": "succeeded", "get": "failed", "never": "pending"}
    assert (played.end.status, played.end.effects) == ("failed", "confirmed")


def test_the_deadline_ends_the_run_at_once():
    """What is open then is unknown where it may have acted, cancelled where it is safe."""
    played = Played(a_program("look, pay", pay={"method": "POST"}))
    played.happens(Granted("executor", "asker")).happens(DeadlinePassed(), after=DEADLINE)
    statuses = {task.id: task.status for task in played.end.tasks}
    assert statuses == {"look": "cancelled", "pay": "unknown"}
    assert (played.end.status, played.end.effects) == ("timedOut", "possible")


def test_a_task_is_not_started_without_time():
    """With less than 50 ms left no call begins: DEADLINE_NOT_STARTED, effects none."""
    played = Played(a_program("get >> late"))
    played.at = DEADLINE - 40_000
    played.succeeds("get")
    assert played.end.failure is not None
    assert (played.end.failure.code, played.end.status) == ("DEADLINE_NOT_STARTED", "timedOut")


def test_a_cancelled_run_lets_the_licensed_call_end():
    """The client left: safe calls are dropped, the POST ends and is recorded, the run is cancelled."""
    played = Played(a_program("look, pay", pay={"method": "POST"}))
    played.happens(Granted("executor", "asker")).happens(CancelRequested("the client left"))
    assert played.of(End) == []
    played.succeeds("pay")
    assert (played.end.status, played.end.effects) == ("cancelled", "confirmed")


def test_late_and_repeated_facts_change_nothing():
    """An answer to a call that was given up, and anything after the end, is ignored."""
    played = Played(a_program("get"))
    played.happens(answered(), "get", 7)
    assert played.commands == []
    played.succeeds("get")
    seq = played.run.seq
    played.happens(answered(), "get", 1).happens(DeadlinePassed()).happens(Granted("e", "a"))
    assert played.run.seq == seq


def test_the_upstreams_bytes_become_the_answer_unrepeated():
    """An output that is the body as received is not stored a second time in the log."""
    played = Played(a_program("get")).succeeds("get", b'{"a":1}')
    (completed,) = [event.data for event in played.log if event.type == "TaskCompleted"]
    assert completed.output is None


CLOSED = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}


def test_undeclared_properties_are_pruned_and_told():
    """What outputSchema does not declare is cut before anybody can read or pass it on."""
    played = Played(a_program("get", get={"output_schema": CLOSED})).succeeds("get", b'{"id":1,"secret":2}')
    (completed,) = [event.data for event in played.log if event.type == "TaskCompleted"]
    assert completed.cut == ("/secret",)
    assert played.end.output == b'{"get":{"id":1}}'


def test_a_task_is_sent_no_more_than_it_takes():
    """What inputSchema does not declare is cut from what a task is given, so its request cannot hold it."""
    task = {"path": "/{{json(input)}}", "input": {"id": 1, "secret": 2}, "input_schema": CLOSED}
    (call,) = Played(a_program("send", send=task)).of(Call)
    assert unquote(call.request.url) == 'http://upstream/{"id":1}'


def test_a_run_reads_no_more_than_its_workflow_takes():
    """An undeclared property of a run's input is gone before an expression can pass it on."""
    bundle = a_program("get", output="{{input}}").bundle
    takes_id = program.compile(replace(bundle, input_schema=CLOSED))
    assert Played(takes_id, {"id": 1, "secret": 2}).succeeds("get").end.output == b'{"id":1}'


def test_a_breach_is_fatal_only_where_the_workflow_reads():
    """A wrong value that nobody reads is a recorded warning; under `validate: strict` all of them are fatal."""
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
    task: dict[str, Any] = {"output_schema": schema, "reads": (("id",),)}
    output = {"id": "{{tasks.get.output.?id}}"}
    lenient = Played(a_program("get", output=output, get=task)).succeeds("get", b'{"id":1,"note":5}')
    assert lenient.end.status == "succeeded"
    (completed,) = [event.data for event in lenient.log if event.type == "TaskCompleted"]
    assert "/note" in completed.warnings[0]
    for changed, body in (({"strict": True}, b'{"id":1,"note":5}'), ({}, b'{"id":"x"}')):
        strict = Played(a_program("get", output=output, get={**task, **changed})).succeeds("get", body)
        assert strict.end.failure is not None
        assert strict.end.failure.code == "RESPONSE_MISMATCH"


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1,", b"nonsense"])
def test_nonsense_from_an_upstream_is_told(body: bytes):
    """An answer that is not the JSON it says it is fails the task as RESPONSE_MALFORMED."""
    played = Played(a_program("get")).succeeds("get", body)
    assert played.end.failure is not None
    assert played.end.failure.code == "RESPONSE_MALFORMED"


def test_an_expression_that_breaks_fails_its_task():
    """A missing key at run time is EXPRESSION_ERROR of the task that reads it, before any call."""
    played = Played(a_program("a >> b", b={"input": {"x": "{{tasks.a.output.missing}}"}})).succeeds("a", b"{}")
    assert played.end.failure is not None
    assert (played.end.failure.code, played.end.failure.task) == ("EXPRESSION_ERROR", "b")


def test_an_undecided_input_is_checked_before_the_send():
    """Where the proof was undecided the value decides: INPUT_MISMATCH, nothing is sent."""
    task = {"input": {"n": "{{input.n}}"}, "check_input": True, "input_schema": {"properties": {"n": {"maximum": 3}}}}
    assert Played(a_program("a", a=task), {"n": 3}).calls == ["a"]
    refused = Played(a_program("a", a=task), {"n": 4})
    assert refused.end.failure is not None
    assert refused.end.failure.code == "INPUT_MISMATCH"


@pytest.mark.parametrize("piece", ["", ".", ".."])
def test_a_path_piece_cannot_climb(piece: str):
    """A value in a path is one encoded segment; empty and dotted ones are refused before the send."""
    task = {"input": {"id": "{{input.id}}"}, "path": "/things/{{input.id}}"}
    refused = Played(a_program("a", a=task), {"id": piece})
    assert refused.end.failure is not None
    assert refused.end.failure.code == "INPUT_MISMATCH"
    (call,) = Played(a_program("a", a=task), {"id": "../x y%2f"}).of(Call)
    assert call.request.url == "http://upstream/things/..%2Fx%20y%252f"


def test_timings_tell_waiting_from_work():
    """upstream is the time in which a call was open, once however many were open together."""
    played = Played(a_program("a, b >> c"))
    played.succeeds("a").succeeds("b").succeeds("c")
    assert played.end.timings == events.Timings(3000, 3000)


def test_every_decision_names_its_cause():
    """`because` is the seq of the fact behind a decision; seqs have no holes but the one kept for Granted."""
    played = Played(a_program("pay", pay={"method": "POST"}))
    played.happens(Granted("executor", "asker")).succeeds("pay")
    seqs = [event.seq for event in played.log]
    asked = next(event.seq for event in played.log if event.type == "GrantRequested")
    assert sorted([*seqs, asked + 1]) == list(range(1, max(seqs) + 1))
    called = next(event for event in played.log if event.type == "CallStarted")
    assert called.because == asked + 1
    assert all(event.because < event.seq for event in played.log)


@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_same_facts_give_the_same_log(random: Any, parallel: int):
    """Replaying the facts of a run gives its decisions again, event for event."""
    program = a_program("a >> b, a >> c, b >> d, c >> d, e", max_parallel=parallel, c={"method": "POST"})
    played = Played(program)
    facts: list[Happened] = []
    waiting: list[Any] = list(played.commands)
    while not any(isinstance(command, End) for command in waiting):
        command = waiting.pop(random.randrange(len(waiting)))
        before = played.at
        match command:
            case Call(task) if random.random() < 0.8:
                fact: Happened = Happened(before + 1000, answered(), task, command.call)
            case Call(task):
                fact = Happened(before + 1000, CallFailed("cut", True, "cut"), task, command.call)
            case AskGrant():
                fact = Happened(before + 1000, Granted("executor", "asker"))
            case Wake(task, at):
                fact = Happened(max(at, before), RetryDue(), task)
            case _:
                continue
        facts.append(fact)
        played.happens(fact.fact, fact.task, fact.call, after=fact.at - before)
        waiting += played.commands
    again = Played(program)
    for fact in facts:
        again.happens(fact.fact, fact.task, fact.call, after=fact.at - again.at)
    assert again.log == played.log
    assert len({event.seq for event in played.log}) == len(played.log)


def test_many_harmless_breaches_hide_no_harmful_one():
    """A wrong value where the workflow reads is fatal, however many unread ones are wrong before it."""
    noise = {"type": "array", "items": {"type": "integer"}}
    schema = {"type": "object", "properties": {"noise": noise, "price": {"type": "integer"}}}
    task = {"output_schema": schema, "reads": (("price",),)}
    program = a_program("get", output={"price": "{{tasks.get.output.?price}}"}, get=task)
    for wrong in (150, 2500, 10_000):
        body = b'{"noise":[%s],"price":"oops"}' % b",".join([b'"x"'] * wrong)
        played = Played(program).succeeds("get", body)
        assert played.end.failure is not None, wrong
        assert played.end.failure.code == "RESPONSE_MISMATCH"
    harmless = Played(program).succeeds("get", b'{"noise":[%s],"price":1}' % b",".join([b'"x"'] * 2500))
    assert harmless.end.output == b'{"price":1}'


def test_what_was_cut_is_told_in_bounds():
    """A huge answer full of undeclared properties makes a log line of bounded size, which says how many there were."""
    items = {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}}
    body = b"[%s]" % b",".join([b'{"a":1,"b":2}'] * 5000)
    played = Played(a_program("get", get={"output_schema": items})).succeeds("get", body)
    (completed,) = [event.data for event in played.log if event.type == "TaskCompleted"]
    assert len(completed.cut) == 101
    assert (completed.cut[0], completed.cut[-1]) == ("/0/b", "… 4900 more")


def test_an_output_that_cannot_be_written_fails_its_task():
    """A mapped output that nests too deeply to be JSON of ours ends the task: the step itself never fails."""
    task = {"output": {"wrapped": "{{response.body}}"}}
    played = Played(a_program("get", get=task)).succeeds("get", b"[" * 100 + b"]" * 100)
    assert played.end.failure is not None
    assert (played.end.failure.code, played.end.failure.task) == ("EXPRESSION_ERROR", "get")
