"""Timestamps and durations, counted in nanoseconds. They live inside expressions only: results are strings.

Time zones are UTC and offsets such as `+02:00`: what a name such as `Europe/Berlin` means changes with the world, and
an expression gives the same today and tomorrow.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import total_ordering

from wfcore.expression.errors import Fault

_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = int((datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()) * _SECOND
_LAST = (int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()) + 1) * _SECOND - 1
_LONGEST = 315_576_000_000 * _SECOND

_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_PART = r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)"
_PARTS = re.compile(_PART, re.ASCII)
_DURATION = re.compile(rf"[+-]?(?:0|(?:{_PART})+)", re.ASCII)
_UNITS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000,
    "s": _SECOND, "m": 60 * _SECOND, "h": 3600 * _SECOND,
}  # fmt: skip
_OFFSET = re.compile(r"([+-]?)(\d\d):(\d\d)", re.ASCII)


@total_ordering
class Duration:
    """A length of time, at most some 10,000 years."""

    __slots__ = ("nanoseconds",)

    def __init__(self, nanoseconds: int) -> None:
        if abs(nanoseconds) > _LONGEST:
            raise Fault("the duration is longer than 10,000 years")
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.nanoseconds == other.nanoseconds

    def __lt__(self, other: "Duration") -> bool:
        return self.nanoseconds < other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def __str__(self) -> str:
        """As CEL writes it: in seconds, `90s`, `-1.500s`."""
        seconds, rest = divmod(abs(self.nanoseconds), _SECOND)
        return f"{'-' if self.nanoseconds < 0 else ''}{seconds}{_fraction(rest)}s"

    def whole(self, unit: int) -> int:
        """How many whole units of so many nanoseconds it has, towards zero."""
        count = abs(self.nanoseconds) // unit
        return -count if self.nanoseconds < 0 else count


@total_ordering
class Timestamp:
    """A moment between the years 1 and 9999."""

    __slots__ = ("nanoseconds",)

    def __init__(self, nanoseconds: int) -> None:
        if not _FIRST <= nanoseconds <= _LAST:
            raise Fault("the timestamp lies outside the years 1 to 9999")
        self.nanoseconds = nanoseconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self.nanoseconds == other.nanoseconds

    def __lt__(self, other: "Timestamp") -> bool:
        return self.nanoseconds < other.nanoseconds

    def __hash__(self) -> int:
        return hash(self.nanoseconds)

    def __str__(self) -> str:
        """As RFC 3339 in UTC."""
        seconds, rest = divmod(self.nanoseconds, _SECOND)
        whole = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)
        return f"{whole.isoformat()}{_fraction(rest)}Z"

    def calendar(self, zone: str | None) -> datetime:
        """Its date and time of day, without the fraction, in UTC or at an offset. Raises Fault."""
        moved = self.nanoseconds // _SECOND + (0 if zone is None else _offset(zone))
        try:
            return _EPOCH + timedelta(seconds=moved)
        except OverflowError:
            raise Fault("the timestamp lies outside the years 1 to 9999") from None


def _fraction(nanoseconds: int) -> str:
    """As few digits as are needed of none, 3, 6 and 9."""
    digits = f".{nanoseconds:09d}" if nanoseconds else ""
    while digits.endswith("000"):
        digits = digits[:-3]
    return digits


def timestamp(text: str) -> Timestamp:
    """Read RFC 3339, any text of the format `date-time`. A leap second is the second behind it, and nothing below a
    nanosecond counts. Raises Fault.
    """
    found = _RFC_3339.fullmatch(text)
    if found is None or int(found[6]) > 60:
        raise Fault("this string is no timestamp such as 2026-01-31T12:00:00Z")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, zone = found[7], found[8]
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        raise Fault("this string names a moment that does not exist") from None
    seconds = int((moment - _EPOCH).total_seconds()) - (0 if zone in "Zz" else _offset(zone))
    if second == 60:
        return Timestamp((seconds + 1) * _SECOND)
    return Timestamp(seconds * _SECOND + int((fraction or "")[:9].ljust(9, "0")))


def duration(text: str) -> Duration:
    """Read a duration such as `1h30m`, `1.5s`, `-20ms`. Raises Fault."""
    if len(text) > 100 or _DURATION.fullmatch(text) is None:
        raise Fault("this string is no duration such as 500ms, 5s, 1h30m")
    total = sum(_nanoseconds(amount, unit) for amount, unit in _PARTS.findall(text))
    return Duration(-total if text.startswith("-") else total)


def _nanoseconds(amount: str, unit: str) -> int:
    whole, _, fraction = amount.partition(".")
    return int(int(whole or 0) * _UNITS[unit] + int(fraction or 0) * _UNITS[unit] // 10 ** len(fraction))


def _offset(zone: str) -> int:
    if zone == "UTC":
        return 0
    found = _OFFSET.fullmatch(zone)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise Fault("a time zone is UTC or an offset such as +02:00")
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds
