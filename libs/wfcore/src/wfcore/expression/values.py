"""What an expression computes with: JSON values, optionals and moments, and when two of them are equal or in order."""

from collections.abc import Hashable, Mapping
from enum import Enum
from math import isfinite
from typing import Any, cast

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.moments import Duration, Timestamp
from wfcore.jsontext import MAX_INTEGER


class Absent(Enum):
    """The type of ABSENT. An enum, so that one exists, copies stay the same one, and `is ABSENT` narrows types."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT = Absent.ABSENT
"""The value of an optional path that leads nowhere. It is neither null nor any other JSON value."""


class Optional:
    """A value that might not have been there; ABSENT inside where it was not. Never part of a result."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


NONE = Optional(ABSENT)

MAX_VALUE_DEPTH = 100
"""Values nest no deeper than JSON that comes from outside."""

_KINDS: Mapping[type, str] = {
    type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array",
    dict: "an object", Timestamp: "a timestamp", Duration: "a duration", Optional: "an optional",
    Absent: "an absent value",
}  # fmt: skip

_SCALARS = frozenset({type(None), bool, int, float, Timestamp, Duration})
_ORDERED = frozenset({bool, int, float, str, Timestamp, Duration})
_NUMBERS = frozenset({int, float})

_LONG = 256
"""Longer strings cost steps to compare."""


def kind_of(value: Any) -> str:
    """Say what a value is, for a message: its type with an article, never its content."""
    kind = _KINDS.get(type(value))
    return kind if kind is not None else "an object" if isinstance(value, Mapping) else "this value"


def number(value: Any) -> Any:
    """Return what was computed if JSON has such a number. Raises Fault."""
    if -MAX_INTEGER <= value <= MAX_INTEGER:
        return value
    if type(value) is int:
        raise Fault("the result is beyond ±2^53, where integers are exact")
    if isfinite(value):
        return value
    raise Fault("the result is no finite number")


def whole(value: Any, what: str) -> int:
    """Return an integral number as an int. Raises Fault naming `what` has to be one."""
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise Fault(f"{what} must be a whole number, not {'a fraction' if type(value) is float else kind_of(value)}")


def equal(a: Any, b: Any, evaluation: Evaluation, depth: int = 0) -> bool:
    """Whether two values are the same JSON value: numbers by what they count, values of different types never."""
    kind, other = type(a), type(b)
    if kind is not other:
        return kind in _NUMBERS and other in _NUMBERS and bool(a == b)
    if kind is str:
        if len(a) > _LONG and len(a) == len(b):
            evaluation.spend_text(len(a))
        return bool(a == b)
    if kind in _SCALARS:
        return bool(a == b)
    _check_depth(depth)
    if kind is list:
        if len(a) != len(b):
            return False
        evaluation.spend(len(a))
        return all(equal(x, y, evaluation, depth + 1) for x, y in zip(a, b, strict=True))
    if kind is Optional:
        return equal(a.value, b.value, evaluation, depth + 1)
    if kind is Absent:
        return True
    if len(a) != len(b):
        return False
    evaluation.spend(len(a))
    return all(key in b and equal(value, b[key], evaluation, depth + 1) for key, value in a.items())


def contains(container: Any, wanted: Any, evaluation: Evaluation) -> bool:
    """Whether a list has this element, or an object this key. Raises Fault for other containers."""
    if type(container) is list:
        evaluation.spend(len(container))
        if type(wanted) is str and len(wanted) <= _LONG:
            return wanted in container
        return any(equal(wanted, element, evaluation) for element in container)
    if isinstance(container, Mapping):
        return type(wanted) is str and wanted in container
    raise Fault(f"`in` looks into an array or an object, not into {kind_of(container)}")


def check_order(a: Any, b: Any, evaluation: Evaluation) -> None:
    """Raise Fault unless one of the two can come before the other."""
    kind, other = type(a), type(b)
    if kind is str and other is str:
        if len(a) > _LONG and len(b) > _LONG:
            evaluation.spend_text(min(len(a), len(b)))
        return
    if (kind is other and kind in _ORDERED) or (kind in _NUMBERS and other in _NUMBERS):
        return
    raise Fault(f"{kind_of(a)} and {kind_of(b)} have no order")


def check_sortable(values: list[Any], evaluation: Evaluation) -> None:
    """Raise Fault unless any two of these have an order, and pay for sorting them."""
    evaluation.spend(len(values) * len(values).bit_length())
    for value in values:
        check_order(values[0], value, evaluation)
    for value in values:
        if type(value) is str and len(value) > _LONG:
            evaluation.spend_text(len(value) * len(values).bit_length())


def check_result(value: Any, evaluation: Evaluation, largest: int) -> None:
    """Raise Fault unless a value that was put together is one that JSON can write, and no larger than it may be.

    Parts that stand in many places count as often as they stand there, as they would in the text.
    """
    left = largest
    level: list[Any] = [value]
    for _ in range(MAX_VALUE_DEPTH + 1):
        evaluation.spend(len(level))
        inner: list[Any] = []
        for each in level:
            kind = type(each)
            if kind is str:
                left -= len(each)
            elif kind is dict:
                left -= sum(map(len, each)) + len(each)
                inner.extend(each.values())
            elif kind is list:
                left -= len(each)
                inner.extend(each)
            elif kind is Timestamp or kind is Duration or kind is Optional:
                raise Fault(f"{kind_of(each)} is no JSON value: {_OUTSIDE[kind]}")
            if left < 0:
                raise Fault(f"the result is larger than {largest:,} characters")
        if not inner:
            return
        level = inner
    raise Fault(f"the result nests deeper than {MAX_VALUE_DEPTH} levels")


_OUTSIDE: Mapping[type, str] = {
    Timestamp: "write string(…) around it",
    Duration: "write string(…) around it",
    Optional: "write orValue(…) behind it",
}


def identity(value: Any, evaluation: Evaluation, depth: int = 0) -> Hashable:
    """Return something that is the same for equal values and different for all others."""
    kind = type(value)
    if kind is bool:
        return (bool, value)
    if kind is list:
        _check_depth(depth)
        evaluation.spend(len(value))
        return (list, *[identity(element, evaluation, depth + 1) for element in value])
    if isinstance(value, Mapping):
        _check_depth(depth)
        evaluation.spend(len(value))
        return (dict, frozenset([(key, identity(inner, evaluation, depth + 1)) for key, inner in value.items()]))
    if kind is str and len(value) > _LONG:
        evaluation.spend_text(len(value))
    return (kind, value.value) if kind is Optional else cast(Hashable, value)


def _check_depth(depth: int) -> None:
    if depth > MAX_VALUE_DEPTH:
        raise Fault(f"a value nests deeper than {MAX_VALUE_DEPTH} levels")
