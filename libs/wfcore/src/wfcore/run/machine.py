"""One step of a run: a fact goes in, what follows comes out.

step = begin(program, started, …)          # then, for each thing that happens:
step = advance(step.run, Happened(at, fact, task, call))
"""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from wfcore import events, jsontext
from wfcore.errors import WorkflowError
from wfcore.events import (
    CallFailed,
    CallSucceeded,
    CancelRequested,
    DeadlinePassed,
    Failure,
    GrantDenied,
    Granted,
    RetryDue,
    RunStatus,
    TaskSummary,
    TimeoutPassed,
    Timings,
    WorkflowCompleted,
    WorkflowStarted,
)
from wfcore.program import Program
from wfcore.run import calls, scopes, tasks
from wfcore.run.commands import End
from wfcore.run.failures import REFUSED, STATUS_OF, declared, failure_from
from wfcore.run.state import ROOT, Happened, Run, Step
from wfcore.run.turn import Failed, Ready, ScopeEnded, Turn, Worked

ANSWER_CAP = 4 << 20
MOST_NAMED = 20
"""So many tasks are named in one sentence."""


def begin(program: Program, started: WorkflowStarted, input: Any, *, execution: str, attempt: int, at: int) -> Step:
    """Start a run; `input` is the decoded value of `started.input`, which the workflow accepts.

    What its schema does not declare can be neither read nor passed on.
    """
    bundle = program.bundle
    values = {
        "input": program.input_schema.prune(input)[0],
        "tasks": {},
        "execution": {"id": execution, "startedAt": events.rfc3339(at), "traceId": started.trace_id or ""},
        "workflow": {"name": bundle.workflow, "version": bundle.version},
    }
    run = Run(
        program,
        execution,
        attempt,
        started_at=at,
        deadline=started.answer_by,
        seq=0,
        licence="none",
        licence_seq=0,
        tasks={},
        scopes={},
        items={},
        queue=frozenset(),
    )
    turn = Turn(run, at)
    turn.log(started)
    turn.open(ROOT, program.body, values, None)
    return _end(turn)


def advance(run: Run, happened: Happened) -> Step:
    """What follows from a fact. Facts about what is over already change nothing."""
    if run.status != "running":
        return Step(run, [], [])
    turn = Turn(run, happened.at)
    _take(turn, happened)
    return _end(turn)


def _take(turn: Turn, happened: Happened) -> None:
    task, fact = happened.task, happened.fact
    state = None if task is None else turn.tasks.get(task)
    match fact:
        case CallSucceeded() | CallFailed() if task is not None and state is not None:
            if state.waits != "call" or state.calls != happened.call:
                return  # an answer to a call that was given up
            if isinstance(fact, CallFailed):
                fact = _bounded(turn, fact)
            turn.log(fact, task, happened.call)
            turn.call_closed()
            if isinstance(fact, CallSucceeded):
                calls.succeeded(turn, task, fact)
            else:
                calls.failed(turn, task, fact)
        case RetryDue() if task is not None and state is not None and state.waits == "retry":
            turn.log(fact, task)
            turn.set(task, waits="slot")
        case TimeoutPassed() if task is not None and state is not None and state.waits == "inside":
            if state.failing is None:
                turn.log(fact, task)
                message = f"task `{task}` had {state.task.plan.timeout:g} s for all that is inside it"
                turn.agenda.append(Failed(task, failure_from(task, WorkflowError(message, code="TASK_TIMEOUT"))))
        case Granted() if turn.licence == "asked":
            # The asker wrote this event at the seq that was kept for it.
            turn.licence, turn.because = "granted", turn.licence_seq
            for path, waiting in turn.tasks.items():
                if waiting.waits == "grant":
                    turn.set(path, waits="slot")
        case GrantDenied() if turn.licence == "asked":
            turn.log(fact)
            _give_up(turn, "abandoned", Failure("ABANDONED", f"no licence to act: {fact.reason}"))
        case DeadlinePassed():
            turn.log(fact)
            _give_up(turn, "timedOut", Failure("DEADLINE_EXCEEDED", f"no time left; not ended: {_named(turn)}"))
        case CancelRequested():
            turn.log(fact)
            tasks.stop(turn, Failure("CANCELLED", fact.reason))
        case _:
            pass


def _bounded(turn: Turn, fact: CallFailed) -> CallFailed:
    """What failed calls were answered decides nothing, but is kept: of all of them no more than of values."""
    turn.failed_bytes += fact.body.size
    if turn.failed_bytes <= calls.VALUES_CAP:
        return fact
    return replace(fact, body=events.Body(b"", fact.body.size, "truncated"))


def _end(turn: Turn) -> Step:
    """Do all that is due, start what may start, and end the run if that was all."""
    _work_off(turn)
    while turn.status == "running" and turn.failure is None and turn.queue:
        calls.start_what_may(turn)
        if not turn.agenda:
            break
        _work_off(turn)
    _finish(turn)
    return Step(turn.frozen(), turn.events, turn.commands)


def _work_off(turn: Turn) -> None:
    while turn.agenda:
        match turn.agenda.popleft():
            case Ready() as due:
                tasks.ready(turn, due)
            case Worked() as due:
                tasks.worked(turn, due)
            case Failed() as due:
                tasks.failed(turn, due)
            case ScopeEnded() as due:
                scopes.ended(turn, due)


def _give_up(turn: Turn, status: RunStatus, failure: Failure) -> None:
    """End now: what is still open is unknown."""
    tasks.stop(turn, failure)
    for path in turn.inside(ROOT):
        if turn.tasks[path].waits == "call":
            turn.call_closed()
            turn.set(path, effect="possible", error=failure)
            turn.complete(path, "unknown")
    turn.status = status


def _named(turn: Turn) -> str:
    """The tasks that have not ended: the first by name, and how many more there are."""
    paths = turn.inside(ROOT)
    more = len(paths) - MOST_NAMED
    return ", ".join(paths[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _finish(turn: Turn) -> None:
    """The answer, once nothing is open any more."""
    if turn.status == "running":
        if turn.open_calls or (turn.failure is None and turn.scopes[ROOT].unended):
            return
        if turn.failure is not None:
            turn.status = STATUS_OF.get(turn.failure.code, "failed")
    output: bytes | None = None
    if turn.failure is None:
        try:
            output = _answer(turn)
            turn.status = "partial" if turn.lacks else "succeeded"
        except REFUSED as error:
            turn.failure, turn.status = failure_from(None, error), "failed"
    unfinished = _end_what_is_left(turn)
    summaries = _in_order(turn, [*(turn.ended.all() if turn.ended else ()), *unfinished])
    effects = events.worst(*(summary.effect for summary in summaries))
    timings = Timings(turn.at - turn.run.started_at, turn.busy_us)
    kept = None if output is None else events.body(output)
    turn.log(WorkflowCompleted(turn.status, effects, timings, kept, turn.failure, unfinished))
    turn.commands.append(End(turn.status, effects, summaries, timings, output, turn.failure))


def _end_what_is_left(turn: Turn) -> tuple[TaskSummary, ...]:
    """Tasks that had others inside end with the run; those that never began stay as they are."""
    for path in reversed(turn.inside(ROOT)):
        state = turn.tasks[path]
        if state.failing is not None:
            turn.set(path, error=state.failing)
            turn.complete(path, "failed")
        elif state.started_at is not None:
            turn.complete(path, "cancelled")
    return tuple(turn.summary(path) for path in turn.inside(ROOT))


def _in_order(turn: Turn, summaries: list[TaskSummary]) -> list[TaskSummary]:
    """As the definition lists them; what was inside a task stands behind it, by the time of its start."""
    place = {id: at for at, id in enumerate(turn.run.program.body.tasks)}

    def key(summary: TaskSummary) -> tuple[int, bool, int, str]:
        head = re.split(r"[.\[]", summary.id, maxsplit=1)[0]
        started = summary.started_at
        return place[head], summary.id != head, turn.at if started is None else started, summary.id

    return sorted(summaries, key=key)


def _answer(turn: Turn) -> bytes:
    program, scope = turn.run.program, turn.scopes[ROOT]
    value = scope.block.output(scope.values)
    if program.bundle.checks_output:
        value = declared("the workflow", program.output_schema, value)
    jsontext.size_of(value, 2 * ANSWER_CAP)
    output = jsontext.encode(value)
    if len(output) > ANSWER_CAP:
        raise WorkflowError(f"the answer has {len(output)} bytes", code="RESULT_TOO_LARGE")
    return output
