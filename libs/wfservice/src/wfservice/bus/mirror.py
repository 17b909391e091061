"""A bucket, held in memory and kept right.

A watch alone goes blind: for seconds after the server restarts, and for ever when the bucket was made anew.
So the mirror starts its watch again whenever it ends, and every few seconds compares what it has seen with
the newest revision of the bucket, and whether it is still the same bucket.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeVar

import msgspec
import structlog
from msgspec import Struct

from wfcore import subjects
from wfservice.bus.interface import Bus, Change

Value = TypeVar("Value", bound=Struct)
Listener = Callable[[str, Value | None, int], None]

log = structlog.get_logger()


class Mirror(Generic[Value]):
    """All values of a bucket, decoded."""

    def __init__(self, bus: Bus, bucket: subjects.Bucket, type: type[Value], *, check_seconds: float = 5.0) -> None:
        """Nothing is read before `follow`."""
        self._bucket = bus.bucket(bucket)
        self._name = bucket.name
        self._decoder = msgspec.msgpack.Decoder(type)
        self._check_seconds = check_seconds
        self._values: dict[str, tuple[Value, int, bytes]] = {}
        self._listeners: list[Listener[Value]] = []
        self._complete = asyncio.Event()
        self._seen = 0
        """The newest revision of the watch under way."""
        self._newest = 0
        self._made = ""
        self._task: asyncio.Task[None] | None = None

    def get(self, key: str) -> Value | None:
        """The value of a key, as last seen."""
        held = self._values.get(key)
        return None if held is None else held[0]

    def revision(self, key: str) -> int:
        """Revision of a key; 0 when it is not there."""
        held = self._values.get(key)
        return 0 if held is None else held[1]

    @property
    def newest(self) -> int:
        """The newest revision seen in the bucket; it falls only when the bucket is made anew."""
        return self._newest

    def items(self) -> Iterator[tuple[str, Value]]:
        """All keys and values, in no order."""
        return iter([(key, value) for key, (value, _, _) in self._values.items()])

    def listen(self, listener: Listener[Value]) -> None:
        """Call with (key, value or None, revision) for all there is and every change, in order."""
        self._listeners.append(listener)

    async def follow(self) -> None:
        """Begin, and wait until all that was there is here."""
        self._task = asyncio.create_task(self._keep(), name=f"mirror {self._name}")
        await self._complete.wait()

    @property
    def complete(self) -> bool:
        return self._complete.is_set()

    async def close(self) -> None:
        """Stop."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        pause = 0.02
        while True:
            try:
                await self._watch_once()
                pause = 0.02
            except asyncio.CancelledError:
                raise
            except Exception as error:  # whatever ended the watch: begin anew
                if self.complete:
                    log.warning("watch lost", bucket=self._name, error=str(error))
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 1.6, 2.0)

    async def _watch_once(self) -> None:
        """Watch until it ends or goes blind; what vanished meanwhile is told as deleted."""
        present: set[str] | None = set()
        self._seen = 0
        made = await self._bucket.made()
        if made != self._made:
            self._made, self._newest = made, 0
        async with contextlib.aclosing(_until(self._blind(made), self._bucket.watch())) as changes:
            async for change in changes:
                if change is None:
                    for key in [key for key in self._values if present is not None and key not in present]:
                        self._forget(key)
                    present = None
                    self._complete.set()
                    continue
                if present is not None and change.value is not None:
                    present.add(change.key)
                self._set(change)

    async def _blind(self, made: str) -> None:
        """Return when the bucket is another one, or has moved on and the watch has not told for a whole interval."""
        while True:
            await asyncio.sleep(self._check_seconds)
            if await self._bucket.made() != made:
                return
            seen = self._seen
            newest = await self._bucket.last_revision()
            if newest == seen:
                continue
            await asyncio.sleep(min(1.0, self._check_seconds))
            if self._seen == seen:
                return

    def _set(self, change: Change) -> None:
        self._seen = max(self._seen, change.revision)
        self._newest = max(self._newest, change.revision)
        if change.value is None:
            self._forget(change.key)
            return
        held = self._values.get(change.key)
        if held is not None and held[1:] == (change.revision, change.value):
            return  # after a reconnect everything comes again
        try:
            value = self._decoder.decode(change.value)
        except msgspec.DecodeError as error:  # of another release: what is known goes on
            log.error("value not understood", bucket=self._name, key=change.key, error=str(error))
            return
        self._values[change.key] = (value, change.revision, change.value)
        self._tell(change.key, value, change.revision)

    def _forget(self, key: str) -> None:
        if self._values.pop(key, None) is not None:
            self._tell(key, None, 0)

    def _tell(self, key: str, value: Value | None, revision: int) -> None:
        for listener in self._listeners:
            try:
                listener(key, value, revision)
            except Exception:  # a fault of a listener on one key must not blind it to all others
                log.exception("listener failed", bucket=self._name, key=key)


async def _until(
    stop: Coroutine[Any, Any, None], changes: AsyncIterator[Change | None]
) -> AsyncGenerator[Change | None, None]:
    """The changes, until `stop` returns (or fails, which is raised)."""
    stopped = asyncio.ensure_future(stop)
    following: asyncio.Future[Any] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(changes, _END))
            await asyncio.wait({stopped, following}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                stopped.result()
                return
            change = following.result()
            if change is _END:
                return
            yield change
    finally:
        for task in (stopped, following):
            if task is not None and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        close = getattr(changes, "aclose", None)
        if close is not None:
            await close()


_END: Any = object()
