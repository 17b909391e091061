"""Lists from none to ten thousand elements, and one that is taken in."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import Field

from testapi.operations import about
from testapi.wire import Wire

router = APIRouter(prefix="/arrays", tags=["arrays"])

Count = Annotated[int, Query(ge=0, le=100)]
Word = Annotated[str, Field(max_length=40)]
Small = Annotated[int, Field(ge=0, le=9999)]


class Element(Wire):
    index: Small
    name: Word
    even: bool


class Sum(Wire):
    count: Annotated[int, Field(ge=0, le=1000)]
    sum: float


def elements(count: int) -> list[Element]:
    """Return so many numbered elements."""
    return [Element(index=index, name=f"element {index}", even=index % 2 == 0) for index in range(count)]


@router.get("/strings", **about(example={"count": 5}))
async def list_strings(count: Count = 3) -> Annotated[list[Word], Field(max_length=100)]:
    """Answer strings."""
    return [f"string {index}" for index in range(count)]


@router.get("/numbers", **about(example={"count": 5}))
async def list_numbers(count: Count = 3) -> Annotated[list[float], Field(max_length=100)]:
    """Answer numbers with halves."""
    return [index / 2 for index in range(count)]


@router.get("/booleans", **about(example={"count": 5}))
async def list_booleans(count: Count = 3) -> Annotated[list[bool], Field(max_length=100)]:
    """Answer true and false in turn."""
    return [index % 2 == 0 for index in range(count)]


@router.get("/objects", **about(example={"count": 5}))
async def list_objects(count: Count = 3) -> Annotated[list[Element], Field(max_length=100)]:
    """Answer objects."""
    return elements(count)


@router.get("/nested", **about(example={"count": 3}))
async def list_nested(
    count: Annotated[int, Query(ge=0, le=10)] = 3,
) -> Annotated[list[Annotated[list[Small], Field(max_length=10)]], Field(max_length=10)]:
    """Answer rows of numbers, each one longer than the last."""
    return [list(range(row + 1)) for row in range(count)]


@router.get("/mixed", **about(example={}))
async def list_mixed() -> Annotated[list[bool | int | float | Word | Element | None], Field(max_length=10)]:
    """Answer one element of every kind, null included."""
    return [True, 1, 1.5, "one", None, *elements(1)]


@router.get("/empty", **about(example={}))
async def list_nothing() -> Annotated[list[Word], Field(max_length=0)]:
    """Answer an array that has no elements."""
    return []


@router.get("/thousand", **about(example={}))
async def list_thousand() -> Annotated[list[Element], Field(min_length=1000, max_length=1000)]:
    """Answer 1,000 objects."""
    return elements(1000)


@router.get("/ten-thousand", **about(example={}, timeout="4s"))
async def list_ten_thousand() -> Annotated[list[Element], Field(min_length=10_000, max_length=10_000)]:
    """Answer 10,000 objects, about half a megabyte."""
    return elements(10_000)


@router.post("/sum", **about(example={"body": [1, 2.5, -3]}))
async def sum_numbers(
    body: Annotated[list[Annotated[float, Field(ge=-1e9, le=1e9)]], Body(max_length=1000)],
) -> Sum:
    """Answer how many numbers came and what they make together."""
    return Sum(count=len(body), sum=sum(body))
