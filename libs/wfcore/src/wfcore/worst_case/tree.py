"""What the worst case is reckoned from: scopes, tasks and work, with nothing but durations and edges."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct


class Call(Struct, frozen=True):
    """One call with all its tries, pauses and waits. Without seconds it waits for its share."""

    seconds: float | None = None


class Instant(Struct, frozen=True):
    """Work that takes no time worth counting: a transform, a value."""


class Each(Struct, frozen=True):
    """The body once for each of at most so many items, so many of them at a time."""

    body: Block
    items: int | None
    """None: nobody knows."""
    parallel: int

    @property
    def rounds(self) -> int:
        """How often the body can follow on itself; an unknown number counts once."""
        return 1 if self.items is None else math.ceil(self.items / self.parallel)


class Choice(Struct, frozen=True):
    """One of these bodies, or none."""

    bodies: tuple[Block, ...]


class Inner(Struct, frozen=True):
    """Another workflow."""

    body: Block


Work: TypeAlias = Call | Instant | Each | Choice | Inner


class Task(Struct, frozen=True):
    """One entry of a scope."""

    work: Work
    needs: frozenset[str] = frozenset()
    limit: float | None = None
    """Seconds for all that is inside a forEach, a switch or a workflow."""
    then: Call | Instant | None = None
    """What runs after a failure in its place."""


class Block(Struct, frozen=True):
    """The tasks of one scope by their id."""

    tasks: Mapping[str, Task]


_FALLBACK = ":fallback"


def fallback(path: str) -> str:
    """The path of the call that stands in for a failed task. No task can have this name."""
    return path + _FALLBACK


def task_of(path: str) -> str:
    """The path of the task, also where it is that of its fallback."""
    return path.removesuffix(_FALLBACK)


def needs_of(body: Block) -> dict[str, frozenset[str]]:
    return {id: task.needs for id, task in body.tasks.items()}


def inside(work: Work, path: str) -> tuple[tuple[str, Block], ...]:
    """The scopes right inside, each with the beginning of its tasks' paths."""
    match work:
        case Each(body=body) | Inner(body=body):
            return ((f"{path}.", body),)
        case Choice(bodies=bodies):
            return tuple((f"{path}[{at}].", body) for at, body in enumerate(bodies))
    return ()
