"""Transforms, inline and as tasks of their own."""

import pytest
from tests.wfcore.validation.objects import (
    FIRST,
    LISTS,
    a_workflow,
    an_object,
    check,
    check_workflow,
    codes,
    each,
    only,
)

STEPS = [{"filter": "item.id > 3"}, {"map": {"key": "{{item.id}}", "label": "{{item.name}}"}}, {"limit": 2}]


def transformed(source: str, *steps: dict, **entry: object) -> dict:
    return {"id": "list", "transform": {"from": source, "steps": list(steps)}, **entry}


def a_transform(*steps: dict, source: str = "{{input.users}}", **spec: object) -> dict:
    return an_object(
        "WorkflowTask",
        "pick",
        {"inputSchema": LISTS, "transform": {"from": source, "steps": list(steps or STEPS)}, **spec},
    )


def test_the_type_of_a_transform_follows_its_steps():
    """What comes out is exactly what the steps make of the items."""
    types = check_workflow(transformed("{{input.users}}", *STEPS), takes=LISTS, output="{{tasks.list.output}}").types
    assert types is not None
    assert types.output["items"]["properties"] == {
        "key": {"type": "integer", "exclusiveMinimum": 3},
        "label": {"type": "string"},
    }
    assert types.output["maxItems"] == 2
    assert types.body.tasks["list"].timeout == 0.0


def test_what_a_transform_reads_makes_edges():
    """In its source and in its steps."""
    step = {"filter": "item > tasks.first.output.id"}
    types = check_workflow(FIRST, transformed("{{input.ids}}", step), takes=LISTS).types
    assert types is not None
    assert types.body.tasks["list"].needs == {"first"}


@pytest.mark.parametrize(
    ("source", "step", "code", "pointer"),
    [
        ("{{input.id}}", {"limit": 1}, "WF-507", "from"),
        ("{{input.nothing}}", {"limit": 1}, "WF-503", "from"),
        ("{{input.users}}", {"filter": "item.id"}, "WF-508", "steps/0/filter"),
        ("{{input.users}}", {"filter": "item.idd > 1"}, "WF-503", "steps/0/filter"),
        ("{{input.users}}", {"map": "{{item.nothing}}"}, "WF-503", "steps/0/map"),
        ("{{input.users}}", {"map": "{{item.}}"}, "WF-501", "steps/0/map"),
    ],
)
def test_a_step_that_cannot_be_done_is_told_at_its_place(source: str, step: dict, code: str, pointer: str):
    """Every clause is typed against the items that reach it."""
    fault = only(check_workflow(transformed(source, step), takes=LISTS))
    assert (fault.code, fault.pointer) == (code, f"/spec/tasks/0/transform/{pointer}")


def test_a_transform_in_a_body_reaches_the_scope_around():
    """A forgotten $parent is mended; `item` inside the steps is the step's own."""
    steps = {"filter": "item.id == number && tasks.first.output.id > 1"}
    loop = each("all", transformed("{{input.users}}", steps))
    fault = only(check_workflow(FIRST, loop, takes=LISTS))
    assert fault.code == "WF-502"
    assert fault.fix.value == "item.id == number && $parent.tasks.first.output.id > 1"


def test_a_transform_of_something_missing_is_not_complained_about():
    """Of a task that is not there yet, only that is told."""
    later = {**FIRST, "taskRef": "later"}
    assert codes(check_workflow(later, transformed("{{tasks.first.output.list}}", {"map": "{{item.x}}"}))) == ["WF-301"]


def test_a_transform_can_be_a_task():
    """It needs no upstream, takes its input and gives what its steps make, declared or not."""
    entry = {"id": "picked", "taskRef": "pick", "input": "{{input}}"}
    validation = check(a_transform(), a_workflow(entry, takes=LISTS, output="{{tasks.picked.output}}"))
    assert validation.diagnostics == []
    assert validation.types is not None
    assert validation.types.output["items"]["required"] == ["key", "label"]


def test_what_a_transform_promises_it_gives():
    """A declared outputSchema is proven like any other."""
    promised = {"type": "array", "items": {"type": "object", "required": ["price"], "properties": {"price": {}}}}
    assert codes(check(a_transform(outputSchema=promised))) == ["WF-606"]
    assert codes(check(a_transform(outputSchema={"type": "array", "items": {"type": "object"}}))) == []


def test_a_transform_as_a_task_sees_its_input_only():
    """Nothing of the workflow that uses it."""
    assert codes(check(a_transform({"filter": "tasks.first.status == 'failed'"}))) == ["WF-502"]
