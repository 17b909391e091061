"""A workflow's own address: a path that can be told from others, and parameters that HTTP can carry."""

import re
from collections.abc import Sequence

from wfcore import schema as schemas
from wfcore.bundle import RESERVED
from wfcore.definition import Route
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.schema import JsonSchema
from wfcore.validation.findings import Findings

_PATH = "/spec/route/path"
_LITERAL = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+")
_PARAMETER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SCALARS = frozenset({"string", "number", "integer", "boolean"})


def check_route(findings: Findings, route: Route | None, takes: JsonSchema | None, unsafe: Sequence[str]) -> None:
    """Tell why a request at the route could not be served. `unsafe` are the tasks that may change something."""
    if route is None:
        return
    segments = route.path.split("/")[1:]
    sound = _check_path(findings, route.path, segments)
    if sound and takes is not None:
        names = [found[1] for segment in segments if (found := _PARAMETER.fullmatch(segment))]
        _check_parameters(findings, route.path, names, takes)
        if route.method in ("GET", "HEAD", "DELETE"):
            _check_query(findings, route.method, set(names), takes)
    if route.method in ("GET", "HEAD") and unsafe:
        named = ", ".join(f"`{path}`" for path in unsafe[:5])
        message = f"a {route.method} changes nothing, but {named} may change something upstream"
        fix = Fix("write `method: POST`", "/spec/route/method", "POST", "set")
        findings.add("WF-803", message, "/spec/route/method", seen=list(unsafe), fix=fix)


def _check_path(findings: Findings, path: str, segments: Sequence[str]) -> bool:
    fault, fix = _fault_of(path, segments)
    if fault:
        findings.add("WF-801", fault, _PATH, seen=path, fix=fix)
    return fault is None


def _fault_of(path: str, segments: Sequence[str]) -> tuple[str | None, Fix | None]:
    if not path.startswith("/") or path.startswith("//"):
        better = "/" + path.lstrip("/")
        return "a route begins with one `/`", Fix(f"write `{better}`", _PATH, better, "set")
    if path == "/":
        return "the root of the server is not a route", None
    if path.endswith("/"):
        better = path.rstrip("/")
        return "a route does not end with `/`", Fix(f"write `{better}`", _PATH, better, "set")
    if segments[0] in RESERVED:
        better = f"/my{path}"
        return f"`/{segments[0]}` belongs to the engine", Fix(f"for example `{better}`", _PATH, better, "set")
    for segment in segments:
        if segment in (".", "..", "") or not (_LITERAL.fullmatch(segment) or _PARAMETER.fullmatch(segment)):
            said = f"`{segment}`" if segment else "an empty part"
            return f"{said} is neither plain text of a URL nor one parameter as `{{name}}`", _without_holes(path)
    names = [segment for segment in segments if _PARAMETER.fullmatch(segment)]
    twice = next((name for name in names if names.count(name) > 1), None)
    return (f"`{twice}` stands here twice", None) if twice else (None, None)


def _without_holes(path: str) -> Fix | None:
    """`/users/{{input.id}}` -> `/users/{id}`."""
    better = re.sub(r"\{\{\s*(?:input\.)?([A-Za-z_][A-Za-z0-9_]*)\s*\}\}", r"{\1}", path)
    return Fix(f"write `{better}`", _PATH, better, "set") if better != path and "{{" not in better else None


def _check_parameters(findings: Findings, path: str, names: Sequence[str], takes: JsonSchema) -> None:
    for name in names:
        inside = schemas.property_of(takes, name)
        if isinstance(inside, schemas.Missing):
            close = nearest(name, inside.declared)
            message = f"the input has no `{name}`{did_you_mean(name, inside.declared)}"
            better = path.replace(f"{{{name}}}", f"{{{close}}}") if close else path
            fix = Fix(f"write `{better}`", _PATH, better, "set") if close else Fix("take it out of the path", _PATH)
            findings.add("WF-802", message, _PATH, seen=name, fix=fix)
        elif isinstance(inside, schemas.Found):
            types = schemas.types_of(inside.schema)
            if not types <= _SCALARS:
                message = f"`{name}` stands in the path, so it is one text, number or boolean, not {_said(types)}"
                findings.add("WF-802", message, _PATH, seen=name, fix=Fix("correct its type in inputSchema", _PATH))
            elif inside.optional:
                required = [*(takes.get("required", ()) if isinstance(takes, dict) else ()), name]
                place = "/spec/inputSchema/required"
                message = f"`{name}` stands in the path and is always there, but the input does not require it"
                fix = Fix(f"add `{name}` to `required`", place, required, "set")
                findings.add("WF-802", message, _PATH, seen=name, fix=fix)


def _check_query(findings: Findings, method: str, in_path: set[str], takes: JsonSchema) -> None:
    properties = takes.get("properties", {}) if isinstance(takes, dict) else {}
    for name in (name for name in properties if name not in in_path):
        inside = schemas.property_of(takes, name)
        if isinstance(inside, schemas.Found) and not _is_carried(inside.schema):
            message = f"a {method} takes `{name}` from the query, which has texts, numbers, booleans and lists of them"
            fix = Fix("write `method: POST`, or say `type` in inputSchema", "/spec/route/method", "POST", "set")
            findings.add("WF-802", message, f"/spec/inputSchema/properties/{name}", seen=name, fix=fix)


def _is_carried(schema: JsonSchema) -> bool:
    types = schemas.types_of(schema)
    if not types <= _SCALARS | {"array"}:
        return False
    item = schemas.item_of(schema) if "array" in types else schemas.Missing(())
    return not isinstance(item, schemas.Found) or schemas.types_of(item.schema) <= _SCALARS


def _said(types: frozenset[str]) -> str:
    return "anything" if types >= {"object", "array", "null", "string"} else " or ".join(sorted(types - _SCALARS))
