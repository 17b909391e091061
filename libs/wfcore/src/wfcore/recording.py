"""What of an event may be written down: no credentials, and not more than 64 KiB of a body.

Until roles exist, headers that carry credentials and fields that are named like secrets are masked, in the
executor, before an event leaves the process.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import msgspec
from msgspec.structs import replace

from wfcore import events
from wfcore.events import Body, Event, Failure

MASK = "***"

BODY_BYTES = 64 << 10
"""More of one body is not kept: its size and hash are."""

_HEADERS = re.compile(r"(^authorization$|^proxy-authorization$|^cookie$|^set-cookie$|api-?key$|-token$|-secret$)", re.I)
_FIELDS = re.compile(
    r"^(pass(word|wd|phrase)?|new_?password|old_?password|secret|client_?secret|api_?key|(access|refresh|id|session)?_?token"
    r"|jwt|authorization|credentials?|private_?key|cvv|cvc|pin|card_?number|otp)$",
    re.I,
)
_IN_TEXT = re.compile(
    rb'"[A-Za-z_]*(?:pass|secret|key|token|jwt|authorization|credential|cvv|cvc|pin|card|otp)[A-Za-z_]*"\s*:', re.I
)


def headers(sent: dict[str, str]) -> dict[str, str]:
    """Headers with the values of credentials masked; the same object where there are none."""
    if not any(_HEADERS.search(name) for name in sent):
        return sent
    return {name: MASK if _HEADERS.search(name) else value for name, value in sent.items()}


def body(recorded: Body) -> Body:
    """A body as it may be written down: masked, then bounded; the same object where nothing has to go."""
    kept = _without_secrets(recorded)
    if len(kept.data) <= BODY_BYTES:
        return kept
    # Hashed after masking: a hash of a secret would betray it to whoever can guess.
    return Body(b"", kept.size, "truncated", hashlib.sha256(kept.data).hexdigest())


def _without_secrets(recorded: Body) -> Body:
    """A body with fields that are named like secrets masked.

    A cheap look at the bytes decides whether the JSON is opened at all. What looks secret but cannot be
    opened (a form, say) is dropped as a whole.
    """
    if recorded.cut or not recorded.data:
        return recorded
    if not _IN_TEXT.search(recorded.data):
        return recorded if not _FORM.search(recorded.data) else Body(b"", recorded.size, "redacted")
    try:
        value = msgspec.json.decode(recorded.data)
    except msgspec.DecodeError:
        return Body(b"", recorded.size, "redacted")
    masked = _masked(value)
    if masked is value:
        return recorded
    return Body(msgspec.json.encode(masked), recorded.size, "redacted")


_FORM = re.compile(rb"(^|[&\"'; ])(password|passwd|token|secret|api_?key|cvv|cvc|pin)(=|\"\r\n)", re.I)


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        after = {k: MASK if _FIELDS.match(k) and v is not None else _masked(v) for k, v in value.items()}
        return after if any(after[k] is not v for k, v in value.items()) else value
    if isinstance(value, list):
        items = [_masked(item) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def event(recorded: Event) -> Event:
    """An event as it may be written down; the same object where nothing is secret."""
    data = recorded.data
    changes: dict[str, Any] = {}
    match data:
        case events.CallStarted() | events.CallSucceeded() | events.CallFailed():
            changes = {"headers": headers(data.headers), "body": body(data.body)}
        case events.WorkflowStarted() | events.TaskStarted():
            changes = {"input": body(data.input)}
        case events.TaskCompleted():
            changes = {
                "output": data.output and body(data.output),
                "summary": replace(data.summary, error=data.summary.error and failure(data.summary.error)),
            }
        case events.WorkflowCompleted():
            changes = {"output": data.output and body(data.output), "failure": data.failure and failure(data.failure)}
    if all(getattr(data, name) is value for name, value in changes.items()):
        return recorded
    return replace(recorded, data=replace(data, **changes))


def failure(said: Failure) -> Failure:
    """A failure with what the upstream said masked."""
    original = said.original_error
    if original is None:
        return said
    masked = replace(original, headers=headers(original.headers), body=body(original.body))
    return replace(said, original_error=masked)
