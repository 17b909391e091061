"""How much is kept of what a run carried."""

import hashlib
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from wfcore.events import Body, CallStarted, CallSucceeded, OriginalError, TaskCompleted, body
from wfhistory.capping import BODY_LIMIT, capped

from .runs import FAILURE, summary


def answer(size: int) -> bytes:
    return msgspec.msgpack.encode(CallSucceeded(200, {"a": "b"}, body(b"x" * size)))


def body_of(data: bytes) -> Body:
    return msgspec.msgpack.decode(data, type=CallSucceeded).body


def test_small_data_stays_as_it_is():
    """Nothing is touched that is within the limits."""
    data = [answer(10), answer(BODY_LIMIT - 100)]
    assert capped(data) == data


def test_a_giant_body_becomes_size_and_hash():
    """Above 64 KiB a body is replaced by what it was: its size, its hash, the word truncated."""
    (kept,) = capped([answer(BODY_LIMIT + 1)])
    wanted = Body(b"", BODY_LIMIT + 1, "truncated", hashlib.sha256(b"x" * (BODY_LIMIT + 1)).hexdigest())
    assert body_of(kept) == wanted


def test_the_largest_bodies_of_a_run_go_first():
    """Over the limit of a run the smallest bodies survive."""
    kept = capped([answer(size) for size in (50_000, 1000, 40_000, 2000, 60_000)], budget=50_000)
    assert [body_of(item).cut for item in kept] == ["truncated", "", "", "", "truncated"]


def test_bodies_deep_inside_are_found():
    """What an upstream said in an error counts like any other body, and everything around it stays."""
    error = msgspec.structs.replace(FAILURE, original_error=OriginalError(500, {"a": "b"}, body(b"y" * 70_000), "500"))
    (kept,) = capped([msgspec.msgpack.encode(TaskCompleted(summary("pay", "failed", error=error)))])
    decoded = msgspec.msgpack.decode(kept, type=TaskCompleted).summary.error
    assert decoded is not None
    assert decoded.original_error is not None
    assert (decoded.original_error.body.cut, decoded.original_error.body.size) == ("truncated", 70_000)
    assert decoded.code == FAILURE.code


def test_a_header_named_data_is_no_body():
    """Headers and addresses are never taken for bodies."""
    call = CallStarted("GET", "http://x", {"data": "text", "big": "h" * 70_000}, body(b""), 1000)
    encoded = msgspec.msgpack.encode(call)
    assert msgspec.msgpack.decode(capped([encoded])[0], type=CallStarted) == call


@given(st.lists(st.integers(0, 3000), max_size=12), st.integers(0, 20_000))
def test_the_limit_of_a_run_holds_as_far_as_bodies_can_give_way(sizes: list[int], budget: int):
    """Either the data fits, or no body worth cutting is left; order and number of events never change."""
    kept = capped([answer(size) for size in sizes], budget)
    bodies: list[Any] = [body_of(item) for item in kept]
    assert [found.size for found in bodies] == sizes
    assert sum(map(len, kept)) <= budget or all(found.cut or found.size <= 256 for found in bodies)
