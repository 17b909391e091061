"""Functions of arrays. None of them changes an array: each result is a new one."""

from collections.abc import Hashable
from math import fsum
from operator import attrgetter
from typing import Any

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.moments import Duration
from wfcore.expression.text_functions import text
from wfcore.expression.values import NONE, Optional, check_sortable, identity, kind_of, number, whole

MAX_RANGE = 100_000


def elements(value: Any, evaluation: Evaluation) -> list[Any]:
    """Return a value that has to be an array, and pay for going through it. Raises Fault."""
    found = _array(value)
    evaluation.spend(len(found))
    return found


def _array(value: Any) -> list[Any]:
    if type(value) is not list:
        raise Fault(f"expected an array, got {kind_of(value)}")
    return value


def slice_of(evaluation: Evaluation, receiver: Any, start: Any, end: Any) -> list[Any]:
    array = _array(receiver)
    first, last = whole(start, "the start of slice()"), whole(end, "the end of slice()")
    if not 0 <= first <= last <= len(array):
        raise Fault("slice() reaches outside the array")
    evaluation.spend(last - first)
    return array[first:last]


def flatten(evaluation: Evaluation, receiver: Any, depth: Any = 1) -> list[Any]:
    """Put the elements of inner arrays in their place, so many levels deep."""
    array, levels = elements(receiver, evaluation), whole(depth, "the depth of flatten()")
    if levels < 0:
        raise Fault("the depth of flatten() is negative")
    for _ in range(levels):
        if not any(type(element) is list for element in array):
            return array
        flat: list[Any] = []
        for element in array:
            if type(element) is list:
                flat += elements(element, evaluation)
            else:
                flat.append(element)
        array = flat
    return array


def distinct(evaluation: Evaluation, receiver: Any) -> list[Any]:
    """Each value once, where it stands first."""
    kept: dict[Hashable, Any] = {}
    for element in elements(receiver, evaluation):
        kept.setdefault(identity(element, evaluation), element)
    return list(kept.values())


def sort(evaluation: Evaluation, receiver: Any) -> list[Any]:
    array = elements(receiver, evaluation)
    check_sortable(array, evaluation)
    return sorted(array)


def first(evaluation: Evaluation, receiver: Any) -> Optional:
    array = _array(receiver)
    return Optional(array[0]) if array else NONE


def last(evaluation: Evaluation, receiver: Any) -> Optional:
    array = _array(receiver)
    return Optional(array[-1]) if array else NONE


def reverse(evaluation: Evaluation, receiver: Any) -> Any:
    """Turn round an array, or the characters of a string."""
    if type(receiver) is str:
        return text(receiver, evaluation)[::-1]
    return elements(receiver, evaluation)[::-1]


def total(evaluation: Evaluation, receiver: Any) -> Any:
    """The sum of numbers or of durations; nothing adds up to 0."""
    array = elements(receiver, evaluation)
    if array and all(type(element) is Duration for element in array):
        return Duration(sum(map(attrgetter("nanoseconds"), array)))
    for element in array:
        if type(element) is not int and type(element) is not float:
            raise Fault(f"sum() adds numbers, and one element is {kind_of(element)}")
    if all(type(element) is int for element in array):
        return number(sum(array))
    try:
        return number(fsum(array))
    except OverflowError:
        raise Fault("the result is no finite number") from None


def least(evaluation: Evaluation, receiver: Any) -> Any:
    return min(_comparable(evaluation, receiver, "min"))


def greatest(evaluation: Evaluation, receiver: Any) -> Any:
    return max(_comparable(evaluation, receiver, "max"))


def range_of(evaluation: Evaluation, count: Any) -> list[int]:
    """The integers from 0 up to, but without, `count`."""
    size = whole(count, "the argument of lists.range()")
    if size > MAX_RANGE:
        raise Fault(f"lists.range() makes at most {MAX_RANGE:,} elements")
    evaluation.spend(max(0, size))
    return list(range(size))


def _comparable(evaluation: Evaluation, receiver: Any, name: str) -> list[Any]:
    array = elements(receiver, evaluation)
    if not array:
        raise Fault(f"{name}() of an empty array")
    check_sortable(array, evaluation)
    return array
