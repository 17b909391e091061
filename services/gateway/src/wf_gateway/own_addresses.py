"""Workflows under addresses of their own: who answers a path, with which input.

The input is path and query for GET, HEAD and DELETE, path and JSON body for POST, PUT and PATCH.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from wf_gateway import problems, requests
from wf_gateway.addresses import Taken
from wf_gateway.executing import Asked, Executing
from wf_gateway.parameters import BY_QUERY, ParametersInvalid, Wrong
from wf_gateway.published import Catalogue, Published
from wfcore import jsontext
from wfcore.bundle import RESERVED
from wfcore.errors import WorkflowError
from wfcore.schema.places import pointer

Endpoint = Callable[[Request], Awaitable[Response]]


class OwnAddresses:
    """Finds the workflow at an address, and lets it answer."""

    def __init__(self, catalogue: Catalogue, executing: Executing) -> None:
        """Follows what is published, as the catalogue does."""
        self._catalogue = catalogue
        self._executing = executing

    def at(self, scope: Scope) -> Endpoint | None:
        """Who answers this request; None where no workflow has the address."""
        if scope["path"][1:].partition("/")[0] in RESERVED:
            return None
        method, path = scope["method"], scope["raw_path"].decode("ascii")
        found = self._catalogue.at(method, path)
        if isinstance(found, Taken):
            return partial(self._run, found)
        if found:
            return partial(_wrong_method, found)
        # As the fixed addresses do: one slash too many is forgiven.
        if path.endswith("/") and self._catalogue.at(method, path[:-1]):
            return partial(_without_slash, path[:-1])
        return None

    async def _run(self, taken: Taken[Published], request: Request) -> Response:
        found = taken.target
        assert found.bundle.route is not None
        name = f"{request.method} {found.bundle.route.path}"
        answer = await self._executing.answer(request, name, partial(_asked, request, taken), bare=True)
        if request.method in ("GET", "HEAD"):
            answer.headers["Cache-Control"] = "no-store"  # an answer was composed for one caller, at one moment
        return answer


async def _asked(request: Request, taken: Taken[Published]) -> Asked:
    found = taken.target
    assert found.parameters is not None
    given = found.parameters.read(taken.texts, request.scope["query_string"])
    if request.method in BY_QUERY:
        _refuse_body(request)
        return Asked(found, jsontext.encode(given), given)
    content = await requests.body(request)
    sent = requests.value(content)
    if not given or not isinstance(sent, dict):  # what is no object is told by the schema
        return Asked(found, content, sent)
    wrong = [
        Wrong(pointer((name,)), "const", f"the body says another `{name}` than the path: leave it out of the body")
        for name, value in given.items()
        if name in sent and not _same(sent[name], value)
    ]
    if wrong:
        raise ParametersInvalid(wrong)
    more = {name: value for name, value in given.items() if name not in sent}
    return Asked(found, _joined(more, content, empty=not sent), {**sent, **more})


def _refuse_body(request: Request) -> None:
    headers = request.headers
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        said = f"{request.method} takes no body here: its input stands in the path and the query"
        raise WorkflowError(said, code="PARAMETER_INVALID")


def _same(one: jsontext.JsonValue, other: jsontext.JsonValue) -> bool:
    return jsontext.encode(one) == jsontext.encode(other)


def _joined(more: dict[str, Any], content: bytes, *, empty: bool) -> bytes:
    """An object with more members in front; what was sent stays byte for byte."""
    if not more:
        return content
    written = jsontext.encode(more)
    return written if empty else written[:-1] + b"," + content.lstrip(b" \t\r\n")[1:]


async def _wrong_method(allowed: frozenset[str], request: Request) -> Response:
    methods = ", ".join(sorted(allowed))
    path = request.url.path
    said = problems.problem("METHOD_NOT_ALLOWED", f"{request.method} {path}: there is {methods}", instance=path)
    return problems.respond(said, {"Allow": methods})


async def _without_slash(path: str, request: Request) -> Response:
    query = request.scope["query_string"].decode("ascii")
    return RedirectResponse(f"{path}?{query}" if query else path)
