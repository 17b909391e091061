"""The heartbeat of an executor, from a thread with its own connection.

A loop that is busy is alive, and must not look dead: so the thread beats for it, and says how long it has not
turned.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter

import structlog

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.messages import Heartbeat, Ping
from wfservice.bus import on
from wfservice.bus.nats import NatsBus

log = structlog.get_logger()

BEAT_SECONDS = 0.5
TURN_SECONDS = 0.05


class Pulse:
    """Beats to every asker for which something runs, and answers pings."""

    def __init__(self, executor: str, nats_url: str) -> None:
        """Silent before `begin`."""
        self._executor = executor
        self._url = nats_url
        self._runs: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()
        self._turned = time.monotonic()
        self._connected = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._live, name="pulse", daemon=True)
        self._turning: asyncio.Task[None] | None = None
        self._bus: NatsBus | None = None

    async def begin(self) -> None:
        """Start the thread and wait until it answers pings."""
        self._turning = asyncio.create_task(self._turn(), name="pulse turn")
        self._thread.start()
        await asyncio.to_thread(self._connected.wait, 30)

    def end(self) -> None:
        """Beat no more."""
        self._ended.set()
        if self._turning:
            self._turning.cancel()

    @property
    def beating(self) -> bool:
        return self._connected.is_set()

    def add(self, asker: str, execution: str) -> None:
        """Something runs for this asker."""
        with self._lock:
            self._runs.setdefault(asker, Counter())[execution] += 1

    def remove(self, asker: str, execution: str) -> None:
        """It has ended."""
        with self._lock:
            runs = self._runs[asker]
            runs[execution] -= 1
            if not runs[execution]:
                del runs[execution]
            if not runs:
                del self._runs[asker]

    async def _turn(self) -> None:
        """On the executor's own loop: proof that it turns."""
        while True:
            self._turned = time.monotonic()
            await asyncio.sleep(TURN_SECONDS)

    def _live(self) -> None:
        # Without a beat every longer run here looks lost: so it begins again, whatever ended it.
        while not self._ended.is_set():
            try:
                asyncio.run(self._beat())
            except Exception as error:
                log.warning("heartbeat stopped", error=repr(error))
            self._connected.clear()
            self._ended.wait(BEAT_SECONDS)

    async def _beat(self) -> None:
        bus = self._bus = await NatsBus.connect(self._url, "executor_pulse")
        try:
            await bus.serve([on(subjects.executor_ping(self._executor), Ping, self._answer)])
            self._connected.set()
            while not (self._ended.is_set() or bus.closed.is_set()):
                with self._lock:
                    runs = {asker: list(executions) for asker, executions in self._runs.items()}
                for asker, executions in runs.items():
                    with contextlib.suppress(WorkflowError):
                        await bus.publish(subjects.heartbeat(asker), self._said(executions))
                await asyncio.sleep(BEAT_SECONDS)
        finally:
            await bus.drain(1)

    async def _answer(self, ping: Ping) -> Heartbeat:
        with self._lock:
            return self._said(list(self._runs.get(ping.asker, ())))

    def _said(self, executions: list[str]) -> Heartbeat:
        lag = max(0.0, time.monotonic() - self._turned - TURN_SECONDS)
        return Heartbeat(self._executor, executions, int(lag * 1000))
