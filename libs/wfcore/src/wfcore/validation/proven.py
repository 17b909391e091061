"""What the proof of a sound workflow knows, scope by scope: who waits for whom, what comes out, how long it may take.

Publishing builds the bundle from this, so that nothing is looked up or inferred a second time.
"""

from __future__ import annotations

from msgspec import Struct

from wfcore.definition import Definition
from wfcore.schema import JsonSchema
from wfcore.worst_case import Block, Bound


class FallbackTypes(Struct, frozen=True):
    """The task that stands in for a failed one."""

    task: Definition
    timeout: float
    """Seconds."""
    undecided: bool
    """Its input could not be proven to fit: it is checked in each run before it is used."""


class EntryTypes(Struct, frozen=True):
    """One task of a scope."""

    needs: frozenset[str]
    """What it waits for in its own scope: named, read, or read by anything inside it through `$parent` or `$root`."""
    output: JsonSchema
    """Of `tasks.<id>.output` where there is one; with a fallback, of either."""
    absent: bool
    """There may be no output: the task may be skipped, or its value is optional."""
    timeout: float
    """Seconds: of a call with its share of the workflow's time, of what holds others the bound on all of it."""
    undecided: bool = False
    """Its input could not be proven to fit: it is checked in each run before it is used."""
    task: Definition | None = None
    """What `taskRef` means, in the pinned version where there is one."""
    workflow: Definition | None = None
    """What `workflowRef` means, in the pinned version where there is one."""
    inner: tuple[ScopeTypes, ...] = ()
    """The body of a forEach, the branches of a switch in order, the body of a sub-workflow."""
    fallback: FallbackTypes | None = None
    """Of a fallback that is a task."""
    item: JsonSchema | None = None
    """Of a forEach: the type of what it ranges over."""
    most: int | None = None
    """Of a forEach: how many items at most, as far as their type tells."""


class ScopeTypes(Struct, frozen=True):
    """The tasks of a workflow, of a forEach or of a branch, in the order of the definition."""

    tasks: dict[str, EntryTypes]
    output: JsonSchema
    absent: bool
    """There may be no output."""


class WorkflowTypes(Struct, frozen=True):
    """A sound workflow."""

    input: JsonSchema
    output: JsonSchema
    """As declared, else as inferred."""
    body: ScopeTypes
    timeout: float
    """Seconds that a run may take."""
    bound: Bound
    """The worst case: how long a run can take at most, and the path of tasks that takes most of it."""
    cost: Block
    """Every call with its seconds, for the worst case of a workflow that runs this one."""
    count: int
    """Tasks in all its scopes and sub-workflows; a forEach counts its body once."""
    unsafe: tuple[str, ...]
    """Paths of the tasks that may change something upstream."""


class TaskTypes(Struct, frozen=True):
    """A sound WorkflowTask."""

    input: JsonSchema
    output: JsonSchema
    """As declared; of a transform that declares none, as inferred."""
