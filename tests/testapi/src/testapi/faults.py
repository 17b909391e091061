"""Delays, failures and gates that a request asks for by its headers.

`X-Test-Delay-Ms: 250`     answer so much later
`X-Test-Fail-Status: 503`  fail with this status; with `X-Test-Fail-Times: 2` and `X-Test-Key: any` only the first two
                           requests with that key fail
`X-Test-Gate: key`         wait while the gate is closed (see control)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from testapi import problems
from testapi.problems import Refused
from testapi.shelf import Recent

LONGEST_DELAY_MS = 60_000


class Gates:
    """Named gates that hold requests back while they are closed."""

    def __init__(self) -> None:
        self._closed: dict[str, asyncio.Event] = {}
        self._paths: dict[str, str] = {}

    def close(self, key: str, path: str | None = None) -> None:
        """Close a gate for requests that name it, and for all requests to the path where one is given."""
        self._closed.setdefault(key, asyncio.Event())
        if path is not None:
            self._paths[key] = path

    def open(self, key: str) -> None:
        """Let everybody through; a gate that is open stays so."""
        self._paths.pop(key, None)
        if gate := self._closed.pop(key, None):
            gate.set()

    def open_all(self) -> None:
        """Let everybody through everywhere."""
        for key in list(self._closed):
            self.open(key)

    def closed(self) -> list[str]:
        """Return the names of the closed gates."""
        return sorted(self._closed)

    async def passed(self, key: str | None, path: str) -> None:
        """Return once no closed gate is in the way."""
        while held := [gate for name, gate in self._closed.items() if name == key or self._paths.get(name) == path]:
            await held[0].wait()


class Faulty:
    """ASGI middleware: does to a request what its headers ask for, before the app sees it."""

    def __init__(self, app: ASGIApp, gates: Gates) -> None:
        self._app, self._gates = app, gates
        self._failed: Recent[int] = Recent()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        wishes = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name.startswith(b"x-test-")
        }
        try:
            delay = number(wishes, "x-test-delay-ms", 0, LONGEST_DELAY_MS)
            status = self._failure(wishes)
        except Refused as no:
            await problems.answer(no.status, no.code, no.detail)(scope, receive, send)
            return

        async def hold() -> None:
            await self._gates.passed(wishes.get("x-test-gate"), scope["path"])
            await asyncio.sleep((delay or 0) / 1000)

        if (delay or self._gates.closed()) and not await unless_left(scope["left"], hold):
            return
        if status is None:
            await self._app(scope, receive, send)
        else:
            await problems.answer(status, "ASKED_FOR", "the request asked to fail")(scope, receive, send)

    def _failure(self, wishes: Mapping[str, str]) -> int | None:
        status = number(wishes, "x-test-fail-status", 400, 599)
        times = number(wishes, "x-test-fail-times", 0, 1000)
        if status is None or times is None:
            return status
        if (key := wishes.get("x-test-key")) is None:
            raise Refused(400, "BAD_TEST_HEADER", "X-Test-Fail-Times counts per X-Test-Key: send one")
        failed = self._failed.get(key, 0)
        if failed >= times:
            return None
        self._failed.put(key, failed + 1)
        return status


def number(wishes: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    """Return the number in a header, None where it is not sent; anything else is refused with 400."""
    text = wishes.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Refused(400, "BAD_TEST_HEADER", f"{name} is `{text}`; it takes a whole number from {least} to {most}")
    return int(text)


async def unless_left(left: Callable[[], Awaitable[None]], wait: Callable[[], Awaitable[None]]) -> bool:
    """Wait, but no longer than the client does; say whether it is still there."""
    waiting, leaving = asyncio.ensure_future(wait()), asyncio.ensure_future(left())
    try:
        await asyncio.wait({waiting, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        leaving.cancel()
    return not leaving.done() or waiting.done()
