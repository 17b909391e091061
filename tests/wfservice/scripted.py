"""An executor that plays what a test tells it, on any bus."""

import asyncio
from collections.abc import Callable

from wfcore import subjects
from wfcore.events import Effect, Failure, RunStatus, TaskSummary, Timings
from wfcore.messages import (
    Accepted,
    Busy,
    CancelRun,
    Grant,
    Heartbeat,
    MayAct,
    Ping,
    ResultsHeard,
    RunEnded,
    StartRun,
)
from wfservice.bus import Bus, on

Ends = Callable[[StartRun], RunEnded | None]


def ended(
    run: StartRun,
    output: bytes | None = b"{}",
    *,
    status: RunStatus = "succeeded",
    effects: Effect = "none",
    failure: Failure | None = None,
    tasks: list[TaskSummary] | None = None,
    executor: str = "e1",
) -> RunEnded:
    """The result of a run."""
    return RunEnded(
        execution=run.execution,
        attempt=run.attempt,
        executor=executor,
        status=status,
        effects=effects,
        tasks=tasks or [],
        timings=Timings(3000, 2000),
        output=output if failure is None else None,
        failure=failure,
    )


def never(_: StartRun) -> None:
    """The end of a run that has none."""
    return


class ScriptedExecutor:
    """Takes runs (or says that it is busy, or nothing) and ends each as told; remembers what it was asked."""

    def __init__(self, bus: Bus, id: str = "e1", *, ends: Ends = ended) -> None:
        """Deaf before `listen`."""
        self.id = id
        self.bus = bus
        self.ends = ends
        self.takes: Callable[[StartRun], str] = lambda _: "accepts"
        """accepts (and delivers the result by itself), answers (with the result), busy or silent, for each run."""
        self.answers_pings = True
        self.started: list[StartRun] = []
        self.cancelled: list[CancelRun] = []
        self.heard: set[tuple[str, int]] = set()
        self._work: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        await self.bus.serve(
            [
                on(subjects.RUN_START, StartRun, self._start, queue=subjects.EXECUTORS, at_once=1024),
                on(subjects.executor_cancel(self.id), CancelRun, self._cancel),
                on(subjects.executor_ping(self.id), Ping, self._ping),
                on(subjects.results_heard(self.id), ResultsHeard, self._heard),
            ]
        )

    async def die(self) -> None:
        """From now on nobody is there."""
        await self.bus.unserve()

    async def deliver(self, run: StartRun, result: RunEnded) -> None:
        """Tell a result; that it was heard is told on `results_heard`."""
        await self.bus.publish(subjects.run_ended(run.asker), result)

    async def may_act(self, run: StartRun, seq: int = 3, executor: str | None = None) -> Grant:
        """Ask whether this run may act."""
        question = MayAct(run.execution, run.attempt, executor or self.id, seq)
        return await self.bus.request(subjects.may_act(run.asker), question, Grant, within=10)  # type: ignore[no-any-return]

    async def beat(self, run: StartRun) -> None:
        await self.bus.publish(subjects.heartbeat(run.asker), Heartbeat(self.id, [run.execution], 0))

    async def _heard(self, message: ResultsHeard) -> None:
        self.heard.update((result.execution, result.attempt) for result in message.results)

    async def _start(self, run: StartRun) -> Accepted | Busy | RunEnded | None:
        self.started.append(run)
        match self.takes(run):
            case "answers":
                return self.ends(run)
            case "busy":
                return Busy(self.id, "as told")
            case "silent":
                return None
        result = self.ends(run)
        if result is not None:
            task = asyncio.create_task(self.deliver(run, result))
            self._work.add(task)
            task.add_done_callback(self._work.discard)
        return Accepted(self.id)

    async def _cancel(self, message: CancelRun) -> None:
        self.cancelled.append(message)

    async def _ping(self, ping: Ping) -> Heartbeat | None:
        return Heartbeat(self.id, [run.execution for run in self.started], 0) if self.answers_pings else None
