"""Functions of numbers."""

import math
from typing import Any

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.values import kind_of, number


def absolute(evaluation: Evaluation, value: Any) -> Any:
    return abs(_number(value))


def ceil(evaluation: Evaluation, value: Any) -> Any:
    return _whole(value, math.ceil)


def floor(evaluation: Evaluation, value: Any) -> Any:
    return _whole(value, math.floor)


def trunc(evaluation: Evaluation, value: Any) -> Any:
    return _whole(value, math.trunc)


def round_half_away(evaluation: Evaluation, value: Any) -> Any:
    """To the nearest whole number; halves away from zero."""
    return _whole(value, _half_away)


def sign(evaluation: Evaluation, value: Any) -> int:
    given = _number(value)
    return int(given > 0) - int(given < 0)


def sqrt(evaluation: Evaluation, value: Any) -> float:
    if _number(value) < 0:
        raise Fault("a negative number has no square root")
    return math.sqrt(value)


def greatest(evaluation: Evaluation, *values: Any) -> Any:
    """The greatest of its arguments, or of the numbers of an array."""
    return max(_numbers(evaluation, values, "math.greatest"))


def least(evaluation: Evaluation, *values: Any) -> Any:
    """The least of its arguments, or of the numbers of an array."""
    return min(_numbers(evaluation, values, "math.least"))


def _whole(value: Any, rounded: Any) -> Any:
    """Beyond 2^53 every double is whole."""
    given = _number(value)
    return given if type(given) is int or given.is_integer() else rounded(given)


def _half_away(value: float) -> int:
    below = math.floor(abs(value))
    nearest = below + (abs(value) - below >= 0.5)
    return nearest if value > 0 else -nearest


def _numbers(evaluation: Evaluation, values: tuple[Any, ...], name: str) -> list[Any]:
    given = values[0] if len(values) == 1 and type(values[0]) is list else values
    evaluation.spend(len(given))
    if not given:
        raise Fault(f"{name}() of an empty array")
    return [_number(value) for value in given]


def _number(value: Any) -> Any:
    if type(value) is not int and type(value) is not float:
        raise Fault(f"expected a number, got {kind_of(value)}")
    return number(value)
