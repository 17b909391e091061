"""Whether a service serves: asked over HTTP, as an orchestrator would, without a client library to import."""

import asyncio
from contextlib import suppress

_ASK_AGAIN_SECONDS = 0.02
_PATIENCE_SECONDS = 2.0


async def until_ok(port: int, path: str = "/readyz", host: str = "127.0.0.1") -> None:
    """Return once `GET path` answers 2xx. Never gives up: the caller has the deadline."""
    while not await answers_ok(port, path, host):
        await asyncio.sleep(_ASK_AGAIN_SECONDS)


async def answers_ok(port: int, path: str = "/readyz", host: str = "127.0.0.1") -> bool:
    """Whether `GET path` answers 2xx now. Silence of 2 s counts as no."""
    status, _ = await get(port, path, host)
    return 200 <= status < 300


async def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, bytes]:
    """Status and body of `GET path`; (0, b"") when nobody answers within 2 s."""
    with suppress(OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError):
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                # HTTP/1.0: the body ends where the connection does, however it is sent.
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                return int(head.split(maxsplit=2)[1]), await reader.read()
            finally:
                writer.close()
    return 0, b""
