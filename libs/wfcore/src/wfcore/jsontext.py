"""The one door for JSON text.

JSON arrives from strangers and leaves towards strangers. What comes in is refused when it cannot be kept exactly
(a 30-digit integer, half a surrogate pair) or is built to hurt (100,000 brackets); what goes out is text that this
same door would take back. Sound bodies pay next to nothing for it: a few passes over the raw bytes tell whether an
exact check is needed at all.
"""

import hashlib
import json
import re
from decimal import Decimal
from math import copysign, isfinite, isinf
from typing import TypeAlias, cast

import msgspec
import rfc8785

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_DEPTH = 100
"""How many arrays and objects may stand inside each other. Recursive readers further on are safe below it."""

MAX_INTEGER = 2**53
"""Integers are exact up to here in every JSON reader, those that know only doubles included."""

_SHORT = 2 * MAX_DEPTH
"""Text of so many bytes cannot nest too deeply: most values are not looked through."""

_DIGITS = len(str(MAX_INTEGER))
"""Text of fewer bytes cannot hold an integer that is too large."""


class JsonTextError(ValueError):
    """Text or a value that does not pass the door.

    `code` is one of MALFORMED_JSON, TOO_DEEP, NUMBER_OUT_OF_RANGE, INVALID_TEXT, TOO_LARGE, DUPLICATE_KEY;
    `position` the byte offset where reading stopped, None where no single place is to blame.
    """

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position


def decode(text: bytes, *, what: str = "body", max_bytes: int | None = None, unique_keys: bool = False) -> JsonValue:
    """Read one JSON value; `what` names it in error messages ("body", "response of `orders`").

    A double without a fraction becomes an integer (`3.0` and `1e2` are 3 and 100), `-0.0` stays. Of equal keys the
    last wins, unless `unique_keys` asks to refuse them. Raises `JsonTextError`.
    """
    if max_bytes is not None and len(text) > max_bytes:
        raise JsonTextError("TOO_LARGE", f"{what} has {len(text):,} bytes, at most {max_bytes:,} are taken")
    try:
        value = cast(JsonValue, _DECODER.decode(text))
    except RecursionError:
        raise _too_deep(what) from None
    except _BeyondDoubleError:
        raise _out_of_range(text, what, _beyond_double(text)) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:
        raise _why_refused(text, what, str(error)) from None
    if len(text) > _SHORT and _is_too_deep(text):
        raise _too_deep(what)
    if len(text) >= _DIGITS and (position := _big_integer(text)) is not None:
        raise _out_of_range(text, what, position)
    if unique_keys:
        json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, what))
    return value


def size_of(value: JsonValue, most: int) -> int:
    """About how many bytes the text of a value would have, told without writing it.

    A value put together from parts may name one part a thousand times: it is small until it is written. Raises
    `JsonTextError` above `most`, and where it nests too deeply, after as much work as that many bytes deserve.
    """
    size, level = 0, [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[JsonValue] = []
        size += len(level)
        for each in level:
            kind = type(each)
            if kind is str:
                size += len(cast(str, each))
            elif kind is dict:
                fields = cast(dict[str, JsonValue], each)
                size += sum(map(len, fields)) + len(fields)
                inner.extend(fields.values())
            elif kind is list:
                inner.extend(cast(list[JsonValue], each))
            if size + len(inner) > most:
                raise JsonTextError("TOO_LARGE", f"the value would have more than {most:,} bytes")
        if not inner:
            return size
        level = inner
    raise _too_deep("value")


def encode(value: JsonValue) -> bytes:
    """The shortest JSON text of a value: no spaces, numbers in shortest round-trip form, `3.0` as `3`.

    Raises `JsonTextError` for what `decode` would not take back: NaN, infinities, integers beyond 2^53, lone
    surrogates, more than 100 levels.
    """
    text = _encoded(value)
    if len(text) >= _DIGITS and (position := _big_integer(text)) is not None:
        raise _out_of_range(text, "value", position)
    # msgspec writes NaN and infinities as null and keeps the `.0`. Only where the text hints at one of them is the
    # value itself looked through.
    if _POINT_ZERO.search(text) or (b"null" in text and _may_be_infinite(value)):
        text = _encoded(_plain(value, 0))
    if len(text) > _SHORT and _is_too_deep(text):
        raise _too_deep("value")
    return text


def canonical(value: JsonValue) -> bytes:
    """RFC 8785 text: equal values give equal bytes, whatever the order of their keys. Raises `JsonTextError`."""
    try:
        return rfc8785.dumps(_with_edge_as_double(value))
    except rfc8785.CanonicalizationError as error:
        code = "INVALID_TEXT" if isinstance(error.__cause__, UnicodeError) else "NUMBER_OUT_OF_RANGE"
        raise JsonTextError(code, f"value has no canonical form: {error}") from None
    except RecursionError:
        raise _too_deep("value") from None


def digest(value: JsonValue) -> str:
    """`sha256:` and the hex SHA-256 of the canonical text: the identity of a definition, a schema, a bundle."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


# --- numbers -----------------------------------------------------------------------------------------------------


class _BeyondDoubleError(Exception):
    """1e999: a number that no double can hold."""


def _number(text: str) -> int | float:
    value = float(text)
    if not value.is_integer():
        if isinf(value):
            raise _BeyondDoubleError
        return value
    if value == 0.0 and text[0] == "-":
        return value
    if abs(value) < MAX_INTEGER:
        return int(value)
    # From here on doubles have gaps: 9007199254740993.0 would silently become its neighbour.
    if Decimal(text) != Decimal(repr(value)):
        raise _BeyondDoubleError
    return value


_DECODER = msgspec.json.Decoder(float_hook=_number)

# Every digit becomes 0, everything that may stand before a number becomes a comma: then two substring searches tell
# whether any integer has 16 digits or more.
_SHAPE = bytes.maketrans(b"123456789[:\n\r\t ", b"000000000,,,,,,")
_LONG = b"0" * len(str(MAX_INTEGER))
_LONG_INTEGER = re.compile(rb",-?0{%d,}(?![0.eE])" % len(_LONG))


def _big_integer(text: bytes) -> int | None:
    """Where an integer beyond 2^53 stands in valid JSON text, None if nowhere."""
    shape = b"," + text.translate(_SHAPE)
    if b"," + _LONG not in shape and b",-" + _LONG not in shape:
        return None
    seen = quotes = 0
    for match in _LONG_INTEGER.finditer(shape):
        # The comma put in front makes position n of the shape position n - 1 of the text.
        start, end = match.start(), match.end() - 1
        digits = text[start:end].lstrip(b"-")
        if len(digits) == len(_LONG) and int(digits) <= MAX_INTEGER:
            continue
        piece = text[seen:start]
        quotes += piece.count(b'"') - piece.replace(b"\\\\", b"").count(b'\\"')
        seen = start
        if quotes % 2 == 0:
            return start
    return None


_STRING_OR_NUMBER = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?', re.DOTALL)


def _beyond_double(text: bytes) -> int:
    for match in _STRING_OR_NUMBER.finditer(text):
        token = match.group()
        if token[0] != 0x22 and (b"." in token or b"e" in token.lower()):
            try:
                _number(token.decode())
            except _BeyondDoubleError:
                return match.start()
    return 0


def _out_of_range(text: bytes, what: str, position: int) -> JsonTextError:
    match = _STRING_OR_NUMBER.match(text, position)
    number = match.group().decode() if match else "?"
    shown = number if len(number) <= 40 else f"{number[:40]}…"
    message = f"{what} has the number {shown}, which a double cannot keep: send integers beyond 2^53 as strings"
    return JsonTextError("NUMBER_OUT_OF_RANGE", message, position)


# --- depth -------------------------------------------------------------------------------------------------------

_NOT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'[]{}"')


def _is_too_deep(text: bytes) -> bool:
    """Whether valid JSON text nests deeper than `MAX_DEPTH`. Never more than a few passes over the bytes."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return False
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = text.translate(None, _NOT_STRUCTURE).replace(b'""', b"")
    if b'"' in structure:
        structure = b"".join(structure.split(b'"')[::2])
    # Both kinds count alike, and in one round only one level may go, whichever kinds alternate.
    structure = structure.translate(bytes.maketrans(b"{}", b"[]"))
    # Each round peels the innermost level off; what is left after as many rounds as levels are allowed is too deep.
    for _ in range(MAX_DEPTH):
        if not structure:
            return False
        structure = structure.replace(b"[]", b"")
    return bool(structure)


def _too_deep(what: str) -> JsonTextError:
    return JsonTextError("TOO_DEEP", f"{what} nests deeper than {MAX_DEPTH} arrays and objects")


# --- text --------------------------------------------------------------------------------------------------------

_BYTE = re.compile(r"\(byte (\d+)\)")
_HALF_A_PAIR = re.compile(rb'\\u[dD][89abAB][0-9a-fA-F]{2}"')
_NOT_A_NUMBER = re.compile(rb"-?(?:NaN|Infinity)")


def _why_refused(text: bytes, what: str, reason: str) -> JsonTextError:
    if text.startswith(b"\xef\xbb\xbf"):
        return JsonTextError("INVALID_TEXT", f"{what} starts with a byte order mark: send plain UTF-8", 0)
    if text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text[:4]:
        return JsonTextError("INVALID_TEXT", f"{what} looks like UTF-16 or UTF-32: send UTF-8", 0)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        message = f"{what} is not UTF-8: {error.reason} at byte {error.start}"
        return JsonTextError("INVALID_TEXT", message, error.start)
    found = _BYTE.search(reason)
    position = int(found.group(1)) if found else None
    # msgspec says "truncated" when the other half would have to stand behind the end of the text.
    if "surrogate" in reason or ("truncated" in reason and _HALF_A_PAIR.search(text, len(text.rstrip()) - 20)):
        return JsonTextError("INVALID_TEXT", f"{what} has half a surrogate pair (\\ud800 to \\udfff alone)", position)
    if position is not None and (match := _NOT_A_NUMBER.search(text, max(position - 2, 0), position + 9)):
        word = match.group().decode()
        return JsonTextError("NUMBER_OUT_OF_RANGE", f"{what} has {word}, which JSON does not know", match.start())
    if not text.strip():
        return JsonTextError("MALFORMED_JSON", f"{what} is empty where JSON is expected", 0)
    if "truncated" in reason:
        return JsonTextError("MALFORMED_JSON", f"{what} ends in the middle of a JSON value", len(text))
    if "Integer value out of range" in reason:
        return JsonTextError("NUMBER_OUT_OF_RANGE", f"{what} has an integer of thousands of digits", position)
    return JsonTextError("MALFORMED_JSON", f"{what} is no JSON: {reason.removeprefix('JSON is malformed: ')}", position)


def _unique(pairs: list[tuple[str, JsonValue]], what: str) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise JsonTextError("DUPLICATE_KEY", f"{what} has the key {json.dumps(key)} twice in one object")
        seen.add(key)


# --- writing -----------------------------------------------------------------------------------------------------

_POINT_ZERO = re.compile(rb"\.0(?!\d)")
_ALL_ONES = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")


def _encoded(value: JsonValue) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        raise JsonTextError("INVALID_TEXT", "value has half a surrogate pair (\\ud800 to \\udfff alone)") from None
    except RecursionError:
        raise _too_deep("value") from None


def _may_be_infinite(value: JsonValue) -> bool:
    """Never false for a value with NaN or an infinity: msgpack keeps their bits, an exponent of ones, behind 0xcb."""
    return _ALL_ONES.search(msgspec.msgpack.encode(value)) is not None


def _plain(value: JsonValue, depth: int) -> JsonValue:
    """The same value with integral doubles as integers; NaN and infinities are refused."""
    if depth > MAX_DEPTH:
        raise _too_deep("value")
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if not isinstance(value, float):
        return value
    if not isfinite(value):
        raise JsonTextError("NUMBER_OUT_OF_RANGE", f"value has {value}, which JSON cannot write")
    if abs(value) < MAX_INTEGER and value.is_integer() and (value or copysign(1, value) > 0):
        return int(value)
    return value


def _with_edge_as_double(value: JsonValue) -> JsonValue:
    """RFC 8785 stops at 2^53 - 1, our integers go one further: as a double 2^53 prints the same."""
    if isinstance(value, dict):
        return {key: _with_edge_as_double(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_edge_as_double(item) for item in value]
    return float(value) if isinstance(value, int) and abs(value) == MAX_INTEGER else value
