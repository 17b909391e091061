"""What the services say to each other: msgpack maps on the bus, one struct per message.

User values travel as the JSON bytes they arrived in. The JSON Schemas and golden messages in `proto/`
are generated from this module.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from wfcore.diagnostics import Diagnostic
from wfcore.events import Effect, Event, Failure, RunStatus, TaskSummary, Timings

# --- running ----------------------------------------------------------------------------------


class StartRun(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Run this bundle with this input. Times in unix microseconds."""

    execution: str
    attempt: int
    asker: str
    """Where may-act, heartbeats and the result go."""
    namespace: str
    workflow: str
    bundle: str
    input: bytes
    """JSON, as the client sent it."""
    answer_by: int
    end_by: int
    mode: Literal["live", "debug", "replay", "probe"] = "live"
    prefix: list[Event] = []
    """Events to start from (replay, debug)."""
    principal: str | None = None
    cause: str | None = None
    """What led to this run: a parent execution, a trigger's fire id, the run that it replays."""
    sealed: bytes | None = None
    """Credentials of the caller, readable by executors only."""


class Accepted(Struct, frozen=True, tag=True):
    """The run is this executor's now."""

    executor: str


class Busy(Struct, frozen=True, tag=True):
    """Not taken, nothing was done: ask another."""

    executor: str
    reason: str


class MayAct(Struct, frozen=True):
    """Asked before the first call that is not safe."""

    execution: str
    attempt: int
    executor: str
    seq: int
    """Where in the log the Granted event belongs."""


class Grant(Struct, frozen=True):
    granted: bool
    reason: str = ""


class RunEnded(Struct, frozen=True, omit_defaults=True, kw_only=True, tag=True):
    """The result: the reply to StartRun where the run was quick, else a message of its own.

    `output` is the composed answer as JSON bytes, present when the run succeeded.
    """

    execution: str
    attempt: int
    executor: str
    status: RunStatus
    effects: Effect
    tasks: list[TaskSummary]
    timings: Timings
    output: bytes | None = None
    failure: Failure | None = None


class AttemptId(Struct, frozen=True):
    """One attempt to run an execution."""

    execution: str
    attempt: int


class ResultsHeard(Struct, frozen=True):
    """The results of these need not be told again. One message for many, every 100 ms."""

    asker: str
    results: list[AttemptId]


class CancelRun(Struct, frozen=True):
    execution: str
    attempt: int
    reason: str


class Heartbeat(Struct, frozen=True):
    """One per (executor, asker) pair every 500 ms, from a thread of its own."""

    executor: str
    runs: list[str]
    """Executions that it runs for this asker."""
    loop_lag_ms: int
    """How long the executor's loop has not turned. Stalled is alive."""


class Ping(Struct, frozen=True):
    asker: str


class EventsSince(Struct, frozen=True):
    execution: str
    since: int = 0


class EventLog(Struct, frozen=True):
    """`known` is False when the executor does not run (or no longer runs) that execution."""

    known: bool
    events: list[Event] = []


class Failed(Struct, frozen=True):
    """A handler's failure, told to the one who asked."""

    code: str
    message: str
    retryable: bool = False


# --- history ----------------------------------------------------------------------------------


class Told(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the client was told, which may differ from what happened. Keyed (execution, asker)."""

    execution: str
    asker: str
    namespace: str
    workflow: str
    at: int
    http_status: int
    status: str
    effects: Effect
    duration_us: int
    code: str | None = None
    trace_id: str | None = None
    cause: str | None = None


class HistoryBatch(Struct, frozen=True, omit_defaults=True):
    """Group commit: the events of many executions since the last batch, at most 512 KiB or 10 ms."""

    sender: str
    number: int
    events: list[Event] = []
    told: list[Told] = []


class DeadLetter(Struct, frozen=True):
    reason: str
    at: int
    batch: bytes
    """The HistoryBatch as it came, or the part of it that was refused."""


# --- publishing -------------------------------------------------------------------------------


class DefinitionRecord(Struct, frozen=True, omit_defaults=True):
    """One object as its source holds it. Only the planner interprets it."""

    kind: str
    namespace: str
    name: str
    text: str
    """The YAML or JSON document of this object alone."""
    origin: str
    """Where it came from: a file's path as the user knows it, or a cluster."""
    first_line: int = 1
    generation: int = 0
    uid: str = ""


class LivePointer(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is callable now."""

    namespace: str
    workflow: str
    bundle: str
    version: str
    release: str
    revision: int
    """Revision of `definitions` that it was compiled from: an older one never overwrites a newer."""
    at: int
    paused: bool = False


class Condition(Struct, frozen=True, rename="camel"):
    """As Kubernetes writes conditions: types Ready, ReferencesResolved, SchemasCompatible, Published."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str
    message: str = ""
    last_transition_time: str = ""


class Verdict(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the proofs said about one object."""

    kind: str
    namespace: str
    name: str
    version: str
    ready: bool
    conditions: list[Condition]
    diagnostics: list[Diagnostic]
    origin: str
    at: int
    revision: int = 0
    """Of the definition in its bucket: a verdict of an older one is on its way to be replaced."""
    serving: str | None = None
    """Version that goes on serving where this one does not."""


class SourceVerdict(Struct, frozen=True, omit_defaults=True):
    """A file that could not be read: the objects last read from it stay as they were. No diagnostics: it is healed."""

    origin: str
    diagnostics: list[Diagnostic]
    objects: list[str]
    """Keys in `definitions` of what was last read from it."""
    at: int


class ExplainWorkflow(Struct, frozen=True):
    namespace: str
    workflow: str


class Explanation(Struct, frozen=True, omit_defaults=True):
    """How the newest definition of a workflow would run, and what stands against it."""

    found: bool
    verdict: Verdict | None = None
    groups: list[list[str]] = []
    """Tasks that may run together, in order."""
    critical_path: list[str] = []
    critical_ms: int = 0
    worst_ms: int | None = None
    """The longest that a run can take; None where nothing bounds a list."""
    plan: bytes = b""
    """JSON of `wfcore.plan.Plan`: every task, the edges between them, all times."""
    types: dict[str, Any] = {}


class DryRunWorkflow(Struct, frozen=True, omit_defaults=True):
    """How would the newest definition of a workflow run with this input? No call leaves. Values are JSON."""

    namespace: str
    workflow: str
    input: bytes
    mocks: bytes = b"{}"
    """By path or id of a task what stands in for its call: see `wfcore.mocking`."""
    recorded: bytes = b"{}"
    """The same, from an earlier execution: used where `mocks` has nothing."""


class InputBreach(Struct, frozen=True):
    """Where an input does not fit the schema of what a workflow takes."""

    pointer: str
    keyword: str
    message: str


class DryRunTold(Struct, frozen=True, omit_defaults=True):
    """The dry run, or what stands against it: an unknown workflow, diagnostics, an input that does not fit."""

    found: bool
    diagnostics: list[Diagnostic] = []
    breaches: list[InputBreach] = []
    dry_run: bytes | None = None
    """JSON of `wfcore.dryrun.DryRun`."""
