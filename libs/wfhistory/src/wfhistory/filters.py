"""Which executions a list shows. Read from the query of an URL, every fault told with what would be right."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from wfcore.events import RunStatus

STATUSES: tuple[str, ...] = typing.get_args(RunStatus)


class Filters(Struct, frozen=True, rename="camel", omit_defaults=True):
    """All of them must hold. `since` is included, `until` is not; both are about the start."""

    status: str | None = None
    """What happened."""
    told: str | None = None
    """The status that the client was told."""
    http_status: int | None = None
    """The HTTP status that the client was told."""
    version: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    min_duration_ms: int | None = None


class UnknownFilter(ValueError):
    """There is no such filter. `nearest` is the one that was probably meant."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nearest = next(iter(difflib.get_close_matches(name, _READERS, n=1, cutoff=0.5)), None)
        hint = f"did you mean `{self.nearest}`?" if self.nearest else f"there are {', '.join(_READERS)}"
        super().__init__(f"unknown filter `{name}`: {hint}")


class BadFilter(ValueError):
    """The value of a filter cannot be read."""

    def __init__(self, name: str, value: str, wanted: str) -> None:
        self.name = name
        super().__init__(f"filter `{name}` cannot be {value!r}: {wanted}")


def read_filters(query: Mapping[str, str]) -> Filters:
    """Filters from the parameters of an URL (without `cursor` and `limit`). Raises UnknownFilter, BadFilter."""
    fields: dict[str, Any] = {}
    for name, value in query.items():
        if name not in _READERS:
            raise UnknownFilter(name)
        field, read, wanted = _READERS[name]
        try:
            fields[field] = read(value)
        except ValueError:
            raise BadFilter(name, value, wanted) from None
    return Filters(**fields)


def _status(value: str) -> str:
    if value not in STATUSES:
        raise ValueError
    return value


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None or not 1970 <= moment.year < 9000:
        raise ValueError
    return moment.astimezone(UTC)


def _whole(top: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if value.isdecimal() and len(value) < 16 else -1
        if not 0 <= number <= top:
            raise ValueError
        return number

    return read


def _text(value: str) -> str:
    if "\0" in value:
        raise ValueError
    value.encode()
    return value


_A_STATUS = f"one of {', '.join(STATUSES)}"
_A_MOMENT = "a time like 2026-01-31T12:00:00Z"

_READERS: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "status": ("status", _status, _A_STATUS),
    "told": ("told", _status, _A_STATUS),
    "httpStatus": ("http_status", _whole(999), "an HTTP status like 200"),
    "version": ("version", _text, "the version of a workflow"),
    "since": ("since", _moment, _A_MOMENT),
    "until": ("until", _moment, _A_MOMENT),
    "minDurationMs": ("min_duration_ms", _whole(10**12), "whole milliseconds"),
}
