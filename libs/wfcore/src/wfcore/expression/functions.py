"""Every function of the language: its name, how it is called, and what it does.

The types of the same functions stand in the checker. An implementation is handed the evaluation, to pay for its work,
then the receiver if there is one, and the arguments. It raises Fault for values that do not fit.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from wfcore.expression import conversions, list_functions, mathematics, text_functions, time_functions

Implementation = Callable[..., Any]


class Function(Struct, frozen=True):
    """One function. `receiver` tells `x.f(a)` from `f(x, a)`; it takes `least` to `most` arguments in brackets."""

    name: str
    receiver: bool
    least: int
    most: int
    run: Implementation


ANY_NUMBER = 4096
"""No expression has room for more arguments."""

OPTIONALS = frozenset({"orValue", "or", "hasValue", "value", "optional.of", "optional.none"})
"""What works on optionals. The compiler writes these out, as what they leave out is never computed, and the checker
follows them by itself."""


def _not_called(*_: Any) -> Any:
    raise AssertionError("the compiler writes this function out")


def _methods() -> list[Function]:
    text, lists, time = text_functions, list_functions, time_functions
    listed: list[tuple[str, int, int, Implementation]] = [
        ("orValue", 1, 1, _not_called),
        ("or", 1, 1, _not_called),
        ("hasValue", 0, 0, _not_called),
        ("value", 0, 0, _not_called),
        ("matches", 1, 1, _not_called),
        ("size", 0, 0, conversions.size),
        ("contains", 1, 1, text.contains),
        ("startsWith", 1, 1, text.starts_with),
        ("endsWith", 1, 1, text.ends_with),
        ("lowerAscii", 0, 0, text.lower_ascii),
        ("upperAscii", 0, 0, text.upper_ascii),
        ("trim", 0, 0, text.trim),
        ("split", 1, 2, text.split),
        ("join", 0, 1, text.join),
        ("replace", 2, 3, text.replace),
        ("substring", 1, 2, text.substring),
        ("indexOf", 1, 2, text.index_of),
        ("lastIndexOf", 1, 2, text.last_index_of),
        ("charAt", 1, 1, text.char_at),
        ("slice", 2, 2, lists.slice_of),
        ("flatten", 0, 1, lists.flatten),
        ("distinct", 0, 0, lists.distinct),
        ("sort", 0, 0, lists.sort),
        ("first", 0, 0, lists.first),
        ("last", 0, 0, lists.last),
        ("reverse", 0, 0, lists.reverse),
        ("sum", 0, 0, lists.total),
        ("min", 0, 0, lists.least),
        ("max", 0, 0, lists.greatest),
        ("getFullYear", 0, 1, time.full_year),
        ("getMonth", 0, 1, time.month),
        ("getDate", 0, 1, time.date),
        ("getDayOfMonth", 0, 1, time.day_of_month),
        ("getDayOfWeek", 0, 1, time.day_of_week),
        ("getDayOfYear", 0, 1, time.day_of_year),
        ("getHours", 0, 1, time.hours),
        ("getMinutes", 0, 1, time.minutes),
        ("getSeconds", 0, 1, time.seconds),
        ("getMilliseconds", 0, 1, time.milliseconds),
    ]
    return [Function(name, True, least, most, run) for name, least, most, run in listed]


def _globals() -> list[Function]:
    listed: list[tuple[str, int, int, Implementation]] = [
        ("optional.of", 1, 1, _not_called),
        ("optional.none", 0, 0, _not_called),
        ("size", 1, 1, conversions.size),
        ("string", 1, 1, conversions.string),
        ("int", 1, 1, conversions.integer),
        ("double", 1, 1, conversions.double),
        ("bool", 1, 1, conversions.boolean),
        ("json", 1, 1, conversions.json),
        ("timestamp", 1, 1, conversions.timestamp),
        ("duration", 1, 1, conversions.duration),
        ("math.abs", 1, 1, mathematics.absolute),
        ("math.ceil", 1, 1, mathematics.ceil),
        ("math.floor", 1, 1, mathematics.floor),
        ("math.round", 1, 1, mathematics.round_half_away),
        ("math.trunc", 1, 1, mathematics.trunc),
        ("math.sign", 1, 1, mathematics.sign),
        ("math.sqrt", 1, 1, mathematics.sqrt),
        ("math.greatest", 1, ANY_NUMBER, mathematics.greatest),
        ("math.least", 1, ANY_NUMBER, mathematics.least),
        ("lists.range", 1, 1, list_functions.range_of),
    ]
    return [Function(name, False, least, most, run) for name, least, most, run in listed]


FUNCTIONS: Mapping[tuple[str, bool], Function] = {
    (function.name, function.receiver): function for function in (*_methods(), *_globals())
}
"""Every function by its name and whether it is called on a receiver. `size` is called either way."""
