"""The gateway put together: its parts, its addresses, its server."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
from collections.abc import Iterator

import structlog
import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.routing import Route as StarletteRoute
from starlette.types import ASGIApp

from wf_gateway import document, pages, problems
from wf_gateway.discovery import Discovery
from wf_gateway.dry_running import DryRunning
from wf_gateway.error_pages import ErrorPages
from wf_gateway.executing import Executing
from wf_gateway.front import Front, fault
from wf_gateway.looking_back import History
from wf_gateway.own_addresses import Endpoint, OwnAddresses
from wf_gateway.published import Catalogue
from wf_gateway.routes import routes
from wf_gateway.settings import Settings
from wfcore.errors import WorkflowError
from wfhistory.store import Store
from wfservice.asking import Asker
from wfservice.bus import Bus
from wfservice.journal import Journal
from wfservice.settings import SettingsInvalid

log = structlog.get_logger()


TOLD_SECONDS = 0.1
"""What clients were told is stored in groups of so long: each group costs a disk write, and nobody waits for it."""


class Gateway:
    """One process that answers users. Make it with `open`, then `listen`."""

    def __init__(self, settings: Settings, bus: Bus, store: Store | None) -> None:
        """Use `open`."""
        id = secrets.token_hex(6)
        self._settings = settings
        self._bus = bus
        self._journal = Journal(bus, f"gateway-{id}", TOLD_SECONDS)
        self.asker = Asker(bus, self._journal, id)
        self._catalogue = Catalogue(bus)
        self._executing = Executing(
            self._catalogue, self.asker, self._journal, settings.default_namespace, settings.runs_at_once
        )
        self._discovery = Discovery(bus, self._catalogue, settings.default_namespace)
        self._history = History(store, settings.default_namespace, settings.cursor_key)
        self._dry_running = DryRunning(bus, self._history, settings.default_namespace)
        self._error_pages = ErrorPages(settings.docs)
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, bus: Bus, settings: Settings) -> Gateway:
        """Learn what is published."""
        _refuse_open_address(settings)
        store = await Store.open(settings.database_url) if settings.database_url else None
        gateway = cls(settings, bus, store)
        await asyncio.gather(gateway._catalogue.follow(), gateway._discovery.follow())
        return gateway

    async def listen(self) -> None:
        """Open the users' port."""
        config = uvicorn.Config(
            self.app(),
            host=self._settings.host,
            port=self._settings.port,
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=75,  # longer than the idle time of load balancers, else they meet closed connections
            timeout_graceful_shutdown=int(self._settings.drain_seconds),
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(), name="users' port")
        while not self._server.started:
            if self._serving.done():
                raise RuntimeError(f"port {self._settings.port} cannot be opened") from self._serving.exception()
            await asyncio.sleep(0.005)

    def ready(self) -> str | None:
        """See Service.ready."""
        return None if self._server is not None and self._server.started else "the users' port is not open yet"

    async def stop(self) -> None:
        """Answer what is under way, take nothing new, tell the history."""
        self._executing.draining = True
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self.asker.close()
        await self._journal.close()
        await self._catalogue.close()
        await self._discovery.close()
        await self._history.close()

    def app(self) -> ASGIApp:
        """All addresses. Nothing stands between a call of a workflow and the bus."""
        table = routes(self._executing, self._discovery, self._history, self._dry_running)
        described = pages.Document(
            lambda: self._catalogue.changes,
            lambda: document.document(table, self._catalogue, self._settings.default_namespace),
        )
        app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
        app.router.routes[:] = [
            StarletteRoute("/workflows/{namespace}/{name}", self._executing.bare, methods=["POST"]),
            StarletteRoute("/workflows/{name}", self._executing.bare, methods=["POST"]),
            *(StarletteRoute(route.path, route.endpoint, methods=[route.method]) for route in table),
            StarletteRoute("/openapi.json", described.answer),
            StarletteRoute("/docs", pages.docs),
            Mount("/docs/assets", pages.assets()),
            StarletteRoute("/errors/{code}", self._error_pages.answer),
        ]
        app.exception_handler(WorkflowError)(_told)
        app.exception_handler(HTTPException)(_not_here)
        app.exception_handler(Exception)(_fault)
        bare, execute = self._executing.bare, self._executing.envelope
        short: list[tuple[str, Endpoint]] = [("/workflows/{name}", bare), ("/workflows/{namespace}/{name}", bare)]
        short += [(route.path, execute) for route in table if route.endpoint == execute]
        return Front(short, OwnAddresses(self._catalogue, self._executing), app)


class _Server(uvicorn.Server):
    """uvicorn, but signals are the runtime's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _told(request: Request, error: WorkflowError) -> Response:
    return problems.of(error, instance=request.url.path)


async def _not_here(request: Request, error: HTTPException) -> Response:
    code = "METHOD_NOT_ALLOWED" if error.status_code == 405 else "ROUTE_NOT_FOUND"
    said = problems.problem(code, f"{request.method} {request.url.path}: {error.detail}", instance=request.url.path)
    return problems.respond(said, dict(error.headers or {}))


async def _fault(request: Request, error: Exception) -> Response:
    return fault(request, error)


def _refuse_open_address(settings: Settings) -> None:
    try:
        local = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        local = settings.host == "localhost"
    if local:
        return
    if not settings.insecure_no_auth:
        raise SettingsInvalid(
            f"WORKFLOW_GATEWAY_HOST: {settings.host} can be reached by others, and nobody is asked who he is: "
            "use 127.0.0.1, or set WORKFLOW_GATEWAY_INSECURE_NO_AUTH=true behind a network policy"
        )
    log.warning("serving without authentication", host=settings.host)
