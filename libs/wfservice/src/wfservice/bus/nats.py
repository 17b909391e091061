"""The bus over NATS.

nats-py leaves questions open that this code must answer: its drain loses work on both sides, callbacks of a
subscription run one after another, requests in flight outlive a lost connection, requests made while disconnected
arrive late, and an exception in its error callback ends the read loop for good. So the reply mux, the bounded tasks,
the liveness and the drain are ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import nats
import structlog
from msgspec import Struct
from nats import micro
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import ConnectionClosedError, OutboundBufferLimitError

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.messages import Failed
from wfservice import telemetry
from wfservice.bus import wire
from wfservice.bus.interface import Bucket, Delivery, Handler, NoResponders, RemoteFailure, Reply, TransportLost
from wfservice.bus.storage import NatsBucket, consume, ensure, pending

log = structlog.get_logger()

LOOPBACK_SECONDS = 1.0
SILENT_ECHOES = 3
"""So many echoes of ourselves in a row missed: the connection looks alive and is not."""


class NatsBus:
    """One connection. Make it with `connect`."""

    def __init__(self, client: Client, service: str) -> None:
        """Use `connect`."""
        self._client = client
        self._js = client.jetstream(timeout=5)
        self._id = f"{service}-{os.getpid()}-{secrets.token_hex(4)}"
        self._inbox = f"_INBOX_{service}.{secrets.token_hex(8)}"
        self._tokens = itertools.count()
        self._waiting: dict[str, asyncio.Future[Msg]] = {}
        self._subscriptions: list[Subscription] = []
        self._work: set[asyncio.Task[None]] = set()
        self._consumers: list[asyncio.Task[None]] = []
        self._echo = asyncio.Event()
        self._liveness: asyncio.Task[None] | None = None
        self.closed = asyncio.Event()
        """Set when the connection is gone for good: the process must end."""

    @classmethod
    async def connect(cls, url: str, service: str, *, patience: float = 30.0) -> NatsBus:
        """Connect, trying for `patience` seconds (nats-py does not retry the first time)."""
        client = Client()
        bus = cls(client, service)
        try:
            # nats-py asked to reconnect for ever also connects for ever.
            async with asyncio.timeout(patience):
                await client.connect(
                    url,
                    name=bus._id,
                    inbox_prefix=f"_INBOX_{service}".encode(),
                    error_cb=bus._on_error,
                    disconnected_cb=bus._on_disconnect,
                    reconnected_cb=bus._on_reconnect,
                    closed_cb=bus._on_closed,
                    connect_timeout=2,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.25 * (0.5 + random.random()),  # type: ignore[arg-type]  # seconds; floats work
                    ping_interval=2,
                    max_outstanding_pings=2,
                )
        except (TimeoutError, OSError, nats.errors.Error) as error:
            raise TransportLost(f"no NATS at {url} for {patience:g} s: {error!r}", sent=False) from error
        await client.subscribe(f"{bus._inbox}.*", cb=bus._on_reply, pending_msgs_limit=65536)
        await client.subscribe(subjects.loopback(bus._id), cb=bus._on_echo)
        await bus._settle()
        bus._liveness = asyncio.create_task(bus._stay_alive(), name="bus liveness")
        return bus

    @property
    def connected(self) -> bool:
        return self._client.is_connected

    async def announce(self, service: str, version: str, description: str) -> None:
        """Answer `$SRV.PING|INFO|STATS`, so that `nats micro ls` shows who is there. Work does not run through it."""
        await micro.add_service(self._client, name=service, version=version, description=description)
        await self._settle()

    # --- asking -------------------------------------------------------------------------------

    async def request(self, subject: str, message: Struct, reply: type[Reply] | Any, *, within: float) -> Any:
        """See Bus.request."""
        token = f"{next(self._tokens):x}"
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Msg] = loop.create_future()
        self._waiting[token] = future
        timer = loop.call_later(within, _time_out, future)
        try:
            await self._publish(subject, wire.encode(message), f"{self._inbox}.{token}", wire.headers(within))
            answer = await future
        finally:
            timer.cancel()
            self._waiting.pop(token, None)
        received = answer.headers or {}
        if received.get("Status") == "503":
            raise NoResponders(f"nobody listens on {subject}")
        if subjects.ERROR_HEADER in received:
            failed = wire.decode(answer.data, Failed)
            raise RemoteFailure(failed.message, code=failed.code)
        return wire.decode(answer.data, reply)

    async def publish(self, subject: str, message: Struct) -> None:
        """See Bus.publish."""
        await self._publish(subject, wire.encode(message), "", wire.headers())

    async def _publish(self, subject: str, payload: bytes, reply: str, headers: dict[str, str] | None) -> None:
        # A message written while disconnected would be buffered and arrive when nobody wants it any more.
        if not self._client.is_connected:
            raise TransportLost(f"not connected, `{subject}` was not sent", sent=False)
        self._refuse_too_large(payload, headers)
        try:
            await self._client.publish(subject, payload, reply, headers)
        except (ConnectionClosedError, OutboundBufferLimitError) as error:
            raise TransportLost(f"`{subject}` was not sent: {error}", sent=False) from error

    def _refuse_too_large(self, payload: bytes, headers: dict[str, str] | None) -> None:
        # The server counts the headers too, and answers too much by closing the connection for good.
        size = len(payload) + wire.size(headers)
        if size > self._client.max_payload:
            raise WorkflowError(f"a message of {size} bytes is too large for the bus", code="RESULT_TOO_LARGE")

    async def _on_reply(self, msg: Msg) -> None:
        future = self._waiting.pop(msg.subject.rpartition(".")[2], None)
        if future is not None and not future.done():
            future.set_result(msg)

    # --- answering ----------------------------------------------------------------------------

    async def serve(self, handlers: Sequence[Handler]) -> None:
        """See Bus.serve."""
        for handler in handlers:
            callback = self._callback(handler)
            subscription = await self._client.subscribe(handler.subject, queue=handler.queue or "", cb=callback)
            self._subscriptions.append(subscription)
        await self._settle()

    async def _settle(self) -> None:
        """Return when the server knows our subscriptions.

        nats-py puts a PING before what is waiting to be written, so the first PONG proves nothing about it.
        """
        await self._client.flush(2)
        await self._client.flush(2)

    def _callback(self, handler: Handler) -> Callable[[Msg], Awaitable[None]]:
        under_way = 0

        async def received(msg: Msg) -> None:
            # Callbacks run one after another: only hand over, never wait here.
            nonlocal under_way
            if under_way >= handler.at_once:
                telemetry.SHED.labels(handler.subject).inc()
                full = WorkflowError(f"{handler.at_once} messages are under way", code="OVERLOADED")
                self._spawn(self._reply(msg, wire.failed(full), wire.failure_headers(full)))
                return
            under_way += 1
            self._spawn(self._handle(handler, msg)).add_done_callback(ended)

        def ended(_: asyncio.Task[None]) -> None:
            nonlocal under_way
            under_way -= 1

        return received

    async def _handle(self, handler: Handler, msg: Msg) -> None:
        received = msg.headers or {}
        token = telemetry.continued(received)
        try:
            wire.refuse_other_major(received)
            left = wire.seconds_left(received)
            if left is not None and left <= 0:
                telemetry.LATE.labels(handler.subject).inc()
                return  # its sender has given up: acting now would surprise everybody
            answer = await handler.function(wire.decode(msg.data, handler.message))
            if answer is not None:
                await self._reply(msg, answer, None)
        except Exception as error:
            refusal = wire.refusal(error, handler.subject)
            if refusal.code == "INTERNAL":
                log.exception("handler failed", subject=handler.subject)
            await self._reply(msg, wire.failed(refusal), wire.failure_headers(refusal))
        finally:
            telemetry.left(token)

    async def _reply(self, msg: Msg, answer: Struct, headers: dict[str, str] | None) -> None:
        # A good reply has no headers (they cost more than it does): its schema is that of the request.
        if not msg.reply:
            return
        try:
            await self._publish(msg.reply, wire.encode(answer), "", headers)
        except TransportLost as lost:
            log.warning("reply not sent", subject=msg.subject, error=lost.message)
        except WorkflowError as error:  # too large: said at once, instead of a silence that looks like a timeout
            await self._publish(msg.reply, wire.encode(wire.failed(error)), "", wire.failure_headers(error))

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def unserve(self, *only: str) -> None:
        """See Bus.unserve."""
        ended = [each for each in self._subscriptions if not only or each.subject in only]
        self._subscriptions = [each for each in self._subscriptions if each not in ended]
        if self.connected:
            # The server is told first: what it sends until it knows must still find its subscription here, which
            # nats-py's `unsubscribe` forgets at once.
            with contextlib.suppress(nats.errors.Error, asyncio.TimeoutError):
                for subscription in ended:
                    await self._client._send_unsubscribe(subscription._id)
                await self._settle()
                async with asyncio.timeout(2):
                    for subscription in ended:
                        await subscription._pending_queue.join()
        for subscription in ended:
            with contextlib.suppress(nats.errors.Error):
                await subscription.unsubscribe()

    # --- storing ------------------------------------------------------------------------------

    def bucket(self, bucket: subjects.Bucket) -> Bucket:
        """See Bus.bucket."""
        return NatsBucket(self._js, bucket.name, lambda: self.connected)

    async def append(self, subject: str, message: Struct, *, id: str) -> None:
        """See Bus.append."""
        if not self._client.is_connected:
            raise TransportLost("not connected, nothing was stored", sent=False)
        payload, headers = wire.encode(message), {"Nats-Msg-Id": id}
        self._refuse_too_large(payload, headers)
        try:
            await self._js.publish(subject, payload, timeout=5, headers=headers)
        except (TimeoutError, nats.errors.Error) as error:
            raise TransportLost(f"`{subject}` was not acknowledged: {error}", sent=True) from error

    async def consume(
        self,
        stream: subjects.Stream,
        durable: str,
        handle: Callable[[Sequence[Delivery]], Awaitable[None]],
        *,
        batch: int = 64,
    ) -> None:
        """See Bus.consume."""
        work = consume(self._js, stream, durable, handle, batch)
        self._consumers.append(asyncio.create_task(work, name=f"consume {stream.name}"))

    async def pending(self, stream: subjects.Stream, durable: str) -> int:
        """See Bus.pending."""
        return await pending(self._js, stream, durable)

    async def ensure(self, streams: Sequence[subjects.Stream], buckets: Sequence[subjects.Bucket]) -> None:
        """See Bus.ensure."""
        await ensure(self._js, streams, buckets)

    # --- living -------------------------------------------------------------------------------

    async def drain(self, within: float) -> None:
        """See Bus.drain."""
        await self.unserve()
        for consumer in self._consumers:
            consumer.cancel()
        await asyncio.gather(*self._consumers, return_exceptions=True)
        if self._work:
            await asyncio.wait(self._work, timeout=within)
        if self._liveness:
            self._liveness.cancel()
        if self.connected:
            with contextlib.suppress(nats.errors.Error, asyncio.TimeoutError):
                await self._client.flush(2)
        await self._client.close()

    async def _stay_alive(self) -> None:
        """Publish to ourselves: a connection that does not echo is dead, whatever its pings say.

        Missed echoes are counted, not seconds: whoever stood still himself has missed nothing.
        """
        loop = asyncio.get_running_loop()
        missed = 0
        while True:
            self._echo.clear()
            asked = loop.time()
            if self.connected:
                with contextlib.suppress(Exception):
                    await self._client.publish(subjects.loopback(self._id), b"")
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(LOOPBACK_SECONDS):
                    await self._echo.wait()
            slept = loop.time() - asked > 2 * LOOPBACK_SECONDS
            missed = 0 if self._echo.is_set() or slept or not self.connected else missed + 1
            if missed >= SILENT_ECHOES:
                log.error("no echo from the bus, connecting anew")
                missed = 0
                with contextlib.suppress(Exception):
                    await self._client.force_reconnect()
            await asyncio.sleep(max(0.0, LOOPBACK_SECONDS - (loop.time() - asked)))

    async def _on_echo(self, _: Msg) -> None:
        self._echo.set()

    async def _on_error(self, error: Exception) -> None:
        # Must never raise: an exception here ends nats-py's read loop for good.
        with contextlib.suppress(Exception):
            telemetry.BUS_ERRORS.labels(type(error).__name__).inc()
            log.warning("bus error", error=repr(error))

    async def _on_disconnect(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(TransportLost("the connection was lost while waiting for a reply", sent=True))

    async def _on_reconnect(self) -> None:
        telemetry.RECONNECTS.inc()

    async def _on_closed(self) -> None:
        self.closed.set()


def _time_out(future: asyncio.Future[Msg]) -> None:
    if not future.done():
        future.set_exception(TimeoutError("no reply in time"))
