"""Pairs of schemas as APIs have them: all are decided, and decided right."""

import pytest
from tests.wfcore.answers import a_list, an_object, checked

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
NUMBER = {"type": "number"}
MAYBE_TEXT = {"type": ["string", "null"]}
CARD = an_object("kind number", kind={"const": "card"}, number=TEXT)
BANK = an_object("kind iban", kind={"const": "bank"}, iban=TEXT)
CASH = an_object("kind", kind={"const": "cash"})
TREE = {"$ref": "#/$defs/t", "$defs": {"t": an_object("v", v=WHOLE, kids=a_list({"$ref": "#/$defs/t"}))}}
WIDE_TREE = {"$ref": "#/$defs/n", "$defs": {"n": an_object("v", v=NUMBER, kids=a_list({"$ref": "#/$defs/n"}))}}
PAGE = an_object("items total", items=a_list(an_object("id", id=TEXT, name=TEXT)), total={**WHOLE, "minimum": 0})

FITS = {
    "enum in enum": ({"enum": ["paid", "open"]}, {"enum": ["open", "paid", "lost"]}),
    "enum of numbers": ({"enum": [1, 2]}, {**WHOLE, "minimum": 1}),
    "enum with type": ({**TEXT, "enum": ["a"]}, {**TEXT, "enum": ["a", "b"]}),
    "const in enum": ({"const": "a"}, {"enum": ["a", "b"]}),
    "enum as alternatives": ({"enum": ["a", "b"]}, {"anyOf": [{"const": "a"}, {"const": "b"}]}),
    "alternatives as enum": ({"oneOf": [{"const": "a"}, {"const": "b"}]}, {"enum": ["a", "b"]}),
    "boolean as enum": ({"type": "boolean"}, {"enum": [True, False]}),
    "text where null may be": (TEXT, MAYBE_TEXT),
    "nullable on both sides": ({**TEXT, "nullable": True}, MAYBE_TEXT),
    "nullable reference": (
        {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}], "$defs": {"a": TEXT}},
        {"$ref": "#/$defs/b", "nullable": True, "$defs": {"b": TEXT}},
    ),
    "format on both sides": ({**TEXT, "format": "date-time"}, {**TEXT, "format": "date-time"}),
    "format is text": ({**TEXT, "format": "email"}, TEXT),
    "uuid has a length": ({**TEXT, "format": "uuid"}, {**TEXT, "minLength": 1, "maxLength": 36}),
    "remark of a format": ({**WHOLE, "format": "int32"}, {**WHOLE, "format": "int64"}),
    "bounds inside bounds": ({**WHOLE, "minimum": 1, "maximum": 5}, {**WHOLE, "minimum": 0, "maximum": 10}),
    "exclusive bound inside": ({**NUMBER, "exclusiveMinimum": 0}, {**NUMBER, "minimum": 0}),
    "old exclusive bound": (
        {**NUMBER, "minimum": 0, "exclusiveMinimum": True},
        {**NUMBER, "exclusiveMinimum": 0},
    ),
    "lengths inside lengths": ({**TEXT, "minLength": 2, "maxLength": 5}, {**TEXT, "minLength": 1, "maxLength": 10}),
    "integer for number": (WHOLE, NUMBER),
    "integer multiples": ({**WHOLE, "multipleOf": 10}, {**WHOLE, "multipleOf": 5}),
    "the same cents": ({**NUMBER, "multipleOf": 0.01}, {**NUMBER, "multipleOf": 0.01}),
    "the same pattern": ({**TEXT, "pattern": "^[A-Z]+$"}, {**TEXT, "pattern": "^[A-Z]+$"}),
    "enum of a pattern": ({"enum": ["AB", "C"]}, {**TEXT, "pattern": "^[A-Z]+$"}),
    "required for optional": (an_object("a", a=TEXT), an_object(a=TEXT)),
    "more properties": (an_object("a b", a=TEXT, b=TEXT), an_object("a", a=TEXT)),
    "more properties, closed taker": (an_object("a", a=TEXT), an_object("a", extra=False, a=TEXT, b=TEXT)),
    "closed on both sides": (an_object("a", extra=False, a=TEXT), an_object("a", extra=False, a=TEXT)),
    "anything is taken": (PAGE, {}),
    "any object is taken": (PAGE, {"type": "object"}),
    "page of fewer fields": (PAGE, an_object("items", items=a_list(an_object("id", id=TEXT)))),
    "map of counts": (an_object(extra=WHOLE), an_object(extra=NUMBER)),
    "properties as a map": (an_object(a=WHOLE, b=WHOLE), {"type": "object", "additionalProperties": NUMBER}),
    "array with fewer": (a_list(TEXT, maxItems=3), a_list(TEXT, maxItems=10)),
    "array with some": (a_list(TEXT, minItems=2), a_list(TEXT, minItems=1)),
    "unique items": (a_list(TEXT, uniqueItems=True), a_list(TEXT)),
    "array of nullable": (a_list(TEXT), a_list(MAYBE_TEXT)),
    "tuple": (
        {"type": "array", "prefixItems": [TEXT, WHOLE], "items": False},
        {"type": "array", "prefixItems": [TEXT, NUMBER]},
    ),
    "tuple as array": ({"type": "array", "prefixItems": [TEXT, TEXT], "items": False}, a_list(TEXT)),
    "one of the payments": (CARD, {"oneOf": [CARD, BANK]}),
    "payments in another order": ({"oneOf": [CARD, BANK]}, {"oneOf": [BANK, CARD]}),
    "more payments": ({"oneOf": [CARD, BANK]}, {"anyOf": [CASH, BANK, CARD]}),
    "payments read by kind": ({"oneOf": [CARD, BANK]}, an_object("kind", kind=TEXT)),
    "payments as one object": ({"oneOf": [CARD, BANK]}, an_object("kind", kind=TEXT, number=TEXT, iban=TEXT)),
    "text or number": ({"anyOf": [TEXT, WHOLE]}, {"type": ["string", "number"]}),
    "pattern properties": (
        {"type": "object", "patternProperties": {"^x-": WHOLE}, "additionalProperties": False},
        {"type": "object", "patternProperties": {"^x-": NUMBER}},
    ),
    "tree": (TREE, WIDE_TREE),
    "allOf": ({"allOf": [an_object("a", a=TEXT), an_object("b", b=WHOLE)]}, an_object("a b", a=TEXT, b=NUMBER)),
    "nothing left over": (
        {"allOf": [an_object("a", a=TEXT)], "properties": {"b": TEXT}, "unevaluatedProperties": False},
        an_object("a", a=TEXT),
    ),
}

BREAKS = {
    "enum grew": ({"enum": ["a", "b", "c"]}, {"enum": ["a", "b"]}, "", "enum-widened"),
    "text for enum": (an_object("s", s=TEXT), an_object("s", s={"enum": ["a"]}), "/s", "enum-widened"),
    "became nullable": (an_object("s", s=MAYBE_TEXT), an_object("s", s=TEXT), "/s", "nullable"),
    "null in a list": (a_list(MAYBE_TEXT), a_list(TEXT), "/0", "nullable"),
    "became optional": (an_object(a=TEXT), an_object("a", a=TEXT), "/a", "required-missing"),
    "renamed": (an_object("userId", userId=TEXT), an_object("id", id=TEXT), "/id", "required-missing"),
    "integer to number": (an_object("n", n=NUMBER), an_object("n", n=WHOLE), "/n", "type-widened"),
    "number to text": (an_object("n", n=NUMBER), an_object("n", n=TEXT), "/n", "type-widened"),
    "no maximum": (WHOLE, {**WHOLE, "maximum": 100}, "", "bound-loosened"),
    "bound touched": ({**NUMBER, "minimum": 0}, {**NUMBER, "exclusiveMinimum": 0}, "", "bound-loosened"),
    "longer list": (a_list(TEXT, maxItems=5), a_list(TEXT, maxItems=4), "", "bound-loosened"),
    "empty list": (a_list(TEXT), a_list(TEXT, minItems=1), "", "bound-loosened"),
    "no format": (TEXT, {**TEXT, "format": "date"}, "", "format-differs"),
    "another format": ({**TEXT, "format": "date-time"}, {**TEXT, "format": "date"}, "", "format-differs"),
    "no pattern": (TEXT, {**TEXT, "pattern": "^[A-Z]+$"}, "", "pattern-differs"),
    "half cents": ({**NUMBER, "multipleOf": 0.005}, {**NUMBER, "multipleOf": 0.01}, "", "multiple-of"),
    "any field at all": (an_object(extra=True), an_object(extra=False), "/extra", "closed-object"),
    "a field too many": (an_object(a=TEXT, b=TEXT), an_object(extra=False, a=TEXT), "/b", "closed-object"),
    "an unknown payment": ({"oneOf": [CARD, CASH]}, {"oneOf": [CARD, BANK]}, "", "alternatives"),
    "a payment changed": (
        {"oneOf": [CARD, an_object("kind iban", kind={"const": "bank"}, iban=WHOLE)]},
        {"oneOf": [CARD, BANK]},
        "/iban",
        "type-widened",
    ),
    "items twice": (a_list(WHOLE), a_list(WHOLE, uniqueItems=True), "", "unique-items"),
    "wider leaves": (WIDE_TREE, TREE, "/v", "type-widened"),
}


@pytest.mark.parametrize(("producer", "consumer"), FITS.values(), ids=FITS)
def test_what_fits_every_day_is_proven(producer: object, consumer: object) -> None:
    """None of these is left undecided."""
    assert checked(producer, consumer).verdict == "yes"


@pytest.mark.parametrize(("producer", "consumer", "pointer", "rule"), BREAKS.values(), ids=BREAKS)
def test_what_breaks_every_day_is_shown(producer: object, consumer: object, pointer: str, rule: str) -> None:
    """Each comes with a document, the place and the rule."""
    answer = checked(producer, consumer)
    assert answer.verdict == "no"
    assert (pointer, rule) in {(finding.pointer, finding.rule) for finding in answer.findings}
