"""What of an event may be written down: no credentials, and not more than 64 KiB of a body.

Until roles exist, headers that carry credentials and fields that are named like secrets are masked, in the
executor, before an event leaves the process.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import replace

from wfcore import events
from wfcore.events import Body, Event, Failure, TaskSummary

MASK = "***"

BODY_BYTES = 64 << 10
"""More of one body is not kept: its size and hash are."""

_HEADERS = re.compile(r"(^|-)(authorization|cookie2?|token|secret|password|jwt)$|(api|access)-?key$", re.I)
_FIELDS = re.compile(
    r"(password|passwd|passphrase|secret|(api|access|private)_?key|authorization|credentials?)$"
    r"|^(pass|pwd|jwt|(set_?)?cookie|cvv|cvc|pin|otp|card_?number)$"
    r"|^((access|refresh|id|session|auth|bearer|api|csrf|reset)_?)?token$",
    re.I,
)
"""Names of fields, with `-` read as `_`."""

_HINTS = (
    *("pass", "pwd", "secret", "key", "token", "jwt", "authorization", "cookie", "credential"),
    *("cvv", "cvc", "pin", "otp", "number"),
)
"""One of these is in every name that `_FIELDS` finds. Looked for one by one: a search for all at once is slower."""


def _rests(end: bytes) -> dict[bytes, re.Pattern[bytes]]:
    """For each hint what finds the rest of a name from there, up to such an end; in lower case."""
    return {hint.encode(): re.compile(hint.encode() + rb"[\w-]{0,40}" + end) for hint in _HINTS}


_IN_FORM = _rests(rb'(?:=|"\r\n|>)')
"""In a form, a multipart body or XML."""
_IN_TEXT = _rests(rb'(?:=|"\r\n|>|"\s*:)')
"""The same, or in JSON."""
_NAME_BEFORE = re.compile(rb"[\w-]*$")
_HIDDEN_LETTER = re.compile(rb"\\u00[4-7]")
"""A letter that JSON writes as an escape, though it need not: a name may hide behind it."""
_PARAMETER = re.compile(r"([?&])([^=&#]+)=([^&#]*)")
_SEEN = re.compile(r", but saw .{0,60}", re.S)
"""The value that a violation shows: at most 60 characters."""


def headers(sent: dict[str, str]) -> dict[str, str]:
    """Headers with the values of credentials masked; the same object where there are none."""
    after = {name: MASK if _is_credential(name) else url(value) for name, value in sent.items()}
    return sent if after == sent else after


@lru_cache(maxsize=1024)
def _is_credential(header: str) -> bool:
    return _HEADERS.search(header) is not None


def url(called: str) -> str:
    """A URL with the values of secret parameters masked."""
    return _PARAMETER.sub(_parameter, called) if "?" in called else called


def message(said: str) -> str:
    """A sentence about a value: where the value may be a secret it is not shown."""
    if ", but saw " not in said or not any(_is_secret(word) for word in re.findall(r"[\w-]+", said)):
        return said
    return _SEEN.sub(f", but saw {MASK}", said)


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
    data = recorded.data
    if not data or recorded.cut or not (_names_a_secret(_IN_TEXT, data) or _HIDDEN_LETTER.search(data)):
        return recorded
    try:
        value = msgspec.json.decode(data)
        masked = _masked(value)
        kept = data if masked is value else msgspec.json.encode(masked)
    except (msgspec.DecodeError, RecursionError):
        kept = data
    if _names_a_secret(_IN_FORM if kept is not data else _IN_TEXT, kept):
        return Body(b"", recorded.size, "redacted")
    return recorded if kept is data else Body(kept, recorded.size, "redacted")


def _names_a_secret(rests: dict[bytes, re.Pattern[bytes]], data: bytes) -> bool:
    text = data.lower()
    # A loop, because `any` over a generator takes twice as long, for each body there is.
    for hint, rest in rests.items():  # noqa: SIM110
        if hint in text and any(map(_is_whole_secret, rest.finditer(text))):
            return True
    return False


def _is_whole_secret(rest: re.Match[bytes]) -> bool:
    """Is the name a secret one, together with what stands before the part that was found?"""
    before = _NAME_BEFORE.search(rest.string, max(0, rest.start() - 40), rest.start())
    name = (before[0] if before else b"") + rest[0].rstrip(b'=>":\r\n\t ')
    return _is_secret(name.decode("ascii", "replace"))


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        after = {k: MASK if v is not None and _is_secret(k) else _masked(v) for k, v in value.items()}
        return after if any(after[k] is not v for k, v in value.items()) else value
    if isinstance(value, list):
        items = [_masked(item) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return _FIELDS.search(name.replace("-", "_")) is not None


def _parameter(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}={MASK}" if _is_secret(found[2]) else found[0]


def event(recorded: Event) -> Event:
    """An event as it may be written down; the same object where nothing is secret."""
    data = recorded.data
    changes: dict[str, Any] = {}
    match data:
        case events.CallStarted():
            changes = {"url": url(data.url), "headers": headers(data.headers), "body": body(data.body)}
        case events.CallSucceeded() | events.CallFailed():
            changes = {"headers": headers(data.headers), "body": body(data.body)}
        case events.WorkflowStarted() | events.TaskStarted():
            changes = {"input": body(data.input)}
        case events.TaskFellBack():
            changes = {"error": failure(data.error)}
        case events.TaskCompleted():
            changes = {
                "output": data.output and body(data.output),
                "summary": _summary(data.summary),
                "warnings": tuple(map(message, data.warnings)),
            }
        case events.WorkflowCompleted():
            changes = {"output": data.output and body(data.output), "failure": data.failure and failure(data.failure)}
    for name, value in changes.items():
        held = getattr(data, name)
        if held is not value and held != value:
            return replace(recorded, data=replace(data, **changes))
    return recorded


def failure(said: Failure) -> Failure:
    """A failure with what the upstream said masked; the same object where nothing has to go."""
    original = said.original_error
    if original is not None:
        original = replace(original, headers=headers(original.headers), body=body(original.body))
    masked = replace(said, message=message(said.message), original_error=original)
    return said if masked == said else masked


def _summary(summary: TaskSummary) -> TaskSummary:
    return summary if summary.error is None else replace(summary, error=failure(summary.error))
