"""Streams and buckets over JetStream: made, mended, read and watched."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import nats
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api, errors
from nats.js.kv import KeyValue

from wfcore import subjects
from wfservice.bus.interface import Change, Delivery, Entry, TransportLost

log = structlog.get_logger()

_LOST = (nats.errors.Error, asyncio.TimeoutError, OSError)


class NatsBucket:
    """A bucket of NATS KV."""

    def __init__(self, js: JetStreamContext, name: str, connected: Callable[[], bool]) -> None:
        """Made by the bus."""
        self._js = js
        self._name = name
        self._connected = connected
        self._held: KeyValue | None = None

    async def _kv(self) -> KeyValue:
        if not self._connected():
            raise TransportLost(f"not connected, bucket `{self._name}` is out of reach", sent=False)
        if self._held is None:
            try:
                self._held = await self._js.key_value(self._name)
            except _LOST as error:
                raise TransportLost(f"bucket `{self._name}` is out of reach: {error!r}", sent=False) from error
        return self._held

    async def get(self, key: str) -> Entry | None:
        """See Bucket.get."""
        kv = await self._kv()
        try:
            found = await kv.get(key)
        except (errors.KeyNotFoundError, errors.KeyDeletedError):
            return None
        except _LOST as error:
            raise TransportLost(f"`{self._name}/{key}` could not be read: {error!r}", sent=False) from error
        return Entry(found.value or b"", found.revision or 0)

    async def put(self, key: str, value: bytes) -> int:
        """See Bucket.put."""
        kv = await self._kv()
        try:
            return await kv.put(key, value)
        except _LOST as error:
            raise TransportLost(f"`{self._name}/{key}` was not acknowledged: {error!r}", sent=True) from error

    async def update(self, key: str, value: bytes, revision: int) -> int | None:
        """See Bucket.update."""
        kv = await self._kv()
        try:
            if revision == 0:
                return await kv.create(key, value)
            return await kv.update(key, value, last=revision)
        except (errors.KeyWrongLastSequenceError, errors.BadRequestError):
            return None
        except _LOST as error:
            raise TransportLost(f"`{self._name}/{key}` was not acknowledged: {error!r}", sent=True) from error

    async def delete(self, key: str) -> None:
        """See Bucket.delete."""
        kv = await self._kv()
        try:
            await kv.delete(key)
        except _LOST as error:
            raise TransportLost(f"`{self._name}/{key}` was not deleted: {error!r}", sent=True) from error

    async def watch(self) -> AsyncIterator[Change | None]:
        """See Bucket.watch."""
        kv = await self._kv()
        watcher: Any = await kv.watchall()
        complete = False
        try:
            while True:
                try:
                    update = await watcher.updates(timeout=3600)
                except nats.errors.TimeoutError:
                    continue
                if update is None:
                    # nats-py gives None at the end of the initial state, and also when the watch is over.
                    if complete:
                        return
                    complete = True
                    yield None
                    continue
                gone = update.operation in ("DEL", "PURGE")
                yield Change(update.key, None if gone else (update.value or b""), update.revision or 0)
        finally:
            with contextlib.suppress(Exception):
                await watcher.stop()

    async def made(self) -> str:
        """See Bucket.made."""
        return str((await self._info()).created)

    async def last_revision(self) -> int:
        """See Bucket.last_revision."""
        return (await self._info()).state.last_seq

    async def _info(self) -> api.StreamInfo:
        try:
            return await self._js.stream_info(f"KV_{self._name}")
        except _LOST as error:
            raise TransportLost(f"bucket `{self._name}` is out of reach: {error!r}", sent=False) from error


class NatsDelivery:
    """A message of a stream."""

    def __init__(self, msg: Msg) -> None:
        """Made by `consume`."""
        self._msg = msg
        self.data = msg.data
        self.tries = msg.metadata.num_delivered or 1

    async def ack(self) -> None:
        """Done with it."""
        await self._msg.ack()

    async def nak(self, delay: float) -> None:
        """Again in `delay` seconds."""
        await self._msg.nak(delay=delay)

    async def term(self) -> None:
        """Never again."""
        await self._msg.term()

    async def in_progress(self) -> None:
        """Still at it."""
        await self._msg.in_progress()


async def consume(
    js: JetStreamContext,
    stream: subjects.Stream,
    durable: str,
    handle: Callable[[Sequence[Delivery]], Awaitable[None]],
    batch: int,
) -> None:
    """Pull groups for ever. A server that restarts forgets pulls, so they are short; a lost consumer is made anew."""
    while True:
        subscription: Any = None
        try:
            config = api.ConsumerConfig(
                ack_policy=api.AckPolicy.EXPLICIT, ack_wait=15, max_ack_pending=max(1024, 4 * batch), max_deliver=-1
            )
            subscription = await js.pull_subscribe(
                stream.subjects[0], durable=durable, stream=stream.name, config=config
            )
            while True:
                try:
                    # No heartbeat: nats-py sends one that the server refuses, and throws away what it had fetched.
                    messages = await subscription.fetch(batch, timeout=3)
                except (TimeoutError, nats.errors.TimeoutError):
                    continue
                await handle([NatsDelivery(message) for message in messages])
        except asyncio.CancelledError:
            raise
        except errors.NotFoundError:
            pass  # not made yet, or made anew
        except Exception as error:
            log.warning("consumer lost", stream=stream.name, error=repr(error))
        finally:
            if subscription is not None:
                with contextlib.suppress(Exception):
                    await subscription.unsubscribe()
        await asyncio.sleep(0.1)


async def pending(js: JetStreamContext, stream: subjects.Stream, durable: str) -> int:
    """Not delivered and not acknowledged messages of a consumer; all of the stream where there is no consumer yet."""
    try:
        info = await js.consumer_info(stream.name, durable)
        return (info.num_pending or 0) + (info.num_ack_pending or 0)
    except errors.NotFoundError:
        return (await js.stream_info(stream.name)).state.messages


async def ensure(js: JetStreamContext, streams: Sequence[subjects.Stream], buckets: Sequence[subjects.Bucket]) -> None:
    """Make what is missing, mend what differs."""
    for stream in streams:
        config = api.StreamConfig(
            name=stream.name,
            subjects=list(stream.subjects),
            retention=api.RetentionPolicy.WORK_QUEUE if stream.work_queue else api.RetentionPolicy.LIMITS,
            discard=api.DiscardPolicy.NEW if stream.work_queue else api.DiscardPolicy.OLD,
            storage=api.StorageType.FILE,
            max_bytes=stream.max_bytes,
            max_age=stream.max_age_seconds,
            duplicate_window=120,
        )
        try:
            info = await js.stream_info(stream.name)
        except errors.NotFoundError:
            await js.add_stream(config)
            continue
        held = info.config
        if (held.subjects, held.max_bytes, held.max_age) != (config.subjects, config.max_bytes, config.max_age):
            await js.update_stream(config)
    for bucket in buckets:
        try:
            await js.stream_info(f"KV_{bucket.name}")
        except errors.NotFoundError:
            await js.create_key_value(
                api.KeyValueConfig(
                    bucket=bucket.name,
                    history=1,
                    ttl=bucket.ttl_seconds or None,
                    storage=api.StorageType.MEMORY if bucket.in_memory else api.StorageType.FILE,
                )
            )
