"""The two questions that callers ask of history: what about this execution, and which executions were there?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from msgspec import Struct

from wfhistory import cursor as cursors
from wfhistory.cursor import BadCursor
from wfhistory.envelope import Execution, Summary, Task, Timings, Told, micros_written, milliseconds, written
from wfhistory.filters import BadFilter, Filters, UnknownFilter, read_filters
from wfhistory.lines import event, read_lines
from wfhistory.partitions import first_id
from wfhistory.store import Store
from wfhistory.story import Story, failure, tell

if TYPE_CHECKING:
    from asyncpg import Record

__all__ = ["BadCursor", "BadFilter", "Filters", "Page", "UnknownFilter", "execution", "executions", "read_filters"]

LIMIT = 50
MOST = 500

_OVERDUE = "(coalesce(end_by, granted_at + interval '30 s') + interval '15 s' < now())"
"""Nobody will write the end of this run any more. Where its start is not known the longest time allowed counts."""

_STATUS = (
    "coalesce(status, CASE WHEN started_at IS NULL AND granted_at IS NULL THEN told_status "
    f"WHEN {_OVERDUE} THEN 'lost' ELSE 'running' END)"
)
_EFFECTS = (
    "CASE WHEN status IS NOT NULL THEN effects WHEN granted_at IS NOT NULL THEN 'possible' "
    "ELSE coalesce(told_effects, 'none') END"
)
_SELECT = f"SELECT *, {_STATUS} AS happened, {_EFFECTS} AS worst FROM executions"


class Page(Struct, frozen=True):
    """`next` is the cursor of the following page, None at the end."""

    items: list[Summary]
    next: str | None


async def execution(store: Store, execution_id: str) -> Execution | None:
    """All that is kept of an execution, None when nothing is. Raises StoreUnavailable."""
    try:
        key = UUID(execution_id)
    except ValueError:
        return None
    async with store.connection() as connection:
        row = await connection.fetchrow(f"{_SELECT} WHERE execution = $1", key)
        if row is None:
            return None
        attempt = row["attempt"]
        tasks = await connection.fetch("SELECT * FROM task_runs WHERE execution = $1 AND attempt = $2", key, attempt)
        pieces = await connection.fetch("SELECT lines FROM events WHERE execution = $1 AND attempt = $2", key, attempt)
    lines = read_lines(piece["lines"] for piece in pieces)
    story = tell([event(execution_id, attempt, line) for line in lines])
    return _execution(row, tasks, story, known=bool(lines))


async def executions(
    store: Store,
    namespace: str,
    workflow: str,
    filters: Filters,
    *,
    key: bytes,
    cursor: str | None = None,
    limit: int = LIMIT,
) -> Page:
    """Executions of a workflow, newest first. `key` signs the cursors; `limit` is held between 1 and 500.

    Raises BadCursor, StoreUnavailable.
    """
    limit = min(max(limit, 1), MOST)
    scope = msgspec.json.encode([namespace, workflow, filters])
    before = cursors.unseal(key, scope, cursor) if cursor else None
    where, values = _conditions(filters, before)
    rows = await store.fetch(
        f"{_SELECT} WHERE namespace = $1 AND workflow = $2{where} ORDER BY execution DESC LIMIT {limit + 1}",
        namespace,
        workflow,
        *values,
    )
    more = len(rows) > limit
    return Page(
        items=[_summary(row) for row in rows[:limit]],
        next=cursors.seal(key, scope, rows[limit - 1]["execution"]) if more else None,
    )


def _conditions(filters: Filters, before: UUID | None) -> tuple[str, list[Any]]:
    """SQL after the first two parameters, and its values."""
    wanted: list[tuple[str, Any]] = [
        ("execution < {}", before),
        ("execution >= {}", filters.since and first_id(filters.since)),
        ("execution < {}", filters.until and first_id(filters.until)),
        (f"{_STATUS} = {{}}", filters.status),
        ("told_status = {}", filters.told),
        ("told_http_status = {}", filters.http_status),
        ("version = {}", filters.version),
        ("duration_us >= {}", filters.min_duration_ms and filters.min_duration_ms * 1000),
    ]
    given = [(condition, value) for condition, value in wanted if value is not None]
    clauses = [f" AND {condition.format(f'${place}')}" for place, (condition, _) in enumerate(given, 3)]
    return "".join(clauses), [value for _, value in given]


def _summary(row: Record) -> Summary:
    return Summary(
        execution_id=str(row["execution"]),
        namespace=row["namespace"],
        workflow=row["workflow"],
        version=row["version"],
        release=row["release"],
        status=row["happened"],
        told=_told(row),
        effects=row["worst"],
        attempt=row["attempt"],
        code=row["code"] or row["told_code"],
        trace_id=row["trace_id"],
        started_at=_started(row),
        duration_ms=_ms(row["duration_us"]),
    )


def _execution(row: Record, tasks: Sequence[Record], story: Story, *, known: bool) -> Execution:
    failed = story.failure
    if failed is None and row["code"]:  # the log is gone, its verdict is kept
        failed = {"code": row["code"], "message": row["message"], "task": row["failed_task"]}
    return Execution(
        execution_id=str(row["execution"]),
        namespace=row["namespace"],
        workflow=row["workflow"],
        version=row["version"],
        release=row["release"],
        status=row["happened"],
        told=_told(row),
        input=story.input,
        output=story.output,
        tasks=_tasks(tasks, story, known=known),
        timings=_timings(row),
        trace_id=row["trace_id"],
        effects=row["worst"],
        failure=failed,
        attempt=row["attempt"],
        executor=row["executor"],
        cause=row["cause"],
        started_at=_started(row),
        ended_at=row["ended_at"] and written(row["ended_at"]),
        replayable=story.gap is None,
        because=story.gap,
    )


def _tasks(rows: Sequence[Record], story: Story, *, known: bool) -> list[Task]:
    """Tasks in the order in which they started. Those that only the log knows are still running."""
    ended = {row["task"]: _task(row, story, known=known) for row in rows}
    running = {
        name: Task(
            id=name,
            task_ref=None,
            status="running",
            attempts=len(story.calls.get(name, [])),
            started_at=micros_written(at),
            duration_ms=None,
            wait_ms=None,
            effect="none",
            error=None,
            calls=story.calls.get(name, []),
        )
        for name, at in story.started.items()
        if name not in ended
    }
    return sorted([*ended.values(), *running.values()], key=lambda task: (task.started_at or "~", task.id))


def _task(row: Record, story: Story, *, known: bool) -> Task:
    summary = story.summaries.get(row["task"])
    error = failure(summary.error) if summary else None
    if error is None and row["code"]:
        error = {"code": row["code"], "message": row["message"]}
    return Task(
        id=row["task"],
        task_ref=row["task_ref"],
        status=row["status"],
        attempts=row["attempts"],
        started_at=row["started_at"] and written(row["started_at"]),
        duration_ms=_ms(row["duration_us"]),
        wait_ms=_ms(row["wait_us"]),
        effect=row["effect"],
        error=error,
        calls=story.calls.get(row["task"], []) if known else None,
    )


def _told(row: Record) -> Told | None:
    if row["told_at"] is None:
        return None
    return Told(
        status=row["told_status"],
        http_status=row["told_http_status"],
        code=row["told_code"],
        effects=row["told_effects"],
        at=written(row["told_at"]),
        duration_ms=milliseconds(row["told_duration_us"]),
    )


def _timings(row: Record) -> Timings | None:
    if row["duration_us"] is None:
        return None
    total, upstream = row["duration_us"], row["upstream_us"]
    return Timings(milliseconds(total), milliseconds(total - upstream), milliseconds(upstream))


def _started(row: Record) -> str:
    """When it started; where that is not known, when its id was made."""
    if row["started_at"] is not None:
        return written(row["started_at"])
    return written(datetime.fromtimestamp((row["execution"].int >> 80) / 1000, UTC))


def _ms(micros: int | None) -> int | None:
    return None if micros is None else milliseconds(micros)
