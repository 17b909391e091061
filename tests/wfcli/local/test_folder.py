"""One folder, one server, and nothing left behind stays in the way."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

from wfcli.local import folder
from wfcli.local.child import Running, spawn

ORPHAN = """
import fcntl, json, os, sys, threading
handle = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(handle, fcntl.LOCK_EX)
os.pwrite(handle, json.dumps({"starter": int(sys.argv[2]), "server": os.getpid()}).encode(), 0)
print("held", flush=True)
threading.Event().wait()
"""


async def test_a_server_left_behind_is_ended(tmp_path: Path, ended_with_the_test: Callable[[Running], None]):
    """Where the system does not end a server whose starter was killed, the next start does, and takes the folder."""
    gone = spawn(["true"], log=tmp_path / "gone.log")
    await gone.wait()
    orphan = spawn([sys.executable, "-c", ORPHAN, tmp_path / "lock", str(gone.pid)], log=tmp_path / "orphan.log")
    ended_with_the_test(orphan)
    async with asyncio.timeout(60):
        while "held" not in orphan.written():
            await asyncio.sleep(0.01)
        handle = await folder.lock(tmp_path)
    os.close(handle)
    assert await orphan.wait() != 0
