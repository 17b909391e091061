"""Operations that fail at first. What they remember hangs on a key: a fresh key is a fresh story."""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from testapi.operations import PERSISTENT, about
from testapi.problems import Refused
from testapi.store import Shop, Store
from testapi.wire import Wire

router = APIRouter(prefix="/retry/{key}", tags=["retries"])

Key = Annotated[str, Path(pattern="^[A-Za-z0-9._-]{1,64}$")]


class Attempts(Wire):
    key: str
    calls: Annotated[int, Field(ge=1, description="Calls of the operation with this key, this one included")]


def called(store: Store, operation: str, key: str) -> Attempts:
    """Count the call."""
    place = (operation, key)
    return Attempts(key=key, calls=store.calls.put(place, store.calls.get(place, 0) + 1))


def unless(fails: bool, attempts: Attempts) -> Attempts:
    """Answer the count, or fail with 503."""
    if fails:
        raise Refused(503, "NOT_YET", f"call {attempts.calls} with key `{attempts.key}` fails")
    return attempts


@router.post("/once", **about(example={"key": "demo"}, errors=[503], retry=PERSISTENT))
async def fail_once(store: Shop, key: Key) -> Attempts:
    """Fail with 503 the first time, then succeed."""
    attempts = called(store, "once", key)
    return unless(attempts.calls == 1, attempts)


@router.post("/times", **about(example={"key": "demo", "times": 3}, errors=[503], retry=PERSISTENT))
async def fail_times(store: Shop, key: Key, times: Annotated[int, Query(ge=0, le=20)] = 2) -> Attempts:
    """Fail with 503 so many times, then succeed."""
    attempts = called(store, "times", key)
    return unless(attempts.calls <= times, attempts)


@router.get("/intermittent", **about(example={"key": "demo"}, errors=[503], retry=PERSISTENT))
async def fail_intermittently(store: Shop, key: Key) -> Attempts:
    """Fail with 503 every other time, the first time included."""
    attempts = called(store, "intermittent", key)
    return unless(attempts.calls % 2 == 1, attempts)


@router.get("/slow", **about(example={"key": "demo", "delayMs": 100}, timeout="6s"))
async def answer_slowly(
    store: Shop, key: Key, delay_ms: Annotated[int, Query(alias="delayMs", ge=0, le=5000)] = 200
) -> Attempts:
    """Answer after a while."""
    attempts = called(store, "slow", key)
    await asyncio.sleep(delay_ms / 1000)
    return attempts


@router.get("/flaky", **about(example={"key": "demo"}, errors=[503], retry=PERSISTENT))
async def fail_flakily(store: Shop, key: Key) -> Attempts:
    """Fail with 503 two times out of five, in an order that the key decides; never thrice in a row."""
    attempts = called(store, "flaky", key)
    return unless(attempts.calls % 5 in bad_calls(key), attempts)


def bad_calls(key: str) -> frozenset[int]:
    """Return which two calls out of each five fail with this key."""
    first, step = hashlib.sha256(key.encode()).digest()[:2]
    return frozenset({first % 5, (first + 1 + step % 4) % 5})
