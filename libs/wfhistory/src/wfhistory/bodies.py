"""How stored bytes are shown: JSON as JSON, text as text, the rest as base64, what was cut as what is left of it."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from wfcore.events import Body

Shown = Any
"""JSON as it was (its digits too), or `{"text": …}`, `{"base64": …}`, `{"redacted": true}`,
`{"truncated": true, "size": bytes, "sha256": …}`; None where there was no body."""


def shown(body: Body | None) -> Shown:
    """A body for the eyes of a caller."""
    if body is None:
        return None
    if body.cut == "redacted":
        return {"redacted": True}
    if body.cut:
        return {"truncated": True, "size": body.size, "sha256": body.sha256}
    return _whole(body.data) if body.data else None


def _whole(data: bytes) -> Shown:
    try:
        msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _not_json(data)
    return msgspec.Raw(data)


def _not_json(data: bytes) -> Shown:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
