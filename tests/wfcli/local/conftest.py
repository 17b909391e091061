"""What the tests of this folder share."""

import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from wfcli.local.child import Running


@pytest.fixture
def sample_service(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a small service that Python processes started by us can run as a module."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent / "services"))
    return "sample_service"


@pytest.fixture
async def ended_with_the_test() -> AsyncIterator[Callable[[Running], None]]:
    """Call it with whatever a test starts: it is gone when the test is, however the test went."""
    alive: list[Running] = []
    yield alive.append
    for running in alive:
        running.signal(signal.SIGKILL)
        await running.wait()
