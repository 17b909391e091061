"""What a task is given against what it takes."""

from tests.wfcore.validation.objects import (
    FIRST,
    ID,
    SECOND,
    a_task,
    a_workflow,
    an_upstream,
    check,
    check_workflow,
    codes,
    only,
)


def test_a_fault_in_one_input_does_not_hide_the_other_inputs():
    """With one input broken the others are still checked for presence and type."""
    takes = {"type": "object", "required": ["a", "b", "c"], "properties": {n: {"type": "integer"} for n in "abc"}}
    workflow = a_workflow({"id": "x", "input": {"a": "{{input.nothing}}", "b": "text"}})
    found = check(an_upstream(), a_task(takes=takes), workflow)
    assert [(each.code, each.pointer) for each in found.diagnostics] == [
        ("WF-602", "/spec/tasks/0/input/c"),
        ("WF-503", "/spec/tasks/0/input/a"),
        ("WF-604", "/spec/tasks/0/input/b"),
    ]


def test_a_missing_input_offers_the_workflow_input_of_that_name():
    """The likeliest fix of a missing input can be applied by a machine."""
    fault = only(check_workflow({"id": "x"}))
    assert (fault.code, fault.fix.edit, fault.fix.value) == ("WF-602", "set", "{{input.id}}")


def test_the_whole_input_may_be_one_expression():
    """`input: "{{input}}"` passes the workflow's input on and is checked as one value."""
    assert check_workflow({"id": "x", "input": "{{input}}"}).diagnostics == []
    text_id = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    assert codes(check_workflow({"id": "x", "input": "{{input}}"}, takes=text_id)) == ["WF-604"]


def test_a_mismatch_shows_a_value_that_would_be_refused():
    """A proven "no" comes with a value that the giver may send and the taker refuses."""
    takes = {"type": "object", "required": ["id"], "properties": {"id": {"enum": ["seven"]}}}
    fault = only(check_workflow({"id": "x", "input": {"id": "{{input.id}}"}}, takes=takes))
    assert (fault.code, fault.pointer) == ("WF-604", "/spec/tasks/0/input/id")
    assert "seven" in fault.message


def test_a_type_that_cannot_be_decided_is_a_warning_and_is_checked_in_each_run():
    """What cannot be proven is neither refused nor trusted."""
    pattern = lambda regex: {  # noqa: E731
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": regex}},
    }
    workflow = a_workflow(FIRST, takes=pattern("^[a-m]{3,8}$"))
    validation = check(an_upstream(), a_task(takes=pattern("^[a-z]{2,9}$")), workflow)
    assert (only(validation).code, only(validation).severity) == ("WF-605", "warning")
    assert validation.types is not None
    assert validation.types.body.tasks["first"].undecided


def test_nullable_of_openapi_is_understood():
    """A property that OpenAPI 3.0 calls nullable may be null to expressions too."""
    gives = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "nullable": True}}}
    assert codes(check(an_upstream(), a_task(gives=gives), a_workflow(FIRST, SECOND))) == ["WF-604"]


def test_the_whole_input_must_not_be_absent():
    """A task is always given a value."""
    optional = {"type": "object", "properties": {"user": ID}}
    fault = only(check_workflow({"id": "x", "input": "{{input.?user}}"}, takes=optional))
    assert (fault.code, fault.pointer) == ("WF-504", "/spec/tasks/0/input")


def test_an_input_that_may_be_anything_else_is_taken():
    """A task that allows additional properties takes inputs that it does not name."""
    takes = {**ID, "additionalProperties": True}
    assert (
        check(an_upstream(), a_task(takes=takes), a_workflow({"id": "x", "input": {"id": 1, "more": 2}})).diagnostics
        == []
    )
