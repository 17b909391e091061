"""Every failure of the shop has one shape: problem+json with a code for machines and a sentence for people."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import MISSING, Field
from starlette.exceptions import HTTPException

from testapi.wire import Wire

MEDIA_TYPE = "application/problem+json"


class Violation(Wire):
    pointer: str
    detail: str


class Problem(Wire):
    """RFC 9457, as every failing operation answers."""

    type: str
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    code: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]*$")]
    errors: list[Violation] | MISSING = MISSING


class Refused(Exception):
    """The shop says no: becomes a problem answer with this status and code."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


def title_of(status: int) -> str:
    """Return the status's usual name; numbers without one are named after their class."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Client Error" if status < 500 else "Server Error"


def code_of(status: int) -> str:
    """Return the status's usual name as a code: `NOT_FOUND`, `IM_A_TEAPOT`."""
    return re.sub("[^A-Z0-9]+", "_", title_of(status).upper().replace("'", ""))


def problem_body(status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """Return the body of a problem answer, ready to be written as JSON."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "code": code,
    }
    return body if errors is None else body | {"errors": errors}


def answer(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the problem as a whole HTTP answer."""
    body = problem_body(status, code, detail, errors)
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every failure of the app be answered as a problem."""

    @app.exception_handler(Refused)
    async def refused(_: Request, no: Refused) -> JSONResponse:
        return answer(no.status, no.code, no.detail, headers=no.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, wrong: RequestValidationError) -> JSONResponse:
        errors = [
            {"pointer": "".join(f"/{step}" for step in fault["loc"]), "detail": fault["msg"]}
            for fault in wrong.errors()
        ]
        return answer(422, "INVALID_REQUEST", f"{len(errors)} part(s) of the request do not fit", errors=errors)

    @app.exception_handler(HTTPException)
    async def unrouted(_: Request, fault: HTTPException) -> JSONResponse:
        return answer(fault.status_code, code_of(fault.status_code), str(fault.detail), headers=fault.headers)
