"""The parts of a bench that tests share: one stub upstream and one floor for all of them."""

from collections.abc import AsyncIterator

import pytest_asyncio
from loadtests.parts import Generator, Target

from loadtests import parts


@pytest_asyncio.fixture(scope="session")
async def upstream() -> AsyncIterator[str]:
    """The origin of a stub upstream."""
    async with parts.stub() as origin:
        yield origin


@pytest_asyncio.fixture(scope="session")
async def floor(upstream: str) -> AsyncIterator[Target]:
    """The hand-written composition over it."""
    async with parts.floor(upstream) as target:
        yield target


@pytest_asyncio.fixture(scope="session")
async def generator() -> AsyncIterator[Generator]:
    """A load generator that waits for jobs."""
    async with parts.generator() as made:
        yield made
