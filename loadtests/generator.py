"""The load: keep-alive connections that each send the next call as soon as the last one is answered.

A process of its own, with no HTTP library, so that it costs both sides the same, and little. It is told what to do in
lines of JSON and answers in lines of JSON; it ends with its input.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable
from typing import Any, cast

import msgspec
import uvloop
from msgspec import Struct

from loadtests import composition

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_WRONG_TOLD = 3


class Job(Struct, frozen=True, kw_only=True):
    """Call `POST path` on this port `calls` times over `connections` connections."""

    port: int
    path: str
    calls: int
    connections: int
    first: int = 0
    """Number of the first call; it chooses the users that are asked for."""


class Result(Struct, frozen=True, kw_only=True):
    """How it went. `latencies` in milliseconds, one per answered call, in the order of the answers."""

    seconds: float
    latencies: list[float]
    wrong: int = 0
    wrong_ones: list[str] = []
    """The first few, in words."""


class _Load:
    """The state that all connections of a job share."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.begun = 0
        self.latencies: list[float] = []
        self.wrong: list[str] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def next(self) -> tuple[str, bytes] | None:
        """Who is asked for next, and the request; None when all calls are begun."""
        if self.begun == self.job.calls:
            return None
        user = composition.user_id(self.job.first + self.begun)
        self.begun += 1
        body = b'{"userId":"%s"}' % user.encode()
        head = (
            f"POST {self.job.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.job.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return user, head.encode() + body

    def answered(self, user: str, seconds: float, status: bytes, body: bytes) -> None:
        self.latencies.append(seconds * 1000)
        if status != b"200" or _decoded(body) != composition.composed(user):
            self.wrong.append(f"{user}: {status.decode()} {body[:300].decode(errors='replace')}")
        if len(self.latencies) == self.job.calls:
            self._end()

    def lost(self, because: str) -> None:
        self.wrong.append(because)
        self._end()

    def _end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class _Connection(asyncio.Protocol):
    """One call at a time."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._buffer = b""
        self._user: str | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        following = self._load.next()
        if following is None:
            self._transport.close()
            return
        self._user, request = following
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_END)
        if end < 0:
            return
        length = _LENGTH.search(self._buffer, 0, end)
        whole = end + len(_END) + (int(length[1]) if length else 0)
        if len(self._buffer) < whole:
            return
        seconds = time.perf_counter() - self._sent
        status, body = self._buffer[9:12], self._buffer[end + len(_END) : whole]
        user, self._user, self._buffer = self._user, None, b""
        assert user is not None
        self._load.answered(user, seconds, status, body)
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._user is not None:
            self._load.lost(f"{self._user}: the connection was closed before the answer ({exc})")


async def run(job: Job) -> Result:
    """Do a job. The clock starts when all connections are open. Raises OSError when nobody listens."""
    loop = asyncio.get_running_loop()
    load = _Load(job)
    make: Callable[[], _Connection] = lambda: _Connection(load)  # noqa: E731 - named for its type
    opened = [await loop.create_connection(make, "127.0.0.1", job.port) for _ in range(job.connections)]
    began = time.perf_counter()
    for _, connection in opened:
        connection.send()
    await load.done
    seconds = time.perf_counter() - began
    for transport, _ in opened:
        transport.close()
    return Result(seconds=seconds, latencies=load.latencies, wrong=len(load.wrong), wrong_ones=load.wrong[:_WRONG_TOLD])


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body


async def _main() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        result = await run(msgspec.json.decode(line, type=Job))
        print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
