"""A child must not outlive the one who started it, however that one dies.

Linux can send a signal to a process whose parent is gone; other systems cannot, there a killed
`dev` leaves its children, and the next start finds and ends the servers among them.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, death_signal: int) -> None:
    """Called in the child: receive `death_signal` when the thread that made us ends. `parent` is its process id.

    Called between fork and exec, so it does the least possible.
    """
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it died before we could ask to be told
        os.kill(os.getpid(), signal.SIGKILL)


def set_name(name: str) -> None:
    """Show `name` in `ps -o comm`, `top` and `pgrep`. The kernel keeps the first 15 bytes."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def set_title(title: str) -> None:
    """Show `title` as the command line in `ps`, cut to the length of the one we were started with."""
    try:
        stat = Path("/proc/self/stat").read_text()
        start, end = (int(field) for field in stat.rpartition(")")[2].split()[45:47])
    except (OSError, ValueError):
        return
    room = end - start
    if room > 1:  # the kernel reads the command line from this memory of ours, up to its last zero byte
        ctypes.memmove(start, title.encode()[: room - 1].ljust(room, b"\0"), room)
