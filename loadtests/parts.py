"""The processes of a bench: the stub upstream, the floor, the engine as `workflow-cli dev` starts it, the load.

Each lives as long as its `async with`, and never longer than we do.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from loadtests.generator import Job, Result
from wfcli.local.parenthood import die_with_parent
from wfcli.local.ports import any_port
from wfcli.local.readiness import until_ok

REPOSITORY = Path(__file__).resolve().parent.parent
DEFINITIONS = Path(__file__).parent / "definitions"
NAMESPACE, WORKFLOW = "bench", "profile"

_START_SECONDS = 60.0
_STOP_SECONDS = 50.0
"""The engine drains for 35 s at most."""
_LINE_BYTES = 16 << 20
"""A result holds every latency of its job."""


class CannotMeasure(Exception):
    """A part did not start, or did not do what it should."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """Something that answers the composition: where, and the processes that do the work, by name."""

    port: int
    path: str
    processes: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Engine(Target):
    """The whole engine. `database` holds a password."""

    start_seconds: float
    nats: str
    database: str


class Generator:
    """The process that makes the load."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def run(self, job: Job) -> Result:
        """Have a job done. Raises CannotMeasure when an answer was wrong, or none came."""
        reader, writer = self._process.stdout, self._process.stdin
        assert reader is not None
        assert writer is not None
        writer.write(msgspec.json.encode(job) + b"\n")
        line = await reader.readline()
        if not line:
            raise CannotMeasure(f"the load generator ended during {job}: see what it wrote above")
        result = msgspec.json.decode(line, type=Result)
        if result.wrong:
            told = "\n  ".join(result.wrong_ones)
            raise CannotMeasure(f"{result.wrong} wrong answers of {job.calls} from port {job.port}, such as\n  {told}")
        return result


@asynccontextmanager
async def generator() -> AsyncIterator[Generator]:
    """A load generator that waits for jobs."""
    async with _process("loadtests.generator") as process:
        yield Generator(process)


@asynccontextmanager
async def stub() -> AsyncIterator[str]:
    """The stub upstream; gives its origin."""
    port = any_port()
    async with _process("loadtests.stub", "--port", str(port)) as process:
        await _serves("the stub upstream", process, port, "/users/u-0")
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def floor(upstream: str) -> AsyncIterator[Target]:
    """The hand-written composition over this upstream."""
    port = any_port()
    async with _process("loadtests.floor", "--port", str(port), "--upstream", upstream) as process:
        await _serves("the floor", process, port, "/openapi.json")
        yield Target(port=port, path="/profile", processes={"floor": process.pid})


def write_definitions(folder: Path, upstream: str) -> Path:
    """Write what the engine is to publish into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in DEFINITIONS.glob("*.yaml"):
        (folder / source.name).write_text(source.read_text().replace("UPSTREAM", upstream))
    return folder


@asynccontextmanager
async def engine(folder: Path, definitions: Path) -> AsyncIterator[Engine]:
    """The engine with its data in `folder`, once it serves the workflow."""
    options = ["--data", str(folder), "--workflows", str(definitions), "--namespace", NAMESPACE]
    argv = ["-c", "from wfcli.main import main; main()", "dev", "--json", "--port", str(any_port()), *options]
    said = folder.with_suffix(".said")
    with said.open("wb") as screen:
        async with _started(argv, screen) as process:
            assert process.stdout is not None
            try:
                line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
            except TimeoutError:
                raise CannotMeasure(f"the engine was not ready in {_START_SECONDS:g} s:\n{said.read_text()}") from None
            if not line:
                raise CannotMeasure(f"the engine did not start:\n{said.read_text()}")
            ready = json.loads(line)
            if f"{NAMESPACE}/{WORKFLOW}" not in ready["workflows"]:
                raise CannotMeasure(f"the engine does not serve {NAMESPACE}/{WORKFLOW}:\n{said.read_text()}")
            yield _read(ready)


def _read(ready: dict[str, Any]) -> Engine:
    return Engine(
        port=int(ready["gateway"].rpartition(":")[2]),
        path=f"/workflows/{WORKFLOW}",
        processes={name: part["pid"] for name, part in (ready["servers"] | ready["services"]).items()},
        start_seconds=ready["seconds"],
        nats=ready["nats"],
        database=ready["database"],
    )


async def _serves(what: str, process: Process, port: int, path: str) -> None:
    ready, ended = asyncio.ensure_future(until_ok(port, path)), asyncio.ensure_future(process.wait())
    await asyncio.wait({ready, ended}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    serves = ready.done()
    ready.cancel()
    ended.cancel()
    if not serves:
        raise CannotMeasure(f"{what} did not start: see what it wrote above")


def _process(module: str, *arguments: str) -> Any:
    return _started(["-m", module, *arguments])


@asynccontextmanager
async def _started(arguments: Sequence[str], errors: BinaryIO | None = None) -> AsyncIterator[Process]:
    """A Python process in a session of its own, told to end with us. `errors` takes what it writes to stderr."""
    parent = os.getpid()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=REPOSITORY,
        stdin=PIPE if "loadtests.generator" in arguments else DEVNULL,
        stdout=PIPE,
        stderr=errors,
        limit=_LINE_BYTES,
        start_new_session=True,
        preexec_fn=lambda: die_with_parent(parent, signal.SIGTERM),
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
