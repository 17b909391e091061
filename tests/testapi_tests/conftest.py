"""One upstream for all tests of this folder: each test draws its own things from it."""

from collections.abc import Iterator
from itertools import count

import httpx
import pytest
from tests.testapi_tests import running

numbers = count(1)


@pytest.fixture(scope="session")
def upstream_url() -> Iterator[str]:
    """The URL of a running upstream."""
    with running.testapi() as (url, _):
        yield url


@pytest.fixture(scope="session")
def client(upstream_url: str) -> Iterator[httpx.Client]:
    """An HTTP client of the upstream."""
    with httpx.Client(base_url=upstream_url, timeout=30) as client:
        yield client


@pytest.fixture
def fresh_key() -> str:
    """A key that no other test uses."""
    return f"key-{next(numbers)}"
