"""The upstream of both sides: as cheap as Python can be, so that it takes little of the machine from either.

Every answer is rendered once, then sent from memory.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
from typing import cast

import msgspec
import uvloop

from loadtests import composition

_END = b"\r\n\r\n"


@functools.lru_cache(maxsize=8192)
def answer(target: bytes) -> bytes:
    """The whole HTTP answer to `GET target`."""
    found = composition.upstream_answer(target.decode())
    status = b"404 Not Found" if found is None else b"200 OK"
    body = msgspec.json.encode(found)
    return b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d%s%s" % (status, len(body), _END, body)


class Stub(asyncio.Protocol):
    """One connection. Understands GET without a body, which is all that both sides send."""

    def __init__(self) -> None:
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(_END)
        for head in heads:
            line = head[: head.find(b"\r\n")]
            self._transport.write(answer(line.split(b" ", 2)[1]))
            if line.endswith(b"HTTP/1.0"):
                self._transport.close()


async def serve(port: int) -> asyncio.Server:
    """Listen on 127.0.0.1."""
    return await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", port, backlog=1024)


async def _main(port: int) -> None:
    server = await serve(port)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(_main(parser.parse_args().port))
