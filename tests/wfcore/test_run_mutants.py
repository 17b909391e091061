"""What a run writes down, and where exactly its bounds are."""

from typing import Any

import pytest
from msgspec.structs import replace

from wfcore import run
from wfcore.bundle import BlockPlan, EachPlan, FallbackPlan, TaskPlan, TransformPlan
from wfcore.errors import normalized
from wfcore.events import CancelRequested, DeadlinePassed, Fact, GrantDenied, Granted, RetryDue, TimeoutPassed
from wfcore.run import Wake

from .played import Played
from .programs import DEADLINE, a_call, a_program, of_body, started

MIB = 1 << 20


def a_text(size: int) -> bytes:
    """A JSON text of so many bytes."""
    return b'"%s"' % (b"x" * (size - 2))


@pytest.mark.parametrize("fact", [GrantDenied("taken"), DeadlinePassed(), CancelRequested("the client left")])
def test_the_fact_that_ends_a_run_is_written_down_first(fact: Fact):
    """History shows what happened before it shows what followed from it."""
    played = Played(a_program("look, pay", pay={"method": "POST"}))
    before = len(played.log)
    played.happens(fact)
    told = played.log[before:]
    assert told[0].data == fact
    assert (told[0].because, {event.because for event in told[1:]}) == (0, {told[0].seq})


def test_a_retry_is_written_down_with_its_pause():
    """TaskRetried tells the milliseconds until the next call, and its coming is an event too."""
    played = Played(a_program("get")).fails("get", status=503, retry_after="1")
    assert played.log[-1].data.delay_ms == 1000
    (wake,) = played.of(Wake)
    played.happens(RetryDue(), "get", after=wake.at - played.at)
    assert [event.type for event in played.log[-2:]] == ["RetryDue", "CallStarted"]


def test_the_time_of_a_container_is_up_in_the_log():
    """TimeoutPassed stands before the failure that it causes."""
    each = EachPlan("{{[1]}}", "n", 1, BlockPlan((TaskPlan("call", (), a_call("call")),), 1))
    played = Played(of_body(BlockPlan((TaskPlan("each", (), each, timeout=1.0),), 1)))
    (wake,) = played.of(Wake)
    before = len(played.log)
    played.happens(TimeoutPassed(), "each", after=wake.at)
    assert (played.log[before].type, played.log[before].task) == ("TimeoutPassed", "each")


def test_a_container_that_is_failing_when_the_run_ends_has_failed():
    """It waited for an unsafe call inside it; its own failure is its error, not the deadline."""
    tasks = tuple(TaskPlan(id, (), a_call(id, method=method)) for id, method in (("look", "GET"), ("pay", "POST")))
    each = EachPlan("{{[1]}}", "n", 1, BlockPlan(tasks, 1))
    played = Played(of_body(BlockPlan((TaskPlan("each", (), each, on_error="skip"),), 1)))
    played.happens(Granted("executor", "asker")).fails("each[0].look", status=404)
    played.happens(DeadlinePassed(), after=DEADLINE)
    summary = played.summary("each")
    assert summary.status == "failed"
    assert summary.error is not None
    assert summary.error.task == "each[0].look"
    assert played.end.status == "timedOut"
    completed = [event.task for event in played.log if event.type == "TaskCompleted"]
    assert completed == ["each[0].look", "each[0].pay", "each"]


def test_a_failed_read_has_done_nothing():
    """A safe call that was sent and failed leaves no effects behind, whatever its status."""
    played = Played(a_program("get", get={"retries": 1})).fails("get", status=500)
    assert (played.end.effects, played.summary("get").effect) == ("none", "none")


def test_an_expression_reads_what_a_failure_is_called():
    """`error.title` is the title of the normalized code, `error.message` what the caller saw."""
    task = TaskPlan("get", (), a_call("get"), on_error="skip")
    output = {name: f"{{{{tasks.get.?error.?{name}}}}}" for name in ("title", "message", "status")}
    played = Played(of_body(BlockPlan((task,), output))).fails("get", status=404)
    assert played.answer == {"title": normalized(404).title, "message": "broken", "status": 404}


def test_expressions_know_the_trace_of_the_run():
    """`execution.traceId` is what the gateway gave, and an empty text where there was none."""
    program = of_body(BlockPlan((), "{{execution.traceId}}"))
    for given, seen in (("4bf92f", b'"4bf92f"'), (None, b'""')):
        step = run.begin(program, replace(started(), trace_id=given), {}, execution="x", attempt=1, at=0)
        (end,) = step.commands
        assert isinstance(end, run.End)
        assert end.output == seen


@pytest.mark.parametrize(("size", "code"), [(4 * MIB, None), (4 * MIB + 1, "RESULT_TOO_LARGE")])
def test_an_answer_has_at_most_4_mib(size: int, code: str | None):
    """To the byte."""
    played = Played(a_program("get", output="{{tasks.get.output}}")).succeeds("get", a_text(size))
    failure = played.end.failure
    assert (failure.code if failure else None) == code


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "RESULT_TOO_LARGE")])
def test_the_values_of_a_run_have_at_most_16_mib(more: int, code: str | None):
    """Inputs and answers of its tasks count together; the task that goes beyond fails."""
    inputs = 2 * len(b"{}")
    played = Played(a_program("a, b", output=1, a={"input": {}}, b={"input": {}}))
    played.succeeds("a", a_text(8 * MIB)).succeeds("b", a_text(8 * MIB - inputs + more))
    failure = played.end.failure
    assert (failure.code if failure else None) == code


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "TOO_MANY_TASKS")])
def test_a_run_has_at_most_10_000_tasks(more: int, code: str | None):
    """Counted with all that stands inside lists, whether it runs or not."""
    step = TransformPlan("{{[]}}", ())
    skipped: dict[str, Any] = {"when": "false"}
    inside = tuple(TaskPlan(f"t{n}", (), step, **skipped) for n in range(9))
    each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 1000, BlockPlan(inside, 1)))
    beside = tuple(TaskPlan(f"s{n}", (), step, **skipped) for n in range(10_000 - 1 - 9 * 1000 + more))
    played = Played(of_body(BlockPlan((each, *beside), 1)), {"items": [0] * 1000})
    failure = played.end.failure
    assert (failure.code if failure else None) == code


def test_an_unknown_outcome_carries_its_reason():
    """Of an unsafe call that was open at the deadline it is told why nobody knows what became of it."""
    played = Played(a_program("pay", pay={"method": "POST"}))
    played.happens(Granted("executor", "asker")).happens(DeadlinePassed(), after=DEADLINE)
    summary = played.summary("pay")
    assert (summary.status, summary.effect) == ("unknown", "possible")
    assert summary.error is not None
    assert summary.error.code == "DEADLINE_EXCEEDED"


def test_only_the_failure_of_a_task_has_a_normalized_code():
    """What fails outside any task says its own code and nothing of an upstream."""
    whole = Played(a_program("get", output="{{input.nope}}")).succeeds("get").end.failure
    task = Played(a_program("get", get={"input": "{{input.nope}}"})).end.failure
    assert whole is not None
    assert task is not None
    assert (whole.task, whole.code, whole.normalized_error) == (None, "EXPRESSION_ERROR", None)
    assert (task.task, task.code) == ("get", "EXPRESSION_ERROR")
    assert task.normalized_error is not None


def test_tasks_of_an_item_wait_for_each_other():
    """Inside a list, and a list inside that, a task starts when the one that it needs has ended, and reads it."""
    first = TaskPlan("first", (), a_call("first"))
    second = TaskPlan("second", ("first",), a_call("second"), input={"got": "{{tasks.first.output}}"})
    body = BlockPlan((first, second), "{{tasks.second.output}}")
    inner = TaskPlan("inner", (), EachPlan("{{[1]}}", "n", 1, body))
    outer = TaskPlan("outer", (), EachPlan("{{[1]}}", "n", 1, BlockPlan((inner,), "{{tasks.inner.output}}")))
    for task, path in ((inner, "inner[0]"), (outer, "outer[0].inner[0]")):
        played = Played(of_body(BlockPlan((task,), f"{{{{tasks.{task.id}.output}}}}")))
        assert played.calls == [f"{path}.first"]
        assert played.succeeds(f"{path}.first", b"7").calls == [f"{path}.second"]
        assert played.event("TaskStarted", f"{path}.second").data.input.data == b'{"got":7}'
        assert played.succeeds(f"{path}.second", b"8").answer == ([8] if task is inner else [[8]])


def test_an_answer_is_mapped_beside_the_input_of_its_task():
    """The mapping of a reusable task may read what the task was given."""
    get = {"input": {"id": 7}, "output": {"of": "{{input.id}}", "got": "{{response.body}}"}}
    played = Played(a_program("get", output="{{tasks.get.output}}", get=get)).succeeds("get", b"1")
    assert played.answer == {"of": 7, "got": 1}


def test_what_waits_for_a_place_does_not_start_after_a_failure():
    """Its call is not made, though a place is free now; it stays pending in the record."""
    played = Played(a_program("a, b", max_parallel=1)).fails("a", status=404)
    assert played.calls == []
    assert played.statuses == {"a": "failed", "b": "pending"}


def test_a_time_that_is_up_after_the_end_changes_nothing():
    """The wake of a container outlives it: told late, of a task that is over or makes a call, it is ignored."""
    each = TaskPlan("each", (), EachPlan("{{[]}}", "n", 1, BlockPlan((), 1)), timeout=1.0)
    played = Played(of_body(BlockPlan((each, TaskPlan("call", (), a_call("call"))), 1)))
    before = len(played.log)
    for task in ("each", "call", "gone"):
        played.happens(TimeoutPassed(), task)
        assert (len(played.log), played.commands) == (before, [])
    assert played.succeeds("call").end.status == "succeeded"


def test_a_task_that_made_its_call_counts_as_running_when_the_run_is_cut_short():
    """What waits for its retry at the deadline had begun, and is cancelled; it is neither pending nor lost."""
    played = Played(a_program("get")).fails("get", status=503).happens(DeadlinePassed(), after=DEADLINE)
    assert (played.statuses, played.summary("get").attempts) == ({"get": "cancelled"}, 1)


def test_a_list_that_fell_back_and_failed_again_tells_the_last_failure():
    """The failure of its items is over once the fallback runs; that of the fallback is what the run tells."""
    each = EachPlan("{{[1]}}", "n", 1, BlockPlan((TaskPlan("call", (), a_call("call")),), 1))
    other = FallbackPlan(call=a_call("other"), input={})
    task = TaskPlan("each", (), each, on_error="fallback", fallback=other)
    played = Played(of_body(BlockPlan((task,), "{{tasks.each.output}}")))
    assert played.fails("each[0].call", status=404).calls == ["each"]
    answered_well = Played(of_body(BlockPlan((task,), "{{tasks.each.output}}"))).fails("each[0].call", status=404)
    assert answered_well.succeeds("each", b"[5]").answer == [5]
    played.fails("each", status=410)
    assert played.end.failure is not None
    assert played.end.failure.normalized_error is not None
    assert (played.end.failure.task, played.end.failure.normalized_error.code) == ("each", "GONE")


def test_items_that_are_no_list_fail_their_task():
    """EXPRESSION_ERROR of the forEach itself; nothing inside begins."""
    each = EachPlan("{{input.items}}", "n", 1, BlockPlan((), 1))
    for wrong in ("text", {"a": 1}, 7, None):
        played = Played(of_body(BlockPlan((TaskPlan("each", (), each),), 1)), {"items": wrong})
        assert played.end.failure is not None
        assert (played.end.failure.code, played.end.failure.task) == ("EXPRESSION_ERROR", "each")
        assert "no array" in played.end.failure.message


def test_an_input_that_does_not_fit_is_told_with_place_and_reason():
    """INPUT_MISMATCH names the task, the pointer and what is wrong there."""
    takes = {"type": "object", "properties": {"id": {"type": "integer"}}}
    get = {"input": {"id": "{{input.id}}"}, "input_schema": takes, "check_input": True}
    failure = Played(a_program("get", get=get), {"id": "x"}).end.failure
    assert failure is not None
    assert failure.code == "INPUT_MISMATCH"
    assert "`get`" in failure.message
    assert "/id: " in failure.message


def test_a_task_that_has_ended_tells_how_long_it_took():
    """From its start to its end; one that has not begun has taken no time yet."""
    played = Played(a_program("get >> next"))
    played.at = 5 * 1000
    played.succeeds("get").fails("next", status=404)
    assert [(each.id, each.duration_us) for each in played.end.tasks] == [("get", 6000), ("next", 1000)]
    cut = Played(a_program("pay >> next", pay={"method": "POST"})).happens(DeadlinePassed(), after=DEADLINE)
    assert cut.summary("next").duration_us == 0


@pytest.mark.parametrize(("status", "effects"), [(399, "possible"), (400, "none"), (499, "none"), (500, "possible")])
def test_what_an_upstream_refused_it_did_not_do(status: int, effects: str):
    """4xx is a refusal, to the number; everything else may have been done."""
    played = Played(a_program("pay", pay={"method": "POST"})).happens(Granted("executor", "asker"))
    assert played.fails("pay", status=status).end.effects == effects


def test_nothing_of_a_failed_list_stays_under_way():
    """Once its fallback runs, the tasks of its items are over, and a late answer to one changes nothing."""
    tasks = tuple(TaskPlan(id, (), a_call(id)) for id in ("look", "see"))
    each = EachPlan("{{[1]}}", "n", 1, BlockPlan(tasks, 1))
    fallback = FallbackPlan(call=a_call("other"), input={})
    played = Played(of_body(BlockPlan((TaskPlan("each", (), each, on_error="fallback", fallback=fallback),), 1)))
    played.fails("each[0].look", status=404)
    assert (sorted(played.run.tasks), sorted(played.run.scopes)) == (["each"], [""])
    assert played.succeeds("each").statuses == {
        "each": "succeeded",
        "each[0].look": "failed",
        "each[0].see": "cancelled",
    }
