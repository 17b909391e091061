"""Scopes inside scopes: what can be read where, and what waits for what because of it."""

import pytest
from tests.wfcore.validation.objects import FIRST, LISTS, check_workflow, codes, each, only

CHECK = {"id": "check", "input": {"id": "{{number}}"}}


def nested(*tasks: dict, **spec: object):
    return check_workflow(*tasks, takes=LISTS, **spec)


def test_the_body_of_a_loop_sees_its_item_its_index_and_what_is_around():
    """Item, index, own tasks, the input, and the tasks around through $parent and $root have types."""
    output = {
        "item": "{{number + 1}}",
        "index": "{{index + 1}}",
        "name": "{{tasks.check.output.name}}",
        "outer": "{{$parent.tasks.first.output.name}}",
        "outermost": "{{$root.tasks.first.output.id + $parent.input.id + input.id}}",
    }
    types = nested(FIRST, each("all", CHECK, output=output), output={"all": "{{tasks.all.output}}"}).types
    assert types is not None
    (body,) = types.body.tasks["all"].inner
    kinds = {name: shape["type"] for name, shape in body.output["properties"].items()}
    assert kinds == {
        "item": "number",
        "index": "number",
        "name": "string",
        "outer": "string",
        "outermost": "number",
    } or (kinds == {"item": "integer", "index": "integer", "name": "string", "outer": "string", "outermost": "integer"})


def test_a_body_makes_its_loop_wait_for_what_it_reads_around():
    """An edge lies between entries of one scope: the reader's ancestor there waits."""
    inner = {"id": "inner", "input": {"id": "{{$root.tasks.first.output.id}}"}}
    validation = nested(
        FIRST, each("outer", each("middle", inner), name="outside"), {"id": "after", "dependsOn": ["outer"], **IDLE}
    )
    assert validation.types is not None
    tasks = validation.types.body.tasks
    assert tasks["outer"].needs == {"first"}
    assert tasks["after"].needs == {"outer"}
    assert tasks["outer"].inner[0].tasks["middle"].needs == frozenset()


IDLE = {"input": {"id": 1}}


@pytest.mark.parametrize(
    "reader",
    [
        each("me", {"id": "check", "input": {"id": "{{$parent.tasks.me.output[0].id}}"}}),
        each("me", CHECK, output={"x": "{{$parent.tasks.me.status}}"}),
        each("me", each("deep", {"id": "check", "input": {"id": "{{size($root.tasks.me.output)}}"}}), name="outer"),
        {"id": "me", "switch": [{"when": "tasks.me.status == 'skipped'", "output": 1}]},
    ],
)
def test_who_reads_what_it_is_inside_of_waits_for_itself(reader: dict):
    """No task can read the result of the forEach or switch that it is part of."""
    assert only(nested(reader)).code == "WF-401"


def test_a_circle_through_a_body_names_the_container():
    """The message says which expression inside the body made the edge."""
    loop = each("all", {"id": "check", "input": {"id": "{{$parent.tasks.last.output.id}}"}})
    fault = only(nested(loop, {"id": "last", "input": {"id": "{{size(tasks.all.output)}}"}}))
    assert fault.code == "WF-401"
    assert "all needs last (/spec/tasks/0/tasks/0/input/id reads it)" in fault.message


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("{{tasks.first.output.id}}", "{{$parent.tasks.first.output.id}}"),
        ("{{number + tasks.first.output.id}}", "{{number + $parent.tasks.first.output.id}}"),
    ],
)
def test_a_task_of_the_scope_around_is_reached_by_the_fix(text: str, better: str):
    """Who forgets $parent is told with the text as it must be."""
    fault = only(nested(FIRST, each("all", {"id": "check", "input": {"id": text}})))
    assert (fault.code, fault.fix.edit, fault.fix.value) == ("WF-502", "set", better)
    mended = each("all", {"id": "check", "input": {"id": better}})
    assert nested(FIRST, mended).diagnostics == []


def test_a_task_of_the_outermost_scope_is_reached_through_root():
    """Two scopes further out, $root is shorter than two $parent."""
    deep = each("outer", each("middle", {"id": "check", "input": {"id": "{{tasks.first.output.id}}"}}), name="out")
    assert only(nested(FIRST, deep)).fix.value == "{{$root.tasks.first.output.id}}"


def test_a_branch_sees_the_item_of_the_loop_around_through_parent():
    """A branch is a scope of its own: `number` is not its name, `$parent.number` is."""
    choice = {
        "id": "choice",
        "switch": [{"when": "number > 3", "output": "{{number}}"}, {"default": True, "output": "{{$parent.index}}"}],
    }
    fault = only(nested(each("all", choice)))
    assert (fault.code, fault.pointer, fault.fix.value) == (
        "WF-502",
        "/spec/tasks/0/tasks/0/switch/0/output",
        "{{$parent.number}}",
    )


def test_a_scope_that_is_not_there_is_unknown():
    """The outermost scope has no $parent."""
    assert codes(nested(FIRST, output={"x": "{{$parent.tasks.first.output}}"})) == ["WF-502"]


def test_ids_are_unique_in_their_scope_only():
    """Two scopes may use one id; `tasks.check` is always that of the own scope."""
    assert nested(each("all", CHECK), {"id": "check", **IDLE}).diagnostics == []
    assert codes(nested(each("all", CHECK, CHECK, output=1))) == ["WF-312"]


def test_depends_on_names_tasks_of_the_own_scope():
    """Pure order, too, holds within a scope; the message tells who waits for a task of the scope around."""
    fault = only(nested(FIRST, each("all", {**CHECK, "dependsOn": ["first"]})))
    assert (fault.code, fault.pointer) == ("WF-313", "/spec/tasks/1/tasks/0/dependsOn/0")
    assert "waited for by `all`" in fault.message


def test_scopes_are_nested_five_deep_at_most():
    """The sixth level is told, and nothing inside it."""
    entry = {"id": "leaf", "input": {"id": 1}, "timeout": "50ms"}
    for level in range(5):
        entry = each(f"level{level}", entry, items="{{[1]}}", name=f"item{level}")
    assert nested(entry).diagnostics == []
    assert codes(nested(each("toomuch", entry))) == ["WF-701"]
