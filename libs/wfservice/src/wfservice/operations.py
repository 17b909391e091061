"""The port for operators: /livez, /readyz, /startupz and /metrics, apart from the users' port.

/livez says only that the loop turns; it asks nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from wfservice import telemetry

_LAG_SECONDS = 0.25
_OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


class Operations:
    """A small HTTP server for probes and scrapers."""

    def __init__(self, service: str) -> None:
        """Nothing is open before `open`."""
        self._service = service
        self._missing: Callable[[], str | None] = lambda: "starting"
        self._started = False
        self._server: asyncio.Server | None = None
        self._lag: asyncio.Task[None] | None = None
        self.port = 0

    async def open(self, host: str, port: int) -> None:
        """Listen; not ready yet."""
        self._server = await asyncio.start_server(self._answer, host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._lag = asyncio.create_task(_watch_lag(), name="loop lag")

    def serve(self, missing: Callable[[], str | None]) -> None:
        """From now on `missing` says what keeps this service from being ready; None when nothing does."""
        self._missing = missing
        self._started = True

    async def close(self) -> None:
        """Stop listening."""
        if self._lag:
            self._lag.cancel()
        if self._server:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.TimeoutError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].split(b"?")[0].decode("ascii", "replace")
                status, kind, body = self._page(path, b"application/openmetrics-text" in head)
                writer.write(
                    f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        writer.close()

    def _page(self, path: str, wants_openmetrics: bool) -> tuple[str, str, bytes]:
        text = "text/plain; charset=utf-8"
        match path:
            case "/livez":
                return "200 OK", text, b"alive\n"
            case "/startupz" if self._started:
                return "200 OK", text, b"started\n"
            case "/readyz" | "/startupz":
                missing = self._missing()
                if missing is None:
                    return "200 OK", text, b"ready\n"
                return "503 Service Unavailable", text, f"{self._service}: {missing}\n".encode()
            case "/metrics" if wants_openmetrics:
                return "200 OK", _OPENMETRICS, openmetrics(REGISTRY)  # type: ignore[no-untyped-call]
            case "/metrics":
                return "200 OK", _PROMETHEUS, generate_latest(REGISTRY)
        return "404 Not Found", text, b"only /livez, /readyz, /startupz and /metrics\n"


async def _watch_lag() -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LAG_SECONDS
        await asyncio.sleep(_LAG_SECONDS)
        telemetry.LOOP_LAG.observe(max(0.0, loop.time() - due))
