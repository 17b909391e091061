"""What every test may draw: a real server, one per test session."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from wfcli.local import for_tests


@pytest_asyncio.fixture(scope="session")
async def nats_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A real nats-server with JetStream: the one of WORKFLOW_TEST_NATS_URL, or one from the wheel."""
    async with for_tests.nats_url(tmp_path_factory.mktemp("nats")) as url:
        yield url
