"""Starts every part as soon as what it needs is there, keeps it alive, and ends all in order.

NATS, PostgreSQL and the process that services are forked from start side by side: none needs another.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from wfcli.dev import demo
from wfcli.dev.keeping import DataFolder
from wfcli.dev.options import Options
from wfcli.dev.services import (
    DRAIN_SECONDS,
    HOST,
    LIBRARIES,
    SERVICES,
    STOP_ORDER,
    Service,
    Surroundings,
    settings,
)
from wfcli.local import nats, postgres
from wfcli.local.child import Running
from wfcli.local.errors import CannotStart
from wfcli.local.forkserver import ForkServer
from wfcli.local.nats import NatsServer
from wfcli.local.ports import any_ports, free_port
from wfcli.local.postgres import PostgresServer
from wfcli.local.processes import ChildSpec, Event, Exited, NotRestarted, Restarted, Supervisor
from wfcli.local.readiness import get, until_ok
from wfcli.terminal import Screen

_READY_SECONDS = 60.0
"""How long a part may take to serve. A laptop that wakes up is slow."""
_REACH_SECONDS = 5.0


class Engine:
    """All processes of one `dev`. Make it, `start` it once, `stop` it whatever happened."""

    def __init__(self, options: Options, data: DataFolder, screen: Screen) -> None:
        self._options = options
        self._data = data
        self._screen = screen
        self._supervisor = Supervisor(self._tell)
        self._forks = ForkServer(modules=LIBRARIES, log=data.log("template"))
        self._nats: NatsServer | None = None
        self._postgres: PostgresServer | None = None
        self._stopping = False
        self.demo_definitions = demo.definitions() if options.demo else None
        self.namespace = options.namespace or (demo.NAMESPACE if options.demo else "default")
        self.gateway_port = self._wish(options.port, "the gateway")
        self.testapi_port = self._wish(demo.PREFERRED_PORT, "the demo upstream") if options.demo else None
        self.health_ports = dict(zip((each.name for each in SERVICES), any_ports(len(SERVICES)), strict=True))

    @property
    def nats_url(self) -> str:
        return self._options.nats_url or (self._nats.url if self._nats else "")

    @property
    def database_url(self) -> str:
        """Holds the password."""
        return self._options.database_url or (self._postgres.url if self._postgres else "")

    @property
    def gateway_url(self) -> str:
        return f"http://{HOST}:{self.gateway_port}"

    @property
    def testapi_url(self) -> str | None:
        return f"http://{HOST}:{self.testapi_port}" if self.testapi_port else None

    def pids(self) -> dict[str, int]:
        """The process id of each part, by name."""
        return self._supervisor.pids()

    async def start(self, then: Callable[[], Awaitable[None]]) -> None:
        """Return once every part serves. `then` runs beside it as soon as NATS is there. Raises CannotStart."""
        try:
            async with asyncio.TaskGroup() as together:
                bus = together.create_task(self._start_nats())
                database = together.create_task(self._start_postgres())
                loaded = together.create_task(self._forks.load())
                together.create_task(_after([bus], then))
                if self.testapi_port is not None:
                    together.create_task(_after([loaded], self._start_testapi))
                together.create_task(self._start_services(bus, database, loaded))
        except* CannotStart as failed:
            raise _first(failed) from None

    async def stop(self) -> None:
        """End all in order; what is under way ends first."""
        self._stopping = True
        await self._supervisor.stop_all(STOP_ORDER)
        await self._forks.close()

    def kill(self) -> None:
        """End all at once: a `stop` under way then has nothing more to wait for."""
        self._stopping = True
        self._supervisor.kill_all()

    # --- the parts ----------------------------------------------------------------------------

    async def _start_nats(self) -> None:
        if given := self._options.nats_url:
            await _reach(given, nats.PREFERRED_PORT, "--nats-url")
            self._screen.ok("NATS", _place(given), note="(as told by --nats-url)")
            return
        began = _now()
        await self._supervisor.start(ChildSpec(name="nats", launch=self._launch_nats, stop_seconds=nats.STOP_SECONDS))
        assert self._nats is not None
        self._say_moved("NATS", nats.PREFERRED_PORT, self._nats.port)
        self._screen.ok(f"NATS {self._nats.version} + JetStream", f"{HOST}:{self._nats.port}", _now() - began)

    async def _launch_nats(self) -> Running:
        self._nats = await nats.start(self._data.nats, self._nats.port if self._nats else nats.PREFERRED_PORT)
        return self._nats

    async def _start_postgres(self) -> None:
        if given := self._options.database_url:
            await _reach(given, postgres.PREFERRED_PORT, "--database-url")
            self._screen.ok("PostgreSQL", _place(given), note="(as told by --database-url)")
            return
        began = _now()
        await self._supervisor.start(
            ChildSpec(
                name="postgres",
                launch=self._launch_postgres,
                stop_signal=signal.SIGINT,  # cuts open connections; SIGTERM would wait for them
                stop_seconds=postgres.STOP_SECONDS,
            )
        )
        server = self._postgres
        assert server is not None
        self._say_moved("PostgreSQL", postgres.PREFERRED_PORT, server.port)
        note = "(first start: initdb)" if server.first_start else ""
        self._screen.ok(f"PostgreSQL {server.version}", f"{HOST}:{server.port}", _now() - began, note)

    async def _launch_postgres(self) -> Running:
        port = self._postgres.port if self._postgres else postgres.PREFERRED_PORT
        self._postgres = await postgres.start(self._data.postgres, durable=True, port=port)
        return self._postgres

    async def _start_testapi(self) -> None:
        port = self.testapi_port
        assert port is not None
        began = _now()
        launch = partial(
            self._forks.start,
            demo.MODULE,
            demo.MODULE,
            argv=["--host", HOST, "--port", str(port)],
            env=os.environ,
            log=self._data.log(demo.MODULE),
        )
        ready = partial(_listening, port)
        await self._supervisor.start(
            ChildSpec(name=demo.MODULE, launch=launch, ready=ready, ready_seconds=_READY_SECONDS)
        )
        self._screen.ok("demo upstream (testapi)", f"{HOST}:{port}", _now() - began)

    async def _start_services(self, bus: "asyncio.Task[None]", *others: "asyncio.Task[None]") -> None:
        database, loaded = others
        await asyncio.gather(bus, loaded)
        began = _now()
        watched = self._watched()
        async with asyncio.TaskGroup() as together:
            for service in SERVICES:
                needs = [database] if service.needs_database else []
                together.create_task(_after(needs, partial(self._start_service, service, watched)))
        self._screen.ok(", ".join(service.name for service in SERVICES), seconds=_now() - began)

    async def _start_service(self, service: Service, watched: Sequence[Path]) -> None:
        around = Surroundings(
            nats_url=self.nats_url,
            database_url=self.database_url,
            gateway_port=self.gateway_port,
            health_ports=self.health_ports,
            directories=os.pathsep.join(str(path.absolute()) for path in watched),
            namespace=self.namespace,
        )
        env = {**os.environ, **settings(service, around)}
        port = self.health_ports[service.name]
        await self._supervisor.start(
            ChildSpec(
                name=service.name,
                launch=partial(
                    self._forks.start, service.name, service.module, env=env, log=self._data.log(service.name)
                ),
                ready=partial(until_ok, port),
                ready_seconds=_READY_SECONDS,
                stop_seconds=DRAIN_SECONDS + 5,
            )
        )

    def _watched(self) -> list[Path]:
        paths = list(self._options.workflows)
        if self.demo_definitions and self.testapi_port:
            paths += demo.watched(self.demo_definitions, self.testapi_port, self._data.demo)
        return paths

    # --- telling ------------------------------------------------------------------------------

    def _wish(self, port: int, what: str) -> int:
        found = free_port(port)
        self._say_moved(what, port, found)
        return found

    def _say_moved(self, what: str, wish: int, port: int) -> None:
        if port != wish:
            self._screen.note(f"port {wish} is taken: {what} listens on {port}")

    def _tell(self, event: Event) -> None:
        if self._stopping:
            return
        match event:
            case Exited():
                self._screen.wrong(f"{event}; starting it again")
            case Restarted():
                self._screen.ok(str(event))
            case NotRestarted():
                first, _, rest = str(event).partition("\n")
                self._screen.wrong(first, rest)


async def _after(needs: Sequence["asyncio.Task[None]"], then: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*needs)
    await then()


async def _listening(port: int) -> None:
    """Return once somebody answers, whatever the answer."""
    while (await get(port, "/"))[0] == 0:
        await asyncio.sleep(0.02)


def _first(failed: "BaseExceptionGroup[CannotStart]") -> CannotStart:
    """The reason that came first; the others follow from it or are as good."""
    found = failed.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


async def _reach(url: str, default_port: int, flag: str) -> None:
    """Raise CannotStart when nobody listens there: better said now than by every service, a minute later."""
    parts = _parts(url)
    if parts.hostname is None:
        return  # a socket file, or several: only the client can tell
    try:
        async with asyncio.timeout(_REACH_SECONDS):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or default_port)
            writer.close()
    except (OSError, TimeoutError) as error:
        why = str(error) or f"no answer in {_REACH_SECONDS:g} s"
        raise CannotStart(f"nobody listens at {_place(url)} ({why}): is {flag} right?") from error


def _place(url: str) -> str:
    """Host and port of an URL: what may be printed of it."""
    parts = _parts(url)
    return f"{parts.hostname or ''}:{parts.port}" if parts.port else parts.hostname or ""


def _parts(url: str) -> SplitResult:
    first = url.split(",")[0]  # NATS takes a list of servers
    return urlsplit(first if "//" in first else f"//{first}")


def _now() -> float:
    return asyncio.get_running_loop().time()
