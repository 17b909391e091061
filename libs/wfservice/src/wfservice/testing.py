"""A bus without a server, for tests of what stands on a bus. It passes the same contract tests as the real one."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from msgspec import Struct

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.messages import Failed
from wfservice.bus import wire
from wfservice.bus.interface import Change, Delivery, Entry, Handler, NoResponders, RemoteFailure, TransportLost

MAX_PAYLOAD = 8 << 20
"""Bytes of one message, as the real server is set."""


class Room:
    """What the server would be: connect several MemoryBus to one room."""

    def __init__(self) -> None:
        """Empty."""
        self.listeners: list[tuple[MemoryBus, Handler]] = []
        self.buckets: dict[str, MemoryBucket] = {}
        self.streams: dict[str, MemoryStream] = {}
        self.turn = itertools.count()


class MemoryBucket:
    """A bucket."""

    def __init__(self, name: str) -> None:
        """Empty."""
        self.name = name
        self.entries: dict[str, Entry] = {}
        self.revision = 0
        self.watchers: list[asyncio.Queue[Change | None]] = []

    def _change(self, key: str, value: bytes | None) -> int:
        self.revision += 1
        if value is None:
            self.entries.pop(key, None)
        else:
            self.entries[key] = Entry(value, self.revision)
        for watcher in self.watchers:
            watcher.put_nowait(Change(key, value, self.revision))
        return self.revision

    async def get(self, key: str) -> Entry | None:
        """See Bucket.get."""
        return self.entries.get(key)

    async def put(self, key: str, value: bytes) -> int:
        """See Bucket.put."""
        return self._change(key, value)

    async def update(self, key: str, value: bytes, revision: int) -> int | None:
        """See Bucket.update."""
        held = self.entries.get(key)
        if (held.revision if held else 0) != revision:
            return None
        return self._change(key, value)

    async def delete(self, key: str) -> None:
        """See Bucket.delete."""
        self._change(key, None)

    async def watch(self) -> AsyncIterator[Change | None]:
        """See Bucket.watch."""
        queue: asyncio.Queue[Change | None] = asyncio.Queue()
        for key, entry in self.entries.items():
            queue.put_nowait(Change(key, entry.value, entry.revision))
        queue.put_nowait(None)
        self.watchers.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self.watchers.remove(queue)

    async def made(self) -> str:
        """See Bucket.made."""
        return str(id(self))

    async def last_revision(self) -> int:
        """See Bucket.last_revision."""
        return self.revision


class MemoryStream:
    """A work queue."""

    def __init__(self) -> None:
        """Empty."""
        self.waiting: deque[MemoryDelivery] = deque()
        self.open: set[MemoryDelivery] = set()
        self.ids: set[str] = set()
        self.filled = asyncio.Event()

    def add(self, delivery: MemoryDelivery) -> None:
        """Put (back) into the queue."""
        self.waiting.append(delivery)
        self.filled.set()


class MemoryDelivery:
    """A message of a stream."""

    def __init__(self, stream: MemoryStream, data: bytes) -> None:
        """Not delivered yet."""
        self._stream = stream
        self.data = data
        self.tries = 0

    async def ack(self) -> None:
        """Done with it."""
        self._stream.open.discard(self)

    async def nak(self, delay: float) -> None:
        """Again in `delay` seconds."""
        self._stream.open.discard(self)
        asyncio.get_running_loop().call_later(delay, self._stream.add, self)

    async def term(self) -> None:
        """Never again."""
        self._stream.open.discard(self)

    async def in_progress(self) -> None:
        """Still at it."""


class MemoryBus:
    """One connection to a room."""

    def __init__(self, room: Room | None = None) -> None:
        """Connected at once."""
        self.room = room or Room()
        self.connected = True
        self._work: set[asyncio.Task[Any]] = set()
        self._consumers: list[asyncio.Task[None]] = []
        self._under_way: dict[Handler, int] = {}

    # --- asking and answering -----------------------------------------------------------------

    def _receivers(self, subject: str) -> list[tuple[MemoryBus, Handler]]:
        """All plain listeners, and one of each queue group in turn."""
        heard = [(bus, h) for bus, h in self.room.listeners if h.subject == subject and bus.connected]
        plain = [(bus, h) for bus, h in heard if h.queue is None]
        groups: dict[str, list[tuple[MemoryBus, Handler]]] = {}
        for bus, handler in heard:
            if handler.queue is not None:
                groups.setdefault(handler.queue, []).append((bus, handler))
        return plain + [members[next(self.room.turn) % len(members)] for members in groups.values()]

    async def request(self, subject: str, message: Struct, reply: Any, *, within: float) -> Any:
        """See Bus.request."""
        if not self.connected:
            raise TransportLost("not connected", sent=False)
        receivers = self._receivers(subject)
        if not receivers:
            raise NoResponders(f"nobody listens on {subject}")
        answers: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue()
        payload, headers = _bounded(message), wire.headers(within)
        for bus, handler in receivers:
            bus._spawn(bus._handle(handler, payload, headers, answers))
        async with asyncio.timeout(within):
            answer, failed = await answers.get()
        if failed:
            error = wire.decode(answer, Failed)
            raise RemoteFailure(error.message, code=error.code)
        return wire.decode(answer, reply)

    async def publish(self, subject: str, message: Struct) -> None:
        """See Bus.publish."""
        if not self.connected:
            raise TransportLost("not connected", sent=False)
        for bus, handler in self._receivers(subject):
            bus._spawn(bus._handle(handler, _bounded(message), wire.headers(), asyncio.Queue()))

    async def _handle(
        self, handler: Handler, payload: bytes, headers: dict[str, str], answers: asyncio.Queue[tuple[bytes, bool]]
    ) -> None:
        try:
            if self._under_way.get(handler, 0) >= handler.at_once:
                raise WorkflowError(f"{handler.at_once} messages are under way", code="OVERLOADED")
            self._under_way[handler] = self._under_way.get(handler, 0) + 1
            try:
                wire.refuse_other_major(headers)
                left = wire.seconds_left(headers)
                if left is not None and left <= 0:
                    return
                answer = await handler.function(wire.decode(payload, handler.message))
            finally:
                self._under_way[handler] -= 1
            if answer is not None:
                answers.put_nowait((_bounded(answer), False))
        except Exception as error:
            answers.put_nowait((wire.encode(wire.failed(wire.refusal(error, handler.subject))), True))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def serve(self, handlers: Sequence[Handler]) -> None:
        """See Bus.serve."""
        self.room.listeners += [(self, handler) for handler in handlers]

    async def unserve(self, *only: str) -> None:
        """See Bus.unserve."""
        self.room.listeners = [
            (bus, handler)
            for bus, handler in self.room.listeners
            if bus is not self or (only and handler.subject not in only)
        ]

    # --- storing ------------------------------------------------------------------------------

    def bucket(self, bucket: subjects.Bucket) -> MemoryBucket:
        """See Bus.bucket."""
        return self.room.buckets.setdefault(bucket.name, MemoryBucket(bucket.name))

    def _stream(self, name: str) -> MemoryStream:
        return self.room.streams.setdefault(name, MemoryStream())

    async def append(self, subject: str, message: Struct, *, id: str) -> None:
        """See Bus.append."""
        if not self.connected:
            raise TransportLost("not connected", sent=False)
        name = next(s.name for s in subjects.STREAMS if any(_matches(pattern, subject) for pattern in s.subjects))
        stream = self._stream(name)
        if id not in stream.ids:
            stream.add(MemoryDelivery(stream, _bounded(message)))
            stream.ids.add(id)

    async def consume(
        self,
        stream: subjects.Stream,
        durable: str,
        handle: Callable[[Sequence[Delivery]], Awaitable[None]],
        *,
        batch: int = 64,
    ) -> None:
        """See Bus.consume."""

        async def pull() -> None:
            held = self._stream(stream.name)
            while True:
                await held.filled.wait()
                group = [held.waiting.popleft() for _ in range(min(batch, len(held.waiting)))]
                if not held.waiting:
                    held.filled.clear()
                for delivery in group:
                    delivery.tries += 1
                    held.open.add(delivery)
                if group:
                    await handle(group)

        self._consumers.append(asyncio.create_task(pull()))

    async def pending(self, stream: subjects.Stream, durable: str) -> int:
        """See Bus.pending."""
        held = self._stream(stream.name)
        return len(held.waiting) + len(held.open)

    async def ensure(self, streams: Sequence[subjects.Stream], buckets: Sequence[subjects.Bucket]) -> None:
        """See Bus.ensure."""
        for bucket in buckets:
            self.bucket(bucket)
        for stream in streams:
            self._stream(stream.name)

    async def drain(self, within: float) -> None:
        """See Bus.drain."""
        await self.unserve()
        for consumer in self._consumers:
            consumer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._consumers, return_exceptions=True)
        if self._work:
            await asyncio.wait(self._work, timeout=within)
        self.connected = False


def _bounded(message: Struct) -> bytes:
    payload = wire.encode(message)
    if len(payload) > MAX_PAYLOAD:
        raise WorkflowError(f"a message of {len(payload)} bytes is too large for the bus", code="RESULT_TOO_LARGE")
    return payload


def _matches(pattern: str, subject: str) -> bool:
    return subject == pattern or (pattern.endswith(">") and subject.startswith(pattern[:-1]))
