"""A workflow with all it needs to run, in one immutable piece.

The planner builds it from proven definitions; executors and gateways fetch it by its hash. It holds
sources and schemas only, no compiled code, so that every release of a service can read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct

LANGUAGE_VERSION = "1"
"""Part of every release: a change of meaning makes new releases of unchanged definitions."""

Safety = Literal["safe", "idempotent", "unsafe"]
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT_METHODS = frozenset({"PUT", "DELETE"})


class Retry(Struct, frozen=True, omit_defaults=True):
    """When a failed call is tried again. Seconds."""

    max_attempts: int
    initial_interval: float = 0.05
    multiplier: float = 2.0
    max_interval: float = 2.0
    retry_on: tuple[str, ...] = ("connection", "timeout", "429", "502", "503", "504")


class Http(Struct, frozen=True, omit_defaults=True):
    """The call of a task: constant origin, templates for the rest."""

    upstream: str
    base_url: str
    method: str
    path: str
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    body: Any = None
    has_body: bool = False
    body_type: Literal["json", "form", "multipart", "text", "raw"] = "json"
    success_codes: tuple[str, ...] = ("2xx",)
    output: Any = "{{response.body}}"
    private_addresses: bool = False
    max_response_bytes: int = 2 << 20


Reads = tuple[tuple[str | int | None, ...], ...]
"""Paths into a value; () inside means the whole, None in a path every element."""


class CallPlan(Struct, frozen=True, omit_defaults=True, tag="call"):
    """One HTTP call, and how often it is tried. Seconds."""

    task_ref: str
    task_version: str
    http: Http
    input_schema: Any
    output_schema: Any
    timeout: float
    """All tries, pauses and waits together."""
    attempt_timeout: float | None
    retry: Retry
    safety: Safety
    strict: bool = False
    """Every breach of outputSchema is fatal, not only where the workflow reads."""
    reads: Reads = ()
    """Paths of its output that the workflow reads."""


class TransformPlan(Struct, frozen=True, omit_defaults=True, tag="transform"):
    """A list made from another one. With a `task_ref` it sees its own input only, else the scope where it stands."""

    source: Any
    """What `from` says."""
    steps: tuple[dict[str, Any], ...]
    task_ref: str = ""
    task_version: str = ""
    input_schema: Any = None


class EachPlan(Struct, frozen=True, omit_defaults=True, tag="forEach"):
    """The same tasks for each item of a list, so many items at a time."""

    items: str
    name: str
    """Under which the tasks see their item."""
    max_parallel: int
    body: BlockPlan
    most: int | None = None
    """Items at most, as far as the type of the list tells; for the plan only."""


class BranchPlan(Struct, frozen=True, omit_defaults=True):
    """One way of a switch; without a condition the default."""

    when: str | None
    body: BlockPlan


class SwitchPlan(Struct, frozen=True, omit_defaults=True, tag="switch"):
    """The first branch whose condition holds."""

    branches: tuple[BranchPlan, ...]


class WorkflowPlan(Struct, frozen=True, omit_defaults=True, tag="workflow"):
    """Another workflow, run inside this one with a context of its own."""

    workflow: str
    version: str
    body: BlockPlan
    input_schema: Any
    output_schema: Any
    checks_output: bool
    errors: tuple[ErrorRule, ...] = ()


Work = CallPlan | TransformPlan | EachPlan | SwitchPlan | WorkflowPlan


class FallbackPlan(Struct, frozen=True, omit_defaults=True):
    """What stands in for a failed task: a call, or without one the value that `output` gives."""

    output: Any = None
    call: CallPlan | TransformPlan | None = None
    input: Any = None
    check_input: bool = False


class TaskPlan(Struct, frozen=True, omit_defaults=True):
    """One task of a scope: when it starts, what it does, what becomes of a failure."""

    id: str
    needs: tuple[str, ...]
    work: Work
    input: Any = None
    """Template of what a call, a reusable transform or a workflow takes."""
    when: str | None = None
    on_error: Literal["fail", "skip", "fallback"] = "fail"
    fallback: FallbackPlan | None = None
    timeout: float | None = None
    """Seconds for all that is inside a forEach, a switch or a workflow. A call has its own."""
    check_input: bool = False
    """True where the proof was undecided: the input is checked before it is used."""

    @property
    def ref(self) -> str:
        """The name of the task or workflow that it runs; empty where it is spelt out in place."""
        match self.work:
            case CallPlan(task_ref=name) | TransformPlan(task_ref=name) | WorkflowPlan(workflow=name):
                return name
        return ""


class BlockPlan(Struct, frozen=True, omit_defaults=True):
    """The tasks of one scope, and what becomes of them."""

    tasks: tuple[TaskPlan, ...]
    output: Any = None


class ErrorRule(Struct, frozen=True, omit_defaults=True):
    """What a caller is told where a failure meets the condition."""

    when: str
    status: int
    code: str
    title: str
    suggested_action: str = ""


RESERVED = frozenset({"api", "docs", "errors", "openapi.json", "workflows", "hooks", "mcp", "console"})
"""First segments of addresses that are the house's own: no workflow ever answers there."""


class Route(Struct, frozen=True):
    """An address of the workflow's own."""

    method: str
    path: str


class Bundle(Struct, frozen=True, omit_defaults=True):
    """A workflow ready to run."""

    namespace: str
    workflow: str
    version: str
    release: str
    language: str
    timeout: float
    max_parallel: int
    input_schema: Any
    output_schema: Any
    checks_output: bool
    """True where the author wrote an outputSchema: the answer is checked against it."""
    body: BlockPlan
    label: str = ""
    """The author's own version text."""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()
    errors: tuple[ErrorRule, ...] = ()
    route: Route | None = None

    @property
    def all_safe(self) -> bool:
        return all(call.safety == "safe" for call in calls(self.body))


def tasks(body: BlockPlan) -> Iterator[TaskPlan]:
    """Every task of a scope and of the scopes inside it, in the order of the definition."""
    for task in body.tasks:
        yield task
        for inner in scopes(task.work):
            yield from tasks(inner)


def scopes(work: Work) -> tuple[BlockPlan, ...]:
    """The scopes right inside a task."""
    match work:
        case EachPlan(body=body) | WorkflowPlan(body=body):
            return (body,)
        case SwitchPlan(branches=branches):
            return tuple(branch.body for branch in branches)
    return ()


def calls(body: BlockPlan) -> Iterator[CallPlan]:
    """Every call that a run may make, those of fallbacks too."""
    for task in tasks(body):
        if isinstance(task.work, CallPlan):
            yield task.work
        if task.fallback is not None and isinstance(task.fallback.call, CallPlan):
            yield task.fallback.call


def safety(method: str, declared_idempotent: bool) -> Safety:
    """How dangerous it is to make a call of this method twice."""
    if method in _SAFE_METHODS:
        return "safe"
    if declared_idempotent or method in _IDEMPOTENT_METHODS:
        return "idempotent"
    return "unsafe"


def release(workflow_version: str, referenced: Iterable[tuple[str, str]], origins: Iterable[tuple[str, str]]) -> str:
    """Hash over the versions of a workflow and of all it references, the origins of its upstreams and the language."""
    parts = [
        workflow_version,
        *(f"{name}={version}" for name, version in sorted(referenced)),
        *(f"{name}={origin}" for name, origin in sorted(origins)),
        LANGUAGE_VERSION,
    ]
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def pack(bundle: Bundle) -> tuple[str, bytes]:
    """The bundle's bytes and their hash, which is its name."""
    data = msgspec.msgpack.encode(bundle)
    return hashlib.sha256(data).hexdigest(), data


def unpack(data: bytes) -> Bundle:
    """The bundle in these bytes."""
    return msgspec.msgpack.decode(data, type=Bundle)
