"""The logs of all services on the screen, for --verbose."""

import asyncio
from collections.abc import Callable
from pathlib import Path

_LOOK_AGAIN_SECONDS = 0.2


async def tail(folder: Path, say: Callable[[str], None]) -> None:
    """Say every line that is written into the folder's logs, with the log's name before it. Never returns."""
    read: dict[Path, int] = {}
    while True:
        _say_all_new(folder, read, say)
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _say_all_new(folder: Path, read: dict[Path, int], say: Callable[[str], None]) -> None:
    for log in sorted(folder.glob("*.log")):
        read[log] = _say_new(log, read.get(log, 0), say)


def _say_new(log: Path, start: int, say: Callable[[str], None]) -> int:
    """Say the whole lines after `start`; returns where the next one begins."""
    with log.open("rb") as file:
        file.seek(start)
        whole, newline, _ = file.read().rpartition(b"\n")
    for line in whole.decode(errors="replace").splitlines():
        say(f"{log.stem:>16} | {line}")
    return start + len(whole) + len(newline)
