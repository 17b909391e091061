"""What the operators compute."""

import operator
from collections.abc import Callable
from typing import Any

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.moments import Duration, Timestamp
from wfcore.expression.text_functions import check_size
from wfcore.expression.values import check_order, contains, equal, kind_of, number, whole
from wfcore.jsontext import MAX_INTEGER

_NUMBERS = frozenset({int, float})

Operation = Callable[[Any, Any, Evaluation], Any]


def _is_number(value: Any) -> bool:
    return type(value) in _NUMBERS


def _refuse(symbol: str, a: Any, b: Any) -> Fault:
    return Fault(f"`{symbol}` does not work on {kind_of(a)} and {kind_of(b)}")


def add(a: Any, b: Any, evaluation: Evaluation) -> Any:
    """Add numbers or times, join strings or arrays."""
    if type(a) is int and type(b) is int:
        result = a + b
        return result if -MAX_INTEGER <= result <= MAX_INTEGER else number(result)
    if _is_number(a) and _is_number(b):
        return number(a + b)
    kinds = type(a), type(b)
    if kinds == (str, str):
        check_size(len(a) + len(b), evaluation)
        return a + b
    if kinds == (list, list):
        evaluation.spend(len(a) + len(b))
        return a + b
    if kinds in ((Timestamp, Duration), (Duration, Timestamp)):
        return Timestamp(a.nanoseconds + b.nanoseconds)
    if kinds == (Duration, Duration):
        return Duration(a.nanoseconds + b.nanoseconds)
    raise _refuse("+", a, b)


def subtract(a: Any, b: Any, evaluation: Evaluation) -> Any:
    """The difference of numbers or times."""
    if _is_number(a) and _is_number(b):
        return number(a - b)
    kinds = type(a), type(b)
    if kinds == (Timestamp, Duration):
        return Timestamp(a.nanoseconds - b.nanoseconds)
    if kinds in ((Timestamp, Timestamp), (Duration, Duration)):
        return Duration(a.nanoseconds - b.nanoseconds)
    raise _refuse("-", a, b)


def multiply(a: Any, b: Any, evaluation: Evaluation) -> Any:
    """The product of two numbers."""
    if _is_number(a) and _is_number(b):
        return number(a * b)
    raise _refuse("*", a, b)


def divide(a: Any, b: Any, evaluation: Evaluation) -> Any:
    """The quotient, with its fraction: data cannot tell 5 from 5.0."""
    if not (_is_number(a) and _is_number(b)):
        raise _refuse("/", a, b)
    if b == 0:
        raise Fault("division by zero")
    if type(a) is int and type(b) is int and a % b == 0:
        return a // b
    return number(a / b)


def remainder(a: Any, b: Any, evaluation: Evaluation) -> Any:
    """What is left of a division of whole numbers; it has the sign of the dividend."""
    if not (_is_number(a) and _is_number(b)):
        raise _refuse("%", a, b)
    dividend, divisor = whole(a, "the left side of `%`"), whole(b, "the right side of `%`")
    if divisor == 0:
        raise Fault("remainder of a division by zero")
    rest = abs(dividend) % abs(divisor)
    return -rest if dividend < 0 else rest


def negate(value: Any) -> Any:
    """The number or duration with the other sign."""
    if _is_number(value):
        return -value
    if type(value) is Duration:
        return Duration(-value.nanoseconds)
    raise Fault(f"`-` does not work on {kind_of(value)}")


def _ordered(compare: Callable[[Any, Any], bool]) -> Operation:
    def run(a: Any, b: Any, evaluation: Evaluation) -> bool:
        check_order(a, b, evaluation)
        return compare(a, b)

    return run


OPERATIONS: dict[str, Operation] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": remainder,
    "==": equal,
    "!=": lambda a, b, evaluation: not equal(a, b, evaluation),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "in": lambda a, b, evaluation: contains(b, a, evaluation),
}
"""All but `&&` and `||`, which do not always look at their right side."""

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
