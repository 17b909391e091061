"""The HTTP request of a task, as far as it can be judged before there is a value: path, query, headers, body."""

import re
from typing import Any

from wfcore.definition import HttpCall
from wfcore.diagnostics import Fix
from wfcore.schema import JsonSchema
from wfcore.validation import templates
from wfcore.validation.findings import Findings
from wfcore.validation.types import check_fits

_HTTP = "/spec/http"
_HOLE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS_TO_SET = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "traceparent",
    "tracestate",
}
_PREFIXES_OURS = ("proxy-", "wf-")

_SCALAR = ["string", "number", "boolean"]
_ONE: JsonSchema = {"type": _SCALAR}
_ONE_OR_MORE: JsonSchema = {"type": [*_SCALAR, "array"], "items": {"type": _SCALAR}}
_FIELDS: JsonSchema = {"type": "object", "additionalProperties": _ONE_OR_MORE}
_BODIES: dict[str, tuple[JsonSchema, str]] = {
    "form": (_FIELDS, "a form is an object of texts, numbers, booleans and lists of them"),
    "multipart": (_FIELDS, "a multipart body is an object of texts, numbers, booleans and lists of them"),
    "text": (_ONE, "a text body is one text, number or boolean"),
    "raw": (_ONE, "a raw body is one text"),
}


def check_request(findings: Findings, http: HttpCall, scope: JsonSchema | None) -> None:
    """Tell what is wrong with the request. Without a `scope` only what needs no types is looked at."""
    _check_path(findings, http.path)
    _check_type(findings, http.path, f"{_HTTP}/path", scope, None, "")
    for name, value in http.query.items():
        what = f"the parameter `{name}` is one or several texts, numbers or booleans"
        _check_type(findings, value, f"{_HTTP}/query/{_escaped(name)}", scope, _ONE_OR_MORE, what)
    for name, value in http.headers.items():
        pointer = f"{_HTTP}/headers/{_escaped(name)}"
        _check_header(findings, name, value, pointer)
        _check_type(findings, value, pointer, scope, _ONE, f"the header `{name}` is one text, number or boolean")
    if http.body is not None:
        _check_body(findings, http, scope)


def _check_path(findings: Findings, path: str) -> None:
    pointer = f"{_HTTP}/path"
    written = _HOLE.sub("x", path)
    if not path.startswith("/") or path.startswith("//"):
        better = "/" + path.lstrip("/")
        fix = Fix(f"write `{better}`", pointer, better, "set")
        findings.add("WF-211", "a path begins with one `/`; host and base path are the upstream's", pointer, fix=fix)
    elif any(part.lower().replace("%2e", ".") == ".." for part in re.split(r"/|%2f|\\", written, flags=re.IGNORECASE)):
        findings.add("WF-211", "`..` in a path could leave the upstream's base path", pointer, seen=path)
    elif "?" in written or "#" in written:
        fix = Fix("move what follows the `?` into `query`", pointer)
        findings.add("WF-211", "`?` and `#` do not belong into a path: parameters stand in `query`", pointer, fix=fix)
    elif any(character.isspace() or ord(character) < 32 or character == "\\" for character in written):
        findings.add("WF-211", "a path holds no spaces, line breaks or backslashes", pointer, seen=path)


def _check_header(findings: Findings, name: str, value: str, pointer: str) -> None:
    if not _TOKEN.fullmatch(name):
        findings.add("WF-212", f"`{name}` is no name of a header", pointer, seen=name, at_key=True)
    elif name.lower() in _OURS_TO_SET or name.lower().startswith(_PREFIXES_OURS):
        fix = Fix("remove it", pointer, edit="remove")
        findings.add("WF-212", f"the engine sets `{name}` itself", pointer, seen=name, fix=fix, at_key=True)
    if any(character in value for character in "\r\n\0"):
        findings.add("WF-212", f"the header `{name}` holds a line break", pointer, seen=value)


def _check_body(findings: Findings, http: HttpCall, scope: JsonSchema | None) -> None:
    pointer = f"{_HTTP}/body"
    if http.method in ("GET", "HEAD"):
        fix = Fix("use `query`, or another method", pointer, edit="remove")
        findings.add("WF-214", f"a {http.method} has no body that servers would read", pointer, fix=fix, at_key=True)
    fits, what = _BODIES.get(http.body_type, (None, ""))
    _check_type(findings, http.body, pointer, scope, fits, what)


def _check_type(
    findings: Findings, value: Any, pointer: str, scope: JsonSchema | None, fits: JsonSchema | None, what: str
) -> None:
    parsed = templates.parse(findings, value, pointer)
    if scope is None:
        return
    typed = templates.infer(findings, parsed, scope)
    if fits is not None and not typed.vague:
        check_fits(findings, typed.schema, fits, "WF-608", what, pointer)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
