"""switch: the first branch whose condition holds, else the default."""

import pytest
from tests.wfcore.validation.objects import FIRST, LISTS, check_workflow, only

LARGE = {"when": "input.id > 100", "output": "large"}
SMALL = {"default": True, "output": "small"}


def switched(*branches: dict, **spec: object):
    return check_workflow(FIRST, {"id": "size", "switch": list(branches)}, takes=LISTS, **spec)


def test_what_comes_out_is_one_of_the_branches():
    """The type is the union; with a default there is always a value."""
    types = switched(LARGE, SMALL, output={"size": "{{tasks.size.output}}"}).types
    assert types is not None
    assert (types.body.tasks["size"].output, types.body.tasks["size"].absent) == ({"enum": ["large", "small"]}, False)
    assert len(types.body.tasks["size"].inner) == 2


def test_without_a_default_there_may_be_nothing():
    """When no branch holds the switch is skipped, and who reads it must say what then."""
    fault = only(switched(LARGE, output={"size": "{{tasks.size.output}}"}))
    assert (fault.code, fault.fix.value) == ("WF-504", "{{tasks.size.?output}}")
    assert switched(LARGE, output={"size": fault.fix.value}).diagnostics == []


def test_an_optional_output_of_a_branch_is_an_optional_output_of_the_switch():
    """A branch that takes nothing from an optional field gives nothing."""
    fault = only(switched({"default": True, "output": "{{input.?nick}}"}, output={"x": "{{tasks.size.output}}"}))
    assert fault.code == "WF-504"


def test_a_branch_runs_tasks_of_its_own():
    """Its output reads them; they are nothing to the scope around."""
    user = {"id": "user", "taskRef": "get-user", "input": {"id": "{{$parent.tasks.first.output.id}}"}}
    branch = {"when": "input.id > 1", "tasks": [user], "output": "{{tasks.user.output.name}}"}
    types = switched(branch, SMALL).types
    assert types is not None
    entry = types.body.tasks["size"]
    assert (entry.needs, entry.output) == ({"first"}, {"type": "string"})
    assert entry.inner[0].tasks["user"].task is not None


def test_a_branch_says_what_comes_out():
    """Without `output` nobody knows."""
    fault = only(switched({"when": "input.id > 1"}, SMALL))
    assert (fault.code, fault.pointer) == ("WF-202", "/spec/tasks/1/switch/0/output")


@pytest.mark.parametrize(
    ("branches", "severity", "pointer"),
    [
        ([SMALL, LARGE], "error", "1"),
        ([LARGE, SMALL, SMALL], "error", "2"),
        ([{"when": "true", "output": 1}, LARGE], "warning", "1"),
        ([{"when": "false", "output": 1}, SMALL], "warning", "0/when"),
    ],
)
def test_a_branch_that_is_never_taken_is_told(branches: list[dict], severity: str, pointer: str):
    """Behind a default, behind what always holds, or with a condition that never does."""
    found = switched(*branches)
    assert [(each.code, each.severity, each.pointer) for each in found.diagnostics] == [
        ("WF-217", severity, f"/spec/tasks/1/switch/{pointer}")
    ]


def test_a_default_is_true_or_not_there():
    """`default: false` is neither a condition nor a default."""
    fault = only(switched({"default": False, "output": 1}))
    assert (fault.code, fault.fix.value) == ("WF-205", True)
