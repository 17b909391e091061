"""One step of a run: a fact goes in, what follows comes out.

step = begin(program, started, …)          # then, for each thing that happens:
step = advance(step.run, Happened(at, fact, task, call))
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wfcore import events, jsontext
from wfcore.errors import WorkflowError
from wfcore.events import (
    CallFailed,
    CallStarted,
    CallSucceeded,
    CancelRequested,
    DeadlinePassed,
    Effect,
    Event,
    Failure,
    GrantDenied,
    Granted,
    GrantRequested,
    RetryDue,
    RunStatus,
    TaskCompleted,
    TaskRetried,
    TaskStarted,
    TaskStatus,
    TaskSummary,
    Timings,
    WorkflowCompleted,
    WorkflowStarted,
)
from wfcore.expression import EvaluationError
from wfcore.program import Program
from wfcore.result import output_of, pause_before_retry
from wfcore.run.commands import AskGrant, Call, Cancel, Command, End, Wake
from wfcore.run.failures import STATUS_OF, effect_of, failure_from, failure_of_call
from wfcore.run.state import Happened, Run, Step, TaskState
from wfcore.schema import Violation

LEAST_TIME = 50_000
"""A task is not started with less than this left (microseconds)."""

VALUES_CAP = 16 << 20
"""All values of a run together (bytes of JSON)."""

ANSWER_CAP = 4 << 20


def begin(program: Program, started: WorkflowStarted, input: Any, *, execution: str, attempt: int, at: int) -> Step:
    """Start a run; `input` is the decoded value of `started.input`."""
    bundle = program.bundle
    scope = {
        "input": input,
        "tasks": {},
        "execution": {"id": execution, "startedAt": events.rfc3339(at), "traceId": started.trace_id or ""},
        "workflow": {"name": bundle.workflow, "version": bundle.version},
    }
    tasks = {
        id: TaskState(waits="needs" if task.plan.needs else "slot", ready_at=at) for id, task in program.tasks.items()
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
        tasks=tasks,
        queue=frozenset(id for id, state in tasks.items() if state.waits == "slot"),
        unended=len(tasks),
        scope=scope,
    )
    turn = _Turn(run, at)
    turn.log(started)
    return turn.end()


def advance(run: Run, happened: Happened) -> Step:
    """What follows from a fact. Facts about what is over already change nothing."""
    turn = _Turn(run, happened.at)
    if run.status == "running":
        turn.take(happened)
        return turn.end()
    return Step(run, [], [])


class _Turn:
    """One step under way: the run's parts, thawed, until `end` freezes them again."""

    def __init__(self, run: Run, at: int) -> None:
        self.run = run
        self.at = at
        self.seq = run.seq
        self.because = 0
        self.tasks = dict(run.tasks)
        self.queue, self.unended = set(run.queue), run.unended
        self.scope = run.scope
        self.licence, self.licence_seq = run.licence, run.licence_seq
        self.failure = run.failure
        self.status = run.status
        self.open_calls = run.open_calls
        self.busy_since, self.busy_us = run.busy_since, run.busy_us
        self.value_bytes = run.value_bytes
        self.events: list[Event] = []
        self.commands: list[Command] = []

    # --- facts ----------------------------------------------------------------------------

    def take(self, happened: Happened) -> None:
        task, fact = happened.task, happened.fact
        match fact:
            case CallSucceeded() | CallFailed() if task is not None:
                state = self.tasks[task]
                if state.waits != "call" or state.calls != happened.call:
                    return  # an answer to a call that was given up
                self.log(fact, task, happened.call)
                self.call_closed()
                if isinstance(fact, CallSucceeded):
                    self.succeeded(task, fact)
                else:
                    self.call_failed(task, fact)
            case RetryDue() if task is not None and self.tasks[task].waits == "retry":
                self.log(fact, task)
                self.set(task, waits="slot")
            case Granted() if self.licence == "asked":
                # The asker wrote this event at the seq that was kept for it.
                self.licence, self.because = "granted", self.licence_seq
                for id, state in self.tasks.items():
                    if state.waits == "grant":
                        self.set(id, waits="slot")
            case GrantDenied() if self.licence == "asked":
                self.log(fact)
                self.give_up("abandoned", Failure("ABANDONED", f"no licence to act: {fact.reason}"))
            case DeadlinePassed():
                self.log(fact)
                self.give_up("timedOut", Failure("DEADLINE_EXCEEDED", self.late()))
            case CancelRequested():
                self.log(fact)
                self.stop(Failure("CANCELLED", fact.reason))
            case _:
                pass

    def succeeded(self, task: str, fact: CallSucceeded) -> None:
        compiled, state = self.run.program.tasks[task], self.tasks[task]
        effect: Effect = "none" if compiled.plan.safety == "safe" else events.worst(state.effect, "confirmed")
        self.set(task, effect=effect)
        self.value_bytes += fact.body.size
        try:
            if self.value_bytes > VALUES_CAP:
                raise WorkflowError(f"the values of this run exceed {VALUES_CAP >> 20} MiB", code="RESULT_TOO_LARGE")
            output = output_of(compiled, fact, state.input)
        except (WorkflowError, EvaluationError, jsontext.JsonTextError) as error:
            self.task_failed(task, failure_from(task, error, fact))
            return
        self.complete(task, "succeeded", output.recorded, output.cut, output.warnings)
        done = {**self.scope["tasks"], task: {"output": output.value, "status": "succeeded"}}
        self.scope = {**self.scope, "tasks": done}
        for follower in sorted(self.run.program.followers.get(task, ())):
            needs = self.run.program.tasks[follower].plan.needs
            if self.tasks[follower].waits == "needs" and all(need in done for need in needs):
                self.set(follower, waits="slot", ready_at=self.at)

    def call_failed(self, task: str, fact: CallFailed) -> None:
        compiled, state = self.run.program.tasks[task], self.tasks[task]
        self.set(task, effect=events.worst(state.effect, effect_of(compiled, fact)))
        failure = failure_of_call(task, fact)
        if self.failure is None:
            delay = pause_before_retry(compiled.plan, fact, state.calls, f"{self.run.execution}/{task}")
            if delay is not None and self.at + delay + LEAST_TIME <= min(self.task_end(task), self.run.deadline):
                self.log(TaskRetried(delay // 1000, failure.code), task)
                self.set(task, waits="retry", error=failure)
                self.commands.append(Wake(task, self.at + delay))
                return
        self.task_failed(task, failure)

    # --- decisions ------------------------------------------------------------------------

    def start_what_may(self) -> None:
        """Fill the free slots, in the order of the tasks' names."""
        for task in sorted(self.queue):
            if self.open_calls >= self.run.program.bundle.max_parallel or self.failure is not None:
                return
            if self.tasks[task].started_at is None:
                self.start(task)
            if self.tasks[task].waits == "slot":
                self.call(task)

    def start(self, task: str) -> None:
        compiled = self.run.program.tasks[task]
        try:
            value = compiled.input(self.scope)
            self.log(TaskStarted(events.body(jsontext.encode(value))), task)
            self.set(task, status="running", started_at=self.at, input=value)
            if compiled.plan.check_input and (wrong := compiled.input_schema.violations(value)):
                said = _first(wrong)
                raise WorkflowError(f"input of task `{task}` does not fit its schema: {said}", code="INPUT_MISMATCH")
            self.set(task, request=compiled.request({"input": value}))
        except (WorkflowError, EvaluationError, jsontext.JsonTextError) as error:
            if self.tasks[task].started_at is None:
                self.set(task, started_at=self.at)
            self.task_failed(task, failure_from(task, error))

    def call(self, task: str) -> None:
        compiled, state = self.run.program.tasks[task], self.tasks[task]
        end = self.task_end(task)
        left = max(0, min(end, self.run.deadline) - self.at)
        if left < LEAST_TIME:
            late = Failure("DEADLINE_NOT_STARTED", f"task `{task}` had {left // 1000} ms left", task)
            self.task_failed(task, state.error or late)
            return
        if compiled.plan.safety != "safe" and self.licence != "granted":
            self.set(task, waits="grant")
            if self.licence == "none":
                self.log(GrantRequested())
                self.seq += 1  # kept for the Granted event of the asker
                self.licence, self.licence_seq = "asked", self.seq
                self.commands.append(AskGrant(self.seq))
            return
        assert state.request is not None
        # Not bounded by the run's deadline, which ends the call itself: so that what is told does not hang on a race.
        timeout = min(end - self.at, int((compiled.plan.attempt_timeout or 3600) * 1_000_000))
        self.set(task, waits="call", calls=state.calls + 1)
        self.call_opened()
        r, number = state.request, state.calls + 1
        self.log(CallStarted(r.method, r.url, r.headers, events.body(r.body), timeout // 1000), task, number)
        self.commands.append(Call(task, number, r, timeout / 1_000_000))

    def task_failed(self, task: str, failure: Failure) -> None:
        self.set(task, error=failure)
        self.complete(task, "failed")
        self.stop(failure)

    def stop(self, failure: Failure) -> None:
        """After a fatal failure nothing new starts and safe calls are cancelled; others end and are recorded."""
        if self.failure is None:
            self.failure = failure
        dropped = []
        for task, state in sorted(self.tasks.items()):
            safe = self.run.program.tasks[task].plan.safety == "safe"
            if state.waits == "call" and not safe:
                continue
            if state.waits == "call":
                dropped.append(task)
                self.call_closed()
            if state.waits and state.started_at is not None:
                self.complete(task, "cancelled")
        if dropped:
            self.commands.append(Cancel(tuple(dropped)))

    def give_up(self, status: RunStatus, failure: Failure) -> None:
        """End now: what is still open is unknown."""
        self.stop(failure)
        for task, state in sorted(self.tasks.items()):
            if state.waits == "call":
                self.call_closed()
                self.set(task, effect="possible", error=failure)
                self.complete(task, "unknown")
        self.status = status

    def complete(
        self,
        task: str,
        status: TaskStatus,
        output: events.Body | None = None,
        cut: tuple[str, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> None:
        self.set(task, status=status, waits="", ended_at=self.at)
        self.log(TaskCompleted(self.summary(task), output, cut, warnings), task)

    def finish(self) -> None:
        """The answer, once nothing is open any more."""
        if self.status == "running":
            if self.open_calls:
                return
            if self.failure is not None:
                self.status = STATUS_OF.get(self.failure.code, "failed")
            elif self.unended:
                return
        output: bytes | None = None
        if self.failure is None:
            try:
                output = self.answer()
                self.status = "succeeded"
            except (WorkflowError, EvaluationError, jsontext.JsonTextError) as error:
                self.failure, self.status = failure_from(None, error), "failed"
        summaries = [self.summary(task) for task in self.run.program.tasks]
        effects = events.worst(*(summary.effect for summary in summaries))
        timings = Timings(self.at - self.run.started_at, self.busy_us)
        unfinished = tuple(s for s in summaries if s.status in ("pending", "running"))
        kept = None if output is None else events.body(output)
        self.log(WorkflowCompleted(self.status, effects, timings, kept, self.failure, unfinished))
        self.commands.append(End(self.status, effects, summaries, timings, output, self.failure))

    def answer(self) -> bytes:
        program = self.run.program
        value = program.output(self.scope)
        if program.bundle.checks_output and (wrong := program.output_schema.violations(value)):
            said = _first(wrong)
            raise WorkflowError(f"the answer does not fit the workflow's outputSchema: {said}", code="OUTPUT_INVALID")
        output = jsontext.encode(value)
        if len(output) > ANSWER_CAP:
            raise WorkflowError(f"the answer has {len(output)} bytes", code="RESULT_TOO_LARGE")
        return output

    # --- bookkeeping ----------------------------------------------------------------------

    def log(self, data: Struct, task: str | None = None, call: int | None = None) -> None:
        self.seq += 1
        run = self.run
        because = self.because
        if not because:
            self.because = self.seq
        self.events.append(
            Event(run.execution, run.attempt, self.seq, self.at, type(data).__name__, data, because, task, call)
        )

    def set(self, task: str, **changes: Any) -> None:
        before = self.tasks[task].waits
        after = self.tasks[task] = replace(self.tasks[task], **changes)
        if after.waits == "slot":
            self.queue.add(task)
        elif before == "slot":
            self.queue.discard(task)
        if before and not after.waits:
            self.unended -= 1

    def task_end(self, task: str) -> int:
        """When the time of a task is over: all its calls, pauses and waits together."""
        started = self.tasks[task].started_at
        return (self.at if started is None else started) + int(self.run.program.tasks[task].plan.timeout * 1_000_000)

    def call_opened(self) -> None:
        if not self.open_calls:
            self.busy_since = self.at
        self.open_calls += 1

    def call_closed(self) -> None:
        self.open_calls -= 1
        if not self.open_calls:
            self.busy_us += self.at - self.busy_since

    def late(self) -> str:
        waiting = [task for task, state in sorted(self.tasks.items()) if state.waits]
        return f"no time left; not ended: {', '.join(waiting)}"

    def summary(self, task: str) -> TaskSummary:
        state, plan = self.tasks[task], self.run.program.tasks[task].plan
        started = state.started_at
        return TaskSummary(
            task,
            plan.task_ref,
            state.status,
            state.calls,
            started,
            0 if started is None else (state.ended_at or self.at) - started,
            0 if started is None else started - state.ready_at,
            state.effect,
            state.error if state.status in ("failed", "unknown") else None,
        )

    def end(self) -> Step:
        if self.status == "running":
            self.start_what_may()
        self.finish()
        run = replace(
            self.run,
            seq=self.seq,
            licence=self.licence,
            licence_seq=self.licence_seq,
            tasks=self.tasks,
            queue=frozenset(self.queue),
            unended=self.unended,
            scope=self.scope,
            status=self.status,
            failure=self.failure,
            open_calls=self.open_calls,
            busy_since=self.busy_since,
            busy_us=self.busy_us,
            value_bytes=self.value_bytes,
        )
        return Step(run, self.events, self.commands)


def _first(wrong: list[Violation]) -> str:
    """The first few, in a sentence."""
    return "; ".join(f"{breach.pointer or '/'}: {breach.message}" for breach in wrong[:5])
