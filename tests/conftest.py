"""What every test may draw: real servers, one of each per test session."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from wfcli.local import nats

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Documents to test with, read in place; where they are absent the test says so."""
    found = Path(os.environ.get("WF_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not found.is_dir():
        pytest.skip(f"no test data at {found}: set WF_TEST_DATA")
    return found


@pytest_asyncio.fixture(scope="session")
async def nats_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real nats-server with JetStream: the one of WORKFLOW_TEST_NATS_URL, or one from the wheel."""
    given = os.environ.get("WORKFLOW_TEST_NATS_URL")
    if given:
        yield given
        return
    server = await nats.start(tmp_path_factory.mktemp("nats"))
    yield server.url
    await server.stop()
