"""What the machine asks the executor to do."""

from __future__ import annotations

from typing import NamedTuple

from wfcore.events import Effect, Failure, RetryDue, RunStatus, TaskSummary, TimeoutPassed, Timings
from wfcore.program import CompiledCall
from wfcore.request import Request


class Call(NamedTuple):
    """Make this HTTP call and tell how it ended."""

    task: str
    call: int
    request: Request
    timeout: float
    """Seconds."""
    work: CompiledCall


class AskGrant(NamedTuple):
    """Ask the asker whether this attempt may act; the Granted event belongs at `seq`."""

    seq: int


class Wake(NamedTuple):
    """Say this about the task at that time (unix microseconds)."""

    task: str
    at: int
    fact: RetryDue | TimeoutPassed


class Cancel(NamedTuple):
    """Drop the open calls of these tasks."""

    tasks: tuple[str, ...]


class End(NamedTuple):
    """The run is over: tell the asker."""

    status: RunStatus
    effects: Effect
    tasks: list[TaskSummary]
    timings: Timings
    output: bytes | None
    failure: Failure | None


Command = Call | AskGrant | Wake | Cancel | End
