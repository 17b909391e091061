"""What an expression says, and where in its text it says it."""

from typing import Any, NamedTuple

from msgspec import Struct

KEYWORDS = frozenset({"true", "false", "null", "in"})
"""Words that CEL does not allow as the name behind a dot."""


class Step(Struct, frozen=True):
    """One `.name`, `['name']` or `[0]`, with a `?` when it may lead nowhere.

    Written at text[offset:end], its key from `key_offset` on.
    """

    key: str | int
    optional: bool
    offset: int
    key_offset: int
    end: int


class Default(Struct, frozen=True):
    """`.orValue(value)`: stands in when the optional path before it leads nowhere; written at text[offset:end]."""

    value: Any
    offset: int
    end: int


class Path(Struct, frozen=True):
    """A root and what follows it, left to right."""

    root: str
    offset: int
    steps: tuple[Step | Default, ...]


class Literal(Struct, frozen=True):
    """A bare literal, as in `{{null}}` or `{{ '{{' }}`."""

    value: Any


class Read(NamedTuple):
    """One place that an expression reads: a root, the keys after it, and where in the text it begins."""

    root: str
    path: tuple[str | int, ...]
    offset: int


class Expression(Struct, frozen=True):
    """A parsed expression and its text."""

    text: str
    body: Path | Literal

    def reads(self) -> tuple[Read, ...]:
        """Return every path this expression reads, exact to its last key."""
        match self.body:
            case Path(root, offset, steps):
                return (Read(root, tuple(step.key for step in steps if isinstance(step, Step)), offset),)
            case _:
                return ()


def written(key: str | int, *, optional: bool = False) -> str:
    """Write a step as it stands in an expression: `.name`, `['any key']`, `[0]`, with a `?` when optional."""
    mark = "?" if optional else ""
    if isinstance(key, int):
        return f"[{mark}{key}]"
    if key.isascii() and key.isidentifier() and key not in KEYWORDS:
        return f".{mark}{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"[{mark}'{escaped}']"
