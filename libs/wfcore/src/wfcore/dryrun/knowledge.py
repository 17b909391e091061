"""What is known of a value, and what is not: because nothing stands in for a call, because only a run has it.

Something unknown inside an object or array makes that object or array a `PartObject` or `PartArray`; plain ones are
known through and through, so that nobody has to look.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from wfcore.expression import Read

Path = tuple[str | int | None, ...]


class Unresolved(Struct, frozen=True):
    """A value that is not known."""

    text: str
    """What would give it, as it is written."""
    lacks: str
    """What it needs in the end, and why that is not there: `tasks.user.output, for which there is no mock`."""

    @property
    def because(self) -> str:
        return f"needs {self.lacks}"


class PartObject(dict[str, Any]):
    """An object in which something may be unresolved."""


class PartArray(list[Any]):
    """An array in which something may be unresolved."""


Partly = PartObject | PartArray


def known(value: Any) -> bool:
    """Whether nothing in a value is unresolved."""
    return lacking(value, ()) is None


def lacking(value: Any, path: Path) -> Unresolved | None:
    """What is unresolved of that which stands at a path inside a value; None where all is known."""
    if isinstance(value, Unresolved):
        return value
    if not isinstance(value, Partly):
        return None
    if path and path[0] is not None:
        return _at(value, path[0], path[1:])
    children = value.values() if isinstance(value, dict) else value
    return next((found for each in children if (found := lacking(each, path[1:])) is not None), None)


def first_lacking(scope: PartObject, reads: Iterable[Read]) -> Unresolved | None:
    """What is unresolved of all that is read in a scope."""
    found = (lacking(scope, (read.root, *read.path)) for read in reads)
    return next((each for each in found if each is not None), None)


def _at(value: Any, key: str | int, rest: Path) -> Unresolved | None:
    if isinstance(value, dict):
        return lacking(value.get(str(key)), rest)
    if isinstance(key, int) and -len(value) <= key < len(value):
        return lacking(value[key], rest)
    return None


def collected(value: Any) -> Any:
    """An object or array just put together: as a Part… where something in it is unresolved, else plain."""
    parts = value.values() if isinstance(value, dict) else value
    if not any(isinstance(each, Unresolved | Partly) for each in parts):
        return value
    return PartObject(value) if isinstance(value, dict) else PartArray(value)


def shown(value: Any) -> Any:
    """A value as JSON: what is unresolved stands there as `{"unresolved": text, "because": reason}`."""
    match value:
        case Unresolved():
            return {"unresolved": value.text, "because": value.because}
        case PartObject():
            return {key: shown(inside) for key, inside in value.items()}
        case PartArray():
            return [shown(inside) for inside in value]
    return value
