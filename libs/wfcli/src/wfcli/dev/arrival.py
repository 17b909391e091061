"""The moment when everything answers: one line for machines, or what to try first for people."""

import asyncio
import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from wfcli.dev.engine import Engine
from wfcli.dev.keeping import shown
from wfcli.dev.options import Options
from wfcli.dev.services import HOST, SERVICES
from wfcli.local.readiness import get
from wfcli.terminal import Screen

_DEFAULT_PORT = 8080
_FAVOURITE = "order-processing"
_ASK_AGAIN_SECONDS = 0.02


class Judged(Protocol):
    """As much of a verdict as is asked for here."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def ready(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Served:
    """A workflow that the gateway answers for."""

    namespace: str
    name: str
    example: str | None
    """The input of its first example, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What `dev --json` tells: where everything is, and which process is what. `database` holds the password."""

    seconds: float
    namespace: str
    gateway: str
    nats: str
    database: str
    testapi: str | None
    data: Path
    workflows: list[Served]
    pids: dict[str, int]
    health: dict[str, str]

    @classmethod
    def of(cls, engine: Engine, workflows: list[Served], data: Path, seconds: float) -> "Ready":
        return cls(
            seconds=seconds,
            namespace=engine.namespace,
            gateway=engine.gateway_url,
            nats=engine.nats_url,
            database=engine.database_url,
            testapi=engine.testapi_url,
            data=data.absolute(),
            workflows=workflows,
            pids=engine.pids(),
            health={each.name: f"http://{HOST}:{engine.health_ports[each.name]}" for each in SERVICES},
        )

    def as_json(self) -> str:
        """One line. `services` are ours; `servers` are those that `dev` started besides."""
        return json.dumps(
            {
                "ready": True,
                "seconds": round(self.seconds, 3),
                "gateway": self.gateway,
                "nats": self.nats,
                "database": self.database,
                "testapi": self.testapi,
                "data": str(self.data),
                "namespace": self.namespace,
                "workflows": [f"{each.namespace}/{each.name}" for each in self.workflows],
                "services": {name: {"pid": self.pids[name], "health": url} for name, url in self.health.items()},
                "servers": {name: {"pid": pid} for name, pid in self.pids.items() if name not in self.health},
            }
        )


async def until_served(port: int, verdicts: Iterable[Judged], within_seconds: float) -> list[Served]:
    """Wait until the gateway answers for every workflow that is ready. Returns those that it does in time."""
    found: list[Served] = []
    deadline = asyncio.get_running_loop().time() + within_seconds
    for verdict in [each for each in verdicts if each.ready]:
        address = f"/api/v1/namespaces/{quote(verdict.namespace)}/workflows/{quote(verdict.name)}"
        while asyncio.get_running_loop().time() < deadline:
            told = await _told(port, address)
            if told.get("published") and told.get("version") == verdict.version:
                example = next((json.dumps(each["input"]) for each in told.get("examples", [])), None)
                found.append(Served(namespace=verdict.namespace, name=verdict.name, example=example))
                break
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return found


async def _told(port: int, address: str) -> dict[str, Any]:
    status, body = await get(port, address)
    told: dict[str, Any] = json.loads(body) if status == 200 else {}
    return told


def tell(ready: Ready, screen: Screen, options: Options) -> None:
    """What exists, what to type first, and how it ends."""
    screen.say()
    screen.say(f"  API docs  {ready.gateway}/docs")
    screen.say(f"  OpenAPI   {ready.gateway}/openapi.json")
    screen.say()
    if (first := _first(ready)) is not None:
        name = first.name if first.namespace == ready.namespace else f"{first.namespace}/{first.name}"
        given = shlex.quote(first.example or "{}")
        elsewhere = "" if ready.gateway.endswith(f":{_DEFAULT_PORT}") else f" --url {ready.gateway}"
        screen.say(f"  Try       {_command()} run {name} -i {given}{elsewhere}")
        screen.say(f"  Or        curl -s --json {given} {ready.gateway}/workflows/{name}")
    else:
        screen.say(f"  Next      put a workflow into {shown(options.workflows[0])}: it is live within a second")
    screen.say()
    said = [
        screen.paint.strong(f"ready in {ready.seconds:.1f} s"),
        f"watching {', '.join(shown(folder) for folder in options.workflows)}{' and the demo' if options.demo else ''}",
        "Ctrl-C stops, data is kept",
        "--reset wipes",
        f"logs: {shown(options.data / 'logs')}" if options.verbose else "logs: --verbose",
    ]
    screen.say(f"  {' · '.join(said)}")
    screen.say()


def _first(ready: Ready) -> Served | None:
    """The one to try: our favourite where it is, else one with an example."""
    ranked = sorted(ready.workflows, key=lambda each: (each.name != _FAVOURITE, each.example is None))
    return ranked[0] if ranked else None


def _command() -> str:
    """How this program is called from here."""
    called = sys.argv[0]
    if shutil.which("workflow-cli") or os.path.basename(called) != "workflow-cli":
        return "workflow-cli"
    return shown(Path(called)).removeprefix("./")
