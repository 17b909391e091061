"""What an event log tells about a run: its input and output, its tasks and their calls. Pure: a fold over events.

It is used for ended runs and for those still going; where the log is cut off, so is the story.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from wfcore.events import (
    Body,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    Failure,
    TaskCompleted,
    TaskSummary,
    Unknown,
    WorkflowCompleted,
    WorkflowStarted,
)
from wfhistory.bodies import Shown, shown
from wfhistory.envelope import Call, micros_written, milliseconds


class Story(Struct, frozen=True):
    """`started` holds when each task began, in order; `summaries` those that ended."""

    input: Shown
    output: Shown
    failure: dict[str, Any] | None
    started: dict[str, int]
    summaries: dict[str, TaskSummary]
    calls: dict[str, list[Call]]
    gap: str | None
    """Why the log cannot be replayed, or None."""


def tell(events: Sequence[Event]) -> Story:
    """The story of one attempt's log, given in order of seq."""
    start = next((event.data for event in events if isinstance(event.data, WorkflowStarted)), None)
    end = next((event.data for event in events if isinstance(event.data, WorkflowCompleted)), None)
    summaries = {e.data.summary.id: e.data.summary for e in events if isinstance(e.data, TaskCompleted)}
    if end is not None:
        summaries |= {summary.id: summary for summary in end.unfinished}
    return Story(
        input=shown(start.input) if start else None,
        output=shown(end.output) if end else None,
        failure=failure(end.failure) if end else None,
        started={e.task: e.at for e in events if e.type == "TaskStarted" and e.task is not None},
        summaries=summaries,
        calls=_calls(events),
        gap=_gap(events),
    )


def failure(failed: Failure | None) -> dict[str, Any] | None:
    """A failure with the upstream's own body shown as bodies are."""
    if failed is None:
        return None
    fields: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(failed, original_error=None))
    if failed.original_error is not None:
        original = failed.original_error
        fields["originalError"] = {
            "status": original.status,
            "headers": original.headers,
            "body": shown(original.body),
            "message": original.message,
        }
    return fields


def _calls(events: Sequence[Event]) -> dict[str, list[Call]]:
    """Per task its calls in order."""
    begun: dict[tuple[str, int], tuple[int, CallStarted]] = {}
    over: dict[tuple[str, int], tuple[int, CallSucceeded | CallFailed]] = {}
    for event in events:
        key = event.task or "", event.call or 0
        if isinstance(event.data, CallStarted):
            begun[key] = event.at, event.data
        elif isinstance(event.data, CallSucceeded | CallFailed):
            over[key] = event.at, event.data
    calls: dict[str, list[Call]] = {}
    for (task, number), (at, call) in sorted(begun.items()):
        calls.setdefault(task, []).append(_call(number, at, call, over.get((task, number))))
    return calls


def _call(number: int, at: int, call: CallStarted, over: tuple[int, CallSucceeded | CallFailed] | None) -> Call:
    answered, answer = over if over is not None else (None, None)
    return Call(
        call=number,
        method=call.method,
        url=call.url,
        request_headers=call.headers,
        request_body=shown(call.body),
        status=answer.status if answer else None,
        response_headers=answer.headers if answer else {},
        response_body=shown(answer.body) if answer else None,
        started_at=micros_written(at),
        duration_ms=None if answered is None else milliseconds(answered - at),
        error=_error(answer),
    )


def _error(answer: CallSucceeded | CallFailed | None) -> dict[str, Any] | None:
    if not isinstance(answer, CallFailed):
        return None
    return {"reason": answer.reason, "sent": answer.sent, "message": answer.message}


def _gap(events: Sequence[Event]) -> str | None:
    if not events:
        return "its events are no longer kept"
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        return "its event log has gaps"
    if any(isinstance(event.data, Unknown) for event in events):
        return "its event log holds events of another release"
    cut = next((body.cut for event in events for body in _bodies(event.data)), None)
    return f"a body is {cut}" if cut else None


def _bodies(data: Any) -> list[Body]:
    """The cut bodies in the data of an event."""
    if isinstance(data, Body):
        return [data] if data.cut else []
    if isinstance(data, Struct):
        return [body for value in msgspec.structs.astuple(data) for body in _bodies(value)]
    if isinstance(data, tuple | list):
        return [body for value in data for body in _bodies(value)]
    return []
