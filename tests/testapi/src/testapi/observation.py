"""What arrived, so that a test can wait for it instead of sleeping, and prove what did not."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from testapi.wire import now

KEPT = 20_000
"""Requests remembered; the oldest make room."""


@dataclass
class Request:
    """One request as it came in; `status` follows when it is answered, `gone` when its client left before that."""

    seq: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body_bytes: int
    at: str = field(default_factory=now)
    arrived_ms: float = field(default_factory=lambda: time.monotonic() * 1000)
    answered_ms: float | None = None
    status: int | None = None
    gone: bool = False

    def matches(self, wanted: Mapping[str, str]) -> bool:
        """Compare with what is asked for.

        `method`, `path` (a final * stands for any rest), `execution`, `key`, and `state`: `answered` or `gone`.
        """
        path = wanted.get("path", self.path)
        return (
            (self.path.startswith(path[:-1]) if path.endswith("*") else self.path == path)
            and self.method == wanted.get("method", self.method).upper()
            and wanted.get("execution") in (None, self.headers.get("wf-execution-id"))
            and wanted.get("key") in (None, self.headers.get("x-test-key"))
            and {"answered": self.status is not None, "gone": self.gone}.get(wanted.get("state", ""), True)
        )

    def as_json(self) -> dict[str, Any]:
        """Return the record with camelCase names."""
        names = {"body_bytes": "bodyBytes", "arrived_ms": "arrivedMs", "answered_ms": "answeredMs"}
        return {names.get(name, name): value for name, value in asdict(self).items()}


class Watch:
    """Somebody who waits until enough requests match."""

    def __init__(self, wanted: Mapping[str, str], enough: int) -> None:
        self.found: dict[int, Request] = {}
        self.full = asyncio.Event()
        self._wanted, self._enough = wanted, enough

    def look_at(self, request: Request) -> None:
        """Take a request into account that is new or has changed."""
        if request.matches(self._wanted):
            self.found[request.seq] = request
        if len(self.found) >= self._enough:
            self.full.set()


class Log:
    """All requests of late, in the order of arrival, and a way to wait for those to come."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._watches: list[Watch] = []

    def arrived(self, scope: Scope, body_bytes: int) -> Request:
        """Write a request down."""
        request = Request(
            seq=next(self._numbers),
            method=scope["method"],
            path=scope["path"],
            query=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body_bytes=body_bytes,
        )
        self._requests.append(request)
        self._tell(request)
        return request

    def answered(self, request: Request, status: int) -> None:
        """Write down that the request has its answer."""
        request.status, request.answered_ms = status, time.monotonic() * 1000
        self._tell(request)

    def left(self, request: Request) -> None:
        """Write down that the client went away before the answer."""
        request.gone = True
        self._tell(request)

    def find(self, wanted: Mapping[str, str]) -> list[Request]:
        """Return what matches."""
        return [request for request in self._requests if request.matches(wanted)]

    async def wait(self, wanted: Mapping[str, str], enough: int, seconds: float) -> list[Request]:
        """Return what matches as soon as there is enough of it, or what there is when the time is over."""
        watch = Watch(wanted, enough)
        for request in self._requests:
            watch.look_at(request)
        self._watches.append(watch)
        try:
            await asyncio.wait_for(watch.full.wait(), seconds)
        except TimeoutError:
            pass
        finally:
            self._watches.remove(watch)
        return list(watch.found.values())

    def clear(self) -> None:
        """Forget all requests."""
        self._requests.clear()

    def _tell(self, request: Request) -> None:
        for watch in self._watches:
            watch.look_at(request)


class Observed:
    """ASGI middleware: reads the whole body, writes the request down, then lets the app answer.

    The app finds two things in the scope: the record, `observed`, and `left`, an awaitable that ends when the
    client goes away, for whoever makes it wait.
    """

    def __init__(self, app: ASGIApp, log: Log) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = await read_all(receive)
        request = self._log.arrived(scope, len(body))
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._log.answered(request, message["status"])
            await send(message)

        async def left() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            self._log.left(request)

        await self._app({**scope, "left": left}, replay, watched)


async def read_all(receive: Receive) -> bytes:
    """Return the whole body of a request; what a client that left had sent by then."""
    pieces = []
    while True:
        message = await receive()
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)
