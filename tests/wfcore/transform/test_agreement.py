"""Drawn transforms over drawn data: the three views of a transform have to agree.

What runs gives what a plain reading of the language gives; what is inferred holds for all that runs give.
"""

import copy
import json
from functools import cmp_to_key
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from tests.wfcore import drawn_schemas

from wfcore import expression, schema, template, transform
from wfcore.expression import ABSENT, EvaluationError
from wfcore.schema import SchemaError

# --- a small world: schemas with values for them -----------------------------------------------------------------

LINE = {"type": "object", "required": ["sku"], "properties": {"sku": {"enum": ["x", "y"]}, "n": {"type": "integer"}}}
lines = st.fixed_dictionaries({"sku": st.sampled_from("xy")}, optional={"n": st.integers(-1, 2)})

FIELDS: dict[str, list[tuple[Any, st.SearchStrategy[Any]]]] = {
    "n": [
        ({"type": "integer", "minimum": -2, "maximum": 2}, st.integers(-2, 2)),
        ({"type": ["number", "null"]}, st.none() | st.sampled_from([0, 1, 1.0, -0.5, 2.5])),
        ({"type": ["integer", "string", "boolean"]}, st.integers(0, 1) | st.sampled_from("ab") | st.booleans()),
    ],
    "s": [
        ({"type": "string"}, st.sampled_from(["", "a", "b", "ä", "😀"])),
        ({"enum": ["a", 1, None]}, st.sampled_from(["a", 1, None])),
    ],
    "on": [({"type": "boolean"}, st.booleans()), ({"const": True}, st.just(True))],
    "lines": [
        ({"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/Line"}}, st.lists(lines, max_size=3)),
        ({"type": "array", "minItems": 1, "items": LINE}, st.lists(lines, min_size=1, max_size=3)),
        ({"const": []}, st.just([])),
    ],
    "tags": [({"type": "array", "items": {"type": "string"}}, st.lists(st.sampled_from("ab"), max_size=3))],
}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any]]:
    """A schema for a list of objects, and a list that it accepts."""
    fields = {name: draw(st.sampled_from(kinds)) for name, kinds in FIELDS.items() if draw(st.integers(0, 5))}
    required = [name for name in fields if draw(st.integers(0, 3))]
    one = {"type": "object", "required": required, "properties": {name: each for name, (each, _) in fields.items()}}
    item = st.fixed_dictionaries(
        {name: values for name, (_, values) in fields.items() if name in required},
        optional={name: values for name, (_, values) in fields.items() if name not in required},
    )
    items = draw(st.lists(item, max_size=5) | st.lists(item, min_size=2, max_size=6))
    document: dict[str, Any] = {"type": "array", "items": one, "$defs": {"Line": LINE}}
    if draw(st.booleans()):
        document["maxItems"] = draw(st.integers(len(items), 7))
    if draw(st.booleans()):
        document["minItems"] = draw(st.integers(0, len(items)))
    return document, items


CONDITIONS = ["item.on", "item.?on.orValue(false)", "index % 2 == 0", "item.s == 'a'", "has(item.n)", "item == 1"]
CONDITIONS += ["size(item.lines) > 0", "item.?n.orValue(0) == 1", "item > 0", "item.sku == 'x'", "1 / index > 0.3"]
KEYS = ["item.n", "item.?n", "item.s", "item.?s", "item.on", "item", "-index", "item.sku", "size(item.tags)"]
LISTS: list[Any] = ["item.lines", "item.tags", "item.?lines.orValue([])", "[item, item]", "[?item.?n]", "item"]
TEMPLATES: list[Any] = [
    "{{item.?n}}",
    "{{item}}",
    "{{item.lines}}",
    "{{input.extra}}",
    "{{item.sku}}",
    7,
    {"s": "{{item.s}}", "n": "{{item.?n}}", "i": "{{index}}"},
    {"lines": "{{item.?lines}}", "on": True, "tags": ["{{item.?s}}", "a"]},
    {"n": "{{item.?n}}", "s": "<{{index}}>", "deep": {"item": "{{item}}"}},
    ["{{item}}", "{{index}}"],
]

steps = st.one_of(
    st.builds(lambda text: {"filter": text}, st.sampled_from(CONDITIONS)),
    st.builds(lambda value: {"map": value}, st.sampled_from(TEMPLATES)),
    st.builds(
        lambda names: {"select": names},
        st.lists(st.sampled_from([*FIELDS, "sku", "i", "deep"]), min_size=1, max_size=3, unique=True),
    ),
    st.builds(lambda lists: {"flatten": lists}, st.sampled_from(LISTS)),
    st.builds(
        lambda keys: {"sort": [{"by": by, "order": order} for by, order in keys]},
        st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(["asc", "desc"])), min_size=1, max_size=3),
    ),
    st.builds(lambda by: {"distinct": {"by": by} if by else {}}, st.sampled_from([None, *KEYS])),
    st.builds(lambda count: {"limit": count}, st.integers(1, 4)),
)


def scope_types(listed: Any) -> dict[str, Any]:
    inputs = {"type": "object", "required": ["list", "extra"], "$defs": listed["$defs"]}
    listed = {keyword: value for keyword, value in listed.items() if keyword != "$defs"}
    inputs["properties"] = {"list": listed, "extra": {"type": "integer"}}
    return {"type": "object", "required": ["input"], "properties": {"input": inputs}}


def scope_of(items: list[Any]) -> dict[str, Any]:
    return {"input": {"list": items, "extra": 5}}


def of(written: list[Any]) -> transform.Transform:
    return transform.parse({"from": "{{input.list}}", "steps": written})


def the_sound_ones(written: list[Any], listed: Any) -> list[Any]:
    """The steps without those that cannot work behind the ones before them."""
    kept: list[Any] = []
    for step in written:
        kept += [] if transform.infer(of([*kept, step]), scope_types(listed)).problems else [step]
    return kept


# --- the same, read plainly --------------------------------------------------------------------------------------


def plainly(items: list[Any], written: list[Any], outer: dict[str, Any]) -> list[Any]:
    """Each step over the whole list, as the language says it."""
    for step in written:
        ((name, value),) = step.items()
        items = STEPS[name](items, value, outer)
    return items


def values(items: list[Any], text: str, outer: dict[str, Any]) -> list[Any]:
    read = expression.compile(expression.parse(text))
    return [read({**outer, "item": item, "index": index}) for index, item in enumerate(items)]


def filtered(items: list[Any], text: str, outer: dict[str, Any]) -> list[Any]:
    holds = values(items, text, outer)
    if not all(isinstance(value, bool) for value in holds):
        raise EvaluationError("not a boolean", text)
    return [item for item, value in zip(items, holds, strict=True) if value]


def mapped(items: list[Any], value: Any, outer: dict[str, Any]) -> list[Any]:
    fill = template.compile(template.parse(value))
    made = [fill({**outer, "item": item, "index": index}) for index, item in enumerate(items)]
    return [each for each in made if each is not ABSENT]


def selected(items: list[Any], names: list[str], outer: dict[str, Any]) -> list[Any]:
    if not all(isinstance(item, dict) for item in items):
        raise EvaluationError("not an object", "")
    return [{name: inner for name, inner in item.items() if name in names} for item in items]


def flattened(items: list[Any], value: Any, outer: dict[str, Any]) -> list[Any]:
    lists = values(items, value, outer)
    if not all(isinstance(each, list) for each in lists):
        raise EvaluationError("not a list", "")
    return [inner for each in lists for inner in each]


def ordered(items: list[Any], keys: list[Any], outer: dict[str, Any]) -> list[Any]:
    columns = [values(items, key["by"], outer) for key in keys]
    if any(isinstance(value, list | dict) for column in columns for value in column):
        raise EvaluationError("not orderable", "")

    def compare(one: int, other: int) -> int:
        for key, column in zip(keys, columns, strict=True):
            a, b = column[one], column[other]
            missing = [each is None or each is ABSENT for each in (a, b)]
            direction = -1 if key["order"] == "desc" else 1
            result = missing[0] - missing[1] if any(missing) else sign(a, b) * direction
            if result:
                return result
        return 0

    return [items[at] for at in sorted(range(len(items)), key=cmp_to_key(compare))]


def sign(one: Any, other: Any) -> int:
    ranks = [2 if isinstance(each, bool) else 1 if isinstance(each, str) else 0 for each in (one, other)]
    if ranks[0] != ranks[1]:
        return ranks[0] - ranks[1]
    return int(one > other) - int(one < other)


def distinct(items: list[Any], value: Any, outer: dict[str, Any]) -> list[Any]:
    keys = values(items, value.get("by", "item"), outer)
    firsts = [at for at, key in enumerate(keys) if not any(same(key, earlier) for earlier in keys[:at])]
    return [items[at] for at in firsts]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def limited(items: list[Any], count: int, outer: dict[str, Any]) -> list[Any]:
    return items[:count]


STEPS = {
    "filter": filtered,
    "map": mapped,
    "select": selected,
    "flatten": flattened,
    "sort": ordered,
    "distinct": distinct,
    "limit": limited,
}


# --- the agreements ----------------------------------------------------------------------------------------------


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(worlds(), st.lists(steps, max_size=5))
def test_running_is_what_the_language_says(world: tuple[Any, list[Any]], written: list[Any]):
    """Where the plain reading gives a list, so does the run, the same one; where it breaks, only a limit may help."""
    scope = scope_of(world[1])
    before = copy.deepcopy(scope)
    run = transform.compile(of(written))
    try:
        wanted = plainly(world[1], written, scope)
    except EvaluationError:
        wanted = None
    try:
        made = run(scope)
    except EvaluationError:
        assert wanted is None
    else:
        event("a list" if wanted is not None else "a limit in time")
        if wanted is None:
            assert any("limit" in step for step in written)
        else:
            assert json.dumps(made, sort_keys=True) == json.dumps(wanted, sort_keys=True)
    assert scope == before


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(worlds(), st.lists(steps, min_size=3, max_size=8))
def test_the_inferred_type_holds(world: tuple[Any, list[Any]], written: list[Any]):
    """Whatever a transform without problems gives fits its inferred schema; without doubts only arithmetic breaks."""
    listed, items = world
    sound = the_sound_ones(written, listed)
    found = transform.infer(of(sound), scope_types(listed))
    assert (found.problems, found.absent) == ([], False)
    try:
        made = transform.compile(of(sound))(scope_of(items))
    except EvaluationError:
        assert found.doubts or any("1 / index" in str(step) for step in sound)
        return
    event(f"{len(sound)} sound steps")
    assert schema.compile(found.schema).accepts(made)


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(worlds(), st.lists(steps, min_size=1, max_size=6))
def test_what_is_not_read_does_not_matter(world: tuple[Any, list[Any]], written: list[Any]):
    """Without the data that `reads` does not name, a run gives the same list."""
    listed, items = world
    sound = of(the_sound_ones(written, listed))
    run, scope = transform.compile(sound), scope_of(items)
    try:
        made = run(scope)
    except EvaluationError:
        assume(False)
    paths = [(read.root, *read.path) for _, read in transform.reads(sound)]
    event(f"{len(made)} items")
    assert run(only(scope, paths)) == made


def only(value: Any, paths: list[tuple[Any, ...]]) -> Any:
    """The value without everything to which none of the paths leads; elements stay in their places as null."""
    if () in paths:
        return value
    if isinstance(value, dict):
        inner = {key: [path[1:] for path in paths if path[0] == key] for key in value}
        return {key: only(value[key], inside) for key, inside in inner.items() if inside}
    if isinstance(value, list):
        each = [[path[1:] for path in paths if path[0] in (None, at)] for at in range(len(value))]
        return [only(element, inside) if inside else None for element, inside in zip(value, each, strict=True)]
    return value


@settings(max_examples=1000, derandomize=True, deadline=None)
@given(drawn_schemas.documents(), st.lists(drawn_schemas.values, min_size=3, max_size=8), st.data())
def test_the_inferred_type_holds_for_any_schema(document: Any, drawn: list[Any], data: st.DataObject):
    """Unions, references, patterns, conditions: the inferred schema may be wide, but never too narrow."""
    try:
        item = schema.union([schema.compile(document).source])
    except SchemaError:
        assume(False)
    definitions = item.get("$defs", {}) if isinstance(item, dict) else {}
    compiled = schema.compile(
        {"type": "array", "items": {"$ref": "#/$defs/item"}, "$defs": {**definitions, "item": item}}
    )
    items = [value for value in drawn if compiled.accepts([value])]
    given_items, _ = compiled.prune(items)
    assume(compiled.accepts(given_items))
    written = the_sound_ones(data.draw(st.lists(WIDE_STEPS, min_size=1, max_size=4)), compiled.source)
    found = transform.infer(of(written), scope_types(compiled.source))
    try:
        made = transform.compile(of(written))(scope_of(given_items))
    except EvaluationError:
        assert found.doubts
        return
    event(f"{len(made)} items")
    assert schema.compile(found.schema).accepts(made)


WIDE_STEPS = st.sampled_from(
    [
        {"select": ["a"]},
        {"select": ["b", "c"]},
        {"select": ["a", "b", "d"]},
        {"flatten": "item"},
        {"flatten": "[item]"},
        {"flatten": "item.?a.orValue([])"},
        {"map": {"a": "{{item}}", "b": "{{index}}"}},
        {"map": "{{item.?a}}"},
        {"map": "{{item.a}}"},
        {"filter": "item.?a.orValue(true) == true"},
        {"filter": "index > 0"},
        {"distinct": {}},
        {"distinct": {"by": "item.?b"}},
        {"sort": [{"by": "item.?b", "order": "desc"}]},
        {"limit": 2},
    ]
)
