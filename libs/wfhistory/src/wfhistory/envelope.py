"""An execution as a caller sees it: the envelope of the execute call, and what is known beyond it.

Times are RFC 3339 UTC with milliseconds, durations whole milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from wfhistory.bodies import Shown


class Told(Struct, frozen=True, rename="camel"):
    """What the client was told, which may differ from what happened."""

    status: str
    http_status: int
    code: str | None
    effects: str
    at: str
    duration_ms: int


class Timings(Struct, frozen=True, rename="camel"):
    total_ms: int
    engine_ms: int
    upstream_ms: int


class Call(Struct, frozen=True, rename="camel"):
    """One HTTP try of a task. Without an answer `status` is None and `error` says why."""

    call: int
    method: str
    url: str
    request_headers: dict[str, str]
    request_body: Shown
    status: int | None
    response_headers: dict[str, str]
    response_body: Shown
    started_at: str
    duration_ms: int | None
    error: dict[str, Any] | None


class Task(Struct, frozen=True, rename="camel"):
    """One task. `calls` is None when the event log is no longer kept."""

    id: str
    task_ref: str | None
    status: str
    attempts: int
    started_at: str | None
    duration_ms: int | None
    wait_ms: int | None
    effect: str
    error: dict[str, Any] | None
    calls: list[Call] | None


class Summary(Struct, frozen=True, rename="camel"):
    """One line of a list of executions."""

    execution_id: str
    namespace: str | None
    workflow: str | None
    version: str | None
    release: str | None
    status: str
    told: Told | None
    effects: str
    attempt: int
    code: str | None
    trace_id: str | None
    started_at: str
    duration_ms: int | None


class Execution(Struct, frozen=True, rename="camel"):
    """Everything that is kept of one execution. `replayable` is False, `because` says why, where data is missing."""

    execution_id: str
    namespace: str | None
    workflow: str | None
    version: str | None
    release: str | None
    status: str
    told: Told | None
    input: Shown
    output: Shown
    tasks: list[Task]
    timings: Timings | None
    trace_id: str | None
    effects: str
    failure: dict[str, Any] | None
    attempt: int
    executor: str | None
    cause: str | None
    started_at: str
    ended_at: str | None
    replayable: bool
    because: str | None


def written(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def micros_written(micros: int) -> str:
    """Unix microseconds as `2026-01-31T12:00:00.000Z`."""
    return written(datetime.fromtimestamp(micros // 1000 / 1000, UTC))


def milliseconds(micros: int) -> int:
    return round(micros / 1000)
