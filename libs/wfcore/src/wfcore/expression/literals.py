"""What a number or a string in the text stands for."""

import re

from wfcore.expression.errors import ExpressionError
from wfcore.jsontext import MAX_INTEGER

_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"`?])|[xX]([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|)"
)
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_DIGITS = len(str(MAX_INTEGER))


def number(text: str, start: int) -> int | float:
    """Return the number that JSON would read there. Raises ExpressionError where it cannot be kept exactly."""
    if text.isdecimal():
        if len(text) > _DIGITS or int(text) > MAX_INTEGER:
            raise ExpressionError("integers are exact within ±2^53 only: write it as a string", start)
        return int(text)
    value = float(text)
    if value == float("inf"):
        raise ExpressionError("the number is too large", start)
    return value


def string(text: str, start: int) -> str:
    """Return the string between the quotes, its escapes read as CEL does. Raises ExpressionError at a wrong escape."""
    raw = text[0] in "rR"
    opening = 1 if raw else 0
    width = 3 if text[opening : opening + 3] in ("'''", '"""') else 1
    body = text[opening + width : -width]
    if raw or "\\" not in body:
        return body
    offset = start + width
    return _ESCAPE.sub(lambda found: _character(found, offset + found.start()), body)


def _character(escape: re.Match[str], offset: int) -> str:
    letter, two, four, eight, octal = escape.groups()
    if letter is not None:
        return _CONTROLS.get(letter, letter)
    digits = octal or two or four or eight
    if digits is None:
        raise ExpressionError("no such escape: a backslash itself is written \\\\", offset)
    code = int(digits, 8 if octal else 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise ExpressionError("there is no such character", offset)
    return chr(code)
