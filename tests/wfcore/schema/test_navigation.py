"""What an expression may read from a value that is not there yet."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wfcore.drawn_schemas import documents, values
from tests.wfcore.schema.orders import ORDER, taken

from wfcore import schema
from wfcore.schema import Found, Missing, Unknown


def test_a_property_is_found_with_its_schema():
    """Required and optional properties, through references that stay resolvable."""
    assert schema.property_of(ORDER, "orderId") == Found({"type": "string", "format": "uuid"}, False)
    assert schema.property_of(ORDER, "status") == Found({"enum": ["open", "paid"]}, True)
    lines = schema.property_of(ORDER, "lines")
    assert isinstance(lines, Found)
    line = schema.item_of(lines.schema)
    assert schema.property_of(line.schema, "sku") == Found({"type": "string", "pattern": "^[A-Z]+$"}, False)
    assert schema.property_of(line.schema, "skew") == Missing(("quantity", "sku"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, Found({}, True, True)),
        ({"type": "object"}, Found({}, True)),
        ({"type": "object", "required": ["a"]}, Found({}, False)),
        ({"type": "string"}, Missing(())),
        ({"properties": {"b": {}}}, Missing(("b",))),
        (
            {"type": "object", "properties": {"b": {}}, "additionalProperties": {"type": "null"}},
            Found({"type": "null"}, True),
        ),
        ({"type": "object", "patternProperties": {"^a": {"type": "null"}}}, Found({"type": "null"}, True)),
        ({"properties": {"a": {"type": "null"}}, "required": ["a"]}, Found({"type": "null"}, True, True)),
        (
            {"type": ["object", "null"], "properties": {"a": {"const": 1}}, "required": ["a"]},
            Found({"const": 1}, False, True),
        ),
        (
            {"type": ["object", "string"], "properties": {"a": {"const": 1}}, "required": ["a"]},
            Found({"const": 1}, True),
        ),
        (
            {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"]}], "type": "object"},
            Found({"type": "integer"}, False),
        ),
        (
            {
                "allOf": [
                    {"type": "object", "properties": {"a": {"type": "integer"}}},
                    {"properties": {"a": {"minimum": 1}}},
                ]
            },
            Found({"allOf": [{"type": "integer"}, {"minimum": 1}]}, True),
        ),
        (
            {
                "anyOf": [
                    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
                    {"type": "null"},
                ]
            },
            Found({"type": "integer"}, False, True),
        ),
        (
            {
                "type": "object",
                "required": ["a"],
                "oneOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"a": {"type": "string"}}}],
            },
            Found({"type": ["integer", "string"]}, False),
        ),
        (
            {
                "type": "object",
                "oneOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"properties": {"b": {}}}],
            },
            Found({"const": 1}, True),
        ),
        ({"properties": {"b": {}}, "if": {"required": ["b"]}, "then": {"properties": {"a": {}}}}, Unknown("if")),
        ({"properties": {"b": {}}, "unevaluatedProperties": {"type": "string"}}, Unknown("unevaluatedProperties")),
    ],
)
def test_where_a_property_may_stand(source, expected):
    """Composition, unions, nullable objects and open objects, each with its answer for `a`."""
    assert schema.property_of(source, "a") == expected


def test_items_by_index_and_any():
    """prefixItems and items; an index is optional unless minItems is above it; beyond maxItems there is nothing."""
    source = {
        "type": "array",
        "prefixItems": [{"type": "null"}],
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": 3,
    }
    assert schema.item_of(source, 0) == Found({"type": "null"}, False)
    assert schema.item_of(source, 1) == Found({"type": "string"}, True)
    assert schema.item_of(source, 3) == Missing(())
    assert schema.item_of(source) == Found({"type": ["null", "string"]}, False)
    assert schema.item_of({"type": "object"}, 0) == Missing(())
    assert schema.item_of({"items": {"type": "string"}, "type": ["array", "null"]}) == Found(
        {"type": "string"}, False, True
    )


def test_recursive_schemas_can_be_walked_for_ever():
    """Every step of a tree is self-contained: `#` and deep pointers are carried along as definitions."""
    step: object = {
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "size": {"type": "integer"}, "right": {"$ref": "#/properties/left"}},
        "required": ["left"],
    }
    for name in ("left", "right", "left"):
        found = schema.property_of(step, name)
        assert isinstance(found, Found)
        schema.compile(found.schema)
        step = found.schema
    assert schema.types_of(step) == {"object"}
    assert schema.property_of(step, "size") == Found({"type": "integer"}, True)


@pytest.mark.parametrize(
    ("source", "types"),
    [
        (True, {"null", "boolean", "number", "string", "array", "object"}),
        ({"type": ["integer", "number"]}, {"number"}),
        ({"type": "number", "enum": [1, 2]}, {"integer"}),
        ({"const": 1.5}, {"number"}),
        ({"anyOf": [{"type": "string"}, {"const": None}]}, {"string", "null"}),
        ({"allOf": [{"type": ["string", "number"]}, {"type": ["integer", "null"]}]}, {"integer"}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "array"}}}, {"array"}),
        (False, set()),
    ],
)
def test_the_types_of_a_schema(source, types):
    """The JSON types a value may have, through references and composition."""
    assert schema.types_of(source) == types


def test_a_union_is_short_and_self_contained():
    """Equal schemas count once, plain types join, definitions of one name are kept apart."""
    assert schema.union([{"type": "string"}, {"type": "null"}, {"type": "string"}]) == {"type": ["string", "null"]}
    assert schema.union([{"type": "string"}, {}]) == {}
    assert schema.union([]) is False
    one = {"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}
    other = {"$ref": "#/$defs/a", "$defs": {"a": {"type": "integer"}}}
    both = schema.compile(schema.union([one, other]))
    assert [both.accepts(value) for value in ("x", 1, None)] == [True, True, False]


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), st.lists(values, min_size=5, max_size=15), st.sampled_from("abc"))
def test_what_is_inferred_about_a_property_holds(source, candidates, name):
    """In every pruned object the property has the schema that property_of says, and is there unless optional."""
    compiled = taken(source)
    inside = schema.property_of(compiled.source, name)
    types = schema.types_of(compiled.source)
    for value in filter(compiled.accepts, candidates):
        value, _ = compiled.prune(value)
        assert (value is None) <= ("null" in types)
        if not isinstance(value, dict) or isinstance(inside, Unknown):
            continue
        match inside:
            case Found(schema=found, optional=optional):
                assert name in value or optional
                assert name not in value or schema.compile(schema.compile(found).closed).accepts(value[name])
            case Missing():
                assert name not in value
