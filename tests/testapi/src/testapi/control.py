"""The tests' own door, beside the shop and not in its document: paths that begin with `/_`.

`GET /_log`        requests that arrived; filters `method`, `path`, `execution`, `key`, `state`
`GET /_log/wait`   the same once `count` of them are there; 408 with what there is after `timeoutMs`
`DELETE /_log`     forget them
`GET /_gate`       the closed gates
`PUT /_gate/{key}` close one (`?path=/orders` for all requests to that path)
`DELETE /_gate/{key}`, `DELETE /_gate`  open it, open all
`GET /_health`     the app is there
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from testapi.faults import Gates, number
from testapi.observation import Log
from testapi.problems import Refused, answer

PATIENCE_MS = 10_000


def control(log: Log, gates: Gates) -> Starlette:
    """Return the app that answers the paths above."""

    async def read_log(request: Request) -> Response:
        return JSONResponse({"items": [entry.as_json() for entry in log.find(request.query_params)]})

    async def wait_for_log(request: Request) -> Response:
        query = request.query_params
        enough = number(query, "count", 1, 100_000) or 1
        patience = number(query, "timeoutMs", 0, 600_000)
        found = await log.wait(query, enough, (PATIENCE_MS if patience is None else patience) / 1000)
        status = 200 if len(found) >= enough else 408
        return JSONResponse({"items": [entry.as_json() for entry in found]}, status_code=status)

    async def clear_log(_: Request) -> Response:
        log.clear()
        return Response(status_code=204)

    async def read_gates(_: Request) -> Response:
        return JSONResponse({"closed": gates.closed()})

    async def close_gate(request: Request) -> Response:
        gates.close(request.path_params["key"], request.query_params.get("path"))
        return Response(status_code=204)

    async def open_gate(request: Request) -> Response:
        gates.open(request.path_params["key"])
        return Response(status_code=204)

    async def open_gates(_: Request) -> Response:
        gates.open_all()
        return Response(status_code=204)

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def refused(_: Request, no: Exception) -> Response:
        assert isinstance(no, Refused)
        return answer(no.status, no.code, no.detail)

    routes = [
        Route("/_log", read_log, methods=["GET"]),
        Route("/_log", clear_log, methods=["DELETE"]),
        Route("/_log/wait", wait_for_log, methods=["GET"]),
        Route("/_gate", read_gates, methods=["GET"]),
        Route("/_gate", open_gates, methods=["DELETE"]),
        Route("/_gate/{key}", close_gate, methods=["PUT"]),
        Route("/_gate/{key}", open_gate, methods=["DELETE"]),
        Route("/_health", health, methods=["GET"]),
    ]
    return Starlette(routes=routes, exception_handlers={Refused: refused})
