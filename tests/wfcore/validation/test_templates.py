"""Expressions and templates against what is in scope."""

import pytest
import yaml
from tests.wfcore.definitions import validations
from tests.wfcore.validation.objects import (
    FIRST,
    USER,
    a_task,
    a_workflow,
    an_upstream,
    check_workflow,
    codes,
    only,
)

from wfcore.definition import read_definitions
from wfcore.schema import JsonSchema
from wfcore.schema.rooting import alone, rooted


def test_one_broken_expression_hides_no_other_fault():
    """Each text of a template is judged by itself."""
    output = {
        "a": "{{input.}}",
        "b": "{{tasks.frist.output}}",
        "c": "{{input.idd}}",
        "d": ["{{nothing.x}}"],
        "e": "{{input.id}}",
    }
    validation = check_workflow(FIRST, output=output, outputSchema=USER)
    assert [(each.code, each.pointer) for each in validation.diagnostics] == [
        ("WF-501", "/spec/output/a"),
        ("WF-502", "/spec/output/b"),
        ("WF-503", "/spec/output/c"),
        ("WF-502", "/spec/output/d/0"),
    ]


def test_a_position_inside_an_expression_points_at_the_name():
    """An editor underlines the name that is wrong, not the whole text."""
    text = yaml.safe_dump_all([an_upstream(), a_task(), a_workflow(FIRST)], sort_keys=False)
    text += "  requiredFields: {}\n".replace("requiredFields: {}", "outputSchema: {type: object}")
    text = text.replace("output: {}", 'output: {x: "id {{input.idd}}"}')
    fault = only(validations(read_definitions(text))["profile"])
    line = text.splitlines()[fault.position.line - 1]
    assert line[fault.position.column - 1 :].lstrip(".").startswith("idd")


def test_definitions_of_schemas_do_not_mix():
    """Two schemas that use one name for different things keep their own when they are put together."""
    one = {"$ref": "#/$defs/Id", "$defs": {"Id": {"type": "integer"}}}
    other = {"$ref": "#/$defs/Id", "$defs": {"Id": {"type": "string"}}}
    together = rooted({"type": "object", "properties": {"one": alone(one), "other": alone(other)}})
    meaning = {name: together["$defs"][part["$ref"].split("/")[-1]] for name, part in together["properties"].items()}
    assert meaning == {"one": {"type": "integer"}, "other": {"type": "string"}}
    assert rooted(together) == together


def test_an_expression_in_a_broken_input_schema_causes_no_second_fault():
    """What is read from an input whose schema cannot be used is not complained about as well."""
    assert codes(check_workflow(FIRST, takes={"type": "objekt"})) == ["WF-601"]


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("{{input.x.y}}", {}),
        ("{{input.x.y[3]}}", {"description": "whatever the caller likes"}),
        ("about {{input.x}}", {}),
        ("about {{input.x}}", {"minLength": 3}),
        ("about {{input.x.?y.orValue('')}}", {}),
    ],
)
def test_what_no_schema_promises_is_doubted(text: str, shape: JsonSchema):
    """A path or text that valid data may break is no silent yes: a warning at its place, an error under --strict."""
    takes = {"type": "object", "required": ["x"], "properties": {"x": shape}}
    found = check_workflow({"id": "first", "input": {"id": 1}}, takes=takes, output={"a": text})
    (doubt,) = found.diagnostics
    assert (doubt.code, doubt.severity, doubt.pointer) == ("WF-605", "warning", "/spec/output/a")
    assert found.types is not None


@pytest.mark.parametrize("text", ["{{input.x}}", "{{input.x.?y}}"])
def test_what_cannot_break_is_not_doubted(text: str):
    """Passing on a value that says nothing about itself, or looking into it with `.?`, works with any value."""
    takes = {"type": "object", "required": ["x"], "properties": {"x": {}}}
    found = check_workflow({"id": "first", "input": {"id": 1}}, takes=takes, output={"a": text})
    assert found.diagnostics == []
