"""What a dry run tells. Values that are not known stand as `{"unresolved": text, "because": reason}`."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from wfcore.dryrun.requests import Request
from wfcore.mocking import MockSource
from wfcore.plan import CriticalPath, Edge, Estimate, Scope, WorstCase
from wfcore.plan.model import Kind

TaskStatus = Literal["succeeded", "failed", "skipped", "unresolved", "unreached"]
"""`unresolved`: nobody can say yet. `unreached`: it does not run because one before it fails."""


class When(Struct, frozen=True):
    """The condition of a task and what it gave: true, false or unresolved."""

    expression: str
    result: Any


class Fault(Struct, frozen=True):
    """Why a task fails."""

    code: str
    message: str


class FallbackTold(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What stands in for a failed task: a call, a transform, or without `taskRef` a value."""

    task_ref: str = ""
    input: Any = None
    request: Request | None = None
    mock: MockSource | None = None
    pruned: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class TaskTold(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One task of a dry run. What its kind does not have is left out."""

    path: str
    """As inside a run, `stock[0].check`; `stock[].check` where the items are not known, `shipping[1].express` where it
    is not known which branch is taken."""
    kind: Kind
    task_ref: str = ""
    status: TaskStatus
    because: str = ""
    """Why it is unresolved or unreached."""
    when: When | None = None
    items: Any = None
    """Of a forEach: how many."""
    branch: Any = None
    """Of a switch: which one is taken, from 0."""
    input: Any = None
    request: Request | None = None
    mock: MockSource | None = None
    """Who answered its call; None where nobody did."""
    output: Any = None
    pruned: tuple[str, ...] = ()
    """Pointers of what the answer held and no schema declares."""
    warnings: tuple[str, ...] = ()
    """Where the answer breaks its schema and nobody reads it."""
    error: Fault | None = None
    fallback: FallbackTold | None = None
    """What took over after `error`."""


class ToldAs(Struct, frozen=True):
    """What a caller would be told of a failure: HTTP status, code, title; in the workflow's words where it has some."""

    status: int
    code: str
    title: str


class FailureTold(Struct, frozen=True, rename="camel"):
    """Why the run would fail."""

    code: str
    message: str
    task: str | None
    told: ToldAs


class Graph(Struct, frozen=True):
    """Tasks and edges of the plan."""

    scope: Scope
    edges: tuple[Edge, ...]


class DryRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a workflow would run with one input."""

    namespace: str
    workflow: str
    version: str
    release: str
    status: Literal["succeeded", "partial", "failed", "unresolved"]
    input: Any
    output: Any
    """Null where the run fails."""
    failure: FailureTold | None
    tasks: list[TaskTold]
    omitted_tasks: int
    """So many more are not listed."""
    unused_mocks: list[str]
    """Mocks of the request that answered no call."""
    groups: tuple[tuple[str, ...], ...]
    critical_path: CriticalPath | None
    worst_case: WorstCase | None
    unbounded: tuple[str, ...]
    estimate: Estimate
    graph: Graph
    mermaid: str
    dot: str
