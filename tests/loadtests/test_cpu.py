"""What a process has used is read as the kernel counts it, with its children."""

import os
import subprocess
import sys
import time

import pytest

from loadtests import cpu

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def test_a_process_is_charged_what_it_burned():
    """A process that burns 0.3 s of CPU and then waits is charged 0.3 s, and a little for its start."""
    with a_process(BURN.format(seconds=0.3) + "print(flush=True); input()") as burner:
        burner.stdout.readline()
        used = cpu.used({"burner": burner.pid})["burner"]
        burner.communicate(b"\n")
    assert 280 <= used <= 1000


def test_threads_are_charged_to_their_process():
    """The time of a thread counts, also after it has ended."""
    code = (
        "import threading, time\n"
        "def burn():\n    while time.thread_time() < 0.3: pass\n"
        "t = threading.Thread(target=burn); t.start(); t.join()\nprint(flush=True); input()"
    )
    with a_process(code) as burner:
        burner.stdout.readline()
        used = cpu.used({"burner": burner.pid})["burner"]
        burner.communicate(b"\n")
    assert 280 <= used <= 1000


@pytest.mark.parametrize("alive", [True, False], ids=["living", "buried"])
def test_children_are_charged_to_their_parent(alive: bool):
    """A child's time is its parent's, while it lives and after it was waited for."""
    wait = "" if alive else "child.stdin.close(); child.wait()\n"
    child = BURN.format(seconds=0.3) + "print(flush=True)\n" + ("input()" if alive else "")
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=-1, stdout=-1)\n"
        f"child.stdout.readline()\n{wait}"
        "print(flush=True); input()"
    )
    with a_process(code) as parent:
        parent.stdout.readline()
        used = cpu.used({"parent": parent.pid})["parent"]
        parent.communicate(b"\n")
    assert 280 <= used <= 1000


def test_a_reading_never_falls():
    """Between two readings of a process that works lies what it used in between."""
    before = cpu.used({"me": os.getpid()})
    began = time.process_time()
    while time.process_time() - began < 0.1:
        pass
    used = cpu.between(before, cpu.used({"me": os.getpid()}))["me"]
    assert 80 <= used <= 500


def test_a_process_that_has_ended_is_told():
    """A service that died during the measurement is not counted as cheap."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(ProcessLookupError, match=r"gateway .* did not live through"):
        cpu.used({"gateway": process.pid})


def a_process(code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
