"""What a plain (unquoted) YAML scalar means.

kubectl reads YAML 1.1, editors and most new libraries read 1.2. Where the two disagree nobody can know what the
author meant, so such a scalar is never guessed: it is reported, and the fix is the quoted form.
"""

import math
import re

from msgspec import Struct

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_TRUE_IN_1_1 = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
_FALSE_IN_1_1 = {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+|[-+]?0o[0-7]+")
_BINARY = re.compile(r"[-+]?0b[01_]+")
_UNDERSCORES = re.compile(r"[-+]?(?:0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)")
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?[ \t]*(?:Z|[-+][0-9:]+)?"
)

_EXACT = 2**53

Plain = None | bool | int | float | str


class Reading(Struct, frozen=True):
    """The value of a scalar, and where versions disagree (`trap`) or JSON cannot hold it (`refused`), the reason."""

    value: Plain
    trap: str | None = None
    refused: str | None = None


def resolve(text: str) -> Reading:
    """Read a plain scalar. With a trap, `value` is the text itself."""
    if not text or text[0] not in "-+.0123456789":
        return _word(text)
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _LEADING_ZERO.fullmatch(text) and "8" not in text and "9" not in text:
        return Reading(text, trap="YAML 1.1 and 1.2 disagree whether this is octal")
    if _FLOAT.fullmatch(text):
        return _float(text)
    return _other_number(text)


def _word(text: str) -> Reading:
    if text in _NULL:
        return Reading(None)
    if text in _TRUE:
        return Reading(True)
    if text in _FALSE:
        return Reading(False)
    if text in _TRUE_IN_1_1 or text in _FALSE_IN_1_1:
        meaning = "true" if text in _TRUE_IN_1_1 else "false"
        return Reading(text, trap=f"YAML 1.1 reads {meaning}, YAML 1.2 reads text")
    return Reading(text)


def _integer(text: str) -> Reading:
    # int() of a very long text is refused by Python itself, so the length is looked at first.
    if len(text) > 17 or abs(int(text)) > _EXACT:
        return Reading(text, refused="an integer beyond ±2^53 loses digits in JSON")
    return Reading(int(text))


def _float(text: str) -> Reading:
    value = float(text)
    if math.isinf(value):
        return Reading(text, refused="the number is too large for JSON")
    return Reading(value)


def _other_number(text: str) -> Reading:
    if _HEXADECIMAL.fullmatch(text):
        return _integer(str(int(text, 16))) if len(text) <= 16 else _integer("9" * 18)
    if _NOT_FINITE.fullmatch(text):
        return Reading(text, refused="JSON has neither infinity nor not-a-number")
    if _DATE.fullmatch(text):
        return Reading(text, trap="YAML 1.1 reads a date, YAML 1.2 reads text")
    if _BASE_60.fullmatch(text):
        return Reading(text, trap="YAML 1.1 reads a number of base 60, YAML 1.2 reads text")
    if _BINARY.fullmatch(text) or ("_" in text and _UNDERSCORES.fullmatch(text)):
        return Reading(text, trap="YAML 1.1 reads a number, YAML 1.2 reads text")
    return Reading(text)
