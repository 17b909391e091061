"""Draws the messages of runs as executors and askers send them."""

import json
import secrets
import time
import uuid
from collections.abc import Sequence
from typing import Any

from wfcore.events import (
    Body,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    Failure,
    Granted,
    NormalizedError,
    OriginalError,
    TaskCompleted,
    TaskStarted,
    TaskSummary,
    Timings,
    WorkflowCompleted,
    WorkflowStarted,
    body,
)
from wfcore.messages import HistoryBatch, Told

SECOND = 1_000_000
AT = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z, when the runs of tests start."""


def new_id(at_ms: int | None = None) -> str:
    """A UUIDv7."""
    made = time.time_ns() // 1_000_000 if at_ms is None else at_ms
    rest = int.from_bytes(secrets.token_bytes(10), "big")
    value = (made << 80) | rest
    value = value & ~(0xF << 76) | (7 << 76)
    return str(uuid.UUID(int=value & ~(0x3 << 62) | (2 << 62)))


def json_body(value: Any) -> Body:
    return body(json.dumps(value).encode())


class Log:
    """Writes events one after the other."""

    def __init__(self, execution: str, attempt: int = 1, at: int = AT) -> None:
        self.execution, self.attempt, self.at, self.events = execution, attempt, at, []

    def add(self, data: Any, task: str | None = None, call: int | None = None) -> Event:
        seq = len(self.events) + 1
        self.events.append(
            Event(
                self.execution, self.attempt, seq, self.at + seq * 1000, type(data).__name__, data, seq - 1, task, call
            )
        )
        return self.events[-1]


def started(log: Log, workflow: str = "order-processing", **changes: Any) -> Event:
    fields = {
        "namespace": "shop",
        "workflow": workflow,
        "version": "v1",
        "release": "r1",
        "bundle": "b1",
        "input": json_body({"order": 7}),
        "executor": f"executor-{log.attempt}",
        "asker": "gateway-1",
        "answer_by": log.at + 10 * SECOND,
        "end_by": log.at + 10 * SECOND,
        "trace_id": "t" * 32,
    }
    return log.add(WorkflowStarted(**fields | changes))


def summary(task: str, status: str = "succeeded", at: int = AT, **changes: Any) -> TaskSummary:
    return TaskSummary(**{"id": task, "task_ref": f"{task}-order", "status": status, "attempts": 1, "started_at": at,
                          "duration_us": 1500, "wait_us": 200} | changes)  # fmt: skip


FAILURE = Failure(
    "UPSTREAM_ERROR",
    "the upstream answered 500",
    "pay",
    OriginalError(500, {"content-type": "text/plain"}, body(b"sorry"), "500"),
    NormalizedError("SERVER_ERROR", "The upstream failed", "Try again later."),
)


def a_run(
    execution: str,
    tasks: Sequence[str] = ("load", "pay"),
    *,
    workflow: str = "order-processing",
    attempt: int = 1,
    at: int = AT,
    status: str = "succeeded",
    granted: bool = False,
    version: str = "v1",
    total_us: int = 9000,
    answer: Body | None = None,
) -> list[Event]:
    """The whole log of a run whose tasks call once each; the last task fails unless the run succeeds."""
    log = Log(execution, attempt, at)
    started(log, workflow, version=version)
    for task in tasks:
        log.add(TaskStarted(json_body({"of": task})), task)
    if granted:
        log.add(Granted(f"executor-{attempt}", "gateway-1"))
    for task in tasks:
        log.add(CallStarted("GET", f"http://shop/{task}", {"accept": "*/*"}, body(b""), 1000), task, 1)
    failing = tasks[-1] if status == "failed" else None
    for task in tasks:
        if task == failing:
            log.add(CallFailed("status", True, "500", 500, {"content-type": "text/plain"}, body(b"sorry")), task, 1)
            log.add(TaskCompleted(summary(task, "failed", log.at, effect="possible", error=FAILURE)), task)
        else:
            log.add(
                CallSucceeded(200, {"content-type": "application/json"}, answer or json_body({"ok": task})), task, 1
            )
            log.add(TaskCompleted(summary(task, at=log.at, effect="confirmed" if granted else "none")), task)
    effects = "possible" if failing else "confirmed" if granted else "none"
    output = json_body({"done": True}) if status == "succeeded" else None
    end = WorkflowCompleted(status, effects, Timings(total_us, 4000), output, FAILURE if failing else None)  # type: ignore[arg-type]
    log.add(end)
    return log.events


def told(execution: str, *, workflow: str = "order-processing", **changes: Any) -> Told:
    fields = {
        "execution": execution,
        "asker": "gateway-1",
        "namespace": "shop",
        "workflow": workflow,
        "at": AT + 20_000,
        "http_status": 200,
        "status": "succeeded",
        "effects": "none",
        "duration_us": 10_400,
        "trace_id": "t" * 32,
    }
    return Told(**fields | changes)


def a_batch(events: Sequence[Event] = (), answers: Sequence[Told] = ()) -> HistoryBatch:
    return HistoryBatch("executor-1", 1, list(events), list(answers))
