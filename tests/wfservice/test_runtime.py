"""The life of a service, seen from outside: real processes, real signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import nats
import pytest_asyncio

from tests.wfservice.waiting import until
from wfcli.local.ports import any_port
from wfcore import subjects
from wfservice.bus.nats import NatsBus

GENEROUS = 60.0


@asynccontextmanager
async def service(module: str, folder: Path, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m module` with these settings and no others, in an empty folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKFLOW_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, cwd=folder, env=kept | environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def end(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    """Exit code and what was said, once it has ended."""
    async with asyncio.timeout(GENEROUS):
        _, said = await process.communicate()
    return process.returncode, said.decode()


def answering(url: str, status: int) -> Callable[[], "asyncio.Future[bool]"]:
    async def answers() -> bool:
        async with httpx.AsyncClient() as client:
            try:
                return (await client.get(url)).status_code == status
            except httpx.TransportError:
                return False

    return answers  # type: ignore[return-value]


@pytest_asyncio.fixture
async def stores(nats_url: str) -> str:
    """The bus with its buckets."""
    bus = await NatsBus.connect(nats_url, "test")
    await bus.ensure(subjects.STREAMS, subjects.BUCKETS)
    await bus.drain(2)
    return nats_url


async def test_bad_settings_end_the_process_with_all_faults(tmp_path: Path):
    """Exit code 2 and every fault, before anything is opened."""
    (tmp_path / "workflow.toml").write_text("[planner]\nspeed = 9\n")
    bad = {"WORKFLOW_PLANNER_HEALTH_PORT": "high", "WORKFLOW_DRAIN_SECONDS": "-1"}
    async with service("wf_planner", tmp_path, **bad) as process:
        code, said = await end(process)
    assert code == 2
    assert "WORKFLOW_PLANNER_HEALTH_PORT='high'" in said
    assert "WORKFLOW_DRAIN_SECONDS='-1'" in said
    assert "workflow.toml [planner] speed: no such setting" in said
    assert "Traceback" not in said


async def test_a_service_becomes_ready_and_ends_in_order(stores: str, tmp_path: Path):
    """Ready once it works, its port answers probes and scrapers; SIGTERM ends it with exit code 0."""
    port = any_port("127.0.0.1")
    settings = {"WORKFLOW_NATS_URL": stores, "WORKFLOW_PLANNER_HEALTH_PORT": str(port)}
    where = f"http://127.0.0.1:{port}"
    async with service("wf_planner", tmp_path, **settings) as process:
        await until(answering(f"{where}/readyz", 200), GENEROUS)  # type: ignore[arg-type]
        async with httpx.AsyncClient(base_url=where) as client:
            assert (await client.get("/livez")).text == "alive\n"
            assert "wf_bus_reconnects_total" in (await client.get("/metrics")).text
            modern = await client.get("/metrics", headers={"accept": "application/openmetrics-text"})
            assert modern.text.endswith("# EOF\n")
        process.send_signal(signal.SIGTERM)
        code, said = await end(process)
    assert code == 0
    assert '"event": "stopped"' in said
    assert "Traceback" not in said


async def test_sigterm_is_heard_while_there_is_no_bus(tmp_path: Path):
    """A service that still looks for NATS is alive, not ready, and ends at once when it is told to."""
    port = any_port("127.0.0.1")
    settings = {"WORKFLOW_NATS_URL": f"nats://127.0.0.1:{any_port('127.0.0.1')}", "WORKFLOW_HEALTH_PORT": str(port)}
    async with service("wf_planner", tmp_path, **settings) as process:
        await until(answering(f"http://127.0.0.1:{port}/livez", 200), GENEROUS)  # type: ignore[arg-type]
        assert await answering(f"http://127.0.0.1:{port}/readyz", 503)()
        process.send_signal(signal.SIGTERM)
        assert (await end(process))[0] == 0


async def test_a_gateway_that_others_could_reach_refuses_to_start(stores: str, tmp_path: Path):
    """An address beyond loopback needs WORKFLOW_GATEWAY_INSECURE_NO_AUTH: refused in one sentence, without a trace."""
    settings = {"WORKFLOW_NATS_URL": stores, "WORKFLOW_GATEWAY_HOST": "0.0.0.0", "WORKFLOW_GATEWAY_PORT": "0"}
    async with service("wf_gateway", tmp_path, **settings) as process:
        code, said = await end(process)
    assert code == 2
    assert "WORKFLOW_GATEWAY_INSECURE_NO_AUTH=true" in said
    assert "Traceback" not in said


async def test_a_service_is_found_on_the_bus(stores: str, tmp_path: Path):
    """`$SRV.PING` is answered by a running service with its name, as `nats micro ls` expects it."""
    client = await nats.connect(stores)
    found: list[dict[str, object]] = []

    async def heard() -> bool:
        try:
            answer = await client.request("$SRV.PING.planner", timeout=1)
        except (nats.errors.NoRespondersError, nats.errors.TimeoutError):
            return False
        found.append(json.loads(answer.data))
        return True

    async with service("wf_planner", tmp_path, WORKFLOW_NATS_URL=stores):
        await until(heard, GENEROUS)
    await client.close()
    assert found[0]["name"] == "planner"
    assert found[0]["type"] == "io.nats.micro.v1.ping_response"
