"""Running transforms: what each step does to a list, what breaks, and that data stays as it was."""

import copy
from typing import Any

import pytest

from wfcore import transform
from wfcore.expression import EvaluationError

ORDERS = [
    {"id": "o1", "total": 120.5, "lines": [{"sku": "A1", "price": 100}, {"sku": "B2", "price": 20.5}]},
    {"id": "o2", "total": 80, "lines": [{"sku": "C3", "price": 80}]},
    {"id": "o3", "total": 300, "lines": [{"sku": "A1", "price": 300}]},
]


def run(items: Any, *steps: Any, **roots: Any) -> list[Any]:
    """Run the steps over a list; all data has to be as it was before."""
    scope = {"input": {"list": items}, **roots}
    before = copy.deepcopy(scope)
    made = transform.compile(transform.parse({"from": "{{input.list}}", "steps": list(steps)}))(scope)
    assert scope == before
    return made


def refusal(items: Any, *steps: Any) -> EvaluationError:
    with pytest.raises(EvaluationError) as refused:
        run(items, *steps)
    return refused.value


# --- each step ---------------------------------------------------------------------------------------------------


def test_without_steps_the_list_is_handed_on():
    """The source itself is the result."""
    assert run([1, 2]) == [1, 2]


def test_filter_keeps_what_fits():
    """Items for which the condition holds stay, in their order."""
    assert [order["id"] for order in run(ORDERS, {"filter": "item.total > 100"})] == ["o1", "o3"]


def test_map_makes_another_item_of_each():
    """The template is filled for every item; `index` counts from 0."""
    assert run(["a", "b"], {"map": {"at": "{{index}}", "is": "<{{item}}>"}}) == [
        {"at": 0, "is": "<a>"},
        {"at": 1, "is": "<b>"},
    ]


def test_an_item_whose_value_is_absent_is_left_out():
    """A map to an absent value drops the item; null is a value and stays."""
    assert run([{"a": 1}, {}, {"a": None}], {"map": "{{item.?a}}"}) == [1, None]


def test_select_keeps_only_the_named_properties():
    """Other properties go, and a property that an item does not have stays away."""
    assert run([{"a": 1, "b": 2, "c": 3}, {"b": None}], {"select": ["a", "b"]}) == [{"a": 1, "b": 2}, {"b": None}]


def test_flatten_joins_the_lists_of_the_items():
    """The expression gives a list for each item, `true` takes the items themselves; only one level goes."""
    assert [line["sku"] for line in run(ORDERS, {"flatten": "item.lines"})] == ["A1", "B2", "C3", "A1"]
    assert run([[1, [2]], [], [3]], {"flatten": "item"}) == [1, [2], 3]


def test_sort_orders_by_several_keys():
    """The first key decides, the next one where it is equal; each has its own direction."""
    rows = [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "y"}]
    ordered = run(rows, {"sort": [{"by": "item.a", "order": "desc"}, {"by": "item.b"}]})
    assert [(row["a"], row["b"]) for row in ordered] == [(2, "x"), (2, "y"), (1, "x"), (1, "y")]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_sort_is_stable(order: str):
    """Items with equal keys keep their order, in both directions; 1 and 1.0 are equal."""
    rows = [{"k": 1, "at": 0}, {"k": 1.0, "at": 1}, {"k": 1, "at": 2}]
    assert [row["at"] for row in run(rows, {"sort": [{"by": "item.k", "order": order}]})] == [0, 1, 2]


def test_null_and_absent_keys_stand_last_in_both_directions():
    """What has no key follows what has one, in the order in which it came."""
    rows = [{"at": 0}, {"k": None, "at": 1}, {"k": 1, "at": 2}, {"at": 3}, {"k": 2, "at": 4}]
    assert [row["at"] for row in run(rows, {"sort": [{"by": "item.?k"}]})] == [2, 4, 0, 1, 3]
    assert [row["at"] for row in run(rows, {"sort": [{"by": "item.?k", "order": "desc"}]})] == [4, 2, 0, 1, 3]


def test_mixed_keys_have_an_order_too():
    """Numbers stand before strings, strings before booleans; descending it is the other way round."""
    mixed = [True, "a", 2, False, "B", 1.5]
    assert repr(run(mixed, {"sort": [{"by": "item"}]})) == repr([1.5, 2, "B", "a", False, True])
    assert repr(run(mixed, {"sort": [{"by": "item", "order": "desc"}]})) == repr([True, False, "a", "B", 2, 1.5])


def test_distinct_keeps_the_first_of_equal_items():
    """Equality is that of JSON: 1 is 1.0 but not true, the order of keys does not matter, that of elements does."""
    items = [1, 1.0, True, "1", None, False, 0, {"a": 1, "b": [1]}, {"b": [1.0], "a": 1}, [1, 2], [2, 1], [], {}, [[]]]
    kept = [1, True, "1", None, False, 0, {"a": 1, "b": [1]}, [1, 2], [2, 1], [], {}, [[]]]
    assert repr(run(items, {"distinct": {}})) == repr(kept)


def test_distinct_by_a_key():
    """Of items with the same key the first stays; absent is a key of its own, and not null."""
    rows = [{"k": 1, "at": 0}, {"at": 1}, {"k": None, "at": 2}, {"k": 1, "at": 3}, {"at": 4}]
    assert [row["at"] for row in run(rows, {"distinct": {"by": "item.?k"}})] == [0, 1, 2]


def test_limit_takes_the_first():
    """Fewer items than the limit are all there is."""
    assert run([1, 2, 3], {"limit": 2}) == [1, 2]
    assert run([1], {"limit": 2}) == [1]


# --- pipelines ---------------------------------------------------------------------------------------------------


def test_steps_follow_each_other():
    """Each step sees the items of the one before it, and counts them anew."""
    assert run(
        ORDERS,
        {"filter": "item.total > 100"},
        {"flatten": "item.lines"},
        {"map": {"id": "{{item.sku}}", "net": "{{item.price * 2}}", "at": "{{index}}"}},
        {"distinct": {"by": "item.id"}},
        {"sort": [{"by": "item.net"}]},
        {"limit": 10},
        {"select": ["id", "at"]},
    ) == [{"id": "B2", "at": 1}, {"id": "A1", "at": 0}]


@pytest.mark.parametrize(
    "step",
    [
        {"filter": "item.a"},
        {"map": "{{item.a}}"},
        {"select": ["a"]},
        {"flatten": "item.a"},
        {"flatten": "item"},
        {"sort": [{"by": "item.a"}]},
        {"distinct": {}},
        {"distinct": {"by": "item.a"}},
        {"limit": 1},
    ],
)
def test_an_empty_list_stays_empty(step: Any):
    """No step has anything against there being no items."""
    assert run([], step) == []


def test_steps_see_the_scope_around_them():
    """Roots of the outer scope are there as well. An outer `item` is what `from` reads, and no step."""
    scope = {"item": {"ids": [1, 2]}, "index": 7, "input": {"least": 2}}
    written = {"from": "{{item.ids}}", "steps": [{"filter": "item >= input.least"}, {"map": "{{index}}"}]}
    assert transform.compile(transform.parse(written))(scope) == [0]


def test_a_limit_ends_the_work_in_front_of_it():
    """Items behind the last one taken are not looked at, so they can break nothing; a sort has to look at all."""
    rows = [{"a": 1}, {"a": 2}, {}]
    assert run(rows, {"filter": "item.a > 0"}, {"map": "{{item.a}}"}, {"limit": 2}) == [1, 2]
    assert "a" in refusal(rows, {"sort": [{"by": "item.a"}]}, {"limit": 1}).message


def test_a_compiled_transform_keeps_nothing_between_runs():
    """The same closure runs again and again, over other data."""
    run_it = transform.compile(transform.parse({"from": "{{input}}", "steps": [{"distinct": {}}, {"limit": 1}]}))
    assert [run_it({"input": [value, value]}) for value in (1, 1, 2)] == [[1], [1], [2]]


# --- what breaks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "step", "says", "text"),
    [
        ({"a": 1}, {"limit": 1}, "`from` is an object, not an array", "{{input.list}}"),
        ([1], {"filter": "item"}, "true or false, and this one is a number", "item"),
        ([{}], {"filter": "item.?a"}, "true or false, and this one is an absent value", "item.?a"),
        ([None], {"filter": "item"}, "true or false, and this one is null", "item"),
        ([1], {"select": ["a"]}, "select needs objects, this item is a number", ""),
        ([[1], "x"], {"flatten": "item"}, "a list for each item, this is a string", ""),
        ([{}], {"flatten": "item.?a"}, "a list for each item, this is an absent value", "item.?a"),
        ([{"a": []}], {"sort": [{"by": "item.a"}]}, "a number, string or boolean, this is an array", "item.a"),
        ([{}], {"map": "{{item.a}}"}, "without `a`", "item.a"),
    ],
)
def test_data_of_the_wrong_kind_is_refused(items: Any, step: Any, says: str, text: str):
    """The error names the kind that it met and the expression, never what the data holds."""
    error = refusal(items, step)
    assert says in error.message
    assert error.text == text


def test_an_absent_source_is_refused():
    """`from` has to give a list."""
    written = {"from": "{{input.?list}}", "steps": []}
    with pytest.raises(EvaluationError, match="`from` is an absent value, not an array"):
        transform.compile(transform.parse(written))({"input": {}})


def test_work_is_bounded():
    """Steps that would go through too many items end with an error; a limit before that is in time."""
    many = [0] * 2000
    product = {"flatten": "input.list"}
    assert "more than 100,000 items" in refusal(many, product).message
    assert "more than 100,000 items" in refusal(many, product, {"filter": "false"}).message
    assert "more than 100,000 items" in refusal([0] * 60_000, {"distinct": {"by": "index"}}, {"filter": "true"}).message
    assert run(many, product, product, {"limit": 3}) == [0, 0, 0]
    heavy = [list(range(1000))] * 1001
    assert "too much data" in refusal(heavy, {"distinct": {}}).message


def test_items_that_nest_too_deeply_are_refused():
    """Values deeper than JSON may be have no identity; they are refused like all data that does not fit."""
    deep: Any = 1
    for _ in range(150):
        deep = [deep]
    assert "nests deeper" in refusal([deep], {"distinct": {}}).message
