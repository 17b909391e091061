"""The run machine where tasks are skipped, fail and are stood in for."""

from typing import Any

from wfcore import events
from wfcore.bundle import BlockPlan, EachPlan, FallbackPlan, TaskPlan, TransformPlan
from wfcore.events import CallFailed, DeadlinePassed, Granted, RetryDue
from wfcore.run import AskGrant, Call, Cancel, Wake

from .played import Played
from .programs import a_call, of_body


def a_task(id: str, *needs: str, input: Any = None, how: dict[str, Any] | None = None, **call: Any) -> TaskPlan:
    return TaskPlan(id, needs, a_call(id, **call), input=input if input is not None else {}, **(how or {}))


def play(*tasks: TaskPlan, output: Any, input: Any = None) -> Played:
    return Played(of_body(BlockPlan(tasks, output)), input)


def falling_back(**fallback: Any) -> dict[str, Any]:
    return {"on_error": "fallback", "fallback": FallbackPlan(**fallback)}


def test_a_task_whose_condition_is_false_is_skipped():
    """It makes no call; those behind it run, read that it was skipped, and find no output."""
    optional = a_task("extra", how={"when": "input.n > 1"})
    after = a_task("after", "extra", input={"got": "{{tasks.extra.?output}}", "was": "{{tasks.extra.status}}"})
    played = play(optional, after, output={"extra": "{{tasks.extra.?output}}"}, input={"n": 1})
    assert played.calls == ["after"]
    assert played.event("TaskStarted", "after").data.input.data == b'{"was":"skipped"}'
    played.succeeds("after")
    assert played.answer == {}
    assert (played.end.status, played.statuses["extra"], played.summary("extra").attempts) == (
        "succeeded",
        "skipped",
        0,
    )


def test_a_condition_is_judged_when_all_it_needs_has_ended():
    """It may read the outputs of the tasks that it waits for."""
    paid = a_task("pay", "look", how={"when": "tasks.look.output == 'open'"})
    played = play(a_task("look"), paid, output=1)
    assert played.calls == ["look"]
    assert played.succeeds("look", b'"open"').calls == ["pay"]


def test_a_condition_that_is_no_truth_value_fails_its_task():
    """Nothing is truthy: a text where true or false is wanted is an EXPRESSION_ERROR of that task."""
    played = play(a_task("x", how={"when": "input.word"}), output=1, input={"word": "yes"})
    assert played.end.failure is not None
    assert (played.end.failure.code, played.end.failure.task) == ("EXPRESSION_ERROR", "x")


def test_a_failure_that_is_skipped_leaves_the_rest_to_run():
    """The task stays failed in the record, its error can be read, the run ends partial."""
    task = a_task("extra", how={"on_error": "skip"})
    output = {
        "extra": "{{tasks.extra.?output}}",
        "why": "{{tasks.extra.?error.?code}}",
        "main": "{{tasks.main.output}}",
    }
    played = play(task, a_task("main"), output=output)
    assert played.fails("extra", status=404).of(Cancel) == []
    played.succeeds("main")
    assert played.answer == {"why": "NOT_FOUND", "main": 1}
    assert played.end.status == "partial"
    assert played.end.failure is None
    assert played.statuses == {"extra": "failed", "main": "succeeded"}
    assert played.summary("extra").error is not None


def test_what_may_be_tried_again_is_tried_again_before_it_is_skipped():
    """onError decides after the last try, not after the first."""
    played = play(a_task("get", how={"on_error": "skip"}), output=1)
    played.fails("get", status=503)
    (wake,) = played.of(Wake)
    played.happens(RetryDue(), "get", after=wake.at - played.at).succeeds("get")
    assert played.end.status == "succeeded"


def test_a_value_stands_in_for_a_failed_task():
    """The task succeeds with the value of its fallback; its error stays visible, and what happened is written down."""
    task = a_task("orders", how=falling_back(output=["{{input.n}}"]))
    played = play(task, output="{{tasks.orders.output}}", input={"n": 7})
    played.fails("orders", status=404)
    assert played.answer == [7]
    assert played.end.status == "succeeded"
    summary = played.summary("orders")
    assert summary.status == "succeeded"
    assert summary.error is not None
    assert summary.error.code == "UPSTREAM_ERROR"
    assert played.event("TaskFellBack", "orders").data.error == summary.error


def test_another_task_stands_in_for_a_failed_one():
    """Its call counts on from those before, and has tries and time of its own."""
    other = FallbackPlan(call=a_call("archive", retries=2), input={"all": True})
    task = a_task("orders", retries=1, how={"on_error": "fallback", "fallback": other})
    played = play(task, output="{{tasks.orders.output}}")
    assert played.fails("orders", status=503).calls == ["orders"]
    (call,) = played.of(Call)
    assert (call.call, call.request.url) == (2, "http://upstream/archive")
    played.fails("orders", status=503)
    (wake,) = played.of(Wake)
    played.happens(RetryDue(), "orders", after=wake.at - played.at).succeeds("orders", b'"old"')
    assert played.answer == "old"
    assert played.summary("orders").attempts == 3


def test_a_failing_fallback_fails_its_task():
    """It is not asked a third time: the run fails with the failure of the fallback."""
    task = a_task("orders", how=falling_back(call=a_call("archive"), input={}))
    played = play(task, output=1)
    played.fails("orders", status=404).fails("orders", status=410)
    assert played.end.failure is not None
    assert played.end.failure.normalized_error is not None
    assert played.end.failure.normalized_error.code == "GONE"
    assert played.statuses == {"orders": "failed"}


def test_a_fallback_that_cannot_be_evaluated_fails_its_task():
    """A broken expression in a fallback is an error, never a value."""
    played = play(a_task("x", how=falling_back(output="{{input.nope}}")), output=1)
    played.fails("x", status=404)
    assert played.end.failure is not None
    assert played.end.failure.code == "EXPRESSION_ERROR"


def test_a_fallback_that_is_not_safe_asks_for_a_licence():
    """A POST that stands in for a GET waits for the grant like any other; effects of both count."""
    task = a_task("x", how=falling_back(call=a_call("write", method="POST"), input={}))
    played = play(task, output=1)
    played.fails("x", status=404)
    assert len(played.of(AskGrant)) == 1
    played.happens(Granted("executor", "asker")).succeeds("x")
    assert (played.end.status, played.end.effects) == ("succeeded", "confirmed")


def test_a_transform_stands_in_for_a_failed_call():
    """A reusable data step is as good a fallback as a call; it sees its own input only."""
    step = TransformPlan("{{input.numbers}}", ({"limit": 1},), "first-only", "v1", True)
    played = play(a_task("x", how=falling_back(call=step, input={"numbers": [3, 4]})), output="{{tasks.x.output}}")
    played.fails("x", status=404)
    assert played.answer == [3]


def test_nothing_stands_in_once_the_run_has_failed():
    """After a fatal failure an unsafe call ends and is recorded; its fallback is not begun."""
    pay = a_task("pay", method="POST", how=falling_back(call=a_call("other"), input={}))
    played = play(pay, a_task("look"), output=1)
    played.happens(Granted("executor", "asker"))
    played.fails("look", status=404)
    assert played.fails("pay", status=500).calls == []
    assert played.statuses == {"pay": "failed", "look": "failed"}
    assert played.end.effects == "possible"


def test_a_failing_scope_inside_a_skipped_one_ends_the_outer_one_only():
    """A failure passes up until somebody answers for it, and no further."""
    deep = TaskPlan("deep", (), EachPlan("{{[1]}}", "n", 1, BlockPlan((a_task("call"),), 1)))
    outer = TaskPlan("outer", (), EachPlan("{{[1, 2]}}", "n", 2, BlockPlan((deep,), 1)), on_error="skip")
    played = play(outer, a_task("main"), output=1)
    assert played.calls == ["main", "outer[0].deep[0].call", "outer[1].deep[0].call"]
    played.fails("outer[1].deep[0].call", status=404)
    assert played.of(Cancel) == [Cancel(("outer[0].deep[0].call",))]
    played.succeeds("main")
    assert played.end.status == "partial"
    assert played.statuses == {
        "outer": "failed",
        "outer[1].deep": "failed",
        "outer[1].deep[0].call": "failed",
        "outer[0].deep": "cancelled",
        "outer[0].deep[0].call": "cancelled",
        "main": "succeeded",
    }


def test_a_list_of_which_several_items_fail_at_once_falls_back_once():
    """The second failure of the same instant is not taken for one of the fallback."""
    broken = TaskPlan("broken", (), TransformPlan("{{item}}", ()))
    for fallback in (falling_back(output=[]), falling_back(call=a_call("other"), input={})):
        each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 16, BlockPlan((broken,), 1)), **fallback)
        played = play(each, output="{{tasks.each.output}}", input={"items": [1, 2, 3]})
        assert played.events("TaskFellBack") == ["each"]
        if played.calls:
            played.succeeds("each", b"[]")
        assert (played.end.status, played.answer, played.summary("each").status) == ("succeeded", [], "succeeded")


def test_a_list_of_which_several_values_fail_at_once_falls_back_once():
    """The same where the tasks of the items end well, but their values cannot be put together."""
    idle = a_task("idle", how={"when": "false"})
    body = BlockPlan((idle,), "{{item.missing}}")
    each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 16, body), **falling_back(output="instead"))
    played = play(each, output="{{tasks.each.output}}", input={"items": [{}, {}]})
    assert (played.end.status, played.answer) == ("succeeded", "instead")


def test_what_failed_calls_were_answered_is_kept_within_bounds():
    """Beyond what the values of a run may weigh only the size of such an answer is kept, and in summaries none."""
    call = a_task("call", how={"on_error": "skip"}, retries=1)
    each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 16, BlockPlan((call,), 1)))
    played = play(each, output=1, input={"items": list(range(12))})
    for index in range(12):
        fact = CallFailed("status", True, "broken", 500, {}, events.body(b"x" * (2 << 20)))
        played.happens(fact, f"each[{index}].call", 1)
    kept = [event.data.body for event in played.log if event.type == "CallFailed"]
    assert [len(body.data) >> 20 for body in kept] == [2] * 8 + [0] * 4
    assert kept[-1] == events.Body(b"", 2 << 20, "truncated")
    assert played.end.status == "partial"
    original = played.summary("each[0].call").error.original_error
    assert (original.status, original.body) == (500, events.Body(b"", 2 << 20, "truncated"))


def test_a_run_without_time_names_a_few_of_the_tasks_it_waited_for():
    """However many there are, the sentence stays a sentence."""
    each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 100, BlockPlan((a_task("call"),), 1)))
    played = play(each, output=1, input={"items": list(range(100))}).happens(DeadlinePassed())
    said = played.end.failure.message
    assert "each[0].call" in said
    assert said.endswith(" more")
    assert len(said) < 500
