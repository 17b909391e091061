"""Reading a request: type, size, JSON, schema; each fault with its own answer, before anything runs."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from wfcore import jsontext
from wfcore.errors import WorkflowError

BODY_BYTES = 1 << 20


class BadRequest(WorkflowError):
    """The request cannot be run."""


async def body(request: Request) -> bytes:
    """The body, at most 1 MiB of it; an absent one is an empty object."""
    kind = request.headers.get("content-type", "application/json").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise BadRequest(f"the content type is `{kind}`", code="UNSUPPORTED_MEDIA_TYPE")
    coding = request.headers.get("content-encoding", "identity").lower()
    if coding != "identity":
        raise BadRequest(f"the content encoding is `{coding}`: send it plain", code="UNSUPPORTED_MEDIA_TYPE")
    length = request.headers.get("content-length", "0")
    if length.isdigit() and int(length) > BODY_BYTES:
        raise BadRequest(f"the body has {length} bytes, more than {BODY_BYTES}", code="BODY_TOO_LARGE")
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY_BYTES:
            raise BadRequest(f"the body has more than {BODY_BYTES} bytes", code="BODY_TOO_LARGE")
        pieces.append(piece)
    return b"".join(pieces) or b"{}"


def value(content: bytes) -> Any:
    """The JSON in a body."""
    try:
        return jsontext.decode(content)
    except jsontext.JsonTextError as error:
        raise BadRequest(str(error), code=error.code) from error
