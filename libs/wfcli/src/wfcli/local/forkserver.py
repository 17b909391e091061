"""Python services that start in milliseconds, each a process of its own.

Talks to one template process (see `template`), which has imported the libraries already. The template is started with
the first service and again whenever it has died; its children die with it and are then started anew like any other.
"""

import asyncio
import itertools
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from wfcli.local.child import Process, end, pid_ended, spawn
from wfcli.local.errors import CannotStart
from wfcli.local.log import Log
from wfcli.local.template import Ended, Forked, Job, Loaded, Refused, Report

LOAD_SECONDS = 60.0


@dataclass(kw_only=True)
class ForkedProcess:
    """A service forked from the template. Its exit code comes from the template, its parent."""

    pid: int
    log: Log
    ended: "asyncio.Future[int]"

    async def wait(self) -> int:
        return await asyncio.shield(self.ended)

    def signal(self, number: int) -> None:
        if not self.ended.done():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def last_words(self) -> str:
        return self.log.last_words()


@dataclass(kw_only=True)
class ForkServer:
    """Starts Python modules as processes of their own. `modules` are imported once, `log` is the template's own."""

    modules: Sequence[str]
    log: Path
    _template: "_Template | None" = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def pid(self) -> int | None:
        """The template's process id, None while there is none."""
        return self._template.process.pid if self._template and self._template.alive else None

    async def load(self) -> None:
        """Start the template ahead of the first service, while something else takes its time. Raises CannotStart."""
        await self._loaded()

    async def start(
        self,
        name: str,
        module: str,
        *,
        env: Mapping[str, str],
        log: Path,
        argv: Sequence[str] = (),
        cwd: Path | None = None,
    ) -> ForkedProcess:
        """Run `python -m module argv…` as a process shown as `name`, with exactly `env`, its output appended to `log`.

        Raises CannotStart when the template cannot import what it should.
        """
        template = await self._loaded()
        job = Job(
            number=template.next_number(),
            name=name,
            module=module,
            argv=tuple(argv),
            env=dict(env),
            cwd=None if cwd is None else str(cwd),
            log=str(log),
        )
        return await template.fork(job)

    async def _loaded(self) -> "_Template":
        async with self._one_at_a_time:
            if self._template is None or not self._template.alive:
                self._template = await _Template.load(self.modules, self.log)
            return self._template

    async def close(self) -> None:
        """End the template and with it every child that still lives."""
        if self._template is not None:
            await self._template.close()


@dataclass(frozen=True)
class _Order:
    """An order the template has not answered yet."""

    log: Log
    forked: "asyncio.Future[ForkedProcess]"


@dataclass(kw_only=True)
class _Template:
    """One life of the template process."""

    process: Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    orders: "dict[int, _Order]" = field(default_factory=dict)
    living: dict[int, ForkedProcess] = field(default_factory=dict)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    alive: bool = True
    listening: "asyncio.Task[None] | None" = None

    @classmethod
    async def load(cls, modules: Sequence[str], log: Path) -> "_Template":
        ours, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-m", "wfcli.local.template", str(theirs.fileno()), *modules]
            process = spawn(argv, log=log, keep_open=[theirs.fileno()])
        reader, writer = await asyncio.open_connection(sock=ours)
        template = cls(process=process, reader=reader, writer=writer)
        template.listening = asyncio.create_task(template.listen())
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await template.loaded.wait()
        except BaseException:
            process.signal(signal.SIGKILL)
            raise
        if not template.alive:
            raise CannotStart(f"the services' libraries cannot be imported; {process.last_words()}")
        return template

    def next_number(self) -> int:
        return next(self.numbers)

    async def fork(self, job: Job) -> ForkedProcess:
        log = Log.at_end_of(Path(job.log))
        order = _Order(log, asyncio.get_running_loop().create_future())
        self.orders[job.number] = order
        self.writer.write(msgspec.json.encode(job) + b"\n")
        try:
            return await asyncio.shield(order.forked)
        except asyncio.CancelledError:
            order.forked.add_done_callback(_kill_unwanted)
            raise

    async def listen(self) -> None:
        """Take the template's reports until it is gone."""
        reports = msgspec.json.Decoder[Report](Report)
        with suppress(ConnectionError):
            async for line in self.reader:
                self.take(reports.decode(line))
        self.alive = False
        await self.bury()

    def take(self, report: Report) -> None:
        match report:
            case Loaded():
                self.loaded.set()
            case Forked(number, pid):
                order = self.orders.pop(number)
                child = ForkedProcess(pid=pid, log=order.log, ended=asyncio.get_running_loop().create_future())
                self.living[pid] = child
                order.forked.set_result(child)
            case Refused(number, because):
                self.orders.pop(number).forked.set_exception(CannotStart(f"no new process: {because}"))
            case Ended(pid, code):
                self.living.pop(pid).ended.set_result(code)

    async def bury(self) -> None:
        """The template is gone and its children with it, but some may still be closing their ports."""
        self.writer.close()
        await self.process.wait()
        for child in self.living.values():
            child.signal(signal.SIGKILL)  # where the system does not do it
            await pid_ended(child.pid)
            child.ended.set_result(-signal.SIGKILL)
        self.living.clear()
        for order in self.orders.values():
            order.forked.set_exception(CannotStart("the process that services are forked from died"))
        self.orders.clear()
        self.loaded.set()

    async def close(self) -> None:
        self.writer.close()  # the template ends by itself when nobody can give it orders any more
        if self.alive:
            await end(self.process, with_signal=0, within_seconds=5)
        if self.listening is not None:
            await self.listening


def _kill_unwanted(forked: "asyncio.Future[ForkedProcess]") -> None:
    if not forked.cancelled() and forked.exception() is None:
        forked.result().signal(signal.SIGKILL)
