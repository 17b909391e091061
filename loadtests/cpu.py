"""What processes have used of the processor, as Linux counts it: with threads, children, and children that ended."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class _Stat(NamedTuple):
    """One line of /proc/<pid>/stat: utime + stime + cutime + cstime, in milliseconds."""

    pid: int
    parent: int
    used: float


def used(processes: Mapping[str, int]) -> dict[str, float]:
    """Milliseconds of user and system time since they began, by the names that are given to the process ids.

    Each is counted with its living descendants, and with all that it has buried; exact to a tick (10 ms) for
    each. Raises ProcessLookupError when one has ended: what it used cannot be known any more.
    """
    stats = {stat.pid: stat for stat in _all()}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in stats.values():
        children[stat.parent].append(stat.pid)

    def tree(pid: int) -> float:
        return stats[pid].used + sum(tree(child) for child in children[pid])

    for name, pid in processes.items():
        if pid not in stats:
            raise ProcessLookupError(f"{name} (process {pid}) has ended: it did not live through the measurement")
    return {name: tree(pid) for name, pid in processes.items()}


def machine() -> tuple[float, float]:
    """Milliseconds of work and of all time since the machine began, summed over its cores."""
    fields = [_TICK_MS * int(field) for field in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return sum(fields) - idle - waiting, sum(fields)


def between(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What each has used from one reading to the next."""
    return {name: after[name] - before[name] for name in after}


def _all() -> Iterator[_Stat]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # ended since we listed it
            # The name in the second field may hold spaces and brackets of its own: count from the last one.
            fields = text.rpartition(")")[2].split()
            yield _Stat(int(folder.name), int(fields[1]), _TICK_MS * sum(map(int, fields[11:15])))
