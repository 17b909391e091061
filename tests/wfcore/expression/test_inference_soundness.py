"""The promise of the type checker: what it has nothing against works for all valid data, and gives what it said."""

import os
from random import Random
from typing import Any

import jsonschema_rs
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from tests.wfcore.drawn_schemas import documents, values
from tests.wfcore.expression.inferred_world import WORLD, a_document, expressions

from wfcore import expression, schema
from wfcore.expression import ABSENT, EvaluationError, ExpressionError, Inferred

TIMES = int(os.environ.get("WF_TEST_DRAWS", "1"))
"""How often the usual number of cases is drawn. More than once: other ones each time."""
LIMITS = ("2^53", "no finite number", "years", "more than", "longer than")
"""What stays outside the promise: the numbers JSON carries, the calendar, the limits of work and size."""

SCOPE = {"type": "object", "required": ["input"], "properties": {"input": WORLD}}
DOCUMENTS = [a_document(Random(seed)) for seed in range(150)]
COMMON: list[Any] = [
    None,
    1,
    "a",
    [],
    {},
    {"a": 1},
    {"a": None, "b": 2, "c": "a"},
    {"a": {"a": 1, "b": 0}, "c": [1, 2]},
    {"a": [1], "b": "bb"},
    [{"a": 1}, {"b": 2}],
    [1, 2, 3],
    ["a", None],
]
"""Values that many schemas accept."""
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def often(cases: int) -> settings:
    return settings(
        max_examples=cases * TIMES,
        deadline=None,
        derandomize=TIMES == 1,
        database=None,
        suppress_health_check=QUIET,
    )


def check(text: str, scope: dict[str, Any], data: list[Any]) -> bool | None:
    """Hold one expression against data. None: no expression; False: the checker has something against it."""
    try:
        parsed = expression.parse(text)
    except ExpressionError:
        return None
    found = expression.infer(parsed, scope)
    if found.problems or found.doubts:
        assert all(0 <= problem.offset <= len(text) for problem in [*found.problems, *found.doubts])
        return False
    read = expression.compile(parsed)
    for document in data:
        try:
            value = read({"input": document})
        except EvaluationError as error:
            if not any(limit in error.message for limit in LIMITS):
                raise AssertionError(f"{text} was accepted and fails on {document}: {error.message}") from error
        else:
            fits(text, found, document, value)
    return True


def fits(text: str, found: Inferred, document: Any, value: Any) -> None:
    """A value fits its type; one that was pruned fits the closed form, which knows that keys were cut."""
    if value is ABSENT:
        assert found.absent, (text, document)
    elif not jsonschema_rs.is_valid(found.schema, value, validate_formats=True):
        closed = schema.compile(found.schema).closed
        assert jsonschema_rs.is_valid(closed, value, validate_formats=True), (text, document, value, found.schema)


@often(3000)
@given(expressions(), st.integers(0, len(DOCUMENTS)))
def test_what_is_accepted_never_breaks_and_gives_its_type(text: str, at: int):
    """An expression without problems and doubts evaluates on all valid data, to a value of the inferred schema."""
    check(text, SCOPE, [DOCUMENTS[(at + n * 7) % len(DOCUMENTS)] for n in range(12)])


def test_most_of_the_drawn_expressions_are_accepted():
    """The proof is not an empty one: of expressions drawn for their types, at least half are well typed."""
    accepted: list[bool | None] = []

    @settings(max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET)
    @given(expressions())
    def draw(text: str) -> None:
        accepted.append(check(text, SCOPE, DOCUMENTS[:1]))

    draw()
    assert accepted.count(True) > len(accepted) / 2


NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.builds("{}{}".format, st.sampled_from([".", ".", ".?"]), NAMES) | st.sampled_from(["[0]", "[?0]", "[?1]"]),
    max_size=3,
).map("".join)
PLACES = STEPS.map("input{}".format)
SHAPES = st.sampled_from(
    [
        "{0}",
        "{0}",
        "{0}.orValue(0)",
        "{0} == {1}",
        "{0} != null ? {0} : {1}",
        "has({0}.a) ? {0}.a : 1",
        "has({0}.b) && {0}.b > 1",
        "{0}.?c.hasValue() ? {0}.c : {1}",
        "{0} + {1}",
        "{0} < {1}",
        "{0} in {1}",
        "{0} && {1}",
        "size({0})",
        "{0}.map(x, x)",
        "{0}.filter(x, x != null)",
        "{0}.filter(x, has(x.a)).map(x, x.a)",
        "{0}.filter(x, x.a != null).map(x, x.a)",
        "{0}.map(x, {0}[x])",
        "{0}.exists(x, x == {1})",
        "[{0}, {1}]",
        "{{'a': {0}, ?'b': input.?b}}",
        "{0}.first()",
        "{0}.sort()",
        "{0}.distinct().reverse()",
        "{0}.flatten()",
        "{0}[?{1}]",
        "{0} / {1}",
        "string({0})",
        "json({0})",
        "{0} > 1 ? 3 / {0} : 0",
        "{0} % 2 == 0 ? {0} : 0",
    ]
)


def valid(source: dict[str, Any], candidates: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    """A drawn schema made ready, and what is left of the candidates that it accepts."""
    try:
        compiled = schema.compile(source)
    except schema.SchemaError:
        reject()
    return compiled.source, [compiled.prune(value)[0] for value in candidates if compiled.accepts(value)]


@often(900)
@given(documents(), st.lists(values, min_size=12, max_size=12), SHAPES, PLACES, PLACES)
def test_the_promise_holds_for_any_schema(
    source: dict[str, Any], candidates: list[Any], shape: str, one: str, other: str
):
    """References, combinations, conditions, bounds: whatever a schema says, what is accepted works and fits."""
    root, data = valid(source, [*candidates, *COMMON])
    scope = {"type": "object", "required": ["input"], "properties": {"input": root}}
    check(shape.format(one, other), scope, data)
