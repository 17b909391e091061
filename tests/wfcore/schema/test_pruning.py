"""What pruning cuts, and what it keeps."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.wfcore.drawn_schemas import documents, values
from tests.wfcore.schema.orders import ID, ORDER, pruned, taken

from wfcore import schema


def test_undeclared_properties_are_cut_all_the_way_down():
    """Objects without additionalProperties lose what they do not declare, with the pointers of what was cut."""
    source = {
        "properties": {"a": {"properties": {"b": {}}}, "list": {"items": {"$ref": "#/$defs/item"}}},
        "$defs": {"item": {"properties": {"id": {}}}},
    }
    value = {"a": {"b": 1, "x/": 2}, "list": [{"id": 1}, {"id": 2, "y": 3}], "z": 4}
    assert pruned(source, value) == ({"a": {"b": 1}, "list": [{"id": 1}, {"id": 2}]}, ["/a/x~1", "/list/1/y", "/z"])


def test_clean_values_are_returned_as_the_same_object():
    """Nothing to cut: the very same object comes back, after one quick check."""
    compiled = schema.compile(ORDER)
    value = {"orderId": ID, "lines": [{"sku": "A", "quantity": 1}]}
    assert not compiled.needs_pruning(value)
    assert compiled.prune(value)[0] is value


@pytest.mark.parametrize(
    "source",
    [
        {},
        True,
        {"type": "object"},
        {"type": "object", "required": ["a"]},
        {"properties": {"a": {}}, "additionalProperties": True},
        {"properties": {"a": {}}, "additionalProperties": {"type": "integer"}},
        {"properties": {"a": {}}, "unevaluatedProperties": True},
        {"properties": {"a": {}}, "patternProperties": {"^z": {}}},
        {"properties": {"a": {}}, "enum": [{"a": 1, "z": 2}]},
        {"properties": {"a": {}}, "required": ["z"]},
        {"allOf": [{"properties": {"a": {}}}, {"properties": {"z": {}}}]},
        {"anyOf": [{"properties": {"a": {}}}, {"properties": {"z": {}}}]},
        {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/x"}], "$defs": {"x": {"properties": {"a": {}, "z": {}}}}},
        {"properties": {"a": {}}, "if": {"required": ["a"]}, "then": {"properties": {"z": {}}}},
        {"properties": {"a": {}}, "dependentSchemas": {"a": {"properties": {"z": {}}}}},
    ],
)
def test_declared_and_open_properties_stay(source):
    """What any applying part declares, asks for or leaves open is kept."""
    value = {"a": 1, "z": 2}
    kept, cut = pruned(source, value)
    assert kept is value
    assert cut == []


def test_only_branches_that_accept_declare():
    """Of oneOf and anyOf, the branches that accept the value say what stays."""
    source = {
        "oneOf": [
            {"properties": {"kind": {"const": "card"}, "number": {}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "bank"}, "iban": {}}, "required": ["kind"]},
        ]
    }
    value = {"kind": "bank", "iban": 1, "number": 2}
    assert pruned(source, value) == ({"kind": "bank", "iban": 1}, ["/number"])


def test_a_property_described_twice_keeps_the_union():
    """Two parts of allOf that describe one property each keep their share of it."""
    source = {
        "allOf": [
            {"properties": {"a": {"properties": {"x": {}}}}},
            {"properties": {"a": {"properties": {"y": {}}}, "b": {}}},
        ]
    }
    assert pruned(source, {"a": {"x": 1, "y": 2, "z": 3}, "b": 4}) == ({"a": {"x": 1, "y": 2}, "b": 4}, ["/a/z"])


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), st.lists(values, min_size=5, max_size=15))
def test_the_closed_schema_and_pruning_follow_one_rule(source, candidates):
    """The closed schema takes every pruned value; what it takes needs no cut; a clean value is the same object."""
    compiled = taken(source)
    closed = schema.compile(compiled.closed)
    for value in filter(compiled.accepts, candidates):
        kept, cut = compiled.prune(value)
        assert closed.accepts(kept)
        assert (kept is value) == (not cut)
        if not compiled.needs_pruning(value):
            assert not cut
        assert not compiled.accepts(kept) or compiled.prune(kept)[0] == kept
