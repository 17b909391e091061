"""The calls of a run: which are made next, and what their answers mean."""

from __future__ import annotations

from heapq import nsmallest
from typing import Any

from wfcore import events, jsontext
from wfcore.errors import WorkflowError
from wfcore.events import (
    CallFailed,
    CallStarted,
    CallSucceeded,
    Effect,
    Failure,
    GrantRequested,
    TaskRetried,
    TaskStarted,
)
from wfcore.program import CompiledCall
from wfcore.result import output_of, pause_before_retry
from wfcore.run.commands import AskGrant, Call, Wake
from wfcore.run.failures import REFUSED, accepted, effect_of, failure_from, failure_of_call
from wfcore.run.turn import Failed, Turn, Worked, acting

LEAST_TIME = 50_000
"""A task is not started with less than this left (microseconds)."""

VALUES_CAP = 16 << 20
"""All values of a run together (bytes of JSON)."""


def start_what_may(turn: Turn) -> None:
    """Fill the free slots, in the order of the tasks' paths; first those whose time is running already.

    Who waits for the licence keeps his slot, or others would use up the time that he has for his call.
    """
    asking = sum(state.waits == "grant" for state in turn.tasks.values()) if turn.licence == "asked" else 0
    while turn.queue and (free := turn.run.program.bundle.max_parallel - turn.open_calls - asking) > 0:
        # As many as there are slots: thousands may wait, and sorting them all at every step would cost seconds.
        begun = [path for path in turn.queue if turn.tasks[path].request is not None]
        for path in nsmallest(free, begun or turn.queue):
            call = acting(turn.tasks[path])
            assert call is not None
            if turn.tasks[path].request is not None or _prepare(turn, path, call):
                _make(turn, path, call)
            asking += turn.tasks[path].waits == "grant"


def _prepare(turn: Turn, path: str, call: CompiledCall) -> bool:
    """Begin a task, or its fallback: what it takes and what it sends."""
    state = turn.tasks[path]
    scope = turn.scope_of(path).values
    fallback = state.task.fallback if state.falls_back else None
    if state.started_at is None:
        state = turn.set(path, started_at=turn.at)
    turn.set(path, status="running", ends_at=turn.at + int(call.plan.timeout * 1_000_000))
    try:
        value = state.task.input(scope) if fallback is None else fallback.value(scope)
        turn.log(TaskStarted(written(turn, value)), path)
        checked = state.task.plan.check_input if fallback is None else fallback.plan.check_input
        value = accepted(path, call.input_schema, value, checked=checked)
        turn.set(path, input=value)
        turn.set(path, request=call.request(turn.seen_by(path, input=value)))
    except REFUSED as error:
        turn.set(path, waits="")
        turn.agenda.append(Failed(path, failure_from(path, error)))
        return False
    return True


def _make(turn: Turn, path: str, call: CompiledCall) -> None:
    state = turn.tasks[path]
    end = turn.end_of(path)
    assert end is not None
    left = max(0, min(end, turn.run.deadline) - turn.at)
    if left < LEAST_TIME:
        late = Failure("DEADLINE_NOT_STARTED", f"task `{path}` had {left // 1000} ms left", path)
        turn.set(path, waits="")
        turn.agenda.append(Failed(path, state.error or late))
        return
    if call.plan.safety != "safe" and turn.licence != "granted":
        turn.set(path, waits="grant")
        if turn.licence == "none":
            turn.log(GrantRequested())
            turn.seq += 1  # kept for the Granted event of the asker
            turn.licence, turn.licence_seq = "asked", turn.seq
            turn.commands.append(AskGrant(turn.seq))
        return
    assert state.request is not None
    # Not bounded by the run's deadline, which ends the call itself: so that what is told does not hang on a race.
    timeout = min(end - turn.at, int((call.plan.attempt_timeout or 3600) * 1_000_000))
    number, sent = state.calls + 1, state.request
    turn.set(path, waits="call", calls=number)
    turn.call_opened()
    started = CallStarted(sent.method, sent.url, sent.headers, events.body(sent.body), timeout // 1000)
    turn.log(started, path, number)
    turn.commands.append(Call(path, number, sent, timeout / 1_000_000, call))


def succeeded(turn: Turn, path: str, fact: CallSucceeded) -> None:
    """A call was answered well: its value, if the answer can be used."""
    state = turn.tasks[path]
    call = acting(state)
    assert call is not None
    effect: Effect = "none" if call.plan.safety == "safe" else "confirmed"
    turn.set(path, waits="", effect=events.worst(state.effect, effect))
    turn.value_bytes += fact.body.size
    try:
        check_values(turn)
        output = output_of(call, fact, turn.seen_by(path, input=state.input))
    except REFUSED as error:
        turn.agenda.append(Failed(path, failure_from(path, error, fact)))
        return
    turn.agenda.append(Worked(path, output.value, output.recorded, output.cut, output.warnings))


def failed(turn: Turn, path: str, fact: CallFailed) -> None:
    """A call failed: try again where that is allowed and there is time."""
    state = turn.tasks[path]
    call = acting(state)
    assert call is not None
    turn.set(path, waits="", effect=events.worst(state.effect, effect_of(call, fact)))
    failure = failure_of_call(path, fact)
    if not turn.is_stopped(path):
        tried = state.calls - state.calls_before
        delay = pause_before_retry(call.plan, fact, tried, f"{turn.run.execution}/{path}")
        end = turn.end_of(path)
        assert end is not None
        if delay is not None and turn.at + delay + LEAST_TIME <= min(end, turn.run.deadline):
            turn.log(TaskRetried(delay // 1000, failure.code), path)
            turn.set(path, waits="retry", error=failure)
            turn.commands.append(Wake(path, turn.at + delay, events.RetryDue()))
            return
    turn.agenda.append(Failed(path, failure))


def written(turn: Turn, value: Any) -> events.Body:
    """A value that the run has put together, as text. Raises what data can do to us."""
    jsontext.size_of(value, VALUES_CAP)
    made = events.body(jsontext.encode(value))
    turn.value_bytes += made.size
    check_values(turn)
    return made


def check_values(turn: Turn) -> None:
    """Raise WorkflowError where the values of the run have become too many."""
    if turn.value_bytes > VALUES_CAP:
        raise WorkflowError(f"the values of this run exceed {VALUES_CAP >> 20} MiB", code="RESULT_TOO_LARGE")
