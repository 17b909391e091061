"""Each rule has its id, its sentence, and a pair of schemas that shows it at its place."""

from typing import get_args

import pytest
from tests.wfcore.answers import a_list, an_object, checked

from wfcore.compatibility import RULES, Rule

TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WAYS = {"anyOf": [an_object("a", a=TEXT), an_object("b", b=TEXT)]}

SHOWN = {
    "required-missing": (an_object(a=TEXT), an_object("a", a=TEXT), "/a"),
    "type-widened": (an_object("a", a=NUMBER), an_object("a", a=TEXT), "/a"),
    "enum-widened": (a_list({"enum": [1, 2]}), a_list({"enum": [1]}), "/0"),
    "nullable": (an_object("a/b", **{"a/b": {**TEXT, "nullable": True}}), an_object(**{"a/b": TEXT}), "/a~1b"),
    "bound-loosened": (a_list(NUMBER, maxItems=5), a_list(NUMBER, maxItems=4), ""),
    "multiple-of": (NUMBER, {**NUMBER, "multipleOf": 5}, ""),
    "pattern-differs": (TEXT, {**TEXT, "pattern": "^a"}, ""),
    "format-differs": (TEXT, {**TEXT, "format": "uuid"}, ""),
    "unique-items": (a_list(TEXT), a_list(TEXT, uniqueItems=True), ""),
    "closed-object": (an_object("a", a=an_object(b=TEXT)), an_object(a=an_object(extra=False)), "/a/b"),
    "alternatives": (an_object(a=TEXT, b=TEXT), WAYS, ""),
    "condition": (an_object(a=TEXT), {"not": {"required": ["a"]}}, ""),
    "too-large": (
        {"oneOf": [an_object("k", k={"const": n}, v=NUMBER) for n in range(2_000)]},
        {"oneOf": [an_object("k", k={"const": n}, v={"type": "integer"}) for n in range(2_000)]},
        "",
    ),
}


def test_every_rule_has_a_sentence_and_an_example() -> None:
    """The ids, their sentences and these examples are the same set."""
    assert set(get_args(Rule)) == RULES.keys() == SHOWN.keys()
    assert all(sentence[0].islower() and sentence[-1] != "." for sentence in RULES.values())


@pytest.mark.parametrize("rule", SHOWN)
def test_a_rule_is_told_at_its_place(rule: str) -> None:
    """The pointer leads to the value that does not fit."""
    producer, consumer, pointer = SHOWN[rule]
    answer = checked(producer, consumer)
    assert answer.verdict != "yes"
    assert (pointer, rule) in {(finding.pointer, finding.rule) for finding in answer.findings}


FOUND_BY_CHANCE = {
    "leftovers are judged with the schemas beside them": (
        {
            "unevaluatedProperties": False,
            "required": ["d"],
            "oneOf": [an_object("d", d={"const": "a"}), an_object("d", d={"const": "b"})],
        },
        {"allOf": [{"enum": ["x", True]}, {"const": True}]},
    ),
    "pruning can break a `not`": (
        {
            "type": "object",
            "not": {"properties": {"a": TEXT}, "additionalProperties": False},
            "patternProperties": {"^a": {"properties": {"x": TEXT}}, "b$": {"properties": {"y": TEXT}}},
        },
        {"not": {"properties": {"a": TEXT}, "additionalProperties": False}},
    ),
    "pruning can leave too few properties": (
        {
            "minProperties": 1,
            "patternProperties": {"^a": {"properties": {"x": TEXT}}, "b$": {"properties": {"y": TEXT}}},
        },
        {"type": ["object", "string", "number", "boolean", "null", "array"], "minProperties": 1},
    ),
}


@pytest.mark.parametrize(("producer", "consumer"), FOUND_BY_CHANCE.values(), ids=FOUND_BY_CHANCE)
def test_no_yes_where_pruning_or_neighbours_matter(producer: object, consumer: object) -> None:
    """Pairs that random ones once proved wrongly."""
    assert checked(producer, consumer).verdict != "yes"


def test_a_recursion_that_grows_comes_to_an_end() -> None:
    """A place that adds a bound to its own root is compared, or given up, but never without end."""
    producer = {
        "properties": {"a": {"$ref": "#", "minProperties": 3}},
        "unevaluatedProperties": {"type": "integer"},
        "anyOf": [{"$ref": "#/$defs/x"}, {"type": "string"}],
        "$defs": {"x": an_object(a={"$ref": "#/$defs/x"})},
    }
    assert checked(producer, {**producer, "minProperties": 1}).verdict in {"no", "undecided"}
