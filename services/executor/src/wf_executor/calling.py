"""HTTP calls to upstreams: one try each, with a cap on everything.

aiohttp is told to do nothing by itself: no silent retry (it would make attempt counts lie), no redirects, no
cookies, no proxies from the environment.
"""

from __future__ import annotations

from functools import lru_cache

import aiohttp
import structlog
from prometheus_client import Counter
from yarl import URL

from wf_executor.egress import DestinationForbidden, guarded_socket
from wfcore.events import CallFailed, CallSucceeded, body
from wfcore.run import Call
from wfservice import telemetry

log = structlog.get_logger()

_SESSION_SWITCH = "_retry_connection"
"""Private, and the only way to stop aiohttp from sending GET and PUT twice."""


class Caller:
    """Makes calls. One per process: connections are pooled."""

    def __init__(self, connect_seconds: float, idle_seconds: float) -> None:
        """Open two pools: one that reaches public addresses only, one for upstreams that say otherwise."""
        self._connect_seconds = connect_seconds
        self._public = _session(idle_seconds, guard=True)
        self._private = _session(idle_seconds, guard=False)

    async def call(self, call: Call, execution: str) -> CallSucceeded | CallFailed:
        """One try. Never raises but CancelledError."""
        try:
            outcome = await self._try(call, execution)
        except Exception as error:  # ours or aiohttp's: unheard, the run would wait for its deadline
            log.exception("call failed", execution=execution, task=call.task)
            outcome = CallFailed("cut", True, f"a fault of the engine ({type(error).__name__})")
        said = "success" if isinstance(outcome, CallSucceeded) else outcome.reason
        _counted(call.work.plan.http.upstream, said).inc()
        return outcome

    async def _try(self, call: Call, execution: str) -> CallSucceeded | CallFailed:
        request = call.request
        http = call.work.plan.http
        session = self._private if http.private_addresses else self._public
        headers = {**request.headers, "X-Attempt": str(call.call), "Wf-Execution-Id": execution}
        telemetry.inject(headers)
        limits = time_limits(call.timeout, self._connect_seconds)
        try:
            async with session.request(
                request.method,
                URL(request.url, encoded=True),
                headers=headers,
                data=request.body or None,
                timeout=limits,
                allow_redirects=False,
            ) as response:
                said = {name.lower(): _text(value) for name, value in response.headers.items()}
                content = await _read(response, http.max_response_bytes)
                if content is None:
                    response.close()
                    return CallFailed(
                        "too-large", True, f"more than {http.max_response_bytes} bytes", response.status, said
                    )
                if call.work.succeeds(response.status):
                    return CallSucceeded(response.status, said, body(content))
                return CallFailed(
                    "status", True, f"the upstream answered {response.status}", response.status, said, body(content)
                )
        except aiohttp.ClientConnectorError as error:  # also DNS and TLS: nothing of the request has left
            if isinstance(error.os_error, DestinationForbidden):
                return CallFailed("forbidden", False, f"{_origin(request.url)} is refused: {error.os_error}")
            return CallFailed("connection", False, f"no connection to {_origin(request.url)}: {error.os_error}")
        except aiohttp.ConnectionTimeoutError:
            return CallFailed("connection", False, f"no connection to {_origin(request.url)} in {limits.connect:.3g} s")
        except aiohttp.InvalidURL as error:  # also `127.1` and the like, which name an address in disguise
            return CallFailed("forbidden", False, f"{_origin(request.url)} is no address to call: {error}")
        except ValueError as error:
            return CallFailed("connection", False, f"not a usable request: {error}")
        except TimeoutError:
            return CallFailed("timeout", True, f"no complete answer within {call.timeout:.3g} s")
        except (aiohttp.ClientError, OSError) as error:
            return CallFailed("cut", True, f"no whole HTTP answer came back: {_reason(error)}")

    async def close(self) -> None:
        """Close the pools."""
        await self._public.close()
        await self._private.close()


@lru_cache(maxsize=4096)
def _counted(upstream: str, outcome: str) -> Counter:
    return telemetry.CALLS.labels(upstream, outcome)


def time_limits(seconds: float, connect_seconds: float) -> aiohttp.ClientTimeout:
    """Limits of one try that has so many seconds.

    Connecting (name, TCP, TLS) ends a little before the try does: a call that never left is then told as such,
    and may be made again. The threshold stops aiohttp from rounding long limits up to whole seconds.
    """
    return aiohttp.ClientTimeout(
        total=seconds, connect=min(connect_seconds, seconds * 0.9), ceil_threshold=_NEVER_ROUNDED
    )


_NEVER_ROUNDED = 3600.0


def _text(header: str) -> str:
    """A header's value as text that can be written down: what is not UTF-8 comes as half surrogates."""
    return header if header.isascii() else header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _reason(error: Exception) -> str:
    """What broke, in few words. Not aiohttp's own: those quote what the upstream sent, which may be a secret."""
    return getattr(error, "strerror", None) or type(error.__cause__ or error).__name__


async def _read(response: aiohttp.ClientResponse, cap: int) -> bytes | None:
    """The body after decompression, or None when it is larger than the cap."""
    length = response.content_length
    if length is not None and length <= cap and "Content-Encoding" not in response.headers:
        return await response.read()  # cannot be more than it says
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > cap:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _session(idle_seconds: float, *, guard: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=0,
        ttl_dns_cache=10,
        keepalive_timeout=idle_seconds,
        socket_factory=guarded_socket if guard else None,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "workflow.io"},
        skip_auto_headers=("Content-Type",),
    )
    if not hasattr(session, _SESSION_SWITCH):
        raise RuntimeError(f"aiohttp {aiohttp.__version__} has no {_SESSION_SWITCH}: it would send calls twice")
    setattr(session, _SESSION_SWITCH, False)
    return session


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
