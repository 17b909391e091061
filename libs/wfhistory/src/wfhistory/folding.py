"""From messages to rows. Order and repetition do not matter: the same messages give the same rows, however they come.

Of an execution's attempts the highest counts; what was told is of the one who told first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
from msgspec.structs import replace

from wfcore.events import Event, Failure, Granted, TaskCompleted, TaskSummary, WorkflowCompleted, WorkflowStarted
from wfcore.messages import HistoryBatch, Told
from wfhistory.capping import BODY_LIMIT, RUN_LIMIT, capped
from wfhistory.failures import UNREADABLE, DataRefused
from wfhistory.lines import Line, encoded, write_lines
from wfhistory.rows import OF_ATTEMPT, ExecutionRow, Micros, PieceRow, Rows, TaskRow, Uuid

Logs = dict[tuple[str, int], dict[int, Line]]
"""Per (execution, attempt) the lines by seq."""

TEXT_LIMIT = 1000
"""Characters of a text column. Names and messages are shorter; keys must fit into an index page."""

_YEAR_10000 = 253_402_300_800_000_000

# PostgreSQL has no character 0 in text, and half a surrogate pair is no character at all.
_IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")


def gather(batches: Sequence[HistoryBatch]) -> Logs:
    """The event logs of these batches. Raises DataRefused for data that cannot be encoded."""
    logs: Logs = {}
    for batch in batches:
        for event in batch.events:
            key = event.execution, event.attempt
            lines = logs.get(key)
            if lines is None:
                lines = logs[key] = {}
            if event.seq not in lines:
                lines[event.seq] = _line(event)
    return logs


def _line(event: Event) -> Line:
    data = event.data
    try:
        if type(data) is not msgspec.Raw:
            data = msgspec.Raw(encoded(data))
        _moment(event.at)
    except UNREADABLE as error:
        raise _refused(event.execution, event.seq, event.type, error) from error
    return Line(event.seq, event.at, event.type, data, event.because, event.task, event.call)


def _moment(micros: int) -> Micros:
    """A time that calendars know: what stands in a table must be readable again."""
    if not 0 <= micros < _YEAR_10000:
        raise ValueError(f"{micros} is no time in unix microseconds")
    return Micros(micros)


def _refused(execution: str, seq: int, kind: str, error: Exception) -> DataRefused:
    return DataRefused(f"event {seq} ({kind}) of execution {execution}: {error}")


def size(lines: dict[int, Line]) -> int:
    """Bytes of data in these lines."""
    return sum([len(memoryview(line.data)) for line in lines.values()])


def cap(logs: Logs, budgets: Mapping[tuple[str, int], int]) -> Logs:
    """The same logs with bodies cut to the limits. `budgets`: bytes left for runs of which a part is stored already."""
    return {key: _capped(lines, budgets.get(key, RUN_LIMIT)) for key, lines in logs.items()}


def _capped(lines: dict[int, Line], budget: int) -> dict[int, Line]:
    if size(lines) <= min(budget, BODY_LIMIT):
        return lines  # nearly always
    kept = capped([bytes(line.data) for line in lines.values()], budget)
    return {line.seq: replace(line, data=msgspec.Raw(data)) for line, data in zip(lines.values(), kept, strict=True)}


def fold(logs: Logs, told: Sequence[Told]) -> Rows:
    """The rows of these logs and answers. Raises DataRefused for an event that is not what its type says."""
    state = _State()
    for (execution, attempt), lines in logs.items():
        for line in lines.values():
            if line.type in _FOLDS:
                try:
                    _FOLDS[line.type](state, execution, attempt, line)
                except UNREADABLE as error:
                    raise _refused(execution, line.seq, line.type, error) from error
    for answer in told:
        try:
            state.tell(answer)
        except UNREADABLE as error:
            raise DataRefused(f"what was told of execution {answer.execution}: {error}") from error
    return Rows(
        executions=[row for _, row in sorted(state.executions.items())],
        task_runs=[row for _, row in sorted(state.tasks.items())],
        pieces=[piece for key in sorted(logs) for piece in _pieces(*key, logs[key])],
    )


def clean(text: str | None, limit: int = TEXT_LIMIT) -> str | None:
    """Text as PostgreSQL can keep it: what it cannot becomes `\N{REPLACEMENT CHARACTER}`, what is too long is cut."""
    if text is None or (text.isascii() and "\0" not in text and len(text) <= limit):
        return text
    text = _IMPOSSIBLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _key(task: str) -> str:
    """The path of a task as a key. Of one that is too long the end is a hash: two must not become one."""
    cut = clean(task) or ""
    if len(task) <= TEXT_LIMIT:
        return cut
    return f"{cut[: TEXT_LIMIT - 17]}…{hashlib.blake2b(task.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"


class _State:
    def __init__(self) -> None:
        self.executions: dict[str, ExecutionRow] = {}
        self.tasks: dict[tuple[str, int, str], TaskRow] = {}

    def row(self, execution: str) -> ExecutionRow:
        row = self.executions.get(execution)
        if row is None:
            row = self.executions[execution] = ExecutionRow(Uuid(execution))
        return row

    def row_of_attempt(self, execution: str, attempt: int) -> ExecutionRow | None:
        """The row to write to, or None when a higher attempt is known."""
        row = self.row(execution)
        if attempt > row.attempt:
            for name in OF_ATTEMPT:
                setattr(row, name, None)
            row.attempt = attempt
        return row if attempt == row.attempt else None

    def started(self, execution: str, attempt: int, line: Line) -> None:
        start = _STARTED.decode(line.data)
        _name(self.row(execution), start)
        if row := self.row_of_attempt(execution, attempt):
            row.version, row.release, row.bundle = clean(start.version), clean(start.release), clean(start.bundle)
            row.mode, row.executor, row.asker = clean(start.mode), clean(start.executor), clean(start.asker)
            row.started_at, row.end_by = Micros(line.at), _moment(start.end_by)

    def granted(self, execution: str, attempt: int, line: Line) -> None:
        grant = _GRANTED.decode(line.data)
        named = self.row(execution)
        named.namespace = named.namespace or clean(grant.namespace) or None
        named.workflow = named.workflow or clean(grant.workflow) or None
        if row := self.row_of_attempt(execution, attempt):
            row.granted_at, row.executor, row.asker = Micros(line.at), clean(grant.executor), clean(grant.asker)
            if row.end_by is None and grant.end_by:
                row.end_by = _moment(grant.end_by)

    def task_completed(self, execution: str, attempt: int, line: Line) -> None:
        self.ended(execution, attempt, _TASK_COMPLETED.decode(line.data).summary)

    def completed(self, execution: str, attempt: int, line: Line) -> None:
        end = _COMPLETED.decode(line.data)
        if row := self.row_of_attempt(execution, attempt):
            row.status, row.effects, row.ended_at = end.status, end.effects, Micros(line.at)
            row.duration_us, row.upstream_us = end.timings.total_us, end.timings.upstream_us
            row.code, row.message = _failure(end.failure)
            row.failed_task = _key(end.failure.task) if end.failure and end.failure.task else None
        for summary in end.unfinished:
            self.ended(execution, attempt, summary)

    def ended(self, execution: str, attempt: int, summary: TaskSummary) -> None:
        code, message = _failure(summary.error)
        task = _key(summary.id)
        self.tasks.setdefault(
            (execution, attempt, task),
            TaskRow(
                Uuid(execution),
                attempt,
                task,
                clean(summary.task_ref) or "",
                summary.status,
                summary.attempts,
                summary.effect,
                None if summary.started_at is None else _moment(summary.started_at),
                summary.duration_us,
                summary.wait_us,
                code,
                message,
            ),
        )

    def tell(self, told: Told) -> None:
        row = self.row(told.execution)
        _name(row, told)
        asker = clean(told.asker) or ""
        if row.told_at is None or (told.at, asker) < (row.told_at, row.told_by or ""):
            row.told_at, row.told_by, row.told_status = _moment(told.at), asker, clean(told.status)
            row.told_http_status, row.told_code = told.http_status, clean(told.code)
            row.told_effects, row.told_duration_us = told.effects, told.duration_us


def _name(row: ExecutionRow, source: WorkflowStarted | Told) -> None:
    """What every attempt and every answer of an execution has in common."""
    row.namespace, row.workflow = row.namespace or clean(source.namespace), row.workflow or clean(source.workflow)
    row.trace_id, row.cause = row.trace_id or clean(source.trace_id), row.cause or clean(source.cause)


def _failure(failure: Failure | None) -> tuple[str | None, str | None]:
    return (None, None) if failure is None else (clean(failure.code), clean(failure.message))


def _pieces(execution: str, attempt: int, lines: dict[int, Line]) -> Iterator[PieceRow]:
    """The log in unbroken stretches, so that first and last seq say which events a piece holds."""
    for _, stretch in groupby(enumerate(sorted(lines)), key=lambda place: place[1] - place[0]):
        seqs = [seq for _, seq in stretch]
        yield PieceRow(Uuid(execution), attempt, seqs[0], seqs[-1], write_lines([lines[seq] for seq in seqs]))


_STARTED = msgspec.msgpack.Decoder(WorkflowStarted)
_GRANTED = msgspec.msgpack.Decoder(Granted)
_TASK_COMPLETED = msgspec.msgpack.Decoder(TaskCompleted)
_COMPLETED = msgspec.msgpack.Decoder(WorkflowCompleted)

_FOLDS: dict[str, Callable[[_State, str, int, Line], None]] = {
    "WorkflowStarted": _State.started,
    "Granted": _State.granted,
    "TaskCompleted": _State.task_completed,
    "WorkflowCompleted": _State.completed,
}
