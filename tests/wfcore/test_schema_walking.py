"""Walking into schemas step by step, and building schemas out of others."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, reject, settings
from tests.wfcore.drawn_schemas import NAMES, documents, values

from wfcore import schema
from wfcore.schema import Missing, Unknown
from wfcore.schema.building import array_of, map_of, object_of, tuple_of
from wfcore.schema.walking import Inner, either, place

TREE: dict[str, Any] = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "left": {"$ref": "#"}, "name": {"$ref": "#/$defs/Name"}},
    "$defs": {"Name": {"type": "string"}, "Unused": {"type": "null"}},
}


def inner(found: Inner | Missing | Unknown) -> Inner:
    assert isinstance(found, Inner)
    return found


def test_a_place_is_cut_out_with_what_it_refers_to():
    """Wherever a walk ends, the schema stands on its own: references to the root and to definitions go along."""
    left = inner(inner(place(TREE).property("left")).place.property("left"))
    assert left.optional
    alone = left.place.alone()
    assert jsonschema_rs.is_valid(alone, {"n": 1, "left": {"n": 2, "name": "x"}})
    assert not jsonschema_rs.is_valid(alone, {"n": 1, "left": {"n": 2, "name": 3}})
    name = inner(left.place.property("name")).place
    assert name.types() == {"string"}
    assert inner(left.place.property("n")).place.alone() == {"type": "integer"}


@pytest.mark.parametrize(
    ("source", "index", "types", "optional"),
    [
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, 0, {"string"}, False),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1}, 1, {"string"}, True),
        ({"const": [1, "a"]}, 1, {"string"}, False),
        ({"enum": [[1], ["a", 2]]}, 1, {"integer"}, True),
        ({"enum": [[1], ["a"], "no list"]}, 0, {"integer", "string"}, False),
        ({"type": "array", "prefixItems": [{"type": "null"}], "minItems": 1}, 0, {"null"}, False),
    ],
)
def test_items_of_plain_composed_and_listed_arrays(source: Any, index: int, types: set[str], optional: bool):
    """An item has its type whether the schema describes arrays, places or whole values."""
    found = inner(place(source).item(index))
    assert (found.place.types(), found.optional) == (types, optional)


def test_what_is_never_there_is_missing():
    """A closed object names its properties; an array that is too short has no such item."""
    assert place(TREE).property("lfet") == Missing(("left", "n", "name"))
    assert place({"const": {"a": 1}}).property("b") == Missing(("a",))
    assert place({"type": "array", "maxItems": 1}).item(1) == Missing(())


@settings(max_examples=150, deadline=None, derandomize=True)
@given(documents(), values)
def test_what_stands_inside_fits_its_place(source: dict[str, Any], value: Any):
    """For any schema and valid value: a step finds what the value holds, and may only lack what is optional."""
    try:
        compiled = schema.compile(source)
    except schema.SchemaError:
        reject()
    if not compiled.accepts(value):
        return
    kept, root = compiled.prune(value)[0], place(compiled.source)
    if isinstance(kept, dict):
        steps = [(root.property(name), kept.get(name, schema)) for name in NAMES]
    elif isinstance(kept, list):
        steps = [(root.item(at), kept[at] if at < len(kept) else schema) for at in range(3)]
    else:
        return
    for found, held in steps:
        if isinstance(found, Missing):
            assert held is schema
        elif isinstance(found, Inner) and held is schema:
            assert found.optional
        elif isinstance(found, Inner):
            inside = schema.compile(found.place.alone())
            assert jsonschema_rs.is_valid(inside.closed, held, validate_formats=True)


def test_either_is_the_union_of_places():
    """Two places together accept what each of them accepts."""
    both = either([place({"type": "string"}), place({"type": "null"})])
    assert both.types() == {"string", "null"}


def test_schemas_with_the_same_names_for_different_things_are_built_together():
    """Definitions move to the new root; where names clash they are renamed with their references."""
    one = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "string"}}}
    other = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "integer"}}}
    pair = tuple_of([one, other])
    assert jsonschema_rs.is_valid(pair, ["a", 1])
    assert not jsonschema_rs.is_valid(pair, [1, "a"])
    record = object_of([("a", one, True), ("b", other, False)])
    assert jsonschema_rs.is_valid(record, {"a": "x"})
    assert not jsonschema_rs.is_valid(record, {"a": "x", "b": "y"})
    assert not jsonschema_rs.is_valid(record, {"b": 1})
    assert not jsonschema_rs.is_valid(array_of(one, 1, 2), [])
    assert jsonschema_rs.is_valid(array_of(one, 1, 2), ["a"])
    assert not jsonschema_rs.is_valid(map_of(other), {"k": "x"})
