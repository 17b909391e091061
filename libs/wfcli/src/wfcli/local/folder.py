"""One folder, one server: who starts a second one on the same data is told so.

The lock is inherited by the server, so it is held exactly as long as anything still works on the data,
even when the one who started it was killed a moment ago and the server is still closing its files.
"""

import asyncio
import fcntl
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wfcli.local.errors import CannotStart

_WAIT_SECONDS = 15.0
_ENDS_BY_ITSELF_SECONDS = 1.0
"""Linux tells a server that its starter died; one that is still there after this long was not told."""
_LOOK_AGAIN_SECONDS = 0.02


async def lock(folder: Path) -> int:
    """Take the folder and return the descriptor that holds it; give it to the server and close ours.

    A server whose starter is dead is ended first. Raises CannotStart when a living process uses the folder.
    """
    handle = _open(folder)
    try:
        await _acquire(handle, folder)
        note(handle, server=None)
    except BaseException:
        os.close(handle)
        raise
    return handle


def note(handle: int, *, server: int | None) -> None:
    """Write into the lock who holds it, for whoever comes next."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps({"starter": os.getpid(), "server": server}).encode(), 0)


@contextmanager
def ours_closed(handle: int) -> Iterator[int]:
    """Our descriptor is closed in the end; from then on only the server holds the lock."""
    try:
        yield handle
    finally:
        os.close(handle)


def _open(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


async def _acquire(handle: int, folder: Path) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked = False
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        starter, server = _holder(handle)
        if starter is not None and _alive(starter):
            raise CannotStart(f"{folder} is in use by process {starter}: stop it, or give another folder")
        if server is not None and not asked and loop.time() > began + _ENDS_BY_ITSELF_SECONDS:
            asked = True
            with suppress(ProcessLookupError, PermissionError):
                os.kill(server, signal.SIGINT)
        if loop.time() > began + _WAIT_SECONDS:
            raise CannotStart(f"{folder} is in use by process {server}, which was left behind: `kill {server}`")
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _holder(handle: int) -> tuple[int | None, int | None]:
    try:
        told = json.loads(os.pread(handle, 200, 0))
    except ValueError:
        return None, None  # it has the lock but has not written its name yet
    return told["starter"], told["server"]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
