"""The upstream as its own process, started and ended as everybody else does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def testapi(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start `python -m testapi` on a free port; give its URL and process once it is ready, end it afterwards."""
    command = [sys.executable, "-m", "testapi", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline().split()
            assert ready[:2] == ["testapi", "ready"], f"instead of the ready line came {ready}"
            yield ready[2], process
        finally:
            process.terminate()
            process.wait(20)
