"""A group of messages becomes rows, and only then is acknowledged.

What PostgreSQL refuses is narrowed down to the one event that it is, set aside, and the rest is written. A database
that is away is waited for: messages stay in the stream, none counts as failed.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Sequence

import msgspec
import structlog
from msgspec.structs import replace
from prometheus_client import Counter

from wf_history_writer.patience import Ending, Patience
from wf_history_writer.settings import Settings
from wfcore import subjects
from wfcore.messages import DeadLetter, HistoryBatch
from wfhistory.store import DataRefused, Store
from wfhistory.wire import Refused, read_batch
from wfservice.bus import Bus, Delivery

log = structlog.get_logger()

EVENTS = Counter("wf_history_events_total", "Events written to PostgreSQL")
REFUSED = Counter("wf_history_refused_total", "Messages or parts of them that went to WF_DEAD_LETTERS")

_COMMIT_BYTES = 4 << 20


class Writer:
    """Writes what it is handed. One group at a time: `take` is not called again before it has returned."""

    def __init__(self, store: Store, bus: Bus, settings: Settings, patience: Patience) -> None:
        """Nothing is written yet."""
        self._store = store
        self._bus = bus
        self._settings = settings
        self._patience = patience
        self._idle = asyncio.Event()
        self._idle.set()

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        """Write a group, acknowledge it, and let the next one gather."""
        began = time.monotonic()
        for group in _portions(deliveries):
            if not await self._written(group):
                return await _hand_back(group)
        await self._patience.pause(began + self._settings.group_seconds - time.monotonic())
        return None

    async def finish(self) -> None:
        """Return when the group under way is written or handed back."""
        await self._idle.wait()

    async def _written(self, deliveries: Sequence[Delivery]) -> bool:
        """Write and acknowledge; False when we are to end before that was possible."""
        if self._patience.ending:
            return False
        self._idle.clear()
        try:
            await self._write(deliveries)
        except Ending:
            return False
        finally:
            self._idle.set()
        return True

    async def _write(self, deliveries: Sequence[Delivery]) -> None:
        async def everything() -> None:
            await self._keep([batch for delivery in deliveries for batch in await self._read(delivery.data)])

        async def still_at_it() -> None:
            for delivery in deliveries:
                await delivery.in_progress()

        # Written again from the start after an outage: what is there already changes nothing.
        await self._patience.until_done(everything, still_at_it)
        for delivery in deliveries:
            await delivery.ack()

    async def _read(self, message: bytes) -> list[HistoryBatch]:
        """The batch in a message, or nothing where there is none to be found in it."""
        try:
            batch, unreadable = read_batch(message)
        except DataRefused as error:
            await self._set_aside(Refused(message, error.reason))
            return []
        for part in unreadable:
            await self._set_aside(part)
        return [batch]

    async def _keep(self, batches: Sequence[HistoryBatch]) -> None:
        """Write all of it, halving what is refused until the culprit stands alone."""
        try:
            await self._store.write(batches)
        except DataRefused as error:
            halves = _halves(batches)
            if halves is None:
                await self._set_aside(Refused(msgspec.msgpack.encode(batches[0]), error.reason))
                return
            for half in halves:
                await self._keep(half)
        else:
            EVENTS.inc(sum(len(batch.events) for batch in batches))

    async def _set_aside(self, refused: Refused) -> None:
        """Into the dead letters. Its id is its content, so that a repeated message does not repeat the letter."""
        log.error("history refused", reason=refused.reason, bytes=len(refused.part))
        letter = DeadLetter(reason=refused.reason, at=time.time_ns() // 1000, batch=refused.part)
        await self._bus.append(subjects.DEAD_LETTER, letter, id=hashlib.sha256(refused.part).hexdigest())
        REFUSED.inc()


def _halves(batches: Sequence[HistoryBatch]) -> tuple[Sequence[HistoryBatch], Sequence[HistoryBatch]] | None:
    """Two parts that hold everything between them, None where there is but one event left."""
    if len(batches) > 1:
        middle = len(batches) // 2
        return batches[:middle], batches[middle:]
    (batch,) = batches
    if batch.events and batch.told:
        return [replace(batch, told=[])], [replace(batch, events=[])]
    if len(batch.events) > 1:
        middle = len(batch.events) // 2
        return [replace(batch, events=batch.events[:middle])], [replace(batch, events=batch.events[middle:])]
    if len(batch.told) > 1:
        middle = len(batch.told) // 2
        return [replace(batch, told=batch.told[:middle])], [replace(batch, told=batch.told[middle:])]
    return None


def _portions(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """The group in parts of one commit each, which never takes longer than a command may."""
    portion: list[Delivery] = []
    weight = 0
    for delivery in deliveries:
        if portion and weight + len(delivery.data) > _COMMIT_BYTES:
            yield portion
            portion, weight = [], 0
        portion.append(delivery)
        weight += len(delivery.data)
    yield portion


async def _hand_back(deliveries: Sequence[Delivery]) -> None:
    """Let another writer have them, then wait for the bus to take us off: it would only hand us the next group."""
    for delivery in deliveries:
        await delivery.nak(0)
    await asyncio.get_running_loop().create_future()
