"""The request that a task would send, written as far as its values are known, credentials masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wfcore import jsontext, recording, request, template
from wfcore.bundle import Http
from wfcore.dryrun.filling import filler
from wfcore.dryrun.knowledge import PartObject, Unresolved, first_lacking, known, shown
from wfcore.events import body as body_of
from wfcore.expression import ABSENT, Read
from wfcore.program import CompiledCall


class Request(Struct, frozen=True, omit_defaults=True):
    """What would be sent. What cannot be resolved stands as `{"unresolved": …, "because": …}` in its place."""

    method: str
    url: Any
    headers: dict[str, Any]
    body: Any = None
    """JSON as JSON, everything else as text; of what is too long or all secret only its size."""


def written(call: CompiledCall, scope: PartObject, reads: Sequence[Read]) -> Request:
    """The request of a call in the scope of its task: `input`, `execution`, `workflow`. `reads` is `reads_of` its plan.

    Raises what data can do to us.
    """
    if first_lacking(scope, reads) is not None:
        return _partly(call.plan.http, scope)
    sent = call.request(scope)
    return Request(sent.method, recording.url(sent.url), dict(recording.headers(sent.headers)), _body(sent.body))


def reads_of(http: Http) -> tuple[Read, ...]:
    """All that a request is made of."""
    return tuple(read for part in (http.path, http.query, http.headers, http.body) for read in _reads(part))


def _reads(part: Any) -> list[Read]:
    return [read for _, read in template.reads(template.parse(part))]


def _partly(http: Http, scope: PartObject) -> Request:
    body = filler(http.body)(scope) if http.has_body else ABSENT
    content = b"" if body is ABSENT else jsontext.encode(shown(body))
    return Request(http.method, _url(http, scope), _headers(filler(http.headers)(scope)), _body(content))


def _url(http: Http, scope: PartObject) -> Any:
    """As it is written where a part of it is unresolved: half an address would look like a whole one."""
    found = first_lacking(scope, [*_reads(http.path), *_reads(http.query)])
    if found is None:
        alone = replace(http, headers={}, body=None, has_body=False)
        return recording.url(request.compile(alone)(scope).url)
    query = "&".join(f"{name}={value}" for name, value in http.query.items())
    text = f"{http.base_url}{http.path}" + (f"?{query}" if query else "")
    return shown(Unresolved(text, found.lacks))


def _headers(sent: Mapping[str, Any]) -> dict[str, Any]:
    masked = recording.headers({name: template.text(value) if known(value) else "" for name, value in sent.items()})
    return {
        name: masked[name] if known(value) or masked[name] == recording.MASK else shown(value)
        for name, value in sent.items()
    }


def _body(data: bytes) -> Any:
    if not data:
        return None
    kept = recording.body(body_of(data))
    if kept.cut and not kept.data:
        return {kept.cut: True, "size": kept.size}
    try:
        return msgspec.json.decode(kept.data)
    except (msgspec.DecodeError, RecursionError):
        return kept.data.decode("utf-8", "replace")
