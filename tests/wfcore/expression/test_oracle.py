"""Our expressions against Google's own CEL: what it computes, we compute."""

import os
from random import Random
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_math, ext_optional, ext_strings
from hypothesis import Phase, assume, event, given, note, settings
from hypothesis import strategies as st
from tests.wfcore.expression.drawn_expressions import drawn_expression, drawn_input

from wfcore import expression

CASES = int(os.environ.get("WF_ORACLE_CASES", "10000"))
"""More of them, and other ones each time, where the environment asks for it."""

CEL = cel.NewEnv(
    variables={"input": cel.Type.DYN},
    extensions=[ext_optional.ExtOptional(), ext_strings.ExtStrings(), ext_math.ExtMath()],
)


class Refused(Exception):
    """The oracle has no value for this."""


def told_by_cel(text: str, data: Any) -> Any:
    """What the oracle computes. It returns errors as values, so the type is asked first."""
    result = CEL.compile(text, disable_check=True).eval(data={"input": data})
    if result.type().name() == "ERROR":
        raise Refused(result.value())
    return result.plain_value()


def is_mistaken(text: str) -> bool:
    """Whether the oracle itself may be wrong: behind an `all` that ended early, its optMap sees that one's variable.

    It makes 9 of `[1, 9].all(y, y == 0) ? 0 : optional.of(-2).optMap(z, z).value()`.
    """
    quantified = ".all(" in text or ".exists(" in text or ".exists_one(" in text
    return quantified and (".optMap(" in text or ".optFlatMap(" in text)


def same(a: Any, b: Any) -> bool:
    """Whether two values are one JSON value. Unlike `==`, True is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)


@settings(
    max_examples=CASES,
    derandomize="WF_ORACLE_CASES" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],
)
@given(st.integers(0, 2**64))
def test_what_the_oracle_computes_we_compute(seed: int):
    """Wherever CEL has a value for a well-formed expression, so have we, and it is the same; it follows that each
    error of ours is an error of CEL."""
    random = Random(seed)
    text, data = drawn_expression(random), drawn_input(random)
    note(f"{text}\n{data}")
    assume(not is_mistaken(text))
    try:
        expected = told_by_cel(text, data)
    except Refused:
        event("an error of the oracle")
        return
    event("a value")
    assert same(expression.compile(expression.parse(text))({"input": data}), expected)
