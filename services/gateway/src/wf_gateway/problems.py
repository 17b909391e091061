"""How failures are told: RFC 9457 problem+json, never a 2xx."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from starlette.responses import Response

from wf_gateway.answers import Task
from wfcore.bundle import Bundle, ErrorRule
from wfcore.errors import ERRORS, WorkflowError
from wfcore.events import Effect, NormalizedError

MEDIA_TYPE = "application/problem+json"


class FieldError(Struct, frozen=True):
    """One violation of a schema: where in the input, which rule, what is wrong."""

    pointer: str
    code: str
    detail: str


class OriginalError(Struct, frozen=True, omit_defaults=True):
    """What the upstream said, as received but for secrets."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: Any = None
    message: str = ""


class ErrorPair(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """The failure of a task, in the upstream's words and in ours."""

    original_error: OriginalError | None = None
    normalized_error: NormalizedError | None = None


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """RFC 9457 problem details, with what a caller of a workflow needs to decide."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    effects: Effect
    instance: str | None = None
    execution_id: str | None = None
    trace_id: str | None = None
    failed_task: str | None = None
    tasks: list[Task] | None = None
    error: ErrorPair | None = None
    errors: list[FieldError] | None = None
    fix: str | None = None


def problem(code: str, detail: str, **more: Any) -> Problem:
    """A problem of the registry. `effects` is "none" unless it is given."""
    info = ERRORS[code]
    return Problem(
        type=f"/errors/{code}",
        title=info.title,
        status=info.status,
        detail=detail,
        code=code,
        fix=more.pop("fix", info.fix),
        effects=more.pop("effects", "none"),
        **more,
    )


def declared(told: Problem, rule: ErrorRule, bundle: Bundle) -> Problem:
    """The same failure in the words of the workflow's author; what happened and what may have been done stay."""
    # The code is the author's, so its type is not one of /errors. RFC 9457 wants a type that, where it can be opened,
    # explains the problem (and `about:blank` only without a title of one's own): the page of the workflow lists
    # what it declares.
    return replace(
        told,
        type=f"/api/v1/namespaces/{bundle.namespace}/workflows/{bundle.workflow}#{rule.code}",
        title=rule.title,
        status=rule.status,
        code=rule.code,
        fix=rule.suggested_action or told.fix,
    )


def respond(said: Problem, headers: dict[str, str] | None = None) -> Response:
    """The HTTP answer of a problem; whoever may try again is told when."""
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if said.status in (429, 503):
        # Not all at the same moment: spread over 1 to 5 seconds.
        sent["Retry-After"] = str(random.randint(1, 5))
    return Response(msgspec.json.encode(said), said.status, sent, MEDIA_TYPE)


def of(error: WorkflowError, **more: Any) -> Response:
    """The HTTP answer of an error."""
    return respond(problem(error.code, error.message, **more))
