"""One run: facts into the machine, its commands out into the world."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from wf_executor.calling import Caller
from wfcore import events, jsontext, recording, run, subjects
from wfcore.events import (
    CancelRequested,
    DeadlinePassed,
    Event,
    Fact,
    GrantDenied,
    Granted,
    TaskSummary,
    WorkflowStarted,
)
from wfcore.messages import Grant, MayAct, RunEnded, StartRun
from wfcore.program import Program
from wfcore.run import AskGrant, Call, Cancel, Command, End, Happened, Step, Wake
from wfservice import ids, telemetry
from wfservice.bus import Bus, RemoteFailure, TransportLost
from wfservice.bus.interface import NoResponders
from wfservice.journal import Journal

RESERVE = 20_000
"""Kept back from the deadline for the answer to travel (microseconds)."""
GRANT_SECONDS = 0.5
"""How long the asker may take to answer before it is asked again; the same question gets the same answer."""


class Driver:
    """Drives one attempt of one execution to its end."""

    def __init__(
        self, executor: str, start: StartRun, program: Program, bus: Bus, caller: Caller, journal: Journal
    ) -> None:
        """Nothing happens before `drive`."""
        self._executor = executor
        self._start = start
        self._program = program
        self._bus = bus
        self._caller = caller
        self._journal = journal
        self._loop = asyncio.get_running_loop()
        self._calls: dict[str, asyncio.Task[None]] = {}
        self._timers: list[asyncio.TimerHandle] = []
        self._asking: asyncio.Task[None] | None = None
        self._end: asyncio.Future[End] = self._loop.create_future()
        self._run: run.Run
        # One clock for the whole run: the wall says when it began, the loop how long it took.
        self._wall = ids.now() - int(self._loop.time() * 1_000_000)
        self.log: list[Event] = []
        """The events so far, as they may be written down."""
        self.licensed = False

    async def drive(self) -> RunEnded:
        """Run to the end; cancels what is left open."""
        start = self._start
        deadline = start.answer_by - RESERVE
        started = WorkflowStarted(
            namespace=start.namespace,
            workflow=start.workflow,
            version=self._program.bundle.version,
            release=self._program.bundle.release,
            bundle=start.bundle,
            input=events.body(start.input),
            executor=self._executor,
            asker=start.asker,
            answer_by=deadline,
            end_by=start.end_by,
            mode=start.mode,
            cause=start.cause,
            trace_id=telemetry.trace_id(),
        )
        now = self._now()
        try:
            self._take(
                run.begin(
                    self._program,
                    started,
                    jsontext.decode(start.input, what="input"),
                    execution=start.execution,
                    attempt=start.attempt,
                    at=now,
                )
            )
            self._later((deadline - now) / 1e6, DeadlinePassed())
            end = await self._end
        finally:
            for timer in self._timers:
                timer.cancel()
            for task in (*self._calls.values(), *([self._asking] if self._asking else [])):
                task.cancel()
        return RunEnded(
            execution=start.execution,
            attempt=start.attempt,
            executor=self._executor,
            status=end.status,
            effects=end.effects,
            tasks=[_briefly(summary) for summary in end.tasks],
            timings=end.timings,
            output=end.output,
            failure=end.failure and recording.failure(end.failure),
        )

    def cancel(self, reason: str) -> None:
        """Nobody waits any more: safe calls are dropped, others end and are recorded."""
        self._happened(CancelRequested(reason))

    def _now(self) -> int:
        return self._wall + int(self._loop.time() * 1_000_000)

    def _happened(self, fact: Fact, task: str | None = None, call: int | None = None) -> None:
        if self._end.done():
            return
        try:
            self._take(run.advance(self._run, Happened(self._now(), fact, task, call)))
        except Exception as error:  # unheard in a timer or a task, the run would never end
            if not self._end.done():
                self._end.set_exception(error)

    def _take(self, step: Step) -> None:
        self._run = step.run
        recorded = [recording.event(event) for event in step.events]
        self.log += recorded
        self._journal.add(recorded)
        self._obey(step.commands)

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            match command:
                case Call():
                    self._calls[command.task] = self._loop.create_task(self._call(command))
                case Wake(task, at, fact):
                    self._later((at - self._now()) / 1e6, fact, task)
                case Cancel(tasks):
                    for task in tasks:
                        self._calls.pop(task).cancel()
                case AskGrant(seq):
                    self._asking = self._loop.create_task(self._ask(seq))
                case End():
                    self._end.set_result(command)

    def _later(self, seconds: float, fact: Fact, task: str | None = None) -> None:
        self._timers.append(self._loop.call_later(max(0.0, seconds), self._happened, fact, task))

    async def _call(self, command: Call) -> None:
        outcome = await self._caller.call(command, self._start.execution)
        self._happened(outcome, command.task, command.call)

    async def _ask(self, seq: int) -> None:
        """Ask until there is an answer. Nobody there, or no time left: not granted."""
        question = MayAct(self._start.execution, self._start.attempt, self._executor, seq)
        answer = Grant(False, "the asker did not answer")
        absent = 0
        while self._now() < self._run.deadline:
            try:
                answer = await self._bus.request(
                    subjects.may_act(self._start.asker), question, Grant, within=GRANT_SECONDS
                )
                break
            except NoResponders:
                absent += 1
                if absent == 3:
                    answer = Grant(False, "the asker is gone")
                    break
                await asyncio.sleep(0.1)
            except (TimeoutError, TransportLost, RemoteFailure):
                await asyncio.sleep(0.02)
        self.licensed = answer.granted
        if answer.granted:
            self._happened(Granted(self._executor, self._start.asker))
        else:
            self._happened(GrantDenied(answer.reason))


def _briefly(summary: TaskSummary) -> TaskSummary:
    """A summary as the asker needs it: what the upstream said of a failure is told once, in the run's own."""
    error = summary.error
    if error is None:
        return summary
    return replace(summary, error=recording.failure(replace(error, original_error=None)))
