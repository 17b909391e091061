"""An upstream that behaves as badly as it is told, over real sockets.

It records every request byte by byte, so that a test can say what has been on the wire, and how often.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple

PATIENCE = 20.0
"""How long a test waits for something that it knows will happen (seconds)."""
ENDLESS = 1 << 62


class Received(NamedTuple):
    """One request as it came."""

    connection: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    """Names in lower case, in order."""
    body: bytes
    head: bytes

    def header(self, name: str) -> str | None:
        """The value of the only header of that name; None where there is none."""
        values = [value for held, value in self.headers if held == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times"
        return values[0] if values else None


class Exchange:
    """One request and the connection that waits for its answer."""

    def __init__(self, request: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.request = request
        self.kept = True
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Write; raises OSError once the other side is gone."""
        if self._writer.is_closing():
            raise ConnectionResetError("the other side is gone")
        self._writer.write(data)
        await self._writer.drain()

    async def until_gone(self) -> None:
        """Return when the other side has closed the connection."""
        with contextlib.suppress(OSError):
            await self._reader.read()
        self.kept = False

    def hang_up(self) -> None:
        """Close in order, whatever is still owed."""
        self.kept = False

    def reset(self) -> None:
        """Close with a reset."""
        self.kept = False
        self._writer.transport.abort()


Behaviour = Callable[[Exchange], Awaitable[None]]


class Upstream:
    """A listener on a free port of the loopback addresses. Use as an async context manager."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[Received] = []
        self.connections = 0
        """Connections accepted so far."""
        self.open_connections = 0
        self._behaviours: dict[str, list[Behaviour]] = {}
        self._changed = asyncio.Event()
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def at(self, path: str, *behaviours: Behaviour) -> Upstream:
        """From now on requests to this path are met like this: one after the other, the last for all that follow."""
        self._behaviours[path] = list(behaviours)
        return self

    def requests(self, path: str | None = None) -> list[Received]:
        """What came, to this path."""
        return [each for each in self.received if path in (None, each.target.partition("?")[0])]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true that depends on what comes here."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self._changed.wait()

    async def __aenter__(self) -> Upstream:
        first = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.port = first.sockets[0].getsockname()[1]
        self._servers.append(first)
        with contextlib.suppress(OSError):  # no IPv6 here, or the port is taken there
            self._servers.append(await asyncio.start_server(self._accept, "::1", self.port, family=socket.AF_INET6))
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _happened(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        self.connections += 1
        self.open_connections += 1
        self._happened()
        try:
            await self._talk(self.connections, reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side is gone, or the test is over
        finally:
            writer.close()
            self.open_connections -= 1
            self._talks.discard(talk)
            self._happened()

    async def _talk(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await _read(number, reader)
            self.received.append(request)
            self._happened()
            exchange = Exchange(request, reader, writer)
            await self._next(request.target.partition("?")[0])(exchange)
            if not exchange.kept:
                return

    def _next(self, path: str) -> Behaviour:
        behaviours = self._behaviours.get(path) or self._behaviours.get("*") or [answers(b"{}", status=404)]
        return behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]


async def _read(number: int, reader: asyncio.StreamReader) -> Received:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = [line.partition(":") for line in lines]
    headers = [(name.lower(), value.strip()) for name, _, value in pairs]
    size = int(dict(headers).get("content-length", "0"))
    return Received(number, method, target, headers, await reader.readexactly(size), head)


# --- behaviour ----------------------------------------------------------------------------------------------------


def answers(
    body: bytes = b"{}", *, status: int = 200, kind: str | None = "application/json", more: bytes = b""
) -> Behaviour:
    """A right answer; `more` are further header lines."""
    type_line = f"Content-Type: {kind}\r\n".encode() if kind else b""
    head = b"HTTP/1.1 %d Said\r\n%s%sContent-Length: %d\r\n\r\n" % (status, type_line, more, len(body))

    async def behave(exchange: Exchange) -> None:
        await exchange.send(head if exchange.request.method == "HEAD" else head + body)

    return behave


def says(data: bytes) -> Behaviour:
    """Exactly these bytes, right or wrong; the connection stays."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(data)

    return behave


def says_and_leaves(data: bytes) -> Behaviour:
    """Exactly these bytes, then the connection is closed."""

    async def behave(exchange: Exchange) -> None:
        await exchange.send(data)
        exchange.hang_up()

    return behave


async def says_nothing(exchange: Exchange) -> None:
    """Takes the request and keeps silent until the other side gives up."""
    await exchange.until_gone()


async def hangs_up(exchange: Exchange) -> None:
    """Closes the connection without an answer."""
    exchange.hang_up()


async def resets(exchange: Exchange) -> None:
    """Resets the connection without an answer."""
    exchange.reset()


def pours(head: bytes, piece: bytes, times: int = ENDLESS) -> Behaviour:
    """A head, then the same piece again and again until the other side has had enough."""

    async def behave(exchange: Exchange) -> None:
        exchange.kept = False
        await exchange.send(head)
        for _ in range(times):
            await exchange.send(piece)

    return behave


def drips(data: bytes, pause: float = 0.02) -> Behaviour:
    """One byte after the other, with a pause before each."""

    async def behave(exchange: Exchange) -> None:
        exchange.kept = False
        for at in range(len(data)):
            await exchange.send(data[at : at + 1])
            await asyncio.sleep(pause)
        await exchange.until_gone()

    return behave


def waits_for(event: asyncio.Event, then: Behaviour) -> Behaviour:
    """Waits for an event of the test, then does something else."""

    async def behave(exchange: Exchange) -> None:
        await event.wait()
        await then(exchange)

    return behave


def waits_for_all(count: int, then: Behaviour) -> Behaviour:
    """Answers nobody before so many requests are open at the same time."""
    barrier = asyncio.Barrier(count)

    async def behave(exchange: Exchange) -> None:
        await barrier.wait()
        await then(exchange)

    return behave


def bomb(megabytes: int) -> bytes:
    """An answer that is small on the wire and so large when it is unpacked."""
    packed = gzip.compress(bytes(megabytes << 20), 9)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    return head % len(packed) + packed


# --- addresses with nobody behind them ----------------------------------------------------------------------------


def closed_port() -> int:
    """A port of the loopback address that refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextlib.asynccontextmanager
async def deaf_port() -> AsyncIterator[int]:
    """A port whose queue is full: connections are neither taken nor refused."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield int(listener.getsockname()[1])
