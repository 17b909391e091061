"""Connections: which are opened, which are used again, and what is told when there is none."""

import asyncio
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from wf_executor.calling import Caller, time_limits
from wf_executor.settings import Settings

from .calls import GENEROUS, an_http, called, failed, succeeded
from .upstream import Upstream, answers, closed_port, deaf_port, hangs_up, resets


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
async def test_a_dropped_call_is_sent_exactly_once(caller: Caller, upstream: Upstream, method: str, reused: bool):
    """aiohttp's own second try is switched off: what the history calls one try is one request at the upstream."""
    upstream.at("/first", answers()).at("/", hangs_up)
    if reused:
        await succeeded(caller, an_http(upstream.url, path="/first"))
    await failed(caller, an_http(upstream.url, method), reason="cut", sent=True)
    assert len(upstream.requests("/")) == 1
    assert upstream.connections == 1


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_reset_call_is_sent_exactly_once(caller: Caller, upstream: Upstream, method: str):
    """The same where the connection is reset instead of closed."""
    upstream.at("/", resets)
    await failed(caller, an_http(upstream.url, method), reason="cut", sent=True)
    assert len(upstream.received) == 1


async def test_a_connection_is_used_again(caller: Caller, upstream: Upstream):
    """Calls one after the other share a connection."""
    upstream.at("/", answers())
    for _ in range(5):
        await succeeded(caller, an_http(upstream.url))
    assert (upstream.connections, len(upstream.received)) == (1, 5)


async def test_an_idle_connection_is_closed_by_us(upstream: Upstream):
    """A connection that nobody uses is closed by the caller, after the time of its settings."""
    upstream.at("/", answers())
    caller = Caller(connect_seconds=1.0, idle_seconds=0.05)
    await succeeded(caller, an_http(upstream.url))
    await upstream.until(lambda: upstream.open_connections == 0)
    await caller.close()


def test_idle_connections_are_closed_before_upstreams_close_them():
    """uvicorn closes idle connections after 5 s: whoever keeps them as long sends into a closing door."""
    assert Settings().idle_connection_seconds < 5


async def test_closing_the_caller_closes_its_connections(upstream: Upstream):
    """Nothing stays open behind a caller that has been closed."""
    upstream.at("/", answers())
    caller = Caller(connect_seconds=1.0, idle_seconds=60)
    await asyncio.gather(*(succeeded(caller, an_http(upstream.url)) for _ in range(3)))
    await caller.close()
    await upstream.until(lambda: upstream.open_connections == 0)


async def test_a_refused_connection_was_never_sent(caller: Caller):
    """Nobody listens: proven unsent, and the message names the origin."""
    port = closed_port()
    outcome = await failed(caller, an_http(f"http://127.0.0.1:{port}", "POST"), reason="connection", sent=False)
    assert f"http://127.0.0.1:{port}" in outcome.message


async def test_a_name_that_does_not_exist_was_never_sent(caller: Caller):
    """No address: proven unsent."""
    await failed(caller, an_http("http://nobody.invalid", "POST"), reason="connection", sent=False)


@pytest.mark.parametrize("connect_seconds", [0.2, 30.0])
async def test_a_connection_that_is_not_taken_was_never_sent(connect_seconds: float):
    """Neither taken nor refused in time, be it the time to connect or that of the try: proven unsent."""
    caller = Caller(connect_seconds, idle_seconds=4.0)
    async with deaf_port() as port:
        http = an_http(f"http://127.0.0.1:{port}", "POST")
        outcome = await failed(caller, http, within=0.4, reason="connection", sent=False)
    assert f"127.0.0.1:{port} in 0." in outcome.message
    await caller.close()


async def test_looking_up_a_name_counts_as_connecting(monkeypatch: pytest.MonkeyPatch):
    """A name server that does not answer costs the time to connect, and nothing was sent."""
    over = threading.Event()

    def never(*_: object, **__: object) -> None:
        over.wait(GENEROUS)
        raise socket.gaierror("the test is over")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    caller = Caller(connect_seconds=0.2, idle_seconds=4.0)
    await failed(caller, an_http("http://slow.invalid", "POST"), reason="connection", sent=False)
    over.set()
    await caller.close()


@pytest.mark.parametrize("seconds", [0.3, 7.2, 29.9])
def test_time_limits_are_not_rounded_up(seconds: float):
    """aiohttp rounds limits above 5 s up to a whole second of its clock: a try of 7.2 s must not last 8."""
    limits = time_limits(seconds, connect_seconds=1.0)
    assert limits.total == seconds
    assert limits.ceil_threshold >= seconds


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, with its key."""
    made = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(made), "-out", str(made.with_name("cert.pem"))),
        ],
        check=True,
        capture_output=True,
    )
    made.write_text(made.read_text() + made.with_name("cert.pem").read_text())
    return made


async def test_a_certificate_that_nobody_signed_is_refused_unsent(caller: Caller, certificate: Path):
    """Without a chain of trust no byte of the request leaves: proven unsent."""
    heard = b""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += await reader.read()
        writer.close()

    trusted_by_nobody = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trusted_by_nobody.load_cert_chain(certificate)
    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=trusted_by_nobody)
    port = server.sockets[0].getsockname()[1]
    outcome = await failed(caller, an_http(f"https://127.0.0.1:{port}", "POST"), reason="connection", sent=False)
    assert "certificate" in outcome.message.lower()
    server.close()
    assert heard == b""


async def test_a_server_that_does_not_speak_tls_was_never_sent(caller: Caller):
    """https to a server of plain http fails in the handshake: proven unsent."""

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await failed(caller, an_http(f"https://127.0.0.1:{port}", "POST"), reason="connection", sent=False)
    server.close()


async def test_a_proxy_of_the_environment_is_not_asked(
    caller: Caller, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
):
    """Proxies are the environment's choice, upstreams are the author's: calls go straight to their upstream."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    upstream.at("/", answers())
    fresh = Caller(connect_seconds=1.0, idle_seconds=4.0)
    for each in (caller, fresh):
        await succeeded(each, an_http(upstream.url))
    await fresh.close()
    assert [request.target for request in upstream.received] == ["/", "/"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://[::1", "http://", "http://a b/"])
async def test_an_address_that_cannot_be_used_was_never_sent(caller: Caller, url: str):
    """What is no URL of a server is told, not raised."""
    outcome = await called(caller, an_http(url, "POST"))
    assert outcome.reason in ("connection", "forbidden")  # type: ignore[union-attr]
    assert outcome.sent is False  # type: ignore[union-attr]


async def test_a_caller_under_load_does_not_mix_answers_up(caller: Caller, upstream: Upstream):
    """Among many calls at once each gets the answer to its own request, also where others are dropped."""
    for number in range(50):
        upstream.at(f"/{number}", answers(b"%d" % number) if number % 5 else hangs_up)
    outcomes = await asyncio.gather(*(called(caller, an_http(upstream.url, path=f"/{n}")) for n in range(50)))
    for number, outcome in enumerate(outcomes):
        assert outcome.body.data == (b"%d" % number if number % 5 else b"")
