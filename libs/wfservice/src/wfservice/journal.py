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
from wfcore.errors import WorkflowError
from wfcore.events import (
    BODIES,
    Body,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    Failure,
    TaskCompleted,
    WorkflowCompleted,
)
from wfcore.messages import HistoryBatch, Told
from wfservice import telemetry
from wfservice.bus import Bus
from wfservice.bus.interface import TransportLost

log = structlog.get_logger()

GROUP_SECONDS = 0.025
"""How long events wait for others: each group costs a disk write, and at a low rate those are most of NATS's work."""

GROUP_BYTES = 512 << 10
"""A group is cut here: far below what the bus carries, so that no burst makes a message that can never be stored."""
EVENT_BYTES = 300
"""What an event weighs beside its bodies, roughly."""


class Journal:
    """Collects events and hands them to the stream."""

    def __init__(self, bus: Bus, sender: str, group_seconds: float = GROUP_SECONDS) -> None:
        """`sender` names this process; with the number of the group it is the id of a message."""
        self._group_seconds = group_seconds
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

    def add(self, events: Iterable[Event], *, at_once: bool = False) -> None:
        """Record events; `at_once` hands them to the stream now, with all that waits."""
        for event in events:
            self._events.append(event)
            self._bytes += _weight(event)
        if at_once:
            self._send()
        else:
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
                async with asyncio.timeout(self._group_seconds):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._send()

    def _send(self) -> None:
        self._waiting.clear()
        self._full.clear()
        if not self._events and not self._told:
            return
        events, told, small = self._events, self._told, self._bytes <= GROUP_BYTES
        self._events, self._told, self._bytes = [], [], 0
        *full, last = [events] if small else _groups(events)
        for group in full:
            self._begin(group, [])
        self._begin(last, told)

    def _begin(self, events: list[Event], told: list[Told]) -> None:
        self._number += 1
        batch = HistoryBatch(self._sender, self._number, events, told)
        telemetry.JOURNAL_WAITING.inc(len(events))
        task = asyncio.create_task(self._store(batch))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _store(self, batch: HistoryBatch) -> None:
        pause = 0.05
        try:
            while True:
                try:
                    await self._bus.append(subjects.HISTORY_BATCH, batch, id=f"{batch.sender}.{batch.number}")
                    return
                except TransportLost as lost:
                    log.warning("history is waiting", error=lost.message, events=len(batch.events))
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, 2.0)
                except WorkflowError as error:  # no try can store it
                    log.error("history is lost", error=error.message, events=len(batch.events))
                    return
        finally:
            telemetry.JOURNAL_WAITING.dec(len(batch.events))


def _groups(events: list[Event]) -> list[list[Event]]:
    """The events in order, cut where a group would grow above GROUP_BYTES; one group at least."""
    groups: list[list[Event]] = [[]]
    size = 0
    for event in events:
        weight = _weight(event)
        if groups[-1] and size + weight > GROUP_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(event)
        size += weight
    return groups


def _weight(event: Event) -> int:
    """Bytes of an event, roughly: its bodies and headers count, the rest is an average."""
    data = event.data
    total = EVENT_BYTES
    if isinstance(data, CallStarted | CallSucceeded | CallFailed):
        total += sum(map(len, data.headers)) + sum(map(len, data.headers.values()))
    place = BODIES.get(type(data))
    if place is None:
        return total
    held: Body | None = getattr(data, place)
    if held is not None:
        total += len(held.data)
    if not isinstance(data, TaskCompleted | WorkflowCompleted):
        return total
    for failure in (getattr(data, "failure", None), getattr(getattr(data, "summary", None), "error", None)):
        if isinstance(failure, Failure) and failure.original_error is not None:
            original = failure.original_error
            total += len(original.body.data) + sum(map(len, original.headers.values()))
    return total
