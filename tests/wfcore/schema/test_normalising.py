"""Two spellings of one meaning become one."""

import pytest

from wfcore import schema


@pytest.mark.parametrize(
    "source",
    [
        {"type": "string", "nullable": True},
        {"type": "string", "enum": ["a"], "nullable": True},
        {"enum": ["a"], "nullable": True},
        {"const": "a", "nullable": True},
        {"$ref": "#/$defs/s", "nullable": True, "$defs": {"s": {"type": "string"}}},
        {"allOf": [{"type": "string"}], "nullable": True},
        {"type": ["string", "integer"], "nullable": True},
        {"type": "string", "not": {"type": "null"}, "nullable": True},
        {"anyOf": [{"type": "string", "nullable": True}, {"type": "integer"}]},
    ],
)
def test_nullable_means_or_null(source):
    """OpenAPI's `nullable: true` lets null in beside every other keyword, and nothing else."""
    compiled = schema.compile(source)
    assert compiled.accepts(None)
    assert compiled.accepts("a")
    assert not compiled.accepts([])
    assert "nullable" not in str(compiled.source)


def test_only_keywords_are_normalised():
    """A property called nullable, a default and an enum that contain the word stay as they are."""
    source = {
        "properties": {"nullable": {"type": "boolean"}},
        "default": {"nullable": True},
        "enum": [{"nullable": True}],
    }
    assert schema.normalise(source) == source
    assert schema.normalise({"type": "string", "nullable": False}) == {"type": "string"}


@pytest.mark.parametrize(
    ("source", "normal"),
    [
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": True}, {"exclusiveMaximum": 1}),
        ({"minimum": 1, "exclusiveMinimum": False}, {"minimum": 1}),
        ({"exclusiveMinimum": True}, {}),
        ({"exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
        ({"items": {"maximum": 0, "exclusiveMaximum": True}}, {"items": {"exclusiveMaximum": 0}}),
    ],
)
def test_exclusive_bounds_of_openapi_3_0_mean_the_same(source, normal):
    """A boolean beside the bound makes it exclusive, as OpenAPI 3.0 and older drafts write it."""
    assert schema.normalise(source) == normal
    assert schema.compile(source).source == normal


@pytest.mark.parametrize(
    ("source", "normal"),
    [
        ({"unevaluatedProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": True, "unevaluatedProperties": False}, {"additionalProperties": True}),
        ({"prefixItems": [{}], "unevaluatedItems": False}, {"prefixItems": [{}], "items": False}),
    ],
)
def test_what_is_left_over_where_nobody_else_looks(source, normal):
    """Without other schemas on the same value, "unevaluated" means "additional"; beside them it stays as it is."""
    assert schema.normalise(source) == normal
    beside = {**source, "allOf": [{"properties": {"a": {}}}]}
    assert schema.normalise(beside) == beside
