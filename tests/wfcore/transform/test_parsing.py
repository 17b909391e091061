"""Reading a transform from a definition: what is taken, and that everything wrong is told at its place."""

from typing import Any

import pytest

from wfcore import transform
from wfcore.expression import Problem
from wfcore.transform import Distinct, Filter, Flatten, Limit, Map, Select, Sort, TransformError


def steps_of(*written: Any) -> list[Any]:
    return list(transform.parse({"from": "{{input.list}}", "steps": list(written)}).steps)


def problems_of(written: Any, pointer: str = "") -> list[Problem]:
    with pytest.raises(TransformError) as refused:
        transform.parse(written, pointer=pointer)
    return refused.value.problems


def problem_of_step(step: Any) -> Problem:
    (problem,) = problems_of({"from": "{{input.list}}", "steps": [step]})
    return problem


def test_every_step_is_read():
    """Each of the seven steps becomes what it says, in the order written."""
    filtered, mapped, selected, flat, joined, ordered, distinct, keyed, limited = steps_of(
        {"filter": "item.total > 100"},
        {"map": {"id": "{{item.id}}"}},
        {"select": ["id"]},
        {"flatten": "item.lines"},
        {"flatten": "item"},
        {"sort": [{"by": "item.a"}, {"by": "item.b", "order": "desc"}, {"by": "item.c", "order": "asc"}]},
        {"distinct": {}},
        {"distinct": {"by": "item.id"}},
        {"limit": 10},
    )
    assert isinstance(filtered, Filter)
    assert (filtered.condition.expression.text, filtered.condition.pointer) == ("item.total > 100", "/steps/0/filter")
    assert isinstance(mapped, Map)
    assert mapped.value.value == {"id": "{{item.id}}"}
    assert isinstance(selected, Select)
    assert selected.names == ("id",)
    assert isinstance(flat, Flatten)
    assert flat.lists is not None
    assert flat.lists.expression.text == "item.lines"
    assert joined == Flatten(None, "/steps/4/flatten")
    assert isinstance(ordered, Sort)
    assert [(key.by.pointer, key.descending) for key in ordered.keys] == [
        ("/steps/5/sort/0/by", False),
        ("/steps/5/sort/1/by", True),
        ("/steps/5/sort/2/by", False),
    ]
    assert distinct == Distinct(None)
    assert isinstance(keyed, Distinct)
    assert keyed.by is not None
    assert keyed.by.pointer == "/steps/7/distinct/by"
    assert limited == Limit(10)


def test_steps_may_be_left_out():
    """A transform without steps is its source."""
    assert transform.parse({"from": "{{input.list}}"}).steps == ()


@pytest.mark.parametrize(
    ("step", "pointer", "says"),
    [
        ({}, "/steps/0", "exactly one of filter, map, select, flatten, sort, distinct, limit"),
        ("filter", "/steps/0", "a step is an object"),
        ({"filter": "true", "limit": 1}, "/steps/0", "`filter` and `limit` in one step"),
        ({"fliter": "true"}, "/steps/0/fliter", "did you mean `filter`?"),
        ({"filter": True}, "/steps/0/filter", "takes an expression"),
        ({"filter": "{{item.a}}"}, "/steps/0/filter", "without {{ }}"),
        ({"select": []}, "/steps/0/select", "lists the names"),
        ({"select": "id"}, "/steps/0/select", "lists the names"),
        ({"select": ["id", 1]}, "/steps/0/select", "lists the names"),
        ({"select": ["id", "id"]}, "/steps/0/select/1", "stands here twice"),
        ({"flatten": False}, "/steps/0/flatten", "`item` where the items are lists"),
        ({"sort": "item.a"}, "/steps/0/sort", "lists 1 to 10 keys"),
        ({"sort": []}, "/steps/0/sort", "lists 1 to 10 keys"),
        ({"sort": ["item.a"]}, "/steps/0/sort/0", "as {by: item.id}"),
        ({"sort": [{"order": "asc"}]}, "/steps/0/sort/0", "a key needs `by`"),
        ({"sort": [{"by": "item.a", "order": "down"}]}, "/steps/0/sort/0/order", "asc or desc"),
        ({"sort": [{"by": "item.a", "oder": "desc"}]}, "/steps/0/sort/0/oder", "did you mean `order`?"),
        ({"distinct": False}, "/steps/0/distinct", "{by: …} with an expression"),
        ({"limit": 0}, "/steps/0/limit", "at least 1"),
        ({"limit": True}, "/steps/0/limit", "whole number"),
        ({"limit": 1.5}, "/steps/0/limit", "whole number"),
        ({"limit": "10"}, "/steps/0/limit", "whole number"),
    ],
)
def test_a_wrong_shape_is_told_where_it_stands(step: Any, pointer: str, says: str):
    """What a step cannot be is a problem of kind syntax at its own pointer, with what it should be."""
    problem = problem_of_step(step)
    assert (problem.pointer, problem.kind) == (pointer, "syntax")
    assert says in problem.message


@pytest.mark.parametrize(
    ("written", "pointer", "says"),
    [
        ([], "/t", "an object with `from` and `steps`"),
        ({"steps": []}, "/t", "`from` is missing"),
        ({"from": "{{input.a}}", "steps": {}}, "/t/steps", "a list of steps"),
        ({"from": "{{input.a}}", "step": []}, "/t/step", "did you mean `steps`?"),
        ({"from": "{{input.a}}", "steps": [{"limit": 1}] * 21}, "/t/steps", "at most 20"),
    ],
)
def test_a_transform_needs_its_two_fields(written: Any, pointer: str, says: str):
    """Pointers begin with the one that was given; unknown fields are refused with the nearest name."""
    (problem,) = problems_of(written, "/t")
    assert problem.pointer == pointer
    assert says in problem.message


def test_an_expression_in_braces_is_corrected():
    """Fields that are expressions already take none in braces; the fix is the bare expression."""
    assert problem_of_step({"filter": " {{ item.a > 1 }} "}).fix == "item.a > 1"


def test_a_broken_expression_is_told_with_its_offset():
    """The offset counts into the string at the pointer."""
    problem = problem_of_step({"sort": [{"by": "item.a +"}]})
    assert (problem.pointer, problem.kind) == ("/steps/0/sort/0/by", "syntax")
    assert 0 < problem.offset <= len("item.a +")


def test_all_problems_are_told_at_once():
    """One fault hides no other: source, every step and every part of a step are looked at."""
    found = problems_of(
        {
            "from": "{{input.}}",
            "else": 1,
            "steps": [
                {"filter": "item.("},
                {"map": {"a": "{{item.}}", "b": ["{{)}}"]}},
                {"sort": [{"by": "("}, {"by": "item.a", "order": "up"}]},
                {},
                {"select": ["a", "a", "b", "b"]},
            ],
        },
        "/spec/transform",
    )
    assert [problem.pointer.removeprefix("/spec/transform") for problem in found] == [
        "/else",
        "/from",
        "/steps/0/filter",
        "/steps/1/map/a",
        "/steps/1/map/b/0",
        "/steps/2/sort/0/by",
        "/steps/2/sort/1/order",
        "/steps/3",
        "/steps/4/select/1",
        "/steps/4/select/3",
    ]
