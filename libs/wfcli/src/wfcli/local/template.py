"""The process the services are forked from.

Importing the libraries costs half a second of CPU per process, times seven on a small machine. This process does it
once, then forks a ready-made child for each order it reads from its socket. It has one thread, opens nothing, runs no
event loop: so there is nothing a fork could break. It ends when its socket closes, and its children end with it.

Run as `python -m wfcli.local.template <descriptor of the socket> <module to import>…`
"""

import gc
import importlib
import os
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from wfcli.local.parenthood import die_with_parent, set_name, set_title


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An order: run `module` as `python -m` would, under this name, with exactly this environment."""

    number: int
    name: str
    module: str
    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: str | None
    log: str


class Loaded(msgspec.Struct, frozen=True, tag=True):
    """Everything is imported; orders are taken."""


class Forked(msgspec.Struct, frozen=True, tag=True):
    """The order `number` runs as process `pid`."""

    number: int
    pid: int


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The system would not make another process."""

    number: int
    because: str


class Ended(msgspec.Struct, frozen=True, tag=True):
    """A child is gone: its exit code, or the negative number of the signal that ended it."""

    pid: int
    code: int


Report = Loaded | Forked | Refused | Ended

_orders = msgspec.json.Decoder(Job)
_reports = msgspec.json.Encoder()


def main(arguments: Sequence[str]) -> None:
    control = socket.socket(fileno=int(arguments[0]))
    load(arguments[1:])
    job = serve(control)
    if job is not None:  # from here on we are the child
        become(job)


def load(modules: Sequence[str]) -> None:
    """Import all, and make the result cheap to share. Raises when an import starts a thread: a fork would lose it."""
    for module in modules:
        importlib.import_module(module)
        if _threads() > 1:
            raise RuntimeError(f"importing `{module}` starts a thread, so it cannot be imported before forking")
    gc.collect()
    gc.freeze()  # a collection in a child would write to every object and so copy every page


def serve(control: socket.socket) -> Job | None:
    """Take orders until the socket closes (None). Returns a second time in every child, with its order."""
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _notice)
    with control, woken, wake, selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        _report(control, Loaded())
        job = _take_orders(control, woken, selector)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return job


def become(job: Job) -> None:
    """In the child: put on everything a freshly started process would have, then run the module to its end."""
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # what a killed process printed is in the log
    os.environ.clear()
    os.environ.update(job.env)
    if job.cwd is not None:
        os.chdir(job.cwd)
    sys.argv = [job.module, *job.argv]
    set_name(job.name)
    set_title(" ".join([sys.executable, "-m", job.module, *job.argv]))
    runpy.run_module(job.module, run_name="__main__", alter_sys=True)


def _take_orders(control: socket.socket, woken: socket.socket, selector: selectors.BaseSelector) -> Job | None:
    unread = b""
    while True:
        ready = {key.fileobj for key, _ in selector.select()}
        if woken in ready:
            woken.recv(4096)
            _report_ended(control)
        if control in ready:
            more = control.recv(65_536)
            if not more:
                return None
            *lines, unread = (unread + more).split(b"\n")
            for line in lines:
                job = _orders.decode(line)
                if _fork(control, job):
                    return job


def _fork(control: socket.socket, job: Job) -> bool:
    """True in the child."""
    template = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        _report(control, Refused(job.number, os.strerror(error.errno or 0)))
        return False
    if pid == 0:
        os.setsid()
        die_with_parent(template, signal.SIGKILL)
        return True
    _report(control, Forked(job.number, pid))
    return False


def _report_ended(control: socket.socket) -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0] != 0:
            _report(control, Ended(found[0], os.waitstatus_to_exitcode(found[1])))


def _report(control: socket.socket, report: Report) -> None:
    control.sendall(_reports.encode(report) + b"\n")


def _notice(_number: int, _frame: object) -> None:
    """The wake-up descriptor does the work; without a handler of Python's it would not be written to."""


def _threads() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 1


if __name__ == "__main__":
    main(sys.argv[1:])
