"""Failures: skipped, replaced, told to callers."""

import pytest
from tests.wfcore.validation.objects import (
    FIRST,
    USER,
    a_task,
    a_workflow,
    an_upstream,
    check,
    check_workflow,
    codes,
    only,
)

from wfcore.schema import types_of

RULE = {"when": "task == 'first' && error.code == 'NOT_FOUND'", "status": 404, "code": "NO_SUCH_USER", "title": "None"}


def test_a_task_that_may_be_skipped_has_an_optional_output_and_an_error():
    """With onError: skip the output may be missing, and then the error says why."""
    skipping = {**FIRST, "onError": "skip"}
    output = {"name": "{{tasks.first.?output.?name}}", "why": "{{tasks.first.?error.?code.orValue('')}}"}
    types = check_workflow(skipping, output=output).types
    assert types is not None
    assert types.body.tasks["first"].absent
    assert types.output["required"] == ["why"]
    assert codes(check_workflow(skipping, output={"why": "{{tasks.first.error.code}}"})) == ["WF-504"]


def test_only_what_is_skipped_has_an_error_to_read():
    """Elsewhere a failure ends the run, so nobody is left to read it."""
    assert codes(check_workflow(FIRST, output={"why": "{{tasks.first.?error.?code}}"})) == ["WF-503"]


def test_a_value_that_stands_in_is_part_of_the_type():
    """What comes out is what the task gives or the fallback, and there is always one of them."""
    standing_in = {**FIRST, "onError": "fallback", "fallback": {"output": {"id": 0, "name": "nobody"}}}
    types = check_workflow(standing_in, output={"name": "{{tasks.first.output.name}}"}).types
    assert types is not None
    assert not types.body.tasks["first"].absent
    assert types_of(types.output["properties"]["name"]) == {"string"}
    poorer = {**standing_in, "fallback": {"output": {"id": 0}}}
    assert codes(check_workflow(poorer, output={"name": "{{tasks.first.output.name}}"})) == ["WF-504"]


def test_a_fallback_sees_the_scope_of_its_task():
    """It is a template like the input, and its reads make edges."""
    second = {
        "id": "second",
        "input": {"id": 1},
        "onError": "fallback",
        "fallback": {"output": "{{tasks.first.output}}"},
    }
    types = check_workflow(FIRST, second).types
    assert types is not None
    assert types.body.tasks["second"].needs == {"first"}
    assert types.body.tasks["second"].output == USER


def test_a_task_that_stands_in_is_given_what_it_takes():
    """Its input is checked as any other; it may be undecided by itself."""
    other = a_task(
        "find-user", takes={"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}
    )
    broken = {**FIRST, "onError": "fallback", "fallback": {"taskRef": "find-user", "input": {"key": "{{input.id}}"}}}
    fault = only(check(an_upstream(), a_task(), other, a_workflow(broken)))
    assert (fault.code, fault.pointer) == ("WF-604", "/spec/tasks/0/fallback/input/key")
    sound = {**broken, "fallback": {"taskRef": "find-user", "input": {"key": "{{string(input.id)}}"}}}
    types = check(an_upstream(), a_task(), other, a_workflow(sound)).types
    assert types is not None
    stand_in = types.body.tasks["first"].fallback
    assert stand_in is not None
    assert (stand_in.task.ref.name, stand_in.timeout, stand_in.undecided) == ("find-user", 5.0, False)


def test_a_task_that_stands_in_may_be_missing():
    """As any other task it may arrive later."""
    entry = {**FIRST, "onError": "fallback", "fallback": {"taskRef": "find-usr"}}
    validation = check(an_upstream(), a_task(), a_workflow(entry))
    assert (only(validation).code, only(validation).pointer) == ("WF-301", "/spec/tasks/0/fallback/taskRef")


@pytest.mark.parametrize(
    ("entry", "code", "pointer"),
    [
        ({"onError": "fallback"}, "WF-202", "fallback"),
        ({"fallback": {"output": 1}}, "WF-216", "fallback"),
        ({"onError": "skip", "fallback": {"output": 1}}, "WF-216", "fallback"),
    ],
)
def test_a_fallback_and_its_consent_belong_together(entry: dict, code: str, pointer: str):
    """Neither is ignored."""
    fault = only(check_workflow({**FIRST, **entry}))
    assert (fault.code, fault.pointer) == (code, f"/spec/tasks/0/{pointer}")


def test_an_error_rule_sees_the_failed_task_and_its_error():
    """Path, code, title, and the upstream's status where there was one."""
    rules = [RULE, {**RULE, "when": "error.?status.orValue(0) >= 500 && error.title != ''"}]
    assert check_workflow(FIRST, errors=rules).diagnostics == []


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("error.cod == 'X'", "WF-503"),
        ("tasks.first.status == 'failed'", "WF-502"),
        ("error.status == 404", "WF-504"),
        ("error.code", "WF-508"),
        ("error.code ==", "WF-501"),
    ],
)
def test_an_error_rule_that_cannot_be_judged_is_refused(when: str, code: str):
    """Rules are typed as everything else."""
    fault = only(check_workflow(FIRST, errors=[{**RULE, "when": when}]))
    assert (fault.code, fault.pointer) == (code, "/spec/errors/0/when")


def test_a_rule_behind_one_that_always_holds_is_told():
    """It would never be looked at."""
    fault = only(check_workflow(FIRST, errors=[{**RULE, "when": "true"}, RULE]))
    assert (fault.code, fault.severity, fault.pointer) == ("WF-217", "warning", "/spec/errors/1")
