"""The example of the language, expression by expression, and as a whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.wfcore.definitions import Known
from tests.wfcore.mocked import run_mocked

from wfcore import expression, template
from wfcore.definition import read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.expression import ABSENT
from wfcore.template.tree import Array, Hole, Node, Object, Text, Whole

EXAMPLE = Path(__file__).parents[1] / "corpus" / "not-yet" / "user-profile.yaml"
KNOWN = Known(read_definitions(EXAMPLE.read_text(), unexecuted="warning").definitions)

GOLD = {"id": 42, "name": "Ada", "tier": "gold"}
PLAIN = {"id": 7, "name": "Bob"}
LINES = [{"sku": "A1", "price": 100}, {"sku": "B2", "price": 20.5}]
ORDERS = [{"id": "o1", "total": 120.5, "lines": LINES}]


def done(**outputs: Any) -> dict[str, Any]:
    """What expressions see of tasks that gave these outputs."""
    return {"tasks": {id: {"status": "succeeded", "output": output} for id, output in outputs.items()}}


SKIPPED = {"tasks": {"orders": {"status": "skipped"}}}

VALUES: list[tuple[str, dict[str, Any], Any]] = [
    # tasks
    ("input.id", {"input": {"id": 42}}, 42),
    ("input.?expand", {"input": {"id": 42, "expand": True}}, True),
    ("input.?expand", {"input": {"id": 42}}, ABSENT),
    ("response.body", {"response": {"body": GOLD}}, GOLD),
    ("input.id == 42", {"input": {"id": 42}}, True),
    ("input.id == 42", {"input": {"id": 42.0}}, True),
    ("input.id == 42", {"input": {"id": 7}}, False),
    ("response.status == 404", {"response": {"status": 404}}, True),
    ("response.status == 404", {"response": {"status": 500}}, False),
    ("input.userId", {"input": {"userId": 42}}, 42),
    ("input.?limit", {"input": {"userId": 42, "limit": 20}}, 20),
    ("input.?limit", {"input": {"userId": 42}}, ABSENT),
    ("input.sku", {"input": {"sku": "A1"}}, "A1"),
    # user and orders
    ("tasks.user.output.id", done(user=GOLD), 42),
    ("tasks.user.output.?tier.orValue('basic') == 'gold'", done(user=GOLD), True),
    ("tasks.user.output.?tier.orValue('basic') == 'gold'", done(user={**GOLD, "tier": "basic"}), False),
    ("tasks.user.output.?tier.orValue('basic') == 'gold'", done(user=PLAIN), False),
    # stock
    ("input.?skus.orValue([])", {"input": {"userId": 42, "skus": ["A1"]}}, ["A1"]),
    ("input.?skus.orValue([])", {"input": {"userId": 42, "skus": []}}, []),
    ("input.?skus.orValue([])", {"input": {"userId": 42}}, []),
    ("sku", {"sku": "A1", "index": 0}, "A1"),
    ("tasks.check.output.available", done(check={"available": 7}), 7),
    # shipping
    ("size(tasks.orders.?output.orValue([])) > 10", done(orders=ORDERS), False),
    ("size(tasks.orders.?output.orValue([])) > 10", done(orders=ORDERS * 10), False),
    ("size(tasks.orders.?output.orValue([])) > 10", done(orders=ORDERS * 11), True),
    ("size(tasks.orders.?output.orValue([])) > 10", SKIPPED, False),
    # big
    ("tasks.orders.?output.orValue([])", done(orders=ORDERS), ORDERS),
    ("tasks.orders.?output.orValue([])", SKIPPED, []),
    ("item.total > 100", {"item": ORDERS[0]}, True),
    ("item.total > 100", {"item": {"total": 100}}, False),
    ("item.lines", {"item": ORDERS[0]}, LINES),
    ("item.lines", {"item": {"lines": []}}, []),
    ("item.sku", {"item": LINES[0]}, "A1"),
    ("item.price * 0.81", {"item": LINES[0]}, 81),
    ("item.price * 0.81", {"item": {"price": 0}}, 0),
    ("item.id", {"item": {"id": "A1", "net": 81}}, "A1"),
    ("item.net", {"item": {"id": "A1", "net": 81}}, 81),
    # output
    ("tasks.user.output.name", done(user=PLAIN), "Bob"),
    ("tasks.stock.output", done(stock=[]), []),
    ("tasks.shipping.output", done(shipping="standard"), "standard"),
    ("tasks.big.output", done(big=[]), []),
    # errors and triggers
    ("task == 'user' && error.code == 'NOT_FOUND'", {"task": "user", "error": {"code": "NOT_FOUND"}}, True),
    ("task == 'user' && error.code == 'NOT_FOUND'", {"task": "user", "error": {"code": "SERVER_ERROR"}}, False),
    ("task == 'user' && error.code == 'NOT_FOUND'", {"task": "orders", "error": {"code": "NOT_FOUND"}}, False),
    ("body.userId", {"body": {"userId": 42}}, 42),
]


@pytest.mark.parametrize(("text", "scope", "value"), VALUES)
def test_an_expression_of_the_example_gives_its_value(text: str, scope: dict[str, Any], value: Any):
    """With all that may be there, and without what may be missing."""
    assert expression.compile(expression.parse(text))(scope) == value


def test_each_expression_of_the_example_has_a_test():
    """None was forgotten, and none is tested that is no longer there."""
    written = {text for definition in KNOWN.definitions.values() for text in expressions(definition.raw)}
    assert {text for text, _, _ in VALUES} == written


def expressions(value: Any) -> Iterator[str]:
    """Every expression of a definition: fields that are one, and those in templates."""
    if isinstance(value, list):
        for each in value:
            yield from expressions(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("when", "filter", "flatten", "by") and isinstance(each, str):
                yield each
            else:
                yield from expressions(each)
    elif isinstance(value, str):
        yield from (hole.expression.text for hole in _holes(template.parse(value).root))


def _holes(node: Node) -> list[Hole]:
    match node:
        case Whole(hole):
            return [hole]
        case Text(parts):
            return [part for part in parts if isinstance(part, Hole)]
        case Object() | Array():
            raise AssertionError("a string is no container")
    return []


@pytest.mark.parametrize(
    ("input", "answers", "output"),
    [
        (
            {"userId": 42, "skus": ["A1"]},
            {},
            {
                "name": "Ada",
                "stock": [{"sku": "A1", "left": 7}],
                "shipping": "standard",
                "big": [{"id": "A1", "net": 81}, {"id": "B2", "net": 16.605}],
            },
        ),
        (
            {"userId": 42},
            {"get-user": {"id": 42, "name": "Ada", "tier": "basic"}},
            {"name": "Ada", "stock": [], "shipping": "standard", "big": []},
        ),
        (
            {"userId": 42},
            {"list-orders": [{"id": str(at), "total": 1, "lines": []} for at in range(11)]},
            {"name": "Ada", "stock": [], "shipping": "express", "big": []},
        ),
    ],
    ids=["gold", "basic-without-skus", "many-orders"],
)
def test_the_example_runs(input: Any, answers: dict[str, Any], output: Any):
    """The page of the design's example, with the mocks that stand in it."""
    ended = run_mocked(KNOWN, ObjectRef("Workflow", "shop", "user-profile"), input, answers=answers)
    assert (ended.status, ended.output) == ("succeeded", output)


@pytest.mark.parametrize(
    ("fails", "status", "code"),
    [
        ({"user": 404}, "failed", "NO_SUCH_USER"),
        ({"user": 500}, "failed", "UPSTREAM_ERROR"),
        ({"orders": 500}, "succeeded", None),
    ],
    ids=["no-such-user", "users-down", "orders-down"],
)
def test_a_failure_in_the_example_is_told_as_it_says(fails: dict[str, int], status: str, code: str | None):
    """A missing user has a name of its own, orders have a fallback."""
    ended = run_mocked(KNOWN, ObjectRef("Workflow", "shop", "user-profile"), {"userId": 42}, fails=fails)
    assert (ended.status, ended.problem and ended.problem.code) == (status, code)
