"""Tasks with others inside: items of a list, branches of a switch, workflows inside the workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from wfcore import events, jsontext
from wfcore.bundle import EachPlan
from wfcore.errors import WorkflowError
from wfcore.events import Failure, TaskStarted
from wfcore.expression import ABSENT, EvaluationError
from wfcore.program import Block, CompiledBranch, CompiledEach, CompiledSwitch, CompiledWorkflow
from wfcore.run.calls import VALUES_CAP, written
from wfcore.run.commands import Cancel, Wake
from wfcore.run.failures import REFUSED, accepted, declared, failure_from, in_words_of
from wfcore.run.state import Items, ScopeState
from wfcore.run.turn import ScopeEnded, Turn, Worked, is_safe

MOST_ITEMS = 1_000
MOST_TASKS = 10_000
"""Of one run, those of every item counted."""


def begin(turn: Turn, path: str, scope: ScopeState) -> bool:
    """Open what is inside a task; False where there is nothing to do. Raises what data can do to us."""
    task = turn.tasks[path].task
    match task.work:
        case CompiledEach() as each:
            _begin_items(turn, path, each, scope)
        case CompiledSwitch(branches):
            taken = _taken(branches, scope.values)
            if taken is None:
                return False
            turn.log(TaskStarted(branch=taken), path)
            _enter(turn, path, path, branches[taken].body, _nested(scope.values))
        case CompiledWorkflow() as workflow:
            value = task.input(scope.values)
            turn.log(TaskStarted(written(turn, value)), path)
            value = accepted(path, workflow.input_schema, value, checked=task.plan.check_input)
            about = {"name": workflow.plan.workflow, "version": workflow.plan.version}
            isolated = {"input": value, "tasks": {}, "execution": scope.values["execution"], "workflow": about}
            _enter(turn, path, path, workflow.body, isolated)
    limit = task.plan.timeout
    if limit is not None and path in turn.tasks:
        ends_at = turn.at + int(limit * 1_000_000)
        turn.set(path, ends_at=ends_at)
        turn.commands.append(Wake(path, ends_at, events.TimeoutPassed()))
    return True


def _begin_items(turn: Turn, path: str, each: CompiledEach, scope: ScopeState) -> None:
    values = each.items(scope.values)
    if not isinstance(values, list):
        raise EvaluationError("`items` is no array", each.plan.items)
    if len(values) > MOST_ITEMS:
        message = f"task `{path}` has {len(values)} items; at most {MOST_ITEMS} are worked on"
        raise WorkflowError(message, code="TOO_MANY_ITEMS")
    turn.log(TaskStarted(items=len(values)), path)
    turn.set(path, waits="inside")
    turn.items[path] = Items(values, {})
    if not values:
        turn.agenda.append(Worked(path, [], events.Body()))
    for _ in range(min(each.plan.max_parallel, len(values))):
        _next_item(turn, path, each.plan, each.body)


def _next_item(turn: Turn, path: str, plan: EachPlan, body: Block) -> None:
    """Open the scope of the next item, if there is one."""
    items = turn.items[path]
    index = items.begun
    if index == len(items.values):
        return
    turn.items[path] = replace(items, begun=index + 1)
    around = turn.scope_of(path).values
    values = {**_nested(around), plan.name: items.values[index], "index": index}
    _enter(turn, path, f"{path}[{index}]", body, values, index)


def _enter(turn: Turn, path: str, scope: str, body: Block, values: dict[str, Any], index: int = 0) -> None:
    if turn.begun + len(body.tasks) > MOST_TASKS:
        raise WorkflowError(f"this run has more than {MOST_TASKS} tasks", code="TOO_MANY_TASKS")
    turn.set(path, waits="inside")
    turn.open(scope, body, values, path, index)


def _nested(around: Mapping[str, Any]) -> dict[str, Any]:
    """The roots of a scope inside another one of the same workflow."""
    own = {root: around[root] for root in ("input", "execution", "workflow")}
    return {**own, "tasks": {}, "$parent": around, "$root": around.get("$root", around)}


def _taken(branches: tuple[CompiledBranch, ...], values: Mapping[str, Any]) -> int | None:
    return next((at for at, each in enumerate(branches) if each.holds is None or each.holds(values)), None)


def ended(turn: Turn, due: ScopeEnded) -> None:
    """All tasks of a scope have ended: its value goes to the task around it."""
    scope = turn.scopes.get(due.scope)
    if scope is None or scope.owner is None or turn.tasks[scope.owner].failing or turn.failure is not None:
        return
    owner = scope.owner
    del turn.scopes[due.scope]
    try:
        value = scope.block.output(scope.values)
        match turn.tasks[owner].task.work:
            case CompiledEach() as each:
                _item_ended(turn, owner, each, scope.index, value)
                return
            case CompiledWorkflow() as workflow:
                if workflow.plan.checks_output:
                    value = declared(f"workflow `{workflow.plan.workflow}`", workflow.output_schema, value)
    except REFUSED as error:
        turn.fail_around(owner, failure_from(owner, error))
        return
    turn.set(owner, waits="")
    turn.agenda.append(Worked(owner, value, events.Body()))


def _item_ended(turn: Turn, path: str, each: CompiledEach, index: int, value: Any) -> None:
    """Keep the value in its place: an item without one stays there as null."""
    before = turn.items[path]
    results = {**before.results, index: None if value is ABSENT else value}
    size = before.size + (0 if value is ABSENT else jsontext.size_of(value, VALUES_CAP - before.size))
    items = turn.items[path] = replace(before, results=results, size=size)
    if len(results) < len(items.values):
        _next_item(turn, path, each.plan, each.body)
        return
    turn.set(path, waits="")
    turn.agenda.append(Worked(path, [results[at] for at in range(len(results))], events.Body()))


def told_of(turn: Turn, owner: str, failure: Failure) -> Failure:
    """What a failure inside a task is to those around it: a workflow may have a name of its own for it."""
    work = turn.tasks[owner].task.work
    if not isinstance(work, CompiledWorkflow):
        return failure
    return in_words_of(work.errors, owner, failure)


def has_ended(turn: Turn, path: str) -> bool:
    """Drop what may be dropped inside a failing task; True once nothing is open in it any more."""
    drop_inside(turn, path)
    if any(turn.tasks[inner].waits == "call" for inner in turn.inside(path)):
        return False
    turn.close(path)
    return True


def drop_inside(turn: Turn, container: str) -> None:
    """Nothing new starts in there, and its safe calls are dropped."""
    dropped = []
    for path in turn.inside(container):
        state = turn.tasks[path]
        if state.waits == "inside" or (state.waits == "call" and not is_safe(state)):
            continue
        if state.waits == "call":
            dropped.append(path)
            turn.call_closed()
        if state.started_at is not None:
            turn.complete(path, "cancelled")
        elif state.waits in ("slot", "grant", "retry", ""):
            turn.set(path, waits="needs")
    if dropped:
        turn.commands.append(Cancel(tuple(dropped)))


def end_what_has_stopped(turn: Turn, scope: str) -> None:
    """A task of a stopped scope has ended: perhaps that was the last one a failing task waited for."""
    owner = turn.scopes[scope].owner
    while owner is not None:
        failing = turn.tasks[owner].failing
        if failing is not None:
            turn.fail_around(owner, failing)
            return
        owner = turn.scope_of(owner).owner
