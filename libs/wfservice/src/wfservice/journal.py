"""The way into history: events of many runs, committed in groups.

Nothing waits for it on the hot path. A group is sent until the stream has acknowledged it; its id stays the
same, so a repeated one is stored once.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable

import structlog

from wfcore import subjects
from wfcore.events import Body, Event
from wfcore.messages import HistoryBatch, Told
from wfservice import telemetry
from wfservice.bus import Bus
from wfservice.bus.interface import TransportLost

log = structlog.get_logger()

GROUP_SECONDS = 0.01
GROUP_BYTES = 512 << 10
EVENT_BYTES = 300
"""What an event weighs beside its bodies, roughly."""


class Journal:
    """Collects events and hands them to the stream."""

    def __init__(self, bus: Bus, sender: str) -> None:
        """`sender` names this process; with the number of the group it is the id of a message."""
        self._bus = bus
        self._sender = f"{sender}.{secrets.token_hex(6)}"
        self._number = 0
        self._events: list[Event] = []
        self._told: list[Told] = []
        self._bytes = 0
        self._full = asyncio.Event()
        self._waiting = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._task = asyncio.create_task(self._group(), name="journal")

    def add(self, events: Iterable[Event]) -> None:
        """Record events."""
        for event in events:
            self._events.append(event)
            self._bytes += EVENT_BYTES + _weight(event)
        self._wake()

    def tell(self, told: Told) -> None:
        """Record what a client was told."""
        self._told.append(told)
        self._bytes += EVENT_BYTES
        self._wake()

    def _wake(self) -> None:
        self._waiting.set()
        if self._bytes >= GROUP_BYTES:
            self._full.set()

    async def close(self) -> None:
        """Send what is left and wait until it is stored."""
        self._task.cancel()
        self._send()
        if self._sending:
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _group(self) -> None:
        while True:
            await self._waiting.wait()
            try:
                async with asyncio.timeout(GROUP_SECONDS):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._send()

    def _send(self) -> None:
        self._waiting.clear()
        self._full.clear()
        if not self._events and not self._told:
            return
        self._number += 1
        batch = HistoryBatch(self._sender, self._number, self._events, self._told)
        self._events, self._told, self._bytes = [], [], 0
        task = asyncio.create_task(self._store(batch))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        telemetry.JOURNAL_WAITING.set(len(self._sending))

    async def _store(self, batch: HistoryBatch) -> None:
        pause = 0.05
        while True:
            try:
                await self._bus.append(subjects.HISTORY_BATCH, batch, id=f"{batch.sender}.{batch.number}")
                return
            except TransportLost as lost:
                log.warning("history is waiting", error=lost.message, events=len(batch.events))
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            finally:
                telemetry.JOURNAL_WAITING.set(len(self._sending))


def _weight(event: Event) -> int:
    """Bytes of the bodies in an event."""
    data = event.data
    total = 0
    for name in ("body", "input", "output"):
        held = getattr(data, name, None)
        if isinstance(held, Body):
            total += len(held.data)
    return total
