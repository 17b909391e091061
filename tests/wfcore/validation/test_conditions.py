"""Conditions: of entries, of branches, of error rules, of mocks."""

import pytest
from tests.wfcore.validation.objects import FIRST, LISTS, a_task, an_upstream, check, check_workflow, codes, only


def when(text: str, **spec: object):
    return check_workflow({**FIRST, "when": text}, takes=LISTS, **spec)


@pytest.mark.parametrize(
    "text", ["input.id > 3", "has(input.nick)", "input.?nick.orValue('') == 'x'", "1 in input.ids"]
)
def test_what_is_true_or_false_is_a_condition(text: str):
    """Comparisons, tests and what is made of them."""
    assert when(text).diagnostics == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input.id", "WF-508"),
        ("input.ids", "WF-508"),
        ("'true'", "WF-508"),
        ("null", "WF-508"),
        ("input.?nick", "WF-508"),
        ("input.nothing == 1", "WF-503"),
        ("input.id =", "WF-501"),
        ("{{input.id > 3}}", "WF-501"),
        ("input.id == 'x'", "WF-510"),
    ],
)
def test_nothing_else_is_a_condition(text: str, code: str):
    """Nothing is truthy, nothing absent decides, and braces have no place here."""
    fault = only(when(text))
    assert (fault.code, fault.pointer) == (code, "/spec/tasks/0/when")


def test_braces_around_a_condition_are_taken_away_by_the_fix():
    """Who writes braces everywhere gets the text without them."""
    fault = only(when("{{ input.id > 3 }}"))
    assert fault.fix.value == "input.id > 3"


def test_an_optional_condition_needs_a_default():
    """The fix says false."""
    takes = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "go": {"type": "boolean"}}}
    fault = only(check_workflow({**FIRST, "when": "input.?go"}, takes=takes))
    assert (fault.code, fault.fix.value) == ("WF-504", "input.?go.orValue(false)")
    assert check_workflow({**FIRST, "when": fault.fix.value}, takes=takes).diagnostics == []


def test_a_condition_without_a_type_is_doubted():
    """What nobody declared may be true or false, or not."""
    takes = {"type": "object", "required": ["id", "go"], "properties": {"id": {"type": "integer"}, "go": {}}}
    assert codes(check_workflow({**FIRST, "when": "input.go"}, takes=takes)) == ["WF-605"]


def test_a_task_with_a_condition_may_have_no_output():
    """Who reads it says what then."""
    fault = only(when("input.id > 3", output={"name": "{{tasks.first.output.name}}"}))
    assert fault.code == "WF-504"
    assert fault.fix.value == "{{tasks.first.?output.?name}}"
    types = when("input.id > 3", output={"name": fault.fix.value}).types
    assert types is not None
    assert types.output["required"] == []


def test_the_status_of_a_task_is_always_there():
    """Skipped or not, it can be asked for; a status that does not exist is told."""
    assert when("input.id > 3", output={"s": "{{tasks.first.status == 'skipped'}}"}).diagnostics == []
    assert codes(when("input.id > 3", output={"s": "{{tasks.first.status == 'skiped'}}"})) == ["WF-510"]


@pytest.mark.parametrize(
    ("text", "code"), [("input.id == 42", None), ("input.id", "WF-508"), ("input.idd == 1", "WF-503")]
)
def test_a_mock_is_chosen_by_a_condition_over_the_input(text: str, code: str | None):
    """It sees what the task is given and nothing else."""
    mocks = [{"when": text, "output": {"id": 1, "name": "Ada"}}]
    assert codes(check(an_upstream(), a_task(mocks=mocks))) == ([] if code is None else [code])
