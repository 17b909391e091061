"""Schemas: which are taken, what they say about values, what pruning cuts, what an expression may read."""

import socket
import threading
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.wfcore.drawn_schemas import documents, values

from wfcore import schema
from wfcore.schema import Found, Missing, SchemaError, Unknown

ORDER = {
    "type": "object",
    "required": ["orderId", "lines"],
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "status": {"enum": ["open", "paid"]},
    },
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "required": ["sku", "quantity"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]+$"},
                "quantity": {"type": "integer", "minimum": 1},
            },
        }
    },
}
ID = "3e25960a-79db-4c1a-9a46-0123456789ab"


def problems(source: object) -> dict[str, str]:
    with pytest.raises(SchemaError) as caught:
        schema.compile(source)
    return {problem.pointer: problem.message for problem in caught.value.problems}


# --- which schemas are taken -------------------------------------------------------------------------------------


def test_every_fault_of_a_schema_is_told_at_once():
    """Breaches of the 2020-12 metaschema come with a pointer each."""
    found = problems({"type": "strin", "properties": {"a": {"minimum": "x"}, "b": {"required": "c"}}})
    assert found.keys() == {"/type", "/properties/a/minimum", "/properties/b/required"}
    assert "strin" in found["/type"]


def test_nothing_is_fetched():
    """References to http and file are refused at once; a listening server is never called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        called = threading.Event()

        def listen() -> None:
            try:
                server.accept()
                called.set()
            except TimeoutError:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        for reference in (url, "file:///etc/passwd", "other.json", "//host/x", ""):
            assert "starts with #" in problems({"properties": {"a": {"$ref": reference}}})["/properties/a/$ref"]
        problems({"$dynamicRef": url})
        problems({"$schema": url})
        listener.join()
        assert not called.is_set()


def test_a_reference_to_nothing_is_told():
    """A local reference must point at a schema that is there."""
    found = problems({"properties": {"a": {"$ref": "#/$defs/no"}, "b": {"$ref": "#anchor"}}})
    assert found.keys() == {"/properties/a/$ref", "/properties/b/$ref"}


def test_other_drafts_are_refused():
    """Only 2020-12 is taken, because older drafts give the same words other meanings."""
    assert "2020-12" in problems({"$schema": "http://json-schema.org/draft-07/schema#"})["/$schema"]
    assert schema.compile({"$schema": "https://json-schema.org/draft/2020-12/schema"})


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", r"(a)\1", "(", "(a{1000}){1000}"])
def test_patterns_run_in_linear_time_or_not_at_all(pattern):
    """Look-around, back-references and exploding repetitions are refused, in `pattern` and in `patternProperties`."""
    found = problems({"properties": {"x": {"pattern": pattern}}, "patternProperties": {pattern: {}}})
    assert "/properties/x/pattern" in found


def test_a_nasty_pattern_is_harmless():
    """`^(a+)+$` doubles per letter in backtracking engines; here 10,000 letters are nothing."""
    compiled = schema.compile({"pattern": "^(a+)+$"})
    before = time.process_time()
    assert not compiled.accepts("a" * 10_000 + "b")
    assert time.process_time() - before < 1


def doubling() -> dict:
    definitions = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(40)}
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, "a40": {"type": "string"}}}


def nested(levels: int) -> dict:
    made: dict = {"type": "string"}
    for _ in range(levels):
        made = {"properties": {"a": made}}
    return made


@pytest.mark.parametrize(
    "source",
    [
        {"anyOf": [{"const": i} for i in range(20_000)]},
        nested(150),
        nested(5_000),
        doubling(),
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
        [],
        "string",
        None,
    ],
)
def test_absurd_schemas_are_refused_quickly(source):
    """Too many branches, too deep, references that double or never end, no schema at all: refused, not tried."""
    before = time.process_time()
    assert problems(source)
    assert time.process_time() - before < 3


def test_recursion_through_properties_is_welcome():
    """A tree that refers to itself is an ordinary schema, through any local form of reference."""
    tree = schema.compile({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}})
    assert tree.accepts({"left": {"left": {}}})
    assert not tree.accepts({"left": {"left": 1}})


def test_equal_schemas_are_compiled_once():
    """Compiling is remembered by content, whatever the order of keys."""
    assert schema.compile({"type": "object", "minProperties": 1}) is schema.compile(
        {"minProperties": 1, "type": "object"}
    )


# --- normalising -------------------------------------------------------------------------------------------------


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


# --- violations --------------------------------------------------------------------------------------------------


def test_every_violation_is_told_with_pointer_and_value():
    """All breaches at once: missing and surplus properties by their own pointer, each with the value seen."""
    value = {"email": "nobody", "lines": [{"sku": "a1", "quantity": 0}], "status": "lost", "x/y": 1}
    found = {v.pointer: (v.keyword, v.message) for v in schema.compile(ORDER).violations(value)}
    assert found == {
        "/orderId": ("required", "`orderId` is required, but missing"),
        "/email": ("format", 'expected text of format email, but saw "nobody"'),
        "/lines/0/sku": ("pattern", 'expected text that matches ^[A-Z]+$, but saw "a1"'),
        "/lines/0/quantity": ("minimum", "expected at least 1, but saw 0"),
        "/status": ("enum", 'expected one of "open", "paid", but saw "lost"'),
        "/x~1y": ("additionalProperties", "`x/y` is not a known property here: leave it out, but saw 1"),
    }


@pytest.mark.parametrize(
    ("source", "value", "message"),
    [
        ({"type": ["integer", "null"]}, "x", 'expected integer or null, but saw "x"'),
        ({"const": 1}, 2, "expected 1, but saw 2"),
        ({"multipleOf": 5}, 7, "expected a multiple of 5, but saw 7"),
        ({"maxLength": 2}, "abc", 'expected at most 2 characters, but saw "abc"'),
        ({"uniqueItems": True}, [1, 1], "expected every item only once, but saw [1,1]"),
        (
            {"contains": {"type": "null"}},
            [1],
            "expected an item that fits `contains`, as often as it asks, but saw [1]",
        ),
        ({"not": {"type": "integer"}}, 3, 'expected no value that fits {"type":"integer"}, but saw 3'),
        ({"minProperties": 2}, {}, "expected at least 2 properties, but saw {}"),
        (False, 1, "nothing is allowed here, but saw 1"),
        ({"oneOf": [{}, {}]}, 1, "expected to fit exactly one alternative of oneOf, not several, but saw 1"),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}]},
            5,
            "fits none of 2 alternatives (expected string; or expected null), but saw 5",
        ),
    ],
)
def test_messages_say_what_was_seen_and_what_was_expected(source, value, message):
    """One sentence per breach that the sender of the value understands."""
    assert [violation.message for violation in schema.compile(source).violations(value)] == [message]


def test_a_long_value_is_shortened():
    """Values in messages are cut to 60 characters."""
    (violation,) = schema.compile({"type": "integer"}).violations(["x" * 500])
    assert violation.message.endswith("…")
    assert len(violation.message) < 100


def test_alternatives_are_judged_by_the_one_that_was_meant():
    """Of a nullable object, or of alternatives told apart by a constant, the inner breach is told, not `anyOf`."""
    nullable = schema.compile(
        {"anyOf": [{"properties": {"a": {"type": "integer"}}, "type": "object"}, {"type": "null"}]}
    )
    assert [v.pointer for v in nullable.violations({"a": "x"})] == ["/a"]
    shapes = schema.compile(
        {
            "oneOf": [
                {
                    "properties": {"kind": {"const": "card"}, "number": {"type": "string"}},
                    "required": ["kind", "number"],
                },
                {"properties": {"kind": {"const": "bank"}, "iban": {"type": "string"}}, "required": ["kind", "iban"]},
            ]
        }
    )
    assert [(v.pointer, v.keyword) for v in shapes.violations({"kind": "bank", "iban": 1})] == [("/iban", "type")]


def test_huge_wrong_values_are_answered_soon_and_truly():
    """A megabyte of breaches gives the first hundred, and a single breach deep inside is never lost."""
    compiled = schema.compile({"type": "array", "items": {"type": "integer"}, "minItems": 5, "maxItems": 200_000})
    before = time.process_time()
    found = compiled.violations(["x"] * 150_000)
    assert time.process_time() - before < 2
    assert [violation.pointer for violation in found] == [f"/{at}" for at in range(100)]
    lost = [1] * 150_000
    lost[149_000] = "x"
    assert [violation.pointer for violation in compiled.violations(lost)] == ["/149000"]
    assert compiled.violations([1] * 150_000) == []
    counted = schema.compile({"contains": {"const": 5}, "items": {"type": "integer"}})
    assert counted.violations([1] * 3_000 + [5]) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(documents(), values)
def test_violations_and_accepts_agree(source, value):
    """A value is accepted exactly when it has no violations."""
    compiled = taken(source)
    assert compiled.accepts(value) == (compiled.violations(value) == [])


# --- pruning -----------------------------------------------------------------------------------------------------


def taken(source):
    try:
        return schema.compile(source)
    except SchemaError:
        assume(False)


def pruned(source, value):
    compiled = schema.compile(source)
    assert compiled.accepts(value)
    return compiled.prune(value)


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


# --- what an expression may read ---------------------------------------------------------------------------------


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
