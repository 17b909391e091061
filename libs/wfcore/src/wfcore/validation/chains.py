"""Workflows that run other workflows: they end, and not too deep down.

Looked at by names alone, before anything else is asked about a sub-workflow, so that no later check goes in circles.
"""

from collections.abc import Callable, Iterator, Sequence

from wfcore import graph
from wfcore.definition import Definition, TaskEntry, WorkflowSpec
from wfcore.diagnostics import Fix, ObjectRef
from wfcore.validation.findings import Findings

MAX_DEPTH = 5
"""Workflows one inside the other below the one that is asked for."""

Get = Callable[[ObjectRef], Definition | None]


def check_chain(findings: Findings, called: Definition, pointer: str, get: Get) -> bool:
    """Whether a sub-workflow can be entered: it does not lead back, and the way down has an end in time."""
    caller = findings.definition
    calls = {**_calls(called, get), caller.ref: _called(caller)}
    findings.looked_up |= calls.keys() - {caller.ref}
    back = _way(calls, called.ref, caller.ref)
    if back is not None:
        chain = [caller.ref.name, *(ref.name for ref in back)]
        message = f"the workflows call each other without end: {' -> '.join(chain)}"
        findings.add("WF-402", message, pointer, seen=chain, fix=Fix("take one of these calls away", pointer))
        return False
    below = {ref: called & calls.keys() for ref, called in calls.items() if ref != caller.ref}
    if graph.cycle({str(ref): frozenset(map(str, wanted)) for ref, wanted in below.items()}) is not None:
        return True  # A circle further down is told where it begins.
    depth, path = graph.longest_path(
        {ref.name: frozenset(inner.name for inner in wanted) for ref, wanted in below.items()},
        {ref.name: 1.0 for ref in below},
    )
    if depth > MAX_DEPTH:
        chain = [caller.ref.name, *reversed(path)]
        message = f"sub-workflows go {depth:g} levels deep, at most {MAX_DEPTH} are run: {' -> '.join(chain)}"
        findings.add("WF-701", message, pointer, seen=int(depth), fix=Fix("let fewer workflows call on", pointer))
    return depth <= MAX_DEPTH


def _calls(start: Definition, get: Get) -> dict[ObjectRef, frozenset[ObjectRef]]:
    """Who calls whom, from one workflow on."""
    calls: dict[ObjectRef, frozenset[ObjectRef]] = {}
    waiting: list[Definition | None] = [start]
    while waiting:
        workflow = waiting.pop()
        if workflow is not None and workflow.ref not in calls:
            calls[workflow.ref] = _called(workflow)
            waiting += [get(ref) for ref in sorted(calls[workflow.ref])]
    return calls


def _called(workflow: Definition) -> frozenset[ObjectRef]:
    spec = workflow.spec
    names = _named(spec.tasks) if isinstance(spec, WorkflowSpec) else ()
    return frozenset(ObjectRef("Workflow", workflow.ref.namespace, name) for name in names)


def _named(tasks: Sequence[TaskEntry]) -> Iterator[str]:
    for entry in tasks:
        if entry.workflow_ref is not None:
            yield entry.workflow_ref
        yield from _named(entry.tasks)
        for branch in entry.switch or ():
            yield from _named(branch.tasks)


def _way(
    calls: dict[ObjectRef, frozenset[ObjectRef]], start: ObjectRef, end: ObjectRef
) -> tuple[ObjectRef, ...] | None:
    """The shortest way from one workflow to another."""
    before: dict[ObjectRef, ObjectRef | None] = {start: None}
    queue = [start]
    for at in queue:
        if at == end:
            way: list[ObjectRef] = []
            step: ObjectRef | None = at
            while step is not None:
                way.append(step)
                step = before[step]
            return tuple(reversed(way))
        for following in sorted(calls.get(at, frozenset()) - before.keys()):
            before[following] = at
            queue.append(following)
    return None
