"""One child process: started with its output in a file, waited for without a thread, gone when we are."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from wfcli.local.errors import CannotStart
from wfcli.local.log import Log
from wfcli.local.parenthood import die_with_parent


class Running(Protocol):
    """Anything alive that can be waited for and told to end."""

    @property
    def pid(self) -> int: ...

    async def wait(self) -> int:
        """Return when it has ended: its exit code, or the negative number of the signal that ended it."""
        ...

    def signal(self, number: int) -> None:
        """Send a signal; one that has ended takes no notice."""
        ...

    def last_words(self) -> str:
        """The end of what it wrote, for an error message."""
        ...


@dataclass(frozen=True, kw_only=True)
class Account:
    """An existing unprivileged user to run as; only root can."""

    uid: int
    gid: int


@dataclass(frozen=True, kw_only=True)
class Process:
    """A running child and what it writes."""

    popen: subprocess.Popen[bytes]
    log: Log

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives."""
        return self.popen.poll()

    async def wait(self) -> int:
        while (code := self.popen.poll()) is None:
            await pid_ended(self.pid)
        return code

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    def written(self) -> str:
        return self.log.written()

    def last_words(self) -> str:
        return self.log.last_words()


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    commands: BinaryIO | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    account: Account | None = None,
    keep_open: Sequence[int] = (),
    death_signal: int = signal.SIGKILL,
) -> Process:
    """Start a program in a session of its own (Ctrl-C is ours to pass on), with its output appended to `log`.

    It gets `death_signal` when the calling *thread* ends: call from the main thread, never from a pool.
    `keep_open` are descriptors the child keeps, `commands` is what it reads.
    Raises CannotStart when the program cannot be run.
    """
    part = Log.at_end_of(log)
    parent = os.getpid()
    with log.open("ab") as output:
        try:
            popen = subprocess.Popen(
                [str(word) for word in argv],
                stdin=commands or subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                pass_fds=keep_open,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, death_signal),
            )
        except OSError as error:
            raise CannotStart(f"cannot run {argv[0]}: {error.strerror}") from error
    return Process(popen=popen, log=part)


async def end(child: Running, *, with_signal: int = signal.SIGTERM, within_seconds: float) -> int:
    """Ask it to end, kill it when it takes longer than `within_seconds`, return its exit code."""
    child.signal(with_signal)
    with suppress(TimeoutError):
        return await asyncio.wait_for(child.wait(), within_seconds)
    child.signal(signal.SIGKILL)
    return await child.wait()


async def run(
    argv: Sequence[str | Path], *, log: Path, account: Account | None = None, commands: BinaryIO | None = None
) -> None:
    """Run a program to its end, `commands` being what it reads. Raises CannotStart with what it wrote when it fails."""
    process = spawn(argv, log=log, account=account, commands=commands)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.signal(signal.SIGKILL)
        raise
    if code != 0:
        raise CannotStart(f"{argv[0]} ended with {explain(code)}; {process.last_words()}")


def explain(code: int) -> str:
    """An exit code in words: `exit code 1`, `SIGKILL`."""
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


async def pid_ended(pid: int) -> None:
    """Return once the process has ended or, where the system cannot tell, after a moment."""
    if not hasattr(os, "pidfd_open"):
        await asyncio.sleep(0.02)
        return
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    try:
        loop.add_reader(handle, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)
