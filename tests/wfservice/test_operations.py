"""The operators' port, over real HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from wfservice.operations import Operations


@pytest_asyncio.fixture
async def operations() -> AsyncIterator[Operations]:
    """An open port of a service that is still starting."""
    opened = Operations("sample")
    await opened.open("127.0.0.1", 0)
    yield opened
    await opened.close()


async def get(operations: Operations, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{operations.port}{path}", headers=headers)


async def test_readiness_follows_the_service(operations: Operations):
    """Alive from the first moment; ready only while nothing is missing, and it says what is."""
    assert (await get(operations, "/livez")).status_code == 200
    starting = await get(operations, "/readyz")
    assert (starting.status_code, starting.text) == (503, "sample: starting\n")
    assert (await get(operations, "/startupz")).status_code == 503
    missing: list[str] = []
    operations.serve(lambda: missing[0] if missing else None)
    assert (await get(operations, "/readyz")).status_code == 200
    missing.append("the bus is away")
    away = await get(operations, "/readyz?verbose")
    assert (away.status_code, away.text) == (503, "sample: the bus is away\n")
    assert (await get(operations, "/startupz")).status_code == 200
    assert (await get(operations, "/livez")).status_code == 200


async def test_metrics_speak_both_dialects(operations: Operations):
    """Prometheus text by default, OpenMetrics for who asks for it."""
    text = await get(operations, "/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE workflow_validation_failures_total counter" in text.text
    assert "# EOF" not in text.text
    modern = await get(operations, "/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert modern.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "# TYPE workflow_validation_failures counter" in modern.text
    assert modern.text.endswith("# EOF\n")


async def test_the_lag_of_the_loop_is_measured(operations: Operations):
    """`wf_loop_lag_seconds` grows while the port is open."""

    async def measured() -> float:
        line = next(x for x in (await get(operations, "/metrics")).text.splitlines() if "loop_lag_seconds_count" in x)
        return float(line.split()[1])

    before = await measured()
    async with asyncio.timeout(20):
        while await measured() == before:
            await asyncio.sleep(0.01)


async def test_other_addresses_name_the_known_ones(operations: Operations):
    """404 with a list of what there is."""
    other = await get(operations, "/health")
    assert other.status_code == 404
    assert "/readyz" in other.text


async def test_nonsense_harms_nobody(operations: Operations):
    """A connection that speaks no HTTP, too much, or nothing is closed; the next one is served."""
    for sent in (b"\r\n\r\n", b"nonsense\r\n\r\n", b"x" * 100_000, b"GET \xff HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", operations.port)
        writer.write(sent)
        writer.write_eof()
        async with asyncio.timeout(20):
            with contextlib.suppress(ConnectionResetError):
                assert b"200" not in await reader.read()
        writer.close()
    assert (await get(operations, "/livez")).status_code == 200
