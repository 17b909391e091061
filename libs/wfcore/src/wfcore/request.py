"""How a task's call is written on the wire.

No value chooses where a request goes: the origin is constant, each inserted path piece is one encoded
segment, and headers hold no line breaks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from wfcore import jsontext, template
from wfcore.bundle import Http
from wfcore.errors import WorkflowError
from wfcore.expression import ABSENT

Scope = Mapping[str, Any]


class Request(Struct, frozen=True):
    """One HTTP request, complete but for what the executor adds (trace, idempotency key, attempt)."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class RequestRefused(WorkflowError):
    """A value that must not be sent like this."""

    code = "INPUT_MISMATCH"


def compile(http: Http) -> Callable[[Scope], Request]:
    """A closure from the scope of a task (`input`) to its request."""
    path = _path(http.path)
    query = [(name, template.compile(template.parse(value))) for name, value in http.query.items()]
    headers = [(name, template.compile(template.parse(value))) for name, value in http.headers.items()]
    body = template.compile(template.parse(http.body)) if http.has_body else None
    encode = _ENCODERS[http.body_type]

    def request(scope: Scope) -> Request:
        url = http.base_url + path(scope)
        pairs = [pair for name, value in query for pair in _pairs(name, value(scope))]
        if pairs:
            url += "?" + urlencode(pairs, quote_via=quote)
        given = ((name, value(scope)) for name, value in headers)
        sent = {name: _header(name, value) for name, value in given if value is not ABSENT}
        content = b""
        if body is not None:
            value = body(scope)
            if value is not ABSENT:
                content, content_type = encode(value)
                if not any(name.lower() == "content-type" for name in sent):
                    sent["Content-Type"] = content_type
        return Request(http.method, url, sent, content)

    return request


def _path(text: str) -> Callable[[Scope], str]:
    parts = template.text_parts(template.parse(text))

    def path(scope: Scope) -> str:
        return "".join(part if isinstance(part, str) else _segment(part(scope)) for part in parts)

    return path


def _segment(value: Any) -> str:
    piece = template.text(value)
    if piece in ("", ".", ".."):
        raise RequestRefused(f"`{piece}` cannot be a piece of a path")
    return quote(piece, safe="")


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if value is ABSENT:
        return []
    if isinstance(value, list):
        return [(name, template.text(item)) for item in value]
    return [(name, template.text(value))]


def _header(name: str, value: Any) -> str:
    text = template.text(value)
    if any(c in text for c in "\r\n\0"):
        raise RequestRefused(f"header `{name}` would hold a line break")
    return text


def _json(value: Any) -> tuple[bytes, str]:
    return jsontext.encode(value), "application/json"


def _form(value: Any) -> tuple[bytes, str]:
    pairs = [pair for name, item in _fields(value, "form") for pair in _pairs(name, item)]
    return urlencode(pairs).encode(), "application/x-www-form-urlencoded"


def _multipart(value: Any) -> tuple[bytes, str]:
    fields = [(name, text.encode()) for name, item in _fields(value, "multipart") for _, text in _pairs(name, item)]
    # Drawn from the content, so that the same values make the same bytes in a replay.
    boundary = hashlib.sha256(repr(fields).encode()).hexdigest()[:32]
    lines = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
        % (boundary.encode(), name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").encode(), data)
        for name, data in fields
    ]
    return b"".join(lines) + b"--%s--\r\n" % boundary.encode(), f"multipart/form-data; boundary={boundary}"


def _fields(value: Any, kind: str) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise RequestRefused(f"a {kind} body is an object of fields, not {type(value).__name__}")
    return list(value.items())


def _text(value: Any) -> tuple[bytes, str]:
    return template.text(value).encode(), "text/plain; charset=utf-8"


def _raw(value: Any) -> tuple[bytes, str]:
    return template.text(value).encode(), "application/octet-stream"


_ENCODERS: dict[str, Callable[[Any], tuple[bytes, str]]] = {
    "json": _json,
    "form": _form,
    "multipart": _multipart,
    "text": _text,
    "raw": _raw,
}
