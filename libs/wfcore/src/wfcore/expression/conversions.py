"""Functions that make one type of value from another, and the size of what has one."""

import re
from collections.abc import Mapping
from typing import Any

import rfc8785

from wfcore import jsontext
from wfcore.expression import moments
from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.moments import Duration, Timestamp
from wfcore.expression.text_functions import MAX_TEXT, check_size
from wfcore.expression.values import check_result, kind_of, number, whole

_INTEGER = re.compile(r"[+-]?[0-9]{1,17}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_BOOLEANS = {
    "true": True, "True": True, "TRUE": True, "t": True, "1": True,
    "false": False, "False": False, "FALSE": False, "f": False, "0": False,
}  # fmt: skip


def size(evaluation: Evaluation, value: Any) -> int:
    """Code points of a string, elements of an array, entries of an object."""
    if type(value) is str or type(value) is list or isinstance(value, Mapping):
        return len(value)
    raise Fault(f"size() of {kind_of(value)}")


def string(evaluation: Evaluation, value: Any) -> str:
    """A scalar as text: numbers as JSON writes them, timestamps as RFC 3339, durations in seconds."""
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int or kind is Timestamp or kind is Duration:
        return str(value)
    if kind is float:
        return rfc8785.dumps(number(value)).decode()
    raise Fault(f"string() of {kind_of(value)}: json() writes any value")


def integer(evaluation: Evaluation, value: Any) -> int:
    """A number cut towards zero, the integer that a string writes, or the seconds of a timestamp since 1970."""
    if type(value) is int:
        return int(number(value))
    if type(value) is float:
        return int(number(int(number(value))))
    if type(value) is Timestamp:
        return int(value.nanoseconds // 1_000_000_000)
    if type(value) is str:
        if _INTEGER.fullmatch(value) is None:
            raise Fault("int() of a string that is no integer")
        return int(number(int(value)))
    raise Fault(f"int() of {kind_of(value)}")


def double(evaluation: Evaluation, value: Any) -> Any:
    """A number as it is, or the one that a string writes."""
    if type(value) is int or type(value) is float:
        return value
    if type(value) is str:
        evaluation.spend_text(len(value))
        if len(value) > 400 or _NUMBER.fullmatch(value) is None:
            raise Fault("double() of a string that is no number")
        return number(float(value))
    raise Fault(f"double() of {kind_of(value)}")


def boolean(evaluation: Evaluation, value: Any) -> bool:
    """A boolean as it is, or the one that a string writes."""
    if type(value) is bool:
        return value
    if type(value) is not str:
        raise Fault(f"bool() of {kind_of(value)}")
    if value not in _BOOLEANS:
        raise Fault("bool() of a string that is neither true nor false")
    return _BOOLEANS[value]


def json(evaluation: Evaluation, value: Any) -> str:
    """The shortest JSON text of any value."""
    check_result(value, evaluation, MAX_TEXT)
    try:
        text = jsontext.encode(value).decode()
    except jsontext.JsonTextError as error:
        raise Fault(f"json(): {error.message}") from None
    check_size(len(text), evaluation)
    return text


def timestamp(evaluation: Evaluation, value: Any) -> Timestamp:
    """A moment as RFC 3339 writes it, or so many seconds after 1970."""
    if type(value) is Timestamp:
        return value
    if type(value) is str:
        return moments.timestamp(value)
    if type(value) is int or type(value) is float:
        return Timestamp(whole(value, "timestamp() of a number") * 1_000_000_000)
    raise Fault(f"timestamp() of {kind_of(value)}")


def duration(evaluation: Evaluation, value: Any) -> Duration:
    """A length of time such as `1h30m`."""
    if type(value) is Duration:
        return value
    if type(value) is str:
        return moments.duration(value)
    raise Fault(f"duration() of {kind_of(value)}")
