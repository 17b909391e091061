"""Where a run stands between two events.

Only what is under way is held here task by task: what has ended is a summary, so a loop over a thousand items costs
each event no more than one over ten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from wfcore import events
from wfcore.events import Effect, Event, Failure, RunStatus, TaskStatus, TaskSummary
from wfcore.program import Block, CompiledTask, Program
from wfcore.request import Request
from wfcore.run.commands import Command

Wait = Literal["needs", "slot", "grant", "retry", "call", "inside", ""]
"""`inside` for the tasks inside it; empty only within a step."""


class TaskState(Struct, frozen=True):
    """Where one task stands that has not ended. Times in unix microseconds."""

    task: CompiledTask
    scope: str
    """Path of the scope it stands in."""
    status: TaskStatus = "pending"
    waits: Wait = "needs"
    ready_at: int = 0
    started_at: int | None = None
    ends_at: int | None = None
    """When its time is over: of a call all tries, pauses and waits, of the rest all that is inside."""
    calls: int = 0
    calls_before: int = 0
    """How many of the calls were made before the fallback took over."""
    effect: Effect = "none"
    error: Failure | None = None
    falls_back: bool = False
    """Its fallback is at work."""
    failing: Failure | None = None
    """Of a task with others inside: why it fails as soon as nothing is open in it any more."""
    input: Any = None
    request: Request | None = None


class Items(Struct, frozen=True):
    """How far a forEach has come."""

    values: list[Any]
    results: Mapping[int, Any]
    begun: int = 0
    size: int = 0
    """Of the results, in bytes or about so many."""


class ScopeState(Struct, frozen=True):
    """A scope under way: the tasks of the workflow, of one item, of one branch, of a workflow inside."""

    block: Block
    values: Mapping[str, Any]
    """What its expressions read: `input`, `tasks` and so on."""
    unended: int
    owner: str | None = None
    """The task that it belongs to; None for the workflow itself."""
    index: int = 0
    """Of the item it is about."""


class Ended(NamedTuple):
    """The summaries of the tasks that have ended, the latest first."""

    summary: TaskSummary
    before: Ended | None

    def all(self) -> Iterator[TaskSummary]:
        ended: Ended | None = self
        while ended is not None:
            yield ended.summary
            ended = ended.before


class Run(Struct, frozen=True):
    """A run between two events."""

    program: Program
    execution: str
    attempt: int
    started_at: int
    deadline: int
    seq: int
    """Of the last event."""
    licence: Literal["none", "asked", "granted"]
    licence_seq: int
    """Where Granted stands in the log, or would."""
    tasks: Mapping[str, TaskState]
    """By path; those that have not ended."""
    scopes: Mapping[str, ScopeState]
    """By path; the workflow's own has the empty path."""
    items: Mapping[str, Items]
    """By path of the forEach."""
    queue: frozenset[str]
    """Tasks that wait for a free slot."""
    ended: Ended | None = None
    begun: int = 0
    """How many tasks there have been, all items counted."""
    status: RunStatus = "running"
    failure: Failure | None = None
    """The first fatal one: once set, nothing new starts."""
    lacks: bool = False
    """A task failed and was skipped: the answer is partial."""
    open_calls: int = 0
    busy_since: int = 0
    busy_us: int = 0
    value_bytes: int = 0
    failed_bytes: int = 0
    """Of the answers to failed calls."""


class Happened(NamedTuple):
    """A fact and when it was seen (unix microseconds)."""

    at: int
    fact: events.Fact
    task: str | None = None
    call: int | None = None


class Step(NamedTuple):
    """What followed from one fact."""

    run: Run
    events: list[Event]
    commands: list[Command]


ROOT = ""
"""Path of the workflow's own scope."""


def path_of(scope: str, task: str) -> str:
    """The path of a task: `user` in the workflow itself, `stock[3].check` for an item."""
    return f"{scope}.{task}" if scope else task


def is_inside(path: str, container: str) -> bool:
    """Whether a task or scope lies inside a task with others inside; everything lies inside the root."""
    return container == ROOT or path.startswith((f"{container}[", f"{container}."))
