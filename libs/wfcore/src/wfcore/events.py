"""What can happen in a run, as one log.

Events are facts (results from outside, with their times) or decisions (derived from the facts by the
pure machine in `wfcore.run`). The same shape travels on the bus, to watchers and into history;
(execution, attempt, seq) is key and order.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

Effect = Literal["none", "confirmed", "possible"]
TaskStatus = Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled", "unknown"]
RunStatus = Literal["running", "succeeded", "partial", "failed", "timedOut", "cancelled", "abandoned", "lost"]

_WORSE: tuple[Effect, ...] = ("none", "confirmed", "possible")


def worst(*effects: Effect) -> Effect:
    """The effect that a caller must reckon with: none < confirmed < possible."""
    return max(effects, key=_WORSE.index, default="none")


class Body(Struct, frozen=True, omit_defaults=True):
    """Bytes as they travelled, or what is left of them when they were cut or redacted."""

    data: bytes = b""
    size: int = 0
    """Bytes before any cut."""
    cut: Literal["", "truncated", "redacted"] = ""
    sha256: str = ""
    """Of the bytes before the cut; empty where nothing was cut or where a hash would betray a secret."""


def body(data: bytes) -> Body:
    """A body as it travelled."""
    return Body(data, len(data))


class OriginalError(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What the upstream said, as received."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: Body = Body()
    message: str = ""


class NormalizedError(Struct, frozen=True, rename="camel"):
    """What a caller can act on, whatever the upstream's own dialect."""

    code: str
    title: str
    suggested_action: str


class Failure(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """Why a task or a run did not succeed."""

    code: str
    message: str
    task: str | None = None
    original_error: OriginalError | None = None
    normalized_error: NormalizedError | None = None


class TaskSummary(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """How one task stands or ended. Times in unix microseconds, durations in microseconds."""

    id: str
    task_ref: str
    status: TaskStatus
    attempts: int = 0
    started_at: int | None = None
    duration_us: int = 0
    wait_us: int = 0
    """From the end of what it needed (or the start of the run) to its own start."""
    effect: Effect = "none"
    error: Failure | None = None


class Timings(Struct, frozen=True, rename="camel"):
    """Where the time of a run went, in microseconds."""

    total_us: int
    upstream_us: int
    """Time during which at least one call was open."""

    @property
    def engine_us(self) -> int:
        return self.total_us - self.upstream_us


# --- facts ------------------------------------------------------------------------------------


class WorkflowStarted(Struct, frozen=True, omit_defaults=True, rename="camel"):
    namespace: str
    workflow: str
    version: str
    release: str
    bundle: str
    input: Body
    executor: str
    asker: str
    answer_by: int
    """Unix microseconds by which the run must have ended."""
    end_by: int
    mode: str = "live"
    cause: str | None = None
    trace_id: str | None = None


class Granted(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The asker licensed this attempt to act. Written by the asker, at the seq that the executor kept free.

    It names the workflow and its end, so that a run whose executor and asker both die is found in history all the same.
    """

    executor: str
    asker: str
    namespace: str = ""
    workflow: str = ""
    end_by: int = 0
    """Unix microseconds."""


class GrantDenied(Struct, frozen=True):
    reason: str


class CallSucceeded(Struct, frozen=True, omit_defaults=True):
    status: int
    headers: dict[str, str]
    body: Body


class CallFailed(Struct, frozen=True, omit_defaults=True):
    reason: Literal["status", "connection", "timeout", "cut", "too-large", "forbidden", "cancelled"]
    sent: bool
    """False only where it is proven that no byte of the request left."""
    message: str
    status: int | None = None
    headers: dict[str, str] = {}
    body: Body = Body()


class RetryDue(Struct, frozen=True):
    """The pause before the next call is over."""


class TimeoutPassed(Struct, frozen=True):
    """The time of a task with others inside is over."""


class DeadlinePassed(Struct, frozen=True):
    """The run has no time left."""


class CancelRequested(Struct, frozen=True):
    reason: str


# --- decisions --------------------------------------------------------------------------------


class TaskStarted(Struct, frozen=True, omit_defaults=True):
    input: Body = Body()
    items: int | None = None
    """Of a forEach: how many there are."""
    branch: int | None = None
    """Of a switch: which one was taken, from 0."""


class TaskFellBack(Struct, frozen=True):
    """The task failed, and its fallback takes over."""

    error: Failure


class GrantRequested(Struct, frozen=True):
    """A call that is not safe is next: the asker is asked first. The seq after this one is kept for its answer."""


class CallStarted(Struct, frozen=True, omit_defaults=True):
    method: str
    url: str
    headers: dict[str, str]
    body: Body
    timeout_ms: int


class TaskRetried(Struct, frozen=True, rename="camel"):
    delay_ms: int
    code: str


class TaskCompleted(Struct, frozen=True, omit_defaults=True):
    summary: TaskSummary
    output: Body | None = None
    """None where the output is the body of its last call, as received."""
    cut: tuple[str, ...] = ()
    """Pointers of undeclared values that were pruned from the output."""
    warnings: tuple[str, ...] = ()


class WorkflowCompleted(Struct, frozen=True, omit_defaults=True):
    status: RunStatus
    effects: Effect
    timings: Timings
    output: Body | None = None
    failure: Failure | None = None
    unfinished: tuple[TaskSummary, ...] = ()
    """Tasks that had no TaskCompleted of their own when the run ended."""


class Unknown(Struct, frozen=True):
    """An event of a newer release: kept, shown, not understood."""

    data: Any


Fact = (
    WorkflowStarted
    | Granted
    | GrantDenied
    | CallSucceeded
    | CallFailed
    | RetryDue
    | TimeoutPassed
    | DeadlinePassed
    | CancelRequested
)
Decision = TaskStarted | GrantRequested | CallStarted | TaskRetried | TaskFellBack | TaskCompleted | WorkflowCompleted

TYPES: dict[str, type[Struct]] = {t.__name__: t for t in (*Fact.__args__, *Decision.__args__)}


BODIES: dict[type[Struct], str] = {
    WorkflowStarted: "input",
    TaskStarted: "input",
    CallStarted: "body",
    CallSucceeded: "body",
    CallFailed: "body",
    TaskCompleted: "output",
    WorkflowCompleted: "output",
}
"""Where the data of an event holds a body of user values; other types hold none."""


class Event(Struct, frozen=True, omit_defaults=True):
    """One line of the log. `because` is the seq of the event that led to this one."""

    execution: str
    attempt: int
    seq: int
    at: int
    """Unix microseconds."""
    type: str
    data: Any
    because: int = 0
    task: str | None = None
    """Path of the task inside the run."""
    call: int | None = None
    """Number of the HTTP try of that task, from 1."""


def understood(event: Event) -> Event:
    """The event with its `data` (plain maps, as decoded from the wire) in the type that `type` names, or Unknown."""
    kind = TYPES.get(event.type)
    data = Unknown(event.data) if kind is None else msgspec.convert(event.data, kind)
    return msgspec.structs.replace(event, data=data)


def rfc3339(at: int) -> str:
    """Unix microseconds as RFC 3339 UTC text with milliseconds."""
    moment = datetime.fromtimestamp(at // 1_000_000, UTC)
    return f"{moment.isoformat()[:19]}.{at // 1000 % 1000:03d}Z"
