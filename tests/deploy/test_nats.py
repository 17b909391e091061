"""The NATS of compose is the one that everybody develops with."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.services import REPOSITORY
from wfcli.local import nats
from wfcli.local.child import end, spawn
from wfcli.local.ports import any_ports
from wfcli.local.readiness import get, until_ok

CONFIG = REPOSITORY / "deploy" / "nats" / "nats.conf"
LIMITS = (
    "max_payload",
    "max_pending",
    "write_deadline",
    "ping_interval",
    "ping_max",
    "max_connections",
    "max_control_line",
)


@asynccontextmanager
async def running(config: Path) -> AsyncIterator[int]:
    """A real server with this file, but ports of its own; gives the port of its monitoring."""
    port, monitoring = any_ports(2)
    own = ["-a", "127.0.0.1", "-p", str(port), "-m", str(monitoring)]
    server = spawn([nats.find_binary(), "-c", config, *own], log=config.with_suffix(".log"))
    try:
        async with asyncio.timeout(60):
            await until_ok(monitoring, "/healthz")
        yield monitoring
    finally:
        await end(server, within_seconds=30)


async def limits(config: Path) -> dict[str, Any]:
    """What a server with this file really does."""
    async with running(config) as monitoring:
        _, body = await get(monitoring, "/varz")
    varz = json.loads(body)
    jetstream = varz["jetstream"]["config"]
    return {name: varz[name] for name in LIMITS} | {
        name: jetstream.get(name) for name in ("sync_interval", "sync_always", "strict")
    }


@pytest.fixture
async def of_dev(tmp_path: Path) -> Path:
    """The file that `dev` writes."""
    server = await nats.start(tmp_path / "dev")
    await server.stop()
    return tmp_path / "dev" / "nats.conf"


@pytest.fixture
def of_compose(tmp_path: Path) -> Path:
    """The file that compose mounts, but with data in a folder that is there."""
    config = tmp_path / "compose.conf"
    config.write_text(CONFIG.read_text().replace('store_dir: "/data"', f"store_dir: {json.dumps(str(tmp_path))}"))
    return config


def test_the_server_accepts_the_file():
    """A typing error in nats.conf is found here, not at the start."""
    checked = subprocess.run([nats.find_binary(), "-t", "-c", CONFIG], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


async def test_the_limits_are_those_of_dev(of_compose: Path, of_dev: Path):
    """What passes on a developer's machine passes in a container, and what is refused is refused."""
    ours = await limits(of_compose)
    assert ours == await limits(of_dev)
    assert (ours["max_payload"], ours["sync_always"]) == (8 << 20, True)


def test_the_time_to_leave_is_that_of_dev(of_dev: Path):
    """What the server does not tell while it runs stands in both files."""
    assert f'lame_duck_duration: "{json.loads(of_dev.read_text())["lame_duck_duration"]}"' in CONFIG.read_text()
