"""Failures on demand: the eight that matter most, any other by number, and one by chance."""

from random import Random
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import MISSING, Field

from testapi.operations import about
from testapi.problems import Refused, code_of, title_of
from testapi.wire import Wire

router = APIRouter(prefix="/errors", tags=["errors"])


class Luck(Wire):
    drawn: Annotated[float, Field(ge=0, lt=1)]


def failure(status: int, headers: dict[str, str] | None = None) -> Refused:
    """Return the refusal with the status's own name as its code."""
    return Refused(status, code_of(status), f"asked for: {title_of(status)}", headers)


@router.get("/bad-request", **about(example={}, errors=[400], expected_status=400))
async def fail_bad_request() -> None:
    """Fail with 400."""
    raise failure(400)


@router.get("/unauthorized", **about(example={}, errors=[401], expected_status=401))
async def fail_unauthorized() -> None:
    """Fail with 401 and say how to authenticate."""
    raise failure(401, {"WWW-Authenticate": "Bearer"})


@router.get("/forbidden", **about(example={}, errors=[403], expected_status=403))
async def fail_forbidden() -> None:
    """Fail with 403."""
    raise failure(403)


@router.get("/not-found", **about(example={}, errors=[404], expected_status=404))
async def fail_not_found() -> None:
    """Fail with 404."""
    raise failure(404)


@router.get("/conflict", **about(example={}, errors=[409], expected_status=409))
async def fail_conflict() -> None:
    """Fail with 409."""
    raise failure(409)


@router.get("/too-many-requests", **about(example={}, errors=[429], expected_status=429))
async def fail_too_many_requests() -> None:
    """Fail with 429 and ask for a second's patience."""
    raise failure(429, {"Retry-After": "1"})


@router.get("/internal", **about(example={}, errors=[500], expected_status=500))
async def fail_internal() -> None:
    """Fail with 500."""
    raise failure(500)


@router.get("/unavailable", **about(example={}, errors=[503], expected_status=503))
async def fail_unavailable() -> None:
    """Fail with 503."""
    raise failure(503)


@router.get("/status/{status}", **about(example={"status": 418}, errors=["4XX", "5XX"], expected_status=418))
async def fail_as_asked(status: Annotated[int, Path(ge=400, le=599)]) -> None:
    """Fail with the asked status."""
    raise failure(status)


@router.get("/random", **about(example={"rate": 0.5, "seed": 2}, errors=[503]))
async def fail_randomly(
    rate: Annotated[float, Query(ge=0, le=1)] = 0.5,
    seed: Annotated[int | MISSING, Query(ge=0, le=1_000_000)] = MISSING,
) -> Luck:
    """Fail with 503 at the given rate; the same seed always gives the same luck."""
    drawn = (Random() if seed is MISSING else Random(seed)).random()
    if drawn < rate:
        raise failure(503)
    return Luck(drawn=drawn)
