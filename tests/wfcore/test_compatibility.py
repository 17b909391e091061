"""Does what one side gives fit what the other takes? Never a wrong yes, and each no shows why."""

import copy
import json
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.wfcore.answers import an_object, checked
from tests.wfcore.drawn_schemas import documents, fragments, values

from wfcore import schema
from wfcore.compatibility import covers
from wfcore.schema import SchemaError

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


YES = {
    "the same": (TEXT, TEXT),
    "anything for anything": ({}, {}),
    "nothing fits everywhere": (False, TEXT),
    "integers are numbers": (WHOLE, {"type": "number"}),
    "a format is text": ({**TEXT, "format": "uuid"}, TEXT),
    "an unknown format is a remark": (TEXT, {**TEXT, "format": "password"}),
    "a date is ten characters": ({**TEXT, "format": "date"}, {**TEXT, "maxLength": 10}),
    "text for text or null": (TEXT, {**TEXT, "nullable": True}),
    "two spellings of null": ({**TEXT, "nullable": True}, {"anyOf": [{"type": "null"}, TEXT]}),
    "multiples of four are even": ({**WHOLE, "multipleOf": 4}, {**WHOLE, "multipleOf": 2}),
    "multiples of one are integers": ({"type": "number", "multipleOf": 1}, WHOLE),
    "bounds of integers": ({**WHOLE, "minimum": 1}, {"type": "number", "exclusiveMinimum": 0}),
    "fewer choices": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "choices are text": ({"enum": ["a", "b"]}, TEXT),
    "undeclared properties are cut": (an_object("a", a=TEXT), an_object("a", a=TEXT, b=WHOLE)),
    "closed takers get declared properties": (an_object("a", a=TEXT), an_object(extra=False, a=TEXT, b=WHOLE)),
    "allOf is one object": (
        {"allOf": [an_object("a", a=TEXT), an_object("b", b=TEXT)]},
        an_object("a b", extra=False, a=TEXT, b=TEXT),
    ),
    "maps": (an_object(extra=WHOLE), an_object(extra={"type": "number"})),
    "names that match": (an_object(a=TEXT, b=TEXT), {"type": "object", "propertyNames": {"pattern": "^[a-z]$"}}),
    "lists with fewer items": (
        {"type": "array", "items": TEXT, "maxItems": 2},
        {"type": "array", "items": TEXT, "maxItems": 3},
    ),
    "trees": (an_object("v", v=WHOLE, kids={"type": "array", "items": {"$ref": "#"}}),) * 2,
    "one more alternative": (
        {"oneOf": [an_object("k x", k={"const": "a"}, x=TEXT), an_object("k y", k={"const": "b"}, y=TEXT)]},
        {
            "oneOf": [
                an_object("k x", k={"const": "a"}, x=TEXT),
                an_object("k y", k={"const": "b"}, y=TEXT),
                an_object("k z", k={"const": "c"}, z=TEXT),
            ]
        },
    ),
    "alternatives told apart by a choice": (
        an_object("k", k={"enum": ["a", "b"]}),
        {"anyOf": [an_object(k={"const": "a"}), an_object(k={"const": "b"})]},
    ),
    "what is not excluded": (TEXT, {"not": {"type": "null"}}),
}


@pytest.mark.parametrize(("producer", "consumer"), YES.values(), ids=YES)
def test_what_fits_is_proven(producer, consumer):
    """Everyday pairs that fit are decided, not left open."""
    assert checked(producer, consumer).verdict == "yes"


NO = {
    "formats count": (TEXT, {**TEXT, "format": "uuid"}, "", "format-differs"),
    "nullable counts": ({**TEXT, "nullable": True}, TEXT, "", "nullable"),
    "numbers for integers": ({"type": "number"}, WHOLE, "", "type-widened"),
    "small numbers for integers": ({"type": "number", "minimum": 0.2, "maximum": 0.7}, WHOLE, "", "type-widened"),
    "even for multiples of four": ({**WHOLE, "multipleOf": 2}, {**WHOLE, "multipleOf": 4}, "", "multiple-of"),
    "other names": (an_object(A=TEXT), {"propertyNames": {"pattern": "^[a-z]$"}}, "/A", "closed-object"),
    "an open giver may give anything": (
        an_object("a", extra=True, a=TEXT),
        an_object("a", a=TEXT, b=WHOLE),
        "/b",
        "type-widened",
    ),
    "any object": ({"type": "object"}, an_object(a=TEXT), "/a", "type-widened"),
    "a map of another type": (an_object(extra=TEXT), an_object(extra=WHOLE), "/extra", "type-widened"),
    "optional for required": (an_object(a=TEXT), an_object("a", a=TEXT), "/a", "required-missing"),
    "never given": (an_object(a=TEXT), an_object("b"), "/b", "required-missing"),
    "a closed taker": (an_object(a=TEXT, b=TEXT), an_object(extra=False, a=TEXT), "/b", "closed-object"),
    "more choices": ({"enum": ["a", "b"]}, {"enum": ["a"]}, "", "enum-widened"),
    "text for a choice": (TEXT, {"enum": ["a"]}, "", "enum-widened"),
    "longer text": ({**TEXT, "maxLength": 10}, {**TEXT, "maxLength": 5}, "", "bound-loosened"),
    "text of a pattern": ({**TEXT, "pattern": r"^[A-Z]{3}-\d+$"}, {**TEXT, "maxLength": 4}, "", "bound-loosened"),
    "another pattern": ({**TEXT, "pattern": "^a+$"}, {**TEXT, "pattern": "^b+$"}, "", "pattern-differs"),
    "more items": ({"type": "array"}, {"type": "array", "maxItems": 2}, "", "bound-loosened"),
    "an item twice": ({"type": "array", "items": TEXT}, {"uniqueItems": True}, "", "unique-items"),
    "deep inside": (
        an_object("o", o=an_object("l", l={"type": "array", "items": an_object("p", p={"type": "number"})})),
        an_object("o", o=an_object("l", l={"type": "array", "items": an_object("p", p=WHOLE)})),
        "/o/l/0/p",
        "type-widened",
    ),
    "a tree with other leaves": (
        an_object("v", v=TEXT, kids={"type": "array", "items": {"$ref": "#"}}),
        an_object("v", v=WHOLE, kids={"type": "array", "items": {"$ref": "#"}}),
        "/v",
        "type-widened",
    ),
    "an alternative too many": ({"type": ["string", "boolean"]}, TEXT, "", "enum-widened"),
    "a constant that is excluded": (TEXT, {"not": {"const": "a"}}, "", "condition"),
}


@pytest.mark.parametrize(("producer", "consumer", "pointer", "rule"), NO.values(), ids=NO)
def test_what_does_not_fit_is_shown(producer, consumer, pointer, rule):
    """A no has a counterexample that the giver may send and the taker refuses, and says where and which rule."""
    answer = checked(producer, consumer)
    assert answer.verdict == "no"
    assert (pointer, rule) in {(finding.pointer, finding.rule) for finding in answer.findings}


def test_every_obstacle_is_told():
    """Several misfits of one pair are all found, each at its place."""
    answer = checked(
        an_object("a", a={"type": "number"}, b=TEXT, c={"enum": ["x", "y"]}),
        an_object("a b", a=WHOLE, b=TEXT, c={"enum": ["x"]}),
    )
    assert {(finding.pointer, finding.rule) for finding in answer.findings} == {
        ("/a", "type-widened"),
        ("/b", "required-missing"),
        ("/c", "enum-widened"),
    }


def test_a_property_required_but_undeclared_is_no_empty_promise():
    """`required` names that the giver does not declare are kept, so the giver is never mistaken for giving nothing."""
    assert checked({**an_object("z", a=TEXT)}, an_object("z", z=WHOLE)).verdict == "no"


def test_two_parts_that_describe_one_property_are_no_empty_promise():
    """Closing each part of allOf on its own would let nothing through and prove everything."""
    both = {
        "allOf": [
            an_object("a", a=an_object("x", x=TEXT)),
            an_object("a", a=an_object("y", y=TEXT)),
        ]
    }
    assert checked(both, an_object("a", a=an_object("x y", x=TEXT, y=TEXT))).verdict == "yes"
    assert checked(both, an_object("a", a=an_object("x", x=WHOLE))).verdict == "no"


@pytest.mark.parametrize(
    ("producer", "consumer", "keyword"),
    [
        ({"type": "object"}, {"$ref": "#/$defs/x", "$defs": {"x": {"$id": "other", "type": "object"}}}, "$id"),
        ({**TEXT, "pattern": "^(a|b)*$"}, {**TEXT, "pattern": "^[ab]*$"}, "pattern"),
        ({**TEXT, "format": "email"}, {**TEXT, "pattern": "@"}, "pattern"),
        ({"type": "number", "multipleOf": 0.01}, {"type": "number", "multipleOf": 0.001}, "multipleOf"),
    ],
)
def test_without_proof_and_counterexample_it_is_undecided(producer, consumer, keyword):
    """Pairs that would fit, but that nobody here can prove, name the keyword that hides the answer."""
    answer = checked(producer, consumer)
    assert (answer.verdict, answer.hidden_by) == ("undecided", keyword)


def test_a_large_schema_is_decided_piece_by_piece():
    """A hundred nested properties (over 24 kB, where the library gives up) are proven, one difference is found."""
    line = an_object(
        "sku", sku={**TEXT, "maxLength": 20}, amount={**WHOLE, "minimum": 1}, when={**TEXT, "format": "date"}
    )
    names = [f"p{number}" for number in range(100)]
    large = an_object(" ".join(names), **{name: {**line, "title": f"the line {name}"} for name in names})
    before = time.process_time()
    assert checked(large, large).verdict == "yes"
    other = json.loads(json.dumps(large))
    other["properties"]["p77"]["properties"]["sku"]["maxLength"] = 19
    answer = checked(large, other)
    assert answer.verdict == "no"
    assert [(finding.pointer, finding.rule) for finding in answer.findings] == [("/p77/sku", "bound-loosened")]
    assert time.process_time() - before < 10


def test_an_endless_comparison_is_given_up():
    """Schemas with too many combinations come back undecided in bounded time."""
    choices = [
        {"anyOf": [an_object(f"x{n}", **{f"x{n}": TEXT}), an_object(f"y{n}", **{f"y{n}": WHOLE})]} for n in range(14)
    ]
    before = time.process_time()
    answer = checked({"allOf": choices}, {"allOf": [*choices, {"not": {"required": ["z"]}}]})
    assert answer.verdict in {"undecided", "no"}
    assert time.process_time() - before < 10


def test_a_schema_we_do_not_take_is_an_error():
    """Both sides are checked before they are compared."""
    with pytest.raises(SchemaError):
        covers({"type": "strin"}, {})


@st.composite
def pairs(draw: st.DrawFn) -> tuple[dict, dict]:
    """Two schemas, often one a variation of the other, so that every verdict comes up."""
    one = draw(documents())
    if draw(st.integers(0, 2)) == 0:
        return one, draw(documents())
    other, fragment = copy.deepcopy(one), draw(fragments)
    match draw(st.integers(0, 4)):
        case 0:
            other = {**other, **fragment}
        case 1:
            other = {**fragment, **other}
        case 2:
            rest = {keyword: value for keyword, value in other.items() if keyword != "$defs"}
            other = {"anyOf": [rest, fragment], "$defs": other["$defs"]}
        case 3 if other.get("properties"):
            other["properties"][draw(st.sampled_from(sorted(other["properties"])))] = fragment
    return (one, other) if draw(st.booleans()) else (other, one)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(pairs(), st.lists(values, min_size=10, max_size=25))
def test_no_answer_is_wrong(pair, candidates):
    """A yes is not contradicted by any document the giver may send; a no's counterexample is one."""
    producer, consumer = pair
    try:
        giver, taker = schema.compile(producer), schema.compile(consumer)
    except SchemaError:
        assume(False)
    answer = checked(producer, consumer)
    for value in filter(giver.accepts, candidates):
        sent, _ = giver.prune(value)
        assert answer.verdict != "yes" or taker.accepts(sent) or not giver.accepts(sent)
