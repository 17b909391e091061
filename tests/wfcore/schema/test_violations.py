"""What is wrong with a value, and where."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from tests.wfcore.drawn_schemas import documents, values
from tests.wfcore.schema.orders import ORDER, taken

from wfcore import schema
from wfcore.schema.breaches import Breaches
from wfcore.schema.pieces import Pieces
from wfcore.schema.places import Document


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


LINES = {
    "type": "object",
    "required": ["lines", "total"],
    "properties": {
        "total": {"type": "integer"},
        "lines": {
            "type": "array",
            "items": {
                "anyOf": [
                    {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
                    {"type": "null"},
                ]
            },
        },
    },
}


def lines(count: int) -> dict:
    return {"total": 1, "lines": [{"id": at, "name": "x"} for at in range(count)]}


@pytest.mark.parametrize("count", [10, 50_000])
def test_the_places_of_breaches_are_told_for_values_of_any_size(count):
    """A single breach is told exactly, also among a hundred thousand sound members; so is a missing property."""
    compiled = schema.compile(LINES)
    value = lines(count)
    assert compiled.breaches(value) == []
    value["lines"][count - 1]["name"] = 5
    assert compiled.breaches(value) == [f"/lines/{count - 1}/name"]
    del value["total"]
    assert set(compiled.breaches(value)) == {f"/lines/{count - 1}/name", "/total"}


def test_what_is_broken_all_over_is_named_as_a_whole_and_soon():
    """Fifty thousand breaches are one place, the array; what stands beside it is not called broken."""
    value = lines(50_000)
    for line in value["lines"]:
        line["name"] = 5
    before = time.process_time()
    assert schema.compile(LINES).breaches(value) == ["/lines"]
    assert time.process_time() - before < 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(documents(), values)
def test_no_breach_is_outside_the_places_of_a_large_value(source, value):
    """Taken apart, a value is called broken exactly when it is, at places that hold each exact one."""
    compiled = taken(source)
    exact = compiled.breaches(value)
    document = Document(compiled.source)
    coarse = Breaches(document, Pieces(document), small=1).places(value)
    assert bool(coarse) == (not compiled.accepts(value))
    assert all(any(place == whole or place.startswith(f"{whole}/") for whole in coarse) for place in exact)
