"""One call, made as the executor makes it: a task's `http` and an input in, what became of it out."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from wf_executor.calling import Caller
from wfcore import request
from wfcore.bundle import Http
from wfcore.events import CallFailed, CallSucceeded
from wfcore.program import compiled_call
from wfcore.run import Call

from ..wfcore.programs import a_call

EXECUTION = "0197f3c2-0000-7000-8000-000000000001"
GENEROUS = 20.0
"""A time limit that no test means to reach (seconds)."""


def an_http(base_url: str, method: str = "GET", path: str = "/", **more: Any) -> Http:
    """The call of a task, to an upstream on this machine."""
    return replace(Http("stub", base_url, method, path, private_addresses=True), **more)


async def called(
    caller: Caller, http: Http, input: Any = None, *, within: float = GENEROUS, call: int = 1
) -> CallSucceeded | CallFailed:
    """Write the request as the task says and make one try."""
    written = request.compile(http)({"input": input})
    work = compiled_call(replace(a_call("task"), http=http))
    return await caller.call(Call("task", call, written, within, work), EXECUTION)


async def succeeded(caller: Caller, http: Http, input: Any = None) -> CallSucceeded:
    """A call that has to succeed."""
    outcome = await called(caller, http, input)
    assert isinstance(outcome, CallSucceeded), outcome
    return outcome


async def failed(
    caller: Caller, http: Http, input: Any = None, *, within: float = GENEROUS, reason: str, sent: bool
) -> CallFailed:
    """A call that has to fail for this reason."""
    outcome = await called(caller, http, input, within=within)
    assert isinstance(outcome, CallFailed), outcome
    assert (outcome.reason, outcome.sent) == (reason, sent), outcome
    return outcome
