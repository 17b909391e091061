"""Where a run stands between two events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from wfcore import events
from wfcore.events import Effect, Event, Failure, RunStatus, TaskStatus
from wfcore.program import Program
from wfcore.request import Request
from wfcore.run.commands import Command

Wait = Literal["needs", "slot", "grant", "retry", "call", ""]


class TaskState(Struct, frozen=True):
    """Where one task stands. Times in unix microseconds."""

    status: TaskStatus = "pending"
    waits: Wait = "needs"
    """What it waits for; empty when it has ended."""
    ready_at: int = 0
    started_at: int | None = None
    ended_at: int = 0
    calls: int = 0
    effect: Effect = "none"
    error: Failure | None = None
    input: Any = None
    request: Request | None = None


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
    queue: frozenset[str]
    """Tasks that wait for a free slot."""
    unended: int
    """How many tasks have not ended."""
    scope: Mapping[str, Any]
    """Roots of the expressions: input, tasks, execution, workflow."""
    status: RunStatus = "running"
    failure: Failure | None = None
    """The first fatal one: once set, nothing new starts."""
    open_calls: int = 0
    busy_since: int = 0
    busy_us: int = 0
    value_bytes: int = 0


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
