"""Who asks: hands a run to an executor and comes back with the truth, in time, once.

What to do is decided by the pure machine `wfcore.asking`; this is its clock, its bus and its memory. Silence is
counted in ticks of our own loop, not in seconds: whoever slept himself has no right to call others dead.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from wfcore import asking, subjects
from wfcore.asking import Answer, Ask
from wfcore.errors import WorkflowError
from wfcore.events import Event, Granted
from wfcore.messages import (
    Accepted,
    AttemptId,
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
from wfservice import ids, telemetry
from wfservice.bus import Bus, Handler, NoResponders, RemoteFailure, TransportLost, on
from wfservice.journal import Journal

log = structlog.get_logger()

TICK_SECONDS = 0.1
TICKS_TO_ACCEPT = 10
"""An attempt that nobody has taken for so long is asked again elsewhere. Longer than any stall of a living process."""
TICKS_TO_PING = 8
"""Heartbeats come every 5 ticks; after this many without one the executor is pinged."""
TICKS_TO_SILENCE = 25
"""Neither a beat nor an answer to pings for so long: treated as lost where nothing was licensed."""
PAUSE_BEFORE_AGAIN = 0.05


class Said(NamedTuple):
    """What the caller hears: a result, or a code and a message without one."""

    answer: Answer
    attempt: int


class _Open:
    """One execution that somebody waits for."""

    def __init__(self, run: StartRun) -> None:
        self.run = run
        self.ask: Ask
        self.ticks = 0
        self.sends: set[asyncio.Task[None]] = set()
        self.said: asyncio.Future[Said] = asyncio.get_running_loop().create_future()


class _Executor:
    """An executor as heard of."""

    def __init__(self) -> None:
        self.ticks = 0
        """Of ours, since it was last heard."""
        self.pinging: asyncio.Task[None] | None = None


class Asker:
    """Asks for runs on behalf of callers. One per process; `serve` its handlers before the first `ask`."""

    def __init__(self, bus: Bus, journal: Journal, id: str) -> None:
        """`id` is this asker's token in subjects."""
        self.id = id
        self._bus = bus
        self._journal = journal
        self._open: dict[str, _Open] = {}
        self._executors: dict[str, _Executor] = {}
        self._heard: dict[str, list[AttemptId]] = {}
        self._courtesies: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None

    def handlers(self) -> list[Handler]:
        """What executors tell an asker."""
        return [
            on(subjects.may_act(self.id), MayAct, self.may_act, at_once=4096),
            on(subjects.run_ended(self.id), RunEnded, self.run_ended, at_once=4096),
            on(subjects.heartbeat(self.id), Heartbeat, self.heartbeat, at_once=4096),
        ]

    @property
    def waiting(self) -> int:
        """Executions under way."""
        return len(self._open)

    async def ask(self, run: StartRun) -> Said:
        """Run it somewhere; returns by `run.answer_by`, whatever happens. Never raises but CancelledError."""
        opened = _Open(run)
        self._open[run.execution] = opened
        if self._ticking is None:
            self._ticking = asyncio.create_task(self._tick(), name="asker")
        opened.ask, commands = asking.ask()
        self._obey(opened, commands)
        left = (run.answer_by - ids.now()) / 1e6
        timer = asyncio.get_running_loop().call_later(left, self._hear, opened, asking.OutOfTime())
        try:
            return await opened.said
        except asyncio.CancelledError:
            self._hear(opened, asking.CallerGone())
            raise
        finally:
            timer.cancel()
            self._open.pop(run.execution, None)

    # --- what executors say -------------------------------------------------------------------

    async def may_act(self, message: MayAct) -> Grant:
        """Grant or refuse. An execution that nobody waits for is refused."""
        opened = self._open.get(message.execution)
        if opened is None:
            return Grant(False, "nobody waits for this execution")
        fact = asking.ActionAsked(message.attempt, message.executor, message.seq)
        opened.ask, (command,) = asking.hear(opened.ask, fact)
        if isinstance(command, asking.License):
            run = opened.run
            data = Granted(message.executor, self.id, run.namespace, run.workflow, run.end_by)
            event = Event(message.execution, message.attempt, message.seq, ids.now(), "Granted", data)
            # Handed over before the answer: a run whose executor and asker both die is known all the same.
            self._journal.add([event], at_once=True)
            return Grant(True)
        assert isinstance(command, asking.Refuse)
        return Grant(False, command.reason)

    async def run_ended(self, message: RunEnded) -> None:
        """Take a result. That it was heard is said with the next tick, also of those that nobody waits for."""
        self._heard.setdefault(message.executor, []).append(AttemptId(message.execution, message.attempt))
        opened = self._open.get(message.execution)
        if opened is not None:
            self._hear(opened, asking.Ended(message))

    async def heartbeat(self, message: Heartbeat) -> None:
        """An executor lives."""
        known = self._executors.get(message.executor)
        if known is not None:
            known.ticks = 0

    # --- deciding and doing -------------------------------------------------------------------

    def _hear(self, opened: _Open, fact: asking.Fact) -> None:
        opened.ask, commands = asking.hear(opened.ask, fact)
        self._obey(opened, commands)

    def _obey(self, opened: _Open, commands: Sequence[asking.Command]) -> None:
        for command in commands:
            match command:
                case asking.Send(attempt):
                    opened.ticks = 0
                    task = asyncio.create_task(self._send(opened, attempt))
                    opened.sends.add(task)
                    task.add_done_callback(opened.sends.discard)
                case Answer():
                    if not opened.said.done():
                        opened.said.set_result(Said(command, opened.ask.attempt))
                case asking.Withdraw(attempt, executor):
                    task = asyncio.create_task(self._withdraw(opened.run.execution, attempt, executor))
                    self._courtesies.add(task)
                    task.add_done_callback(self._courtesies.discard)
                case _:
                    raise AssertionError(command)

    async def _send(self, opened: _Open, attempt: int) -> None:
        run = opened.run
        if attempt > 1:
            telemetry.ASKED_AGAIN.inc()
            log.warning("asked again elsewhere", execution=run.execution, attempt=attempt)
            await asyncio.sleep(PAUSE_BEFORE_AGAIN)
            run = replace(run, attempt=attempt)
        within = max(0.001, (run.answer_by - ids.now()) / 1e6)
        fact: asking.Fact
        try:
            reply = await self._bus.request(subjects.RUN_START, run, Accepted | Busy | RunEnded, within=within)
            match reply:
                case RunEnded():
                    await self.run_ended(reply)
                    return
                case Accepted(executor):
                    fact = asking.Taken(attempt, executor)
                case _:
                    fact = asking.NotTaken(attempt, "OVERLOADED", reply.reason)
        except NoResponders:
            fact = asking.NotTaken(attempt, "NO_EXECUTOR", "no executor listens")
        except RemoteFailure as error:
            code = error.code if error.code in ("OVERLOADED", "UNSUPPORTED_SCHEMA") else "NO_EXECUTOR"
            fact = asking.NotTaken(attempt, code, error.message)  # type: ignore[arg-type]
        except TransportLost as lost:
            if lost.sent:
                return  # it may have arrived: silence decides
            fact = asking.NotTaken(attempt, "BUS_UNAVAILABLE", lost.message)
        except WorkflowError as error:  # too large for the bus
            log.error("run not sent", execution=run.execution, error=error.message)
            fact = asking.NotTaken(attempt, "NO_EXECUTOR", error.message)
        except TimeoutError:
            return
        self._hear(opened, fact)

    async def _withdraw(self, execution: str, attempt: int, executor: str) -> None:
        # A courtesy: the deadline in the message is the guarantee.
        with contextlib.suppress(WorkflowError):
            await self._bus.publish(
                subjects.executor_cancel(executor), CancelRun(execution, attempt, "nobody waits for the answer")
            )

    # --- death ----------------------------------------------------------------------------------

    async def _tick(self) -> None:
        deaf = False
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if not self._bus.connected:
                deaf = True  # judge nobody
                continue
            if deaf:
                # Others come back a little later than we do: their silence begins to count now.
                deaf = False
                for opened in self._open.values():
                    opened.ticks = 0
                for known in self._executors.values():
                    known.ticks = 0
            await self._say_heard()
            for opened in list(self._open.values()):
                if opened.ask.executor is None and not opened.ask.answered:
                    opened.ticks += 1
                    if opened.ticks > TICKS_TO_ACCEPT:
                        attempt = opened.ask.attempt
                        self._hear(opened, asking.NotTaken(attempt, "NO_EXECUTOR", "no executor answered in time"))
            used = {opened.ask.executor for opened in self._open.values() if opened.ask.executor is not None}
            for executor, known in list(self._executors.items()):
                if executor not in used:
                    del self._executors[executor]
                    continue
                known.ticks += 1
                if known.ticks >= TICKS_TO_PING and known.pinging is None:
                    known.pinging = asyncio.create_task(self._ping(executor, known))
                if known.ticks >= TICKS_TO_SILENCE:
                    self._judge(asking.Silent(executor))
            for executor in used - set(self._executors):
                self._executors[executor] = _Executor()

    async def _say_heard(self) -> None:
        heard, self._heard = self._heard, {}
        for executor, results in heard.items():
            # Lost, it is said again: the executor repeats its result, and hears it then.
            with contextlib.suppress(WorkflowError):
                await self._bus.publish(subjects.results_heard(executor), ResultsHeard(self.id, results))

    async def _ping(self, executor: str, known: _Executor) -> None:
        try:
            await self._bus.request(subjects.executor_ping(executor), Ping(self.id), Heartbeat, within=0.5)
            known.ticks = 0
        except NoResponders:
            log.warning("executor is gone", executor=executor)
            self._judge(asking.Gone(executor))
        except (TimeoutError, WorkflowError):
            pass  # paused, or we are cut off: silence goes on counting
        finally:
            known.pinging = None

    def _judge(self, fact: asking.Gone | asking.Silent) -> None:
        for opened in list(self._open.values()):
            self._hear(opened, fact)

    async def close(self) -> None:
        """Stop judging; call when nobody waits any more."""
        if self._ticking:
            self._ticking.cancel()
        await self._say_heard()
