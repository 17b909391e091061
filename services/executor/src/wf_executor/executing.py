"""Taking runs: accept, find the bundle, drive, deliver."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import structlog

from wf_executor.calling import Caller
from wf_executor.delivering import Delivery
from wf_executor.driving import Driver
from wf_executor.pulse import Pulse
from wf_executor.settings import Settings
from wfcore import bundle, program, subjects
from wfcore.errors import WorkflowError
from wfcore.events import Failure, Timings
from wfcore.messages import Accepted, Busy, CancelRun, EventLog, EventsSince, RunEnded, StartRun
from wfcore.program import Program
from wfservice import blobs, telemetry
from wfservice.bus import Bus
from wfservice.journal import Journal

log = structlog.get_logger()

QUICK_SECONDS = 0.05
"""A run that ends within this is answered with its result at once; a longer one is accepted first."""


class Executor:
    """One process that runs workflows. Make it with `open`."""

    def __init__(self, id: str, bus: Bus, settings: Settings, caller: Caller, pulse: Pulse, journal: Journal) -> None:
        """Use `open`."""
        self.id = id
        self._bus = bus
        self._settings = settings
        self._caller = caller
        self._pulse = pulse
        self._journal = journal
        self.delivery = Delivery(bus)
        self._programs: OrderedDict[str, asyncio.Task[Program]] = OrderedDict()
        self._drivers: dict[tuple[str, int], Driver] = {}
        self._running: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, bus: Bus, settings: Settings) -> Executor:
        """Open the HTTP client and begin to beat; nothing is taken before its handlers are served."""
        # Names are looked up in threads: enough of them that a slow name server holds up its own upstreams only.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(32, "names"))
        id = secrets.token_hex(6)
        caller = Caller(settings.connect_seconds, settings.idle_connection_seconds)
        pulse = Pulse(id, settings.nats_url)
        await pulse.begin()
        return cls(id, bus, settings, caller, pulse, Journal(bus, f"executor-{id}"))

    def ready(self) -> str | None:
        """See Service.ready."""
        return None if self._pulse.beating else "its heartbeat thread is not connected"

    async def stop(self) -> None:
        """Take nothing new, let runs end and be heard."""
        await self._bus.unserve(subjects.RUN_START)
        if self._running:
            await asyncio.wait(self._running)
        await self.delivery.close()
        await self._journal.close()
        await self._caller.close()
        self._pulse.end()

    # --- handlers -----------------------------------------------------------------------------

    async def start(self, run: StartRun) -> Accepted | Busy | RunEnded:
        """Take a run. It is accepted before its bundle is looked for, unless it has ended by then."""
        if len(self._running) >= self._settings.runs_at_once:
            return Busy(self.id, f"{len(self._running)} runs are under way")
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Accepted | RunEnded] = loop.create_future()
        loop.call_later(QUICK_SECONDS, _settle, reply, Accepted(self.id))
        task = asyncio.create_task(self._run(run, reply))
        self._running.add(task)
        telemetry.RUNS_IN_FLIGHT.set(len(self._running))
        task.add_done_callback(self._ended)
        return await reply

    async def cancel(self, message: CancelRun) -> None:
        """Nobody waits for this run any more."""
        driver = self._drivers.get((message.execution, message.attempt))
        if driver is not None:
            driver.cancel(message.reason)

    async def events(self, message: EventsSince) -> EventLog:
        """The log so far of a run that is under way here."""
        for (execution, _), driver in self._drivers.items():
            if execution == message.execution:
                return EventLog(True, [event for event in driver.log if event.seq > message.since])
        return EventLog(False)

    # --- one run ------------------------------------------------------------------------------

    async def _run(self, run: StartRun, reply: asyncio.Future[Accepted | RunEnded]) -> None:
        key = (run.execution, run.attempt)
        self._pulse.add(run.asker, run.execution)
        try:
            ended = await self._drive(run, key)
        except Exception as error:  # a fault of ours is told like every other end
            log.exception("run failed", execution=run.execution)
            driver = self._drivers.get(key)
            ended = _without_run(self.id, run, error, acted=driver is not None and driver.licensed)
        finally:
            self._drivers.pop(key, None)
            self._pulse.remove(run.asker, run.execution)
        telemetry.RUNS.labels(run.workflow, ended.status).inc()
        telemetry.RUN_SECONDS.labels(run.workflow).observe(ended.timings.total_us / 1e6)
        quick = _settle(reply, ended)
        await self.delivery.deliver(run, ended, replied=quick)

    async def _drive(self, run: StartRun, key: tuple[str, int]) -> RunEnded:
        try:
            compiled = await self._program(run.bundle)
        except WorkflowError as error:
            return _without_run(self.id, run, error, acted=False)
        with telemetry.span(f"workflow {run.workflow}"):
            driver = Driver(self.id, run, compiled, self._bus, self._caller, self._journal)
            self._drivers[key] = driver
            return await driver.drive()

    async def _program(self, hash: str) -> Program:
        """The compiled bundle; fetched once however many runs want it, forgotten when that failed."""
        task = self._programs.get(hash)
        if task is None or (task.done() and task.exception() is not None):
            task = self._programs[hash] = asyncio.create_task(self._compile(hash))
            while len(self._programs) > self._settings.bundles_kept:
                self._programs.popitem(last=False)
        else:
            self._programs.move_to_end(hash)
        return await asyncio.shield(task)

    async def _compile(self, hash: str) -> Program:
        data = await blobs.get(self._bus, subjects.BUNDLES, hash)
        return program.compile(bundle.unpack(data))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        telemetry.RUNS_IN_FLIGHT.set(len(self._running))


def _settle(reply: asyncio.Future[Accepted | RunEnded], answer: Accepted | RunEnded) -> bool:
    """Answer the asker, if nobody has; True where this was the answer."""
    if reply.done():
        return False
    reply.set_result(answer)
    return True


def _without_run(executor: str, run: StartRun, error: Exception, *, acted: bool) -> RunEnded:
    code = error.code if isinstance(error, WorkflowError) else "INTERNAL"
    said = str(error) if isinstance(error, WorkflowError) else f"a fault of the engine ({type(error).__name__})"
    return RunEnded(
        execution=run.execution,
        attempt=run.attempt,
        executor=executor,
        status="failed",
        effects="possible" if acted else "none",
        tasks=[],
        timings=Timings(0, 0),
        failure=Failure(code, said),
    )
