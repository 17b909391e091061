"""The run machine with tasks inside tasks: lists, branches, workflows in workflows."""

from typing import Any

from msgspec.structs import replace

from wfcore import program
from wfcore.bundle import BlockPlan, BranchPlan, EachPlan, ErrorRule, SwitchPlan, TaskPlan, TransformPlan, WorkflowPlan
from wfcore.events import Granted, TimeoutPassed
from wfcore.run import Call, Cancel, Wake

from .played import Played
from .programs import SECOND, a_call, of_body


def a_task(id: str, *needs: str, input: Any = None, how: dict[str, Any] | None = None, **call: Any) -> TaskPlan:
    return TaskPlan(id, needs, a_call(id, **call), input=input if input is not None else {}, **(how or {}))


def an_each(
    id: str, *tasks: TaskPlan, items: str = "{{input.items}}", output: Any, k: int = 16, **how: Any
) -> TaskPlan:
    return TaskPlan(id, how.pop("needs", ()), EachPlan(items, "item", k, BlockPlan(tasks, output)), **how)


def a_switch(id: str, *branches: tuple[str | None, BlockPlan], **how: Any) -> TaskPlan:
    return TaskPlan(id, how.pop("needs", ()), SwitchPlan(tuple(BranchPlan(*branch) for branch in branches)), **how)


def a_workflow(id: str, *tasks: TaskPlan, output: Any, input: Any = None, **how: Any) -> TaskPlan:
    inside = WorkflowPlan("inner", "v7", BlockPlan(tasks, output), True, True, False, how.pop("errors", ()))
    return TaskPlan(id, how.pop("needs", ()), inside, input=input if input is not None else {}, **how)


def play(*tasks: TaskPlan, output: Any, input: Any = None, max_parallel: int = 16) -> Played:
    return Played(of_body(BlockPlan(tasks, output), max_parallel=max_parallel), input)


STOCK = an_each("stock", a_task("check", input={"sku": "{{item}}"}), output="{{tasks.check.output}}", k=2)


def test_items_are_worked_on_in_parallel_and_answered_in_order():
    """Two at a time, whichever ends first; the result has the order of the items."""
    played = play(STOCK, output="{{tasks.stock.output}}", input={"items": ["a", "b", "c"]})
    assert played.calls == ["stock[0].check", "stock[1].check"]
    assert played.succeeds("stock[1].check", b"2").calls == ["stock[2].check"]
    played.succeeds("stock[2].check", b"3").succeeds("stock[0].check", b"1")
    assert played.answer == [1, 2, 3]
    assert played.statuses == {f"stock{at}": "succeeded" for at in ("", "[0].check", "[1].check", "[2].check")}


def test_an_empty_list_gives_an_empty_list():
    """Nothing is called, and what depends on it goes on."""
    played = play(STOCK, a_task("after", "stock"), output="{{tasks.stock.output}}", input={"items": []})
    assert played.calls == ["after"]
    assert played.succeeds("after").answer == []


def test_an_item_sees_itself_its_place_and_what_is_around_it():
    """The item by its name, `index`, the enclosing scope as `$parent`, the outermost as `$root`, `input` everywhere."""
    inner = an_each(
        "inner",
        a_task("call", input={"n": "{{item}}", "at": "{{index}}", "of": "{{$parent.item.name}}"}),
        items="{{item.numbers}}",
        output={"n": "{{item}}", "above": "{{$parent.index}}", "first": "{{$root.tasks.first.output}}"},
    )
    outer = an_each("outer", inner, output={"got": "{{tasks.inner.output}}", "who": "{{input.who}}"}, needs=("first",))
    items = [{"name": "x", "numbers": [1]}, {"name": "y", "numbers": [2, 3]}]
    played = play(a_task("first"), outer, output="{{tasks.outer.output}}", input={"items": items, "who": "me"})
    played.succeeds("first", b'"f"')
    assert played.calls == ["outer[0].inner[0].call", "outer[1].inner[0].call", "outer[1].inner[1].call"]
    assert played.event("TaskStarted", "outer[1].inner[1].call").data.input.data == b'{"n":3,"at":1,"of":"y"}'
    for path in played.calls:
        played.succeeds(path)
    assert played.answer == [
        {"got": [{"n": 1, "above": 0, "first": "f"}], "who": "me"},
        {"got": [{"n": 2, "above": 1, "first": "f"}, {"n": 3, "above": 1, "first": "f"}], "who": "me"},
    ]


def test_a_skipped_item_stays_in_its_place_as_null():
    """An item whose value is absent, because its task did not run, keeps the others in their places."""
    check = a_task("check", how={"when": "item != 'b'"})
    each = an_each("stock", check, output="{{tasks.check.?output}}")
    played = play(each, output="{{tasks.stock.output}}", input={"items": ["a", "b", "c"]})
    played.succeeds("stock[0].check").succeeds("stock[2].check")
    assert played.answer == [1, None, 1]
    assert played.statuses["stock[1].check"] == "skipped"


def test_open_calls_of_all_scopes_share_the_limit_of_the_run():
    """maxParallel counts what is open anywhere."""
    each = an_each("all", a_task("call"), output=1)
    played = play(each, a_task("other"), output=1, input={"items": list(range(5))}, max_parallel=3)
    assert played.calls == ["all[0].call", "all[1].call", "all[2].call"]
    assert played.succeeds("all[1].call").calls == ["all[3].call"]


def test_a_failing_item_fails_the_list_and_the_run():
    """Nothing new starts, safe calls of the other items are dropped, the run names the task of the item."""
    played = play(STOCK, output=1, input={"items": ["a", "b", "c"]})
    played.fails("stock[1].check", status=404)
    assert played.of(Cancel) == [Cancel(("stock[0].check",))]
    assert played.end.status == "failed"
    assert played.end.failure is not None
    assert played.end.failure.task == "stock[1].check"
    assert played.statuses == {"stock": "failed", "stock[0].check": "cancelled", "stock[1].check": "failed"}


def test_a_list_that_may_be_skipped_ends_what_it_has_begun_first():
    """An unsafe call of another item is not dropped: the list fails when it has ended, then the run goes on."""
    each = an_each("pay", a_task("charge", method="POST"), output=1, on_error="skip", k=2)
    played = play(each, a_task("after", "pay"), output="{{tasks.pay.?output.orValue('none')}}", input={"items": [1, 2]})
    played.happens(Granted("executor", "asker"))
    assert played.fails("pay[0].charge", status=422).calls == []
    assert played.succeeds("pay[1].charge").calls == ["after"]
    assert played.succeeds("after").answer == "none"
    assert (played.end.status, played.end.effects) == ("partial", "confirmed")
    assert played.statuses["pay"] == "failed"
    assert played.statuses["pay[1].charge"] == "succeeded"


def test_more_items_than_may_be_are_an_error():
    """A list of 1,001 fails its task before the first call."""
    played = play(STOCK, output=1, input={"items": [1] * 1001})
    assert played.end.failure is not None
    assert (played.end.failure.code, played.end.failure.task) == ("TOO_MANY_ITEMS", "stock")
    assert "1001" in played.end.failure.message


def test_a_run_has_a_most_of_tasks():
    """Lists in lists end before they fill the memory: TOO_MANY_TASKS, and nothing stays open."""
    inner = an_each("inner", a_task("call"), items="{{input.items}}", output=1, k=100)
    outer = an_each("outer", inner, output=1, k=100)
    played = play(outer, output=1, input={"items": [1] * 1000}, max_parallel=100)
    assert played.end.failure is not None
    assert played.end.failure.code == "TOO_MANY_TASKS"


def test_the_first_branch_that_holds_is_taken():
    """Branches are tried in order; only the tasks of the one that is taken run."""
    way = a_switch(
        "way",
        ("input.n > 10", BlockPlan((a_task("fast"),), "{{tasks.fast.output}}")),
        ("input.n > 5", BlockPlan((a_task("slow"),), "{{tasks.slow.output}}")),
        (None, BlockPlan((), "none")),
    )
    played = play(way, output="{{tasks.way.output}}", input={"n": 7})
    assert played.calls == ["way.slow"]
    assert played.event("TaskStarted", "way").data.branch == 1
    assert played.succeeds("way.slow", b'"done"').answer == "done"
    assert play(way, output="{{tasks.way.output}}", input={"n": 1}).answer == "none"


def test_a_switch_without_a_way_is_skipped():
    """No branch holds and there is no default: no output, and the run succeeds."""
    way = a_switch("way", ("input.n > 10", BlockPlan((), "x")))
    played = play(way, output={"status": "{{tasks.way.status}}", "way": "{{tasks.way.?output}}"}, input={"n": 1})
    assert played.answer == {"status": "skipped"}
    assert played.end.status == "succeeded"


def test_a_branch_sees_the_scope_around_it_as_parent():
    """Its own tasks are `tasks`, those around the switch `$parent.tasks`."""
    branch = BlockPlan((a_task("own", input={"x": "{{$parent.tasks.before.output}}"}),), "{{tasks.own.output}}")
    played = play(a_task("before"), a_switch("way", (None, branch), needs=("before",)), output="{{tasks.way.output}}")
    played.succeeds("before", b"5")
    assert played.event("TaskStarted", "way.own").data.input.data == b'{"x":5}'


def test_a_workflow_inside_has_a_context_of_its_own():
    """It sees its own input and name, not that of the workflow around it; its answer is the task's output."""
    inside = a_workflow(
        "profile",
        a_task("user", input={"id": "{{input.id}}", "in": "{{workflow.name}}", "run": "{{execution.id}}"}),
        input={"id": "{{input.n}}"},
        output={"user": "{{tasks.user.output}}"},
    )
    played = play(inside, output="{{tasks.profile.output.user}}", input={"n": 4})
    assert played.calls == ["profile.user"]
    assert played.event("TaskStarted", "profile.user").data.input.data == b'{"id":4,"in":"inner","run":"x1"}'
    assert played.succeeds("profile.user").answer == 1


def test_a_workflow_inside_names_its_failures_as_it_would_alone():
    """Its error rules give the normalized error that those around it see; the failed task keeps its path."""
    rule = ErrorRule("task == 'user' && error.code == 'NOT_FOUND'", 404, "NO_SUCH_USER", "No such user")
    inside = a_workflow("profile", a_task("user"), output=1, errors=(rule,), on_error="skip")
    played = play(inside, output={"why": "{{tasks.profile.?error.?code}}"})
    played.fails("profile.user", status=404)
    assert played.answer == {"why": "NO_SUCH_USER"}
    assert played.end.status == "partial"


def test_the_time_of_a_task_bounds_all_that_is_inside_it():
    """When it is over the open calls are dropped and the task fails; its own onError decides."""
    each = an_each("all", a_task("call"), output=1, timeout=1.5, on_error="skip")
    played = play(each, output="{{tasks.all.?output.orValue('late')}}", input={"items": [1, 2]})
    (wake,) = played.of(Wake)
    assert (wake.task, wake.at, wake.fact) == ("all", 3 * SECOND // 2, TimeoutPassed())
    played.happens(wake.fact, "all", after=wake.at)
    assert played.of(Cancel) == [Cancel(("all[0].call", "all[1].call"))]
    assert played.answer == "late"
    assert played.summary("all").error is not None
    assert played.summary("all").error.code == "TASK_TIMEOUT"  # type: ignore[union-attr]


def test_a_call_has_no_more_time_than_the_task_around_it():
    """The timeout of a call inside ends with that of the task it is in."""
    each = an_each("all", a_task("call", timeout=5.0), output=1, timeout=2.0)
    played = play(each, output=1, input={"items": [1]})
    (call,) = [command for command in played.commands if not isinstance(command, Wake)]
    assert call.timeout == 2.0


def test_a_transform_needs_no_call():
    """It gives its list the moment it may start, and leads on to what follows."""
    shaped = TaskPlan(
        "big", ("orders",), TransformPlan("{{tasks.orders.output}}", ({"filter": "item.n > 1"}, {"map": "{{item.n}}"}))
    )
    played = play(a_task("orders"), shaped, a_task("after", "big", input={"x": "{{tasks.big.output}}"}), output=1)
    played.succeeds("orders", b'[{"n":1},{"n":2},{"n":3}]')
    assert played.calls == ["after"]
    assert played.event("TaskStarted", "after").data.input.data == b'{"x":[2,3]}'
    assert played.event("TaskCompleted", "big").data.output.data == b"[2,3]"


def test_a_long_chain_of_tasks_without_calls_ends_at_once():
    """Five hundred transforms, each after the other, are one step and no deep recursion."""
    tasks = [TaskPlan("t0", (), TransformPlan("{{[0]}}", ()))]
    for n in range(1, 500):
        source = f"{{{{tasks.t{n - 1}.output}}}}"
        tasks.append(TaskPlan(f"t{n}", (f"t{n - 1}",), TransformPlan(source, ({"map": "{{item + 1}}"},))))
    assert play(*tasks, output="{{tasks.t499.output}}").answer == [499]


def test_a_thousand_items_cost_each_event_no_more_than_ten():
    """What has ended is no longer carried along: the tasks under way stay as many as are worked on at a time."""
    played = play(STOCK, output="{{size(tasks.stock.output)}}", input={"items": ["x"] * 1000})
    open_calls = played.calls
    while open_calls:
        open_calls += played.succeeds(open_calls.pop()).calls
        assert len(played.run.tasks) <= 3
    assert played.answer == 1000


def test_a_value_that_names_one_part_again_and_again_is_refused_before_it_is_written():
    """A small list of references to one large text would be gigabytes as JSON: RESULT_TOO_LARGE, at once."""
    items, word = list(range(1000)), "x" * (1 << 20)
    copies = TaskPlan("copies", (), TransformPlan("{{input.items}}", ({"map": {"all": "{{input.word}}"}},)))
    each = an_each("each", TaskPlan("none", (), TransformPlan("{{[]}}", ())), output="{{input.word}}")
    for task in (copies, each):
        played = play(task, output=1, input={"items": items, "word": word})
        assert played.end.failure is not None
        assert played.end.failure.code == "RESULT_TOO_LARGE"


def test_a_reusable_task_knows_which_run_it_is_in():
    """Its request, its output and its transforms may read `execution` and `workflow`, as those of a workflow may."""
    call = a_task("x", path="/{{execution.id}}/{{workflow.name}}", output="{{workflow.version}}")
    shaped = TransformPlan("{{[1]}}", ({"map": "{{execution.id}}"},), "reusable", "v1", True)
    played = play(call, TaskPlan("y", (), shaped), output=["{{tasks.x.output}}", "{{tasks.y.output}}"])
    assert played.of(Call)[0].request.url == "http://upstream/x1/drawn"
    assert played.succeeds("x").answer == ["v1", ["x1"]]


def test_a_workflow_inside_gives_no_more_than_its_schema_declares():
    """What the author's outputSchema does not name was not proven to fit anything, so it is not passed on."""
    declared = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    inside = WorkflowPlan("inner", "v7", BlockPlan((), {"a": 1, "b": "more"}), True, declared, True)
    played = play(TaskPlan("sub", (), inside, input={}), output="{{tasks.sub.output}}")
    assert played.answer == {"a": 1}


def test_the_answer_holds_no_more_than_the_workflow_declares():
    """What an author does not declare in outputSchema is cut from the answer, as from that of a workflow inside."""
    declared = {"type": "object", "properties": {"a": {"type": "integer"}}}
    made = of_body(BlockPlan((a_task("x"),), {"a": 1, "b": "{{tasks.x.output}}"})).bundle
    played = Played(program.compile(replace(made, output_schema=declared, checks_output=True)))
    assert played.succeeds("x").answer == {"a": 1}
