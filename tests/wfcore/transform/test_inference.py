"""What type a transform's list has, and what is wrong with a step before any data is there."""

from typing import Any

import jsonschema_rs
import pytest

from wfcore import transform
from wfcore.expression import Inferred, Problem
from wfcore.schema import JsonSchema

ITEM = {
    "type": "object",
    "required": ["id", "total", "maybe", "lines", "on"],
    "properties": {
        "id": {"type": "string"},
        "total": {"type": "number"},
        "maybe": {"type": ["integer", "null"]},
        "on": {"type": "boolean"},
        "note": {"type": "string"},
        "flag": {"type": "boolean"},
        "lines": {"type": "array", "maxItems": 5, "minItems": 1, "items": {"$ref": "#/$defs/Line"}},
        "more": {"type": "array", "items": {"type": "string"}},
        "any": {},
    },
}
LINE = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "price": {"type": "number"}}}
KIDS = {"type": "array", "items": {"$ref": "#/$defs/Tree"}}
TREE = {"type": "object", "required": ["kids"], "properties": {"kids": KIDS}}
LIST = {"type": "array", "minItems": 2, "maxItems": 10, "items": ITEM}


def scope_of(**properties: JsonSchema) -> dict[str, Any]:
    inputs = {"type": "object", "required": list(properties), "properties": properties}
    return {
        "type": "object",
        "required": ["input"],
        "properties": {"input": inputs},
        "$defs": {"Line": LINE, "Tree": TREE, "Unused": {"type": "null"}},
    }


def inferred(*steps: Any, items: JsonSchema = LIST, source: Any = "{{input.list}}") -> Inferred:
    written = {"from": source, "steps": list(steps)}
    return transform.infer(transform.parse(written), scope_of(list=items))


def sound(*steps: Any, items: JsonSchema = LIST, source: Any = "{{input.list}}") -> dict[str, Any]:
    found = inferred(*steps, items=items, source=source)
    assert (found.problems, found.doubts, found.absent) == ([], [], False)
    assert isinstance(found.schema, dict)
    return found.schema


def problem_of(*steps: Any, items: JsonSchema = LIST, source: Any = "{{input.list}}") -> Problem:
    found = inferred(*steps, items=items, source=source)
    (problem,) = found.problems
    assert found.schema == {}
    return problem


def doubt_of(*steps: Any, items: JsonSchema = LIST) -> Problem:
    found = inferred(*steps, items=items)
    assert found.problems == []
    (doubt,) = found.doubts
    return doubt


# --- each step ---------------------------------------------------------------------------------------------------


def test_without_steps_the_type_is_that_of_the_source():
    """Nothing is lost where nothing is done."""
    assert sound(items={"type": "array", "items": {"type": "null"}, "minItems": 1}) == {
        "type": "array",
        "items": {"type": "null"},
        "minItems": 1,
    }


def test_filter_keeps_the_items_and_their_upper_bound():
    """Fewer items may be left, none of them changed."""
    found = sound({"filter": "item.id.startsWith('x')"})
    assert found == {"type": "array", "maxItems": 10, "items": ITEM, "$defs": {"Line": LINE}}


def test_what_a_filter_proves_of_its_items_is_known_behind_it():
    """What was tested need not be tested again."""
    sound({"filter": "has(item.note) && item.total > 0"}, {"map": "{{item.note + string(1 / item.total)}}"})
    maybe = {"type": "array", "items": {"type": ["integer", "null"]}}
    assert sound({"filter": "item != null"}, items=maybe) == {"type": "array", "items": {"type": "integer"}}


def test_map_gives_the_type_of_its_template():
    """As many items as before, each of the template's type."""
    found = sound({"map": {"id": "{{item.id}}", "note": "{{item.?note}}", "at": "{{index}}"}})
    assert (found["minItems"], found["maxItems"]) == (2, 10)
    assert found["items"] == {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "note": {"type": "string"},
            "at": {"type": "integer", "minimum": 0},
        },
        "required": ["id", "at"],
    }


def test_a_map_that_may_be_absent_may_leave_items_out():
    """There is no lower bound any more."""
    assert sound({"map": "{{item.?note}}"}) == {"type": "array", "maxItems": 10, "items": {"type": "string"}}


def test_select_keeps_exactly_the_named_properties():
    """What was optional stays optional; definitions that are still needed come along."""
    found = sound({"select": ["note", "id"]})
    assert found["items"] == {
        "type": "object",
        "properties": {"note": {"type": "string"}, "id": {"type": "string"}},
        "required": ["id"],
    }
    assert "$defs" not in found
    assert sound({"select": ["lines"]})["$defs"] == {"Line": LINE}


def test_flatten_multiplies_the_bounds():
    """Items are those of the inner lists."""
    found = sound({"flatten": "item.lines"})
    assert (found["minItems"], found["maxItems"]) == (2, 50)
    assert sound({"flatten": "item.lines"}, {"map": "{{item.sku}}"})["items"] == {"type": "string"}
    assert "maxItems" not in sound({"flatten": "item.?more.orValue([])"})
    assert sound(
        {"flatten": "item"}, items={"type": "array", "items": {"type": "array", "items": {"type": "null"}}}
    ) == {
        "type": "array",
        "items": {"type": "null"},
    }


def test_sort_changes_no_type():
    """Only the order is another; keys may be null or absent."""
    keys = ["item.total", "item.maybe", "item.id", "item.?note", "item.on", "index"]
    assert sound({"sort": [{"by": key} for key in keys]})["items"] == ITEM


def test_distinct_makes_items_unique():
    """At least one of some is left. By a key no two keys are equal, which the schema cannot say."""
    assert sound({"distinct": {}}, items={**LIST, "items": {"type": "string"}}) == {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": 10,
        "uniqueItems": True,
    }
    assert "uniqueItems" not in sound({"distinct": {"by": "item.id"}})


def test_uniqueness_lasts_while_items_stay_as_they_are():
    """Fewer items in another order stay unique; changed items need not be."""
    unique = {**LIST, "items": {"type": "array", "items": {"type": "string"}}, "uniqueItems": True}
    kept = sound({"filter": "size(item) > 0"}, {"sort": [{"by": "size(item)"}]}, {"limit": 3}, items=unique)
    assert kept["uniqueItems"] is True
    assert "uniqueItems" not in sound({"map": "{{size(item)}}"}, items=unique)
    assert "uniqueItems" not in sound({"flatten": "item"}, items=unique)
    assert "uniqueItems" not in sound({"distinct": {}}, {"select": ["on"]})


def test_limit_bounds_the_list():
    """The smaller bound counts, on both sides."""
    found = sound({"limit": 1})
    assert (found["minItems"], found["maxItems"]) == (1, 1)
    found = sound({"limit": 20})
    assert (found["minItems"], found["maxItems"]) == (2, 10)
    assert sound({"limit": 3}, items={"type": "array", "items": {"type": "null"}})["maxItems"] == 3


# --- shapes of sources -------------------------------------------------------------------------------------------


def test_a_default_does_not_blur_the_items():
    """With orValue([]) the list may be empty, and every item there is is still of its type."""
    scope = scope_of()
    scope["properties"]["input"]["properties"]["list"] = LIST
    written = {"from": "{{input.?list.orValue([])}}", "steps": [{"filter": "item.on"}]}
    found = transform.infer(transform.parse(written), scope)
    assert (found.problems, found.doubts) == ([], [])
    assert found.schema == {"type": "array", "maxItems": 10, "items": ITEM, "$defs": {"Line": LINE}}


def test_a_written_list_is_a_source_too():
    """Constants and templates of lists are known item by item."""
    found = sound({"filter": "item > 1"}, source=[1, 2])
    assert found == {"type": "array", "maxItems": 2, "items": {"enum": [1, 2], "exclusiveMinimum": 1}}
    found = sound({"map": "{{item.a}}"}, source=[{"a": "{{input.list}}"}, {"a": 1}], items={"type": "string"})
    assert found["maxItems"] == 2
    assert {str(way) for way in found["items"]["anyOf"]} == {"{'type': 'string'}", "{'const': 1}"}


def test_a_list_that_is_always_empty_stays_so():
    """Nothing is told about items that there never are."""
    assert sound({"filter": "item.nothing > 1"}, {"select": ["a"]}, source=[]) == {"type": "array", "maxItems": 0}


def test_items_of_several_kinds():
    """A property that one kind of item lacks is optional; a property that none has is a problem."""
    kinds = {
        "anyOf": [
            {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "null"}}},
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
            {"const": {"a": True}},
        ]
    }
    found = sound({"select": ["a", "b"]}, items={"type": "array", "items": kinds})
    assert found["items"]["required"] == ["a"]
    assert found["items"]["properties"]["b"] == {"type": "null"}
    for value, fits in [("x", True), (1, True), (True, True), (False, False), (None, False)]:
        assert jsonschema_rs.is_valid(found["items"]["properties"]["a"], value) is fits
    assert problem_of({"select": ["c"]}, items={"type": "array", "items": kinds}).kind == "unknown-field"


def test_properties_that_the_schema_leaves_open():
    """Additional properties have their declared type and may be absent."""
    open_items = {"type": "object", "properties": {}, "additionalProperties": {"type": "integer"}}
    found = sound({"select": ["x"]}, items={"type": "array", "items": open_items})
    assert found["items"] == {"type": "object", "properties": {"x": {"type": "integer"}}, "required": []}


def test_properties_that_a_condition_hides():
    """Where it depends on the value what a property is, it may be anything, or absent."""
    hidden = {"type": "object", "properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}}
    found = sound({"select": ["b"]}, items={"type": "array", "items": hidden})
    assert found["items"] == {"type": "object", "properties": {"b": {}}, "required": []}
    some = {"type": "array", "unevaluatedItems": {"type": "integer"}, "maxItems": 2}
    assert sound({"limit": 5}, items=some) == {"type": "array", "maxItems": 2}


def test_recursive_items_bring_their_definitions():
    """The result stands on its own, whatever its schemas refer to."""
    found = sound({"flatten": "item.kids"}, {"flatten": "item.kids"}, items=KIDS)
    assert jsonschema_rs.is_valid(found, [{"kids": [{"kids": []}]}])
    assert not jsonschema_rs.is_valid(found, [{"kids": [{}]}])


# --- problems ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "pointer", "kind", "says"),
    [
        ({"filter": "item.totl > 1"}, "/steps/0/filter", "unknown-field", "totl"),
        ({"filter": "item.id"}, "/steps/0/filter", "not-boolean", "`item.id` is string"),
        ({"filter": "tasks.x.output"}, "/steps/0/filter", "unknown-name", "tasks"),
        ({"map": {"a": {"b": "{{item.nope}}"}}}, "/steps/0/map/a/b", "unknown-field", "nope"),
        ({"map": "{{item.note}}"}, "/steps/0/map", "optional-as-value", "may be absent"),
        ({"select": ["id", "titel"]}, "/steps/0/select/1", "unknown-field", "no property `titel`"),
        ({"flatten": "item.id"}, "/steps/0/flatten", "type", "`item.id` is string, and flatten needs a list"),
        ({"flatten": "item"}, "/steps/0/flatten", "type", "an item is object, and flatten needs"),
        ({"sort": [{"by": "item.id"}, {"by": "item.lines"}]}, "/steps/0/sort/1/by", "type", "is array, and a sort key"),
        ({"distinct": {"by": "item.nope"}}, "/steps/0/distinct/by", "unknown-field", "nope"),
    ],
)
def test_what_cannot_work_is_told_at_its_place(step: Any, pointer: str, kind: str, says: str):
    """Every step is checked against the items that reach it."""
    problem = problem_of(step)
    assert (problem.pointer, problem.kind) == (pointer, kind)
    assert says in problem.message


def test_an_absent_condition_or_list_gets_a_default():
    """The fix is the whole corrected expression."""
    assert problem_of({"filter": "item.?flag"}).fix == "item.?flag.orValue(false)"
    assert problem_of({"flatten": "item.?more"}).fix == "item.?more.orValue([])"
    problem = problem_of({"filter": "item.on ? item.?flag : item.?flag"})
    assert problem.fix == "(item.on ? item.?flag : item.?flag).orValue(false)"


def test_the_source_must_be_a_list():
    """Another type, null or nothing at all is told at `from`, with a fix where there is one."""
    problem = problem_of({"limit": 1}, items={"type": "object", "properties": {}})
    assert (problem.pointer, problem.kind) == ("/from", "type")
    assert problem.message == "`from` is object, and a transform begins with a list"
    assert problem_of({"limit": 1}, items={"type": ["array", "null"]}).kind == "null-as-value"
    scope = scope_of()
    scope["properties"]["input"]["properties"]["list"] = LIST
    (problem,) = transform.infer(transform.parse({"from": "{{ input.?list }}"}), scope).problems
    assert (problem.pointer, problem.kind) == ("/from", "optional-as-value")
    assert problem.fix == "{{input.?list.orValue([])}}"


def test_a_near_name_is_offered():
    """A property that the items lack is corrected to the nearest one that they have."""
    problem = problem_of({"select": ["totl"]})
    assert (problem.fix, problem.candidates) == ("total", ("total",))


def test_problems_of_all_steps_are_told():
    """A broken step does not hide faults of those behind it, and brings up none that only follow from it."""
    found = inferred(
        {"filter": "item.nope == 1"},
        {"map": {"a": "{{item.lost}}", "b": "{{item.id}}"}},
        {"filter": "item.a.b.c && item.b == 'x'"},
        {"sort": [{"by": "gone"}]},
    )
    assert [(problem.pointer, problem.kind) for problem in found.problems] == [
        ("/steps/0/filter", "unknown-field"),
        ("/steps/1/map/a", "unknown-field"),
        ("/steps/3/sort/0/by", "unknown-name"),
    ]
    assert found.doubts == []


def test_what_no_schema_promises_is_a_doubt():
    """Where the schemas are silent the run will tell; the type is as wide as need be."""
    assert doubt_of({"filter": "item.any"}, items={"type": "array", "items": {**ITEM, "required": ["any"]}}).kind == (
        "unproven"
    )
    doubt = doubt_of({"limit": 1}, items={})
    assert (doubt.pointer, doubt.kind) == ("/from", "unproven")
    assert inferred({"limit": 1}, items={}).schema == {"type": "array", "maxItems": 1}


# --- the example of the design -----------------------------------------------------------------------------------


def test_the_transform_of_the_user_profile():
    """From orders to the dearest lines: ten at most, each with id and net, whatever the orders hold."""
    line = {"type": "object", "required": ["sku", "price"], "properties": {"sku": {"type": "string"}}}
    line["properties"]["price"] = {"type": "number"}
    order = {"type": "object", "required": ["id", "total", "lines"], "properties": {"id": {"type": "string"}}}
    order["properties"] |= {"total": {"type": "number"}, "lines": {"type": "array", "maxItems": 50, "items": line}}
    task = {"type": "object", "properties": {"output": {"type": "array", "maxItems": 100, "items": order}}}
    tasks = {"type": "object", "required": ["orders"], "properties": {"orders": task}}
    found = transform.infer(
        transform.parse(BIG), {"type": "object", "required": ["tasks"], "properties": {"tasks": tasks}}
    )
    assert (found.problems, found.doubts, found.absent) == ([], [], False)
    assert found.schema == {
        "type": "array",
        "maxItems": 10,
        "items": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "net": {"type": "number"}},
            "required": ["id", "net"],
        },
    }


BIG = {
    "from": "{{tasks.orders.?output.orValue([])}}",
    "steps": [
        {"filter": "item.total > 100"},
        {"flatten": "item.lines"},
        {"map": {"id": "{{item.sku}}", "net": "{{item.price * 0.81}}"}},
        {"distinct": {"by": "item.id"}},
        {"sort": [{"by": "item.net", "order": "desc"}]},
        {"limit": 10},
        {"select": ["id", "net"]},
    ],
}
