"""What stands in the tables, one struct per row. Times in unix microseconds: the server makes timestamps of them."""

from __future__ import annotations

from typing import NewType

from msgspec import Struct

Uuid = NewType("Uuid", str)
Micros = NewType("Micros", int)


class ExecutionRow(Struct):
    """One execution. What is None is not known yet; it is filled in as messages come, in any order."""

    execution: Uuid
    # Of the execution, whatever the attempt:
    namespace: str | None = None
    workflow: str | None = None
    trace_id: str | None = None
    cause: str | None = None
    # Of the highest attempt seen (0: none):
    attempt: int = 0
    version: str | None = None
    release: str | None = None
    bundle: str | None = None
    mode: str | None = None
    executor: str | None = None
    asker: str | None = None
    started_at: Micros | None = None
    end_by: Micros | None = None
    granted_at: Micros | None = None
    ended_at: Micros | None = None
    status: str | None = None
    effects: str | None = None
    duration_us: int | None = None
    upstream_us: int | None = None
    failed_task: str | None = None
    code: str | None = None
    message: str | None = None
    # What the client was told, by the one who told it first:
    told_at: Micros | None = None
    told_by: str | None = None
    told_status: str | None = None
    told_http_status: int | None = None
    told_code: str | None = None
    told_effects: str | None = None
    told_duration_us: int | None = None


_FIELDS = ExecutionRow.__struct_fields__
OF_EXECUTION = _FIELDS[1 : _FIELDS.index("attempt")]
OF_ATTEMPT = _FIELDS[_FIELDS.index("attempt") + 1 : _FIELDS.index("told_at")]
OF_TOLD = _FIELDS[_FIELDS.index("told_at") :]


class TaskRow(Struct, frozen=True):
    """One task that ended, or that the run left behind."""

    execution: Uuid
    attempt: int
    task: str
    task_ref: str
    status: str
    attempts: int
    effect: str
    started_at: Micros | None
    duration_us: int
    wait_us: int
    code: str | None
    message: str | None


class PieceRow(Struct, frozen=True):
    """An unbroken stretch of an event log. `lines` is a msgpack array of `wfhistory.lines.Line`."""

    execution: Uuid
    attempt: int
    first: int
    last: int
    lines: bytes


class Rows(Struct, frozen=True):
    """What a write puts into the tables: each key once, in the order of the keys."""

    executions: list[ExecutionRow]
    task_runs: list[TaskRow]
    pieces: list[PieceRow]
