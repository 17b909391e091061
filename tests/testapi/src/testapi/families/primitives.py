"""Single values, bare: what an engine must carry from one call to the next without bending it."""

from datetime import date
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Body, Query
from fastapi.responses import PlainTextResponse
from pydantic import Field

from testapi.operations import about
from testapi.wire import Timestamp, now

router = APIRouter(prefix="/primitives", tags=["primitives"])

EXACT = 2**53 - 1
NULL = {200: {"content": {"application/json": {"schema": {"type": "null"}}}}}

Integer = Annotated[int, Field(ge=-EXACT, le=EXACT)]
Decimal = Annotated[float, Field(ge=-1e15, le=1e15)]
Guid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


@router.get("/string", **about(example={"length": 12}))
async def get_string(
    length: Annotated[int, Query(ge=1, le=1000)] = 26,
) -> Annotated[str, Field(min_length=1, max_length=1000)]:
    """Answer a string of the asked length: the alphabet, over and over."""
    return "".join(chr(ord("a") + place % 26) for place in range(length))


@router.get("/integer", **about(example={"value": EXACT}))
async def get_integer(value: Annotated[Integer, Query()] = 42) -> Integer:
    """Answer an integer, exact up to 2^53 - 1."""
    return value


@router.get("/decimal", **about(example={"value": 19.99}))
async def get_decimal(value: Annotated[Decimal, Query()] = 0.1) -> Decimal:
    """Answer a number with a fraction."""
    return value


@router.get("/boolean", **about(example={"value": False}))
async def get_boolean(value: bool = True) -> bool:
    """Answer true or false."""
    return value


@router.get("/guid", **about(example={"seed": "a"}))
async def get_guid(seed: Annotated[str, Query(min_length=1, max_length=100)] = "testapi") -> Guid:
    """Answer a UUID: the same seed gives the same one."""
    return str(uuid5(NAMESPACE_URL, seed))


@router.get("/datetime", **about(example={}))
async def get_datetime() -> Timestamp:
    """Answer the present moment in UTC with milliseconds."""
    return now()


@router.get("/date", **about(example={"day": 60}))
async def get_date(day: Annotated[int, Query(ge=1, le=365, description="Day of the year 2026")] = 1) -> Day:
    """Answer a day of the year 2026."""
    return date.fromordinal(date(2026, 1, 1).toordinal() + day - 1).isoformat()


@router.get("/null", **about(example={}) | {"responses": NULL})
async def get_null() -> None:
    """Answer JSON null, which is not the same as no answer."""


@router.post("/echo", **about(example={"body": {"any": ["JSON", 1, True]}}))
async def echo(body: Annotated[Any, Body()]) -> Any:
    """Answer the JSON body as it came."""
    return body


@router.post("/shout", response_class=PlainTextResponse, **about(example={"body": "quiet"}))
async def shout(body: Annotated[str, Body(media_type="text/plain")]) -> str:
    """Answer the plain text in capitals, as plain text."""
    return body.upper()
