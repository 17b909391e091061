"""The whole upstream put together: the shop, what watches and disturbs it, and the tests' own door."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from testapi import document, problems
from testapi.control import control
from testapi.families import ROUTERS
from testapi.faults import Faulty, Gates
from testapi.observation import Log, Observed
from testapi.operations import operation_id
from testapi.store import Store

DESCRIPTION = "A small shop, all in memory: the upstream of the demo and of the tests."


def shop() -> FastAPI:
    """Return the shop alone, with a store of its own."""
    app = FastAPI(
        title="Test API",
        version="1.0.0",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=operation_id,
        separate_input_output_schemas=False,
    )
    app.state.store = Store()
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    document.install(app)
    return app


def upstream() -> ASGIApp:
    """Return the ASGI app that is served."""
    log, gates = Log(), Gates()
    door, watched = control(log, gates), Observed(Faulty(shop(), gates), log)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (door if scope["path"].startswith("/_") else watched)(scope, receive, send)

    return app
