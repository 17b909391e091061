"""Workflows inside workflows, and pinned versions."""

from collections.abc import Iterable

import pytest
import yaml
from tests.wfcore.definitions import Known
from tests.wfcore.validation.objects import (
    FIRST,
    LISTS,
    USER,
    a_task,
    a_workflow,
    an_upstream,
    check,
    codes,
    each,
    only,
)

from wfcore.definition import Definition, read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.validation import validate

NAME = a_workflow(FIRST, name="user-name", output={"name": "{{tasks.first.output.name}}"}, timeout="3s")
CALL = {"id": "call", "workflowRef": "user-name", "input": {"id": "{{input.id}}"}}
UNKNOWN = "sha256:" + "0" * 64


def calling(*tasks: dict, **spec: object):
    return check(an_upstream(), a_task(), NAME, a_workflow(*tasks, **spec))


def test_a_sub_workflow_gives_its_output():
    """Input and output are those of the other workflow, its time the least of all limits."""
    validation = calling(CALL, output={"name": "{{tasks.call.output.name}}"})
    assert validation.diagnostics == []
    assert validation.types is not None
    entry = validation.types.body.tasks["call"]
    assert entry.workflow is not None
    assert (entry.workflow.ref.name, entry.task, entry.timeout) == ("user-name", None, 3.0)
    assert entry.output["properties"] == {"name": {"type": "string"}}
    assert list(entry.inner[0].tasks) == ["first"]
    assert validation.types.count == 2
    assert ObjectRef("Workflow", "default", "user-name") in validation.looked_up


def test_a_sub_workflow_is_given_what_it_takes():
    """Its inputSchema is checked like that of a task."""
    assert codes(calling({**CALL, "input": {}})) == ["WF-602"]
    assert codes(calling({**CALL, "input": {"id": "text"}})) == ["WF-604"]


def test_a_sub_workflow_sees_nothing_of_its_caller():
    """Names of the calling workflow mean nothing in the other one: it is checked by itself."""
    other = a_workflow(FIRST, name="user-name", output={"x": "{{$parent.tasks.call.status}}"})
    fault = only(check(an_upstream(), a_task(), other, a_workflow(CALL)))
    assert (fault.code, fault.severity) == ("WF-303", "warning")
    assert "WF-502" in fault.message


def test_a_missing_workflow_is_a_warning_that_heals():
    """It may still arrive; the nearest name is the fix."""
    validation = calling({**CALL, "workflowRef": "user-nam"}, output={"x": "{{tasks.call.output.anything.deep}}"})
    fault = only(validation)
    assert (fault.code, fault.severity, fault.fix.value) == ("WF-307", "warning", "user-name")
    assert validation.missing == [ObjectRef("Workflow", "default", "user-nam")]


def test_what_a_sub_workflow_lacks_its_caller_lacks_too():
    """And says through which workflow."""
    lacking = check(an_upstream(), NAME, a_workflow(CALL))
    assert lacking.missing == [ObjectRef("WorkflowTask", "default", "get-user")]
    assert "user-name" in only(lacking).message


def passing(name: str, to: str) -> dict:
    return a_workflow({**CALL, "workflowRef": to}, name=name, output="{{tasks.call.output}}", timeout="10s")


def test_workflows_that_call_each_other_are_named_in_a_chain():
    """Each of them is refused, with the chain as it looks from there."""
    ring = [passing("one", "two"), passing("two", "three"), passing("three", "one")]
    fault = only(check(*ring))
    assert fault.code == "WF-402"
    assert "three -> one -> two -> three" in fault.message
    assert only(check(passing("self", "self"))).code == "WF-402"


def test_a_circle_further_down_is_told_there():
    """Who calls into a circle lacks a sound workflow, and nothing runs forever while this is found out."""
    fault = only(check(passing("one", "two"), passing("two", "one"), passing("outside", "one")))
    assert (fault.code, fault.severity) == ("WF-303", "warning")


def test_a_circle_is_found_inside_a_body_too():
    """It does not matter how deep inside a workflow calls another one."""
    inside = a_workflow(each("all", {**CALL, "workflowRef": "one"}), name="two", takes=LISTS)
    assert "WF-402" in codes(check(passing("one", "two"), inside))


def test_workflows_go_five_deep():
    """Six levels below are refused with their chain; five are not."""
    chain = [an_upstream(), a_task(), a_workflow(FIRST, name="w0", output="{{tasks.first.output}}")]
    chain += [passing(f"w{n}", f"w{n - 1}") for n in range(1, 7)]
    assert codes(check(*chain[:-1])) == []
    fault = only(check(*chain))
    assert fault.code == "WF-701"
    assert "w6 -> w5 -> w4 -> w3 -> w2 -> w1 -> w0" in fault.message


def test_all_tasks_count_those_of_sub_workflows_too():
    """Five hundred in all."""
    large = a_workflow(*({"id": f"t{n}", "input": {"id": n}} for n in range(300)), name="user-name", maxParallel=100)
    calls = [{**CALL, "id": f"c{n}"} for n in range(2)]
    found = check(an_upstream(), a_task(timeout="1s"), large, a_workflow(*calls, timeout="30s", maxParallel=100))
    assert "WF-701" in codes(found)


class Keeping(Known):
    """A catalogue that keeps one earlier version."""

    def __init__(self, definitions: Iterable[Definition], kept: Definition) -> None:
        super().__init__(definitions)
        self.kept = kept

    def version(self, ref: ObjectRef, version: str) -> Definition | None:
        return self.kept if (self.kept.ref, self.kept.version) == (ref, version) else None


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        ({**FIRST, "taskVersion": UNKNOWN}, "/spec/tasks/0/taskVersion"),
        ({**CALL, "workflowVersion": UNKNOWN}, "/spec/tasks/0/workflowVersion"),
    ],
)
def test_a_pin_on_a_version_that_is_not_there_names_both(entry: dict, pointer: str):
    """Nothing is published with another version than the pinned one."""
    validation = calling(entry)
    fault = only(validation)
    assert (fault.code, fault.severity, fault.pointer) == ("WF-306", "warning", pointer)
    assert UNKNOWN in fault.message
    assert fault.fix.value in fault.message
    assert validation.types is None
    name = pointer.rpartition("/")[2]
    assert calling({**entry, name: fault.fix.value}).diagnostics == []


def test_a_pinned_version_that_is_kept_is_used():
    """The workflow is checked against that version, not the current one."""
    (earlier,) = read_definitions(yaml.safe_dump(a_task(gives={**USER, "required": ["id"]}))).definitions
    entry = {**FIRST, "taskVersion": earlier.version}
    objects = [an_upstream(), a_task(), a_workflow(entry, output={"name": "{{tasks.first.output.?name}}"})]
    reading = read_definitions(yaml.safe_dump_all(objects))
    validation = validate(reading.definitions[-1], Keeping(reading.definitions, earlier))
    assert validation.types is not None
    assert validation.types.body.tasks["first"].task == earlier
