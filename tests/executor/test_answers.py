"""Whatever an upstream does, a call ends in time with a true word about what happened."""

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from wf_executor.calling import Caller
from wfcore import events
from wfcore.messages import HistoryBatch
from wfservice.bus import wire

from .calls import an_http, called, failed, succeeded
from .upstream import (
    Behaviour,
    Upstream,
    answers,
    bomb,
    drips,
    hangs_up,
    pours,
    resets,
    says,
    says_and_leaves,
    says_nothing,
    waits_for,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CLOSING = OK + b"Connection: close\r\n"
SOON = 0.5
"""A time limit that is meant to be reached (seconds)."""


async def test_a_right_answer_is_taken_as_it_is(caller: Caller, upstream: Upstream):
    """Status, headers with names in lower case, and the bytes of the body."""
    upstream.at("/", answers(b'{"a": 1}', status=201, more=b"X-Said: yes\r\n"))
    outcome = await succeeded(caller, an_http(upstream.url, "POST"))
    assert (outcome.status, outcome.body) == (201, events.body(b'{"a": 1}'))
    assert outcome.headers["x-said"] == "yes"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("HEAD", OK + b"Content-Length: 12345\r\n\r\n"),
        ("GET", OK + b"Content-Length: 0\r\n\r\n"),
        ("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("POST", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n"),
        ("GET", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + b"Content-Length: 0\r\n\r\n"),
    ],
    ids=["204", "HEAD", "empty", "empty chunked", "100 first", "103 first"],
)
async def test_an_answer_without_a_body_is_an_answer(caller: Caller, upstream: Upstream, method: str, answer: bytes):
    """Nothing is waited for where nothing comes, and the connection is good for the next call."""
    upstream.at("/", says(answer))
    for _ in range(2):
        assert (await succeeded(caller, an_http(upstream.url, method))).body == events.body(b"")
    assert upstream.connections == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n", b"[1,2]"),
        (OK + b"Connection: close\r\n\r\n[1,2]", b"[1,2]"),
        (OK + b"Content-Length: 3\r\n\r\n\xff\xfe\x00", b"\xff\xfe\x00"),
    ],
    ids=["chunked", "until the end", "not UTF-8"],
)
async def test_a_body_arrives_whole_however_it_is_framed(
    caller: Caller, upstream: Upstream, answer: bytes, expected: bytes
):
    """Chunked, or ended by the end of the connection; what the bytes mean is not the caller's matter."""
    upstream.at("/", says_and_leaves(answer))
    assert (await succeeded(caller, an_http(upstream.url))).body.data == expected


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize(
    "behaviour",
    [
        hangs_up,
        resets,
        says_and_leaves(b"HTTP/1.1 200 OK\r\nContent-Le"),
        says_and_leaves(OK + b"Content-Length: 10\r\n\r\n[1,2"),
        says_and_leaves(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1"),
        says_and_leaves(OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n"),
    ],
    ids=["no answer", "reset", "in the head", "in the body", "in a chunk", "between chunks"],
)
async def test_a_cut_is_told_as_a_cut(caller: Caller, upstream: Upstream, method: str, behaviour: Behaviour):
    """The connection ended before the answer: the request may have done its work, and it was sent exactly once."""
    upstream.at("/", behaviour)
    await failed(caller, an_http(upstream.url, method), reason="cut", sent=True)
    assert len(upstream.received) == 1


NONSENSE = {
    "noise": b"\x00\x01\xfe\xff" * 20 + b"\r\n\r\n",
    "another protocol": b"220 mail.example ESMTP\r\n\r\n",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "impossible status": b"HTTP/1.1 99999 What\r\n\r\n",
    "bad header": b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n[]",
    "length and chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": OK + b"Content-Length: -1\r\n\r\n",
    "bad chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n",
    "line too long": OK + b"X-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    "reason too long": b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n",
    "too many headers": OK + b"".join(b"X-%d: 1\r\n" % n for n in range(5_000)) + b"\r\n",
    "not gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
    "half a gzip": CLOSING + b"Content-Encoding: gzip\r\nContent-Length: 12\r\n\r\n" + gzip.compress(b"[1,2]")[:12],
    "gzip and more": CLOSING + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[]") + b"more",
    "half a deflate": CLOSING
    + b"Content-Encoding: deflate\r\nContent-Length: 9\r\n\r\n"
    + zlib.compress(bytes(99))[:9],
    "unknown encoding": OK + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nplain",
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
async def test_nonsense_is_a_failure_and_nothing_crashes(caller: Caller, upstream: Upstream, data: bytes):
    """What is not HTTP is a cut or, where it can be read as an answer, that answer; the next call is none the worse."""
    upstream.at("/", says_and_leaves(data)).at("/well", answers())
    outcome = await called(caller, an_http(upstream.url))
    assert outcome.status is not None or (outcome.reason, outcome.sent) == ("cut", True)  # type: ignore[union-attr]
    assert len(upstream.received) == 1
    await succeeded(caller, an_http(upstream.url, path="/well"))


async def test_what_was_no_http_is_told_without_quoting_it(caller: Caller, upstream: Upstream):
    """The message says that no answer could be read; what stood in it may be a secret and is not repeated."""
    upstream.at("/", says_and_leaves(b"HTTP/1.1 200 OK\r\nSet-Cookie: canary" + b"x" * 100_000 + b"\r\n\r\n"))
    outcome = await failed(caller, an_http(upstream.url), reason="cut", sent=True)
    assert "no whole HTTP answer" in outcome.message
    assert "canary" not in outcome.message


@pytest.mark.parametrize(
    "behaviour",
    [
        says_nothing,
        says(OK + b"Content-Length: 10\r\n\r\n[1"),
        drips(OK + b"X-Slow: " + b"x" * 4000),
        pours(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silence", "silence in the body", "drip in the head", "interim answers for ever"],
)
async def test_the_time_of_a_try_ends_it(caller: Caller, upstream: Upstream, behaviour: Behaviour):
    """Silence and dripping end with the time of the try: a timeout, the request was sent, the line is closed."""
    upstream.at("/", behaviour).at("/well", answers())
    await succeeded(caller, an_http(upstream.url, path="/well"))
    outcome = await failed(caller, an_http(upstream.url, "POST"), within=SOON, reason="timeout", sent=True)
    assert "0.5 s" in outcome.message
    await upstream.until(lambda: upstream.open_connections == 0)
    assert len(upstream.requests("/")) == 1


async def test_dripping_inside_the_body_ends_with_the_time_of_the_try(caller: Caller, upstream: Upstream):
    """Each byte is progress, and still the whole try has one limit."""

    async def drip_body(exchange):
        await exchange.send(OK + b"Content-Length: 100000\r\n\r\n")
        await drips(b" " * 100_000)(exchange)

    upstream.at("/", drip_body).at("/well", answers())
    await succeeded(caller, an_http(upstream.url, path="/well"))
    await failed(caller, an_http(upstream.url), within=SOON, reason="timeout", sent=True)
    await upstream.until(lambda: upstream.open_connections == 0)


CAP = 64 << 10


@pytest.mark.parametrize(
    "behaviour",
    [
        pours(OK + b"Content-Length: 10000000000\r\n\r\n", b"x" * 8192),
        pours(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b"x" * 8192 + b"\r\n"),
        pours(OK + b"\r\n", b"x" * 8192),
        says(bomb(64)),
        pours(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n", b"2000\r\n" + b"x" * 8192 + b"\r\n"),
    ],
    ids=["declared", "chunked", "until the end", "gzip bomb", "an error"],
)
async def test_too_much_is_refused_and_the_line_is_closed(caller: Caller, upstream: Upstream, behaviour: Behaviour):
    """More than `maxResponseBytes` (after unpacking) is not read on: the call fails, the connection is not kept."""
    upstream.at("/", behaviour)
    http = an_http(upstream.url, max_response_bytes=CAP)
    outcome = await failed(caller, http, reason="too-large", sent=True)
    assert outcome.body == events.body(b"")
    await upstream.until(lambda: upstream.open_connections == 0)


async def test_exactly_as_much_as_is_allowed_is_taken(caller: Caller, upstream: Upstream):
    """The limit itself still fits."""
    upstream.at("/", answers(b"x" * CAP, kind="text/plain"))
    outcome = await succeeded(caller, an_http(upstream.url, max_response_bytes=CAP))
    assert outcome.body.size == CAP


async def test_a_gzip_bomb_is_never_unpacked_whole(caller: Caller, upstream: Upstream):
    """64 MiB of zeros behind 64 KiB on the wire cost a few MiB of memory, not 64."""
    upstream.at("/", says(bomb(64)))
    tracemalloc.start()
    try:
        await failed(caller, an_http(upstream.url), reason="too-large", sent=True)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 16 << 20


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(caller: Caller, upstream: Upstream, status: int):
    """No answer chooses where the next request goes: a redirect is the answer."""
    upstream.at("/", answers(status=status, more=b"Location: /elsewhere\r\n"))
    outcome = await failed(caller, an_http(upstream.url), reason="status", sent=True)
    assert (outcome.status, outcome.headers["location"]) == (status, "/elsewhere")
    assert [request.target for request in upstream.received] == ["/"]


async def test_cookies_are_not_carried_over(caller: Caller, upstream: Upstream):
    """What one call is given as a cookie no other call sends, on the same connection or another."""
    upstream.at("/", answers(more=b"Set-Cookie: session=a; Path=/\r\nSet-Cookie: other=b\r\n"))
    for _ in range(2):
        await succeeded(caller, an_http(upstream.url))
    assert [request.header("cookie") for request in upstream.received] == [None, None]


@pytest.mark.parametrize("status", [200, 500])
async def test_headers_that_are_no_text_do_not_poison_the_history(caller: Caller, upstream: Upstream, status: int):
    """A header with bytes that are not UTF-8 is still something that the bus and the history can carry."""
    upstream.at("/", answers(status=status, more=b"X-Odd: caf\xe9 \xff\r\n"))
    outcome = await called(caller, an_http(upstream.url))
    event = events.Event("x", 1, 1, 0, type(outcome).__name__, outcome)
    assert wire.decode(wire.encode(HistoryBatch("s", 1, [event])), HistoryBatch).events[0].data["status"] == status


async def test_a_cancelled_call_closes_its_connection(caller: Caller, upstream: Upstream):
    """Who gives up a call leaves nothing open at the upstream, and the caller goes on to work."""
    upstream.at("/", says_nothing).at("/well", answers())
    call = asyncio.create_task(called(caller, an_http(upstream.url)))
    await upstream.until(lambda: len(upstream.received) == 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await upstream.until(lambda: upstream.open_connections == 0)
    await succeeded(caller, an_http(upstream.url, path="/well"))


async def test_calls_do_not_wait_for_each_other(caller: Caller, upstream: Upstream):
    """200 slow calls to one upstream leave room for one more."""
    free = asyncio.Event()
    upstream.at("/slow", waits_for(free, answers())).at("/quick", answers())
    slow = [asyncio.create_task(called(caller, an_http(upstream.url, path="/slow"))) for _ in range(200)]
    await upstream.until(lambda: len(upstream.received) == 200)
    await succeeded(caller, an_http(upstream.url, path="/quick"))
    free.set()
    outcomes = await asyncio.gather(*slow)
    assert {outcome.status for outcome in outcomes} == {200}


async def test_a_call_on_a_closed_caller_is_told_not_raised(upstream: Upstream):
    """Even a fault of our own comes out as a failed call: else the run would wait for its deadline."""
    caller = Caller(connect_seconds=1.0, idle_seconds=4.0)
    await caller.close()
    outcome = await failed(caller, an_http(upstream.url), reason="cut", sent=True)
    assert "a fault of the engine" in outcome.message
