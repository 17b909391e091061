"""The shapes of the gateway's answers to runs. Times RFC 3339, durations in milliseconds."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct
from starlette.responses import Response

from wfcore import events
from wfcore.events import Effect, TaskStatus, TaskSummary


class TaskError(Struct, frozen=True):
    """Why a task did not succeed."""

    code: str
    message: str


class Task(Struct, frozen=True, rename="camel"):
    """How one task of a run ended. Every field is always there; `startedAt` is null where it never began."""

    id: str
    task_ref: str
    status: TaskStatus
    attempts: int
    effect: Effect
    started_at: str | None = None
    duration_ms: int = 0
    wait_ms: int = 0
    error: TaskError | None = None


class Timings(Struct, frozen=True, rename="camel"):
    """Where the time went: in all, waiting for upstreams, and the rest, which is ours."""

    total_ms: int
    engine_ms: int
    upstream_ms: int


class Envelope(Struct, frozen=True, rename="camel"):
    """A run that succeeded, with how it went."""

    execution_id: str
    namespace: str
    workflow: str
    version: str
    release: str
    status: str
    output: Raw
    tasks: list[Task]
    timings: Timings
    trace_id: str | None


def json_of(value: object) -> Response:
    """An answer that nobody keeps: what it says may change with the next definition."""
    return Response(msgspec.json.encode(value), 200, {"Cache-Control": "no-store"}, "application/json")


def task(summary: TaskSummary) -> Task:
    """A task as clients see it."""
    error = summary.error
    return Task(
        summary.id,
        summary.task_ref,
        summary.status,
        summary.attempts,
        summary.effect,
        None if summary.started_at is None else events.rfc3339(summary.started_at),
        summary.duration_us // 1000,
        summary.wait_us // 1000,
        None if error is None else TaskError(error.code, error.message),
    )


def timings(measured: events.Timings) -> Timings:
    """Timings as clients see them."""
    return Timings(measured.total_us // 1000, measured.engine_us // 1000, measured.upstream_us // 1000)
