"""What a plan says. Times are whole milliseconds, paths those of tasks inside a run without the item numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from wfcore import worst_case
from wfcore.bundle import Safety

Kind = Literal["call", "transform", "forEach", "switch", "workflow"]
EdgeKind = Literal["reads", "dependsOn"]


class Fallback(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What stands in for a failed task: a task of its own, or without `ref` a value."""

    ref: str = ""
    timeout_ms: int = 0


class Node(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One task. What its kind does not have is left out."""

    path: str
    """`stock.check` in a forEach, `shipping[0].express` in the first branch, `profile.user` in a workflow."""
    id: str
    kind: Kind
    group: int
    """The tasks of a group may run at the same time; the first is 1, counted in the scope of the task."""
    ref: str = ""
    """The task or workflow that it names."""
    needs: tuple[str, ...] = ()
    """Ids of tasks of the same scope."""
    when: str | None = None
    on_error: Literal["fail", "skip", "fallback"] = "fail"
    fallback: Fallback | None = None
    timeout_ms: int | None = None
    method: str = ""
    upstream: str = ""
    safety: Safety | None = None
    attempts: int = 0
    """Tries of a call at most."""
    items: str = ""
    max_items: int | None = None
    max_parallel: int = 0
    scopes: tuple[Scope, ...] = ()
    """What is inside: one of a forEach or a workflow, one for each branch of a switch."""


class Scope(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Tasks that see each other."""

    path: str = ""
    """Of the scope; empty for the workflow itself."""
    when: str | None = None
    """Condition of a branch; None for its default and for what is no branch."""
    nodes: tuple[Node, ...]
    groups: tuple[tuple[str, ...], ...]
    """Ids of tasks that may run at the same time, group after group."""


class Edge(Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """`target` starts when `source` is over, because it reads its output or only to keep an order. Both are paths."""

    source: str
    target: str
    kind: EdgeKind


class Step(Struct, frozen=True, rename="camel"):
    """A part of the longest chain; it takes its time in every round of the forEach around it."""

    path: str
    timeout_ms: int
    rounds: int


class CriticalPath(Struct, frozen=True, rename="camel"):
    """The chain that takes longest when every call takes its whole timeout."""

    total_ms: int
    steps: tuple[Step, ...]


class WorstCase(Struct, frozen=True, rename="camel"):
    """The longest that a run can take; above the critical path where calls may have to wait for `maxParallel`."""

    total_ms: int
    work_ms: int
    """All timeouts together."""
    waiting_ms: int
    """What waiting for a free slot may add."""
    fits: bool
    """Whether it is within the workflow's timeout."""


class Estimate(Struct, frozen=True, rename="camel"):
    """What a run usually takes; without a time because nobody knows."""

    total_ms: int | None
    because: str


class Plan(Struct, frozen=True, kw_only=True, rename="camel"):
    """How a workflow will run, as far as that is known before it does."""

    namespace: str
    workflow: str
    version: str
    release: str
    timeout_ms: int
    max_parallel: int
    """Calls open at once in the whole run."""
    scope: Scope
    edges: tuple[Edge, ...]
    """Of all scopes; an edge stays within one."""
    critical_path: CriticalPath | None
    """None where nothing bounds a forEach; `unbounded` names it."""
    worst_case: WorstCase | None
    unbounded: tuple[str, ...]
    estimate: Estimate


def critical(plan: Plan) -> frozenset[str]:
    """The paths of the tasks on the critical path; a fallback counts as its task."""
    steps = plan.critical_path.steps if plan.critical_path is not None else ()
    return frozenset(worst_case.task_of(step.path) for step in steps)


def nodes(scope: Scope) -> Iterator[Node]:
    """Every task of a scope and of those inside it."""
    for node in scope.nodes:
        yield node
        for inner in node.scopes:
            yield from nodes(inner)
