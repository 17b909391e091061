"""Names of objects that are there, not there, or not sound."""

import pytest
import yaml
from tests.wfcore.definitions import Known
from tests.wfcore.validation.objects import (
    FIRST,
    SECOND,
    USER,
    a_task,
    a_workflow,
    an_upstream,
    check,
    check_workflow,
    codes,
    only,
)

from wfcore.definition import read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.validation import validate


def test_a_missing_task_is_a_warning_that_heals():
    """A task that is not there yet keeps a workflow back, with the nearest name; nothing else is complained about."""
    workflow = a_workflow(
        {**FIRST, "taskRef": "get-usr"}, SECOND, output={"x": "{{tasks.first.output.whatever.deep}}"}, outputSchema=USER
    )
    lacking = check(an_upstream(), a_task(), workflow)
    fault = only(lacking)
    assert (fault.code, fault.severity, fault.fix.value) == ("WF-301", "warning", "get-user")
    assert lacking.missing == [ObjectRef("WorkflowTask", "default", "get-usr")]
    assert (lacking.types, lacking.refused) == (None, False)
    arrived = check(an_upstream(), a_task(), a_task("get-usr"), a_workflow({**FIRST, "taskRef": "get-usr"}, SECOND))
    assert arrived.types is not None


def test_a_missing_upstream_keeps_task_and_workflow_back():
    """What a task lacks, a workflow that uses it lacks too, and says through which task."""
    assert [each.code for each in check(a_task()).diagnostics] == ["WF-302"]
    lacking = check(a_task(), a_workflow(FIRST))
    assert lacking.missing == [ObjectRef("Upstream", "default", "users")]
    assert "get-user" in only(lacking).message
    assert lacking.types is None


def test_everything_that_was_looked_up_is_named():
    """Whoever keeps the answer knows which objects can change it: found, missing, direct and indirect ones."""
    validation = check(a_task(), a_workflow(FIRST, {**SECOND, "taskRef": "nothing"}))
    assert {str(ref) for ref in validation.looked_up} == {
        "WorkflowTask default/get-user",
        "WorkflowTask default/nothing",
        "Upstream default/users",
    }


def test_references_do_not_cross_namespaces():
    """A task of another namespace does not exist for a workflow."""
    elsewhere = a_task()
    elsewhere["metadata"]["namespace"] = "other"
    assert [each.code for each in check(an_upstream(), elsewhere, a_workflow(FIRST)).diagnostics] == ["WF-301"]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (a_task(gives={"type": "objekt"}), "WF-303"),
        (a_task(http={"path": "users"}), "WF-303"),
        (a_task(lifecycle="draft"), "WF-304"),
    ],
)
def test_a_task_that_cannot_run_keeps_its_workflows_back(broken: dict, code: str):
    """A workflow waits for a task with errors, and for a draft, as it waits for a missing one."""
    validation = check(an_upstream(), broken, a_workflow(FIRST))
    assert (only(validation).code, only(validation).severity) == (code, "warning")
    assert validation.missing == [ObjectRef("WorkflowTask", "default", "get-user")]
    assert validation.types is None


@pytest.mark.parametrize("lifecycle", ["superseded", "deprecated"])
def test_a_task_that_is_being_retired_still_runs(lifecycle: str):
    """The author is warned, the workflow is published."""
    validation = check(an_upstream(), a_task(lifecycle=lifecycle), a_workflow(FIRST))
    assert only(validation).code == "WF-305"
    assert (validation.missing, validation.types is None) == ([], False)


def test_what_is_missing_is_not_doubted_as_well():
    """Of a task that is not there yet, only that is told."""
    tasks = [{"id": "first", "taskRef": "later", "input": {}}]
    assert codes(check_workflow(*tasks, output={"a": "{{tasks.first.output.id}} {{tasks.first.output.n}}"})) == [
        "WF-301"
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"anyOf": [{"required": ["id"]}, {"required": ["name"]}]},
        {"allOf": [{"required": ["id"]}]},
        {"$ref": "#/$defs/named", "$defs": {"named": {"required": ["id"]}}},
        {"minProperties": 1},
        {"dependentRequired": {"name": ["id"]}},
    ],
)
def test_an_input_that_comes_from_a_missing_task_is_no_mismatch(more: dict):
    """Whatever the taker asks of its fields together: what a later object may cure is a warning, never a refusal."""
    properties = {"id": {"type": "integer"}, "name": {"type": "string"}}
    taker = a_task(takes={"type": "object", "properties": properties, **more})
    tasks = [
        {"id": "first", "taskRef": "later", "input": {}},
        {"id": "second", "input": {"id": "{{tasks.first.output.id}}"}},
    ]
    assert codes(check(an_upstream(), taker, a_workflow(*tasks))) == ["WF-301"]


def test_what_is_missing_hides_no_fault_beside_it():
    """In one expression a name that is wrong is told, though the rest of it reads a task that is not there yet."""
    tasks = [{"id": "first", "taskRef": "later", "input": {}}]
    text = "{{input.idd == tasks.first.output.id}}"
    assert sorted(codes(check_workflow(*tasks, output={"a": text}))) == ["WF-301", "WF-503"]


def test_what_is_not_executed_yet_is_a_warning_offline_in_what_is_called_too():
    """A task that needs a later version is no error of the workflow that calls it, where nothing runs."""
    task = a_task(http={"headers": {"X": "{{secrets['a'].key}}"}})
    reading = read_definitions(yaml.safe_dump_all([an_upstream(), task, a_workflow(FIRST)]))
    known = Known(reading.definitions)
    assert codes(validate(reading.definitions[-1], known)) == ["WF-303"]
    assert codes(validate(reading.definitions[-1], known, unexecuted="warning")) == []
