"""A copy of the core and its tests, to put faults into: the checkout itself is never touched."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.mutation import hurrying

REPOSITORY = Path(__file__).resolve().parents[2]
CORE = Path("libs/wfcore/src")
KILLED, SURVIVED, HUNG = "killed", "survived", "hung"
_LOOK_SECONDS = 0.01


class CannotMutate(Exception):
    """The tests fail without any fault."""


@dataclass(frozen=True)
class Copy:
    """A copy in a folder of its own."""

    folder: Path

    @classmethod
    def into(cls, folder: Path) -> Copy:
        """Make one."""
        ignored = shutil.ignore_patterns("__pycache__", "mutation")
        for part in (CORE / "wfcore", Path("tests/wfcore")):
            shutil.copytree(REPOSITORY / part, folder / part, ignore=ignored)
        for file in ("pyproject.toml", "tests/__init__.py"):
            shutil.copy(REPOSITORY / file, folder / file)
        os.environ.setdefault("WF_TEST_DATA", str(REPOSITORY.parent / "shared" / "data"))
        return cls(folder)

    def files(self, package: str) -> list[Path]:
        """The modules of a package of the core."""
        return sorted((self.folder / CORE / "wfcore" / package).rglob("*.py"))

    def clean_seconds(self, tests: Sequence[str]) -> float:
        """How long the tests take without a fault. Raises CannotMutate when they fail."""
        for limit in (600.0, 600.0):
            began = time.monotonic()
            if (verdict := self._verdict(tests, limit)) != SURVIVED:
                raise CannotMutate(f"{' '.join(tests)}: {verdict} without any fault in the code")
        return time.monotonic() - began

    def verdict(self, file: Path, text: str, tests: Sequence[str], limit: float) -> str:
        """What the tests make of a module with this text."""
        whole, times = file.read_text(), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
        file.write_text(text)
        # Compiled files are told apart by size and second: a fault must never pass for the code, nor the code for it.
        os.utime(file, ns=(times[0], time.time_ns() + 10**10))
        try:
            return self._verdict(tests, limit, keep=False)
        finally:
            file.write_text(whole)
            os.utime(file, ns=times)

    def _verdict(self, tests: Sequence[str], limit: float, *, keep: bool = True) -> str:
        """Run tests in a child, which starts with pytest loaded and the core not."""
        child = os.fork()
        if child == 0:
            os.setsid()
            os._exit(self._run(tests, keep))
        end = time.monotonic() + limit
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
            time.sleep(_LOOK_SECONDS)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return HUNG

    def _run(self, tests: Sequence[str], keep: bool) -> int:
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os.chdir(self.folder)
        sys.dont_write_bytecode = not keep
        sys.path[:0] = [str(self.folder), str(self.folder / CORE)]
        for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "wfcore")]:
            if name != hurrying.__name__:
                del sys.modules[name]
        os.environ[hurrying.SECONDS] = str(self.folder / f"seconds-{abs(hash(tuple(tests)))}.json")
        found = [str(file.relative_to(self.folder)) for test in tests for file in sorted(self.folder.glob(test))]
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *found], plugins=[hurrying]))
