"""One task from its beginning to its end: whether it runs at all, what its value or its failure means for the rest."""

from __future__ import annotations

from typing import Any

from wfcore import events
from wfcore.events import Failure, TaskFellBack, TaskStarted
from wfcore.expression import ABSENT
from wfcore.program import CompiledCall, CompiledTransform
from wfcore.run import scopes
from wfcore.run.calls import written
from wfcore.run.failures import REFUSED, accepted, failure_from, seen_by_expressions
from wfcore.run.state import ROOT
from wfcore.run.turn import Failed, Ready, Turn, Worked


def ready(turn: Turn, due: Ready) -> None:
    """All it needs has ended: skip it, begin it, or let a call wait for a free slot."""
    path = due.task
    if path not in turn.tasks or turn.is_stopped(path):
        return
    state = turn.set(path, ready_at=turn.at)
    task = state.task
    try:
        runs = task.when is None or task.when(turn.scope_of(path).values)
    except REFUSED as error:
        turn.set(path, started_at=turn.at)
        turn.agenda.append(Failed(path, failure_from(path, error)))
        return
    if not runs:
        skip(turn, path)
    elif isinstance(task.work, CompiledCall):
        turn.set(path, waits="slot")
    else:
        turn.set(path, started_at=turn.at, status="running", waits="")
        _begin(turn, path)


def _begin(turn: Turn, path: str) -> None:
    """Begin what needs no call of its own."""
    task, scope = turn.tasks[path].task, turn.scope_of(path)
    try:
        if isinstance(task.work, CompiledTransform):
            turn.log(TaskStarted(), path)
            _transform(turn, path, task.work, task.input, task.plan.check_input)
        elif not scopes.begin(turn, path, scope):
            skip(turn, path)
    except REFUSED as error:
        turn.fail_around(path, failure_from(path, error))


def _transform(turn: Turn, path: str, work: CompiledTransform, reads: Any, checked: bool) -> None:
    values = turn.scope_of(path).values
    if work.input_schema is not None:
        value = accepted(path, work.input_schema, reads(values), checked=checked)
        values = turn.seen_by(path, input=value)
    turn.agenda.append(Worked(path, work.apply(values), events.Body()))


def skip(turn: Turn, path: str) -> None:
    """It does not run; those behind it do."""
    scope = turn.tasks[path].scope
    turn.complete(path, "skipped")
    turn.settle(path, scope, {"status": "skipped"})


def worked(turn: Turn, due: Worked) -> None:
    """Its work gave a value."""
    path = due.task
    if path not in turn.tasks:
        return
    try:
        recorded = _computed(turn, due)
    except REFUSED as error:
        turn.agenda.append(Failed(path, failure_from(path, error)))
        return
    scope, stopped = turn.tasks[path].scope, turn.is_stopped(path)
    turn.complete(path, "succeeded", recorded, due.cut, due.warnings)
    if stopped:
        scopes.end_what_has_stopped(turn, scope)
    else:
        seen = {"status": "succeeded"} if due.value is ABSENT else {"status": "succeeded", "output": due.value}
        turn.settle(path, scope, seen)


def _computed(turn: Turn, due: Worked) -> events.Body | None:
    """What is written down of a value. What was not received from outside is counted here."""
    if due.recorded is None or due.recorded.data:
        return due.recorded
    if due.value is ABSENT:
        return events.Body()
    return written(turn, due.value)


def failed(turn: Turn, due: Failed) -> None:
    """Its work failed. What is inside it ends first; then it is skipped, falls back, or takes its scope along."""
    path, failure = due
    state = turn.tasks.get(path)
    if state is None:
        return
    if state.waits == "inside":
        turn.set(path, failing=failure)
        if not scopes.has_ended(turn, path):
            return
    if state.failing is not None:
        turn.set(path, failing=None)
    state = turn.set(path, error=failure, waits="")
    if turn.is_stopped(path):
        turn.complete(path, "failed")
        scopes.end_what_has_stopped(turn, state.scope)
        return
    plan = state.task.plan
    if plan.on_error == "fallback" and not state.falls_back:
        _fall_back(turn, path, failure)
    elif plan.on_error == "skip":
        turn.complete(path, "failed")
        turn.lacks = True
        turn.settle(path, state.scope, {"status": "failed", "error": seen_by_expressions(failure)})
    else:
        turn.complete(path, "failed")
        owner = turn.scopes[state.scope].owner
        if owner is None:
            stop(turn, failure)
        else:
            turn.fail_around(owner, scopes.told_of(turn, owner, failure))


def _fall_back(turn: Turn, path: str, failure: Failure) -> None:
    state = turn.tasks[path]
    fallback = state.task.fallback
    assert fallback is not None
    turn.log(TaskFellBack(failure), path)
    turn.set(path, falls_back=True, calls_before=state.calls, request=None, ends_at=None)
    if isinstance(fallback.work, CompiledCall):
        turn.set(path, waits="slot")
        return
    try:
        if fallback.work is None:
            turn.agenda.append(Worked(path, fallback.value(turn.scope_of(path).values), events.Body()))
        else:
            _transform(turn, path, fallback.work, fallback.value, fallback.plan.check_input)
    except REFUSED as error:
        turn.agenda.append(Failed(path, failure_from(path, error)))


def stop(turn: Turn, failure: Failure) -> None:
    """After a fatal failure nothing new starts and safe calls are dropped; others end and are recorded."""
    if turn.failure is None:
        turn.failure = failure
    scopes.drop_inside(turn, ROOT)
