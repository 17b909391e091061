"""The upstream as a server: says where it listens the moment it does, and ends in order on SIGTERM."""

import socket
from collections.abc import Callable

import uvicorn

from testapi.app import upstream

IDLE_SECONDS = 75
"""A kept connection outlives what clients keep theirs for, so none is closed under a request."""
FAREWELL_SECONDS = 3


class Server(uvicorn.Server):
    """A uvicorn server that calls back once it accepts connections."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one. OSError where the address is taken or not ours."""
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)


def address(listener: socket.socket) -> str:
    """Return the URL under which the socket is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server(on_ready: Callable[[], None]) -> Server:
    """Return a server for a fresh upstream."""
    config = uvicorn.Config(
        upstream(),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=FAREWELL_SECONDS,
    )
    return Server(config, on_ready)
