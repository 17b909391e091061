"""Literals: JSON's values, with strings as CEL writes them."""

import re
from typing import Any

from wfcore.expression.cursor import Cursor
from wfcore.jsontext import MAX_INTEGER

MAX_DEPTH = 32
"""Deeper than any default a person writes, and far from the depth at which Python itself gives up."""

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
WORDS = {"true": True, "false": False, "null": None}

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MORE_OF_A_NUMBER = re.compile(r"[A-Za-z0-9_.]")
_PLAIN_TEXT = re.compile(r"[^'\"\\\r\n]+")
_ESCAPED = re.compile(r"\\(?:([abfnrtv\\'\"`?])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2}))")
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def literal(cursor: Cursor, depth: int = 0) -> Any:
    """Read one literal and return its value. Raises ExpressionError."""
    if depth > MAX_DEPTH:
        cursor.fail(f"a literal is nested deeper than {MAX_DEPTH} levels")
    match cursor.skip_space():
        case "'" | '"':
            return string(cursor)
        case "[":
            return _list(cursor, depth)
        case "{":
            return _map(cursor, depth)
        case following if following and following in "-0123456789":
            return number(cursor)
    start, word = cursor.at, cursor.match(WORD)
    if word is None:
        cursor.expected("a path or a literal")
    if word[0] not in WORDS:
        cursor.not_yet(f"`{word[0]}` inside a literal", at=start)
    return WORDS[word[0]]


def string(cursor: Cursor) -> str:
    """Read a string in single or double quotes, with CEL's escapes."""
    start, quote = cursor.at, cursor.next()
    if cursor.text.startswith(quote * 3, start):
        cursor.not_yet("a string in triple quotes")
    cursor.at += 1
    pieces: list[str] = []
    while not cursor.take(quote):
        following = cursor.next()
        if following == "\\":
            pieces.append(_escape(cursor))
        elif (plain := cursor.match(_PLAIN_TEXT)) is not None:
            pieces.append(plain[0])
        elif following in ("'", '"'):
            pieces.append(following)
            cursor.at += 1
        else:
            cursor.fail(f"the string that begins here has no closing {quote}", at=start)
    return "".join(pieces)


def _escape(cursor: Cursor) -> str:
    start, found = cursor.at, cursor.match(_ESCAPED)
    if found is None:
        cursor.fail("no such escape: a backslash itself is written \\\\")
    letter, two, four, eight, octal = found.groups()
    if letter is not None:
        return _CONTROLS.get(letter, letter)
    code = int(octal, 8) if octal else int(two or four or eight, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        cursor.fail("there is no such character", at=start)
    return chr(code)


def number(cursor: Cursor) -> int | float:
    """Read a number as JSON writes it."""
    start, found = cursor.at, cursor.match(_NUMBER)
    if found is None:
        cursor.expected("a number")
    if _MORE_OF_A_NUMBER.match(cursor.text, cursor.at):
        cursor.fail("expected a number as JSON writes it, such as 3, -1 or 0.25", at=start)
    if found[1] is None and found[2] is None:
        digits = len(found[0])
        if digits > 17 or abs(int(found[0])) > MAX_INTEGER:
            cursor.fail("integers are exact within ±2^53 only: write it as a string", at=start)
        return int(found[0])
    value = float(found[0])
    if value in (float("inf"), float("-inf")):
        cursor.fail("the number is too large", at=start)
    return value


def _list(cursor: Cursor, depth: int) -> list[Any]:
    cursor.at += 1
    made: list[Any] = []
    while cursor.skip_space() != "]":
        made.append(literal(cursor, depth + 1))
        if not _comma(cursor, "]"):
            break
    cursor.at += 1
    return made


def _map(cursor: Cursor, depth: int) -> dict[str, Any]:
    cursor.at += 1
    made: dict[str, Any] = {}
    while (following := cursor.skip_space()) != "}":
        start = cursor.at
        if following not in ("'", '"'):
            cursor.expected("a key in quotes, such as {'name': 1}")
        key = string(cursor)
        if key in made:
            cursor.fail(f"the key '{key}' stands here twice", at=start)
        if cursor.skip_space() != ":":
            cursor.expected("`:` after the key")
        cursor.at += 1
        made[key] = literal(cursor, depth + 1)
        if not _comma(cursor, "}"):
            break
    cursor.at += 1
    return made


def _comma(cursor: Cursor, closing: str) -> bool:
    """Go behind a comma; stay before `closing`. As in CEL, a comma may also stand before it."""
    if cursor.skip_space() not in (",", closing):
        cursor.expected(f"`,` or `{closing}`")
    return cursor.take(",")
