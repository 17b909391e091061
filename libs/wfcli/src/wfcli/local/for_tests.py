"""Servers for tests: the one the environment names, else one of our own that lives as long as the test run.

Each is an async context manager that gives an URL, so a fixture is two lines.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from wfcli.local import nats, postgres


@asynccontextmanager
async def nats_url(folder: Path, environment: Mapping[str, str] = os.environ) -> AsyncIterator[str]:
    """WORKFLOW_TEST_NATS_URL, else a server in `folder`. Streams of earlier tests may be there: use fresh names."""
    if named := environment.get("WORKFLOW_TEST_NATS_URL"):
        yield named
        return
    server = await nats.start(folder)
    try:
        yield server.url
    finally:
        await server.stop()


@asynccontextmanager
async def database_url(folder: Path, environment: Mapping[str, str] = os.environ) -> AsyncIterator[str]:
    """WORKFLOW_TEST_DATABASE_URL, else a server in `folder` that does not wait for the disk."""
    if named := environment.get("WORKFLOW_TEST_DATABASE_URL"):
        yield named
        return
    server = await postgres.start(folder, durable=False)
    try:
        yield server.url
    finally:
        await server.stop()
