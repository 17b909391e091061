"""The OpenAPI document: the fixed addresses, and one endpoint per published workflow with its own schemas."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from wf_gateway.addresses import parameters_of
from wf_gateway.embedding import embed
from wf_gateway.parameters import BY_QUERY, Parameter
from wf_gateway.problems import MEDIA_TYPE, Problem
from wf_gateway.published import Published
from wf_gateway.routes import Route
from wfcore.bundle import Bundle, ErrorRule
from wfcore.bundle import Route as OwnRoute
from wfcore.schema import JsonSchema

_REF = "#/components/schemas/{name}"
_PROBLEM = {
    "description": "What went wrong, where, and what may have been done",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_HEADERS = {
    "Wf-Execution-Id": {"description": "The execution, as the history knows it", "schema": {"type": "string"}},
    "Wf-Status": {
        "description": "`partial` where a task failed that may be left out, so that a part of the answer is missing",
        "schema": {"enum": ["succeeded", "partial"]},
    },
}
_FAILURES = ("400", "404", "413", "415", "422", "500", "502", "503", "504")


def document(fixed: Iterable[Route], published: Iterable[Published], default_namespace: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document of all that can be called now."""
    fixed = list(fixed)
    _, components = msgspec.json.schema_components([Problem, *_types(fixed)], ref_template=_REF)
    paths: dict[str, Any] = {}
    for each in published:
        for path in _addresses(each, default_namespace):
            paths[path] = {"post": _call(each, path, components)}
        if each.bundle.route is not None:
            path, names = _own_path(paths, each.bundle.route)
            operation = _own(each, each.bundle.route, names, components)
            paths.setdefault(path, {})[each.bundle.route.method.lower()] = operation
    for route in fixed:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "workflow.io",
            "version": "1",
            "description": "Every published workflow as an endpoint of its own, and what there is to know about them.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _types(fixed: Iterable[Route]) -> Iterator[Any]:
    """All that goes in and out at the fixed addresses and has a shape of ours."""
    for route in fixed:
        yield route.answer
        if route.body is not None:
            yield route.body


def _addresses(each: Published, default_namespace: str) -> list[str]:
    full = f"/workflows/{each.bundle.namespace}/{each.bundle.workflow}"
    return [f"/workflows/{each.bundle.workflow}", full] if each.bundle.namespace == default_namespace else [full]


def _operation(route: Route) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", route.path)
    said: dict[str, Any] = {
        "summary": route.summary,
        "operationId": re.sub(r"\W+", "-", f"{route.method.lower()}{route.path}").strip("-"),
        "tags": [route.tag],
        "parameters": [
            *({"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names),
            *({"name": n, "in": "query", "schema": {"type": "string"}} for n in route.query),
        ],
        "responses": {
            "200": {
                "description": "OK",
                "content": {"application/json": {"schema": {"$ref": _REF.format(name=route.answer.__name__)}}},
            },
            **_failures(run=route.takes_input or route.body is not None),
            **({"409": _PROBLEM} if route.body is not None else {}),
        },
    }
    if route.takes_input or route.body is not None:
        schema = {"type": "object"} if route.body is None else {"$ref": _REF.format(name=route.body.__name__)}
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return said


def _call(each: Published, path: str, components: dict[str, Any]) -> dict[str, Any]:
    bundle = each.bundle
    body: dict[str, Any] = {"schema": embed(bundle.input_schema, f"{_name(bundle)}.input", components)}
    if bundle.examples:
        body["examples"] = {e["name"]: {"value": e["input"]} for e in bundle.examples}
    return {
        "summary": _summary(bundle),
        "operationId": re.sub(r"\W+", "-", path).strip("-"),
        "tags": _tags(bundle),
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": _answers(bundle, components),
    }


# --- addresses of workflows' own ------------------------------------------------------------------


def _own_path(paths: dict[str, Any], route: OwnRoute) -> tuple[str, dict[str, str]]:
    """Where the route stands in the document, and how its parameters are called there.

    Paths that differ only in the names of parameters are one path to OpenAPI: the first one gives the names.
    """
    shape = re.sub(r"{[^/]*}", "{}", route.path)
    path = next((known for known in paths if re.sub(r"{[^/]*}", "{}", known) == shape), route.path)
    return path, dict(zip(parameters_of(route.path), parameters_of(path), strict=True))


def _own(each: Published, route: OwnRoute, names: dict[str, str], components: dict[str, Any]) -> dict[str, Any]:
    bundle, parameters = each.bundle, each.parameters
    assert parameters is not None

    def said(parameter: Parameter, name: str, place: str) -> dict[str, Any]:
        source = embed(parameter.source, f"{_name(bundle)}.input.{parameter.name}", components)
        return {"name": name, "in": place, "required": parameter.required, "schema": source}

    operation = {
        "summary": _summary(bundle),
        "operationId": f"{route.method.lower()}-{_name(bundle)}",
        "tags": _tags(bundle),
        "parameters": [
            *(said(parameter, names[name], "path") | {"required": True} for name, parameter in parameters.path.items()),
            *(said(parameter, name, "query") for name, parameter in parameters.query.items()),
        ],
        "responses": _answers(bundle, components, empty=route.method == "HEAD"),
    }
    if route.method not in BY_QUERY:
        body = embed(_without(bundle.input_schema, names), f"{_name(bundle)}.body", components)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _without(source: JsonSchema, names: Collection[str]) -> JsonSchema:
    """What is left for the body where some properties stand in the path."""
    if not isinstance(source, dict):
        return source
    left = dict(source)
    if "properties" in left:
        left["properties"] = {name: inside for name, inside in left["properties"].items() if name not in names}
    if "required" in left:
        left["required"] = [name for name in left["required"] if name not in names]
    return left


# --- what every address of a workflow has ---------------------------------------------------------


def _name(bundle: Bundle) -> str:
    return f"{bundle.namespace}.{bundle.workflow}"


def _summary(bundle: Bundle) -> str:
    return bundle.description.split("\n")[0] or f"Run {bundle.workflow}"


def _tags(bundle: Bundle) -> list[str]:
    return list(bundle.categories) or ["workflows"]


def _answers(bundle: Bundle, components: dict[str, Any], *, empty: bool = False) -> dict[str, Any]:
    """The composed answer, the engine's failures, and those that the workflow declares."""
    good: dict[str, Any] = {"description": "The composed answer", "headers": _HEADERS}
    if not empty:
        source = embed(bundle.output_schema, f"{_name(bundle)}.output", components)
        good["content"] = {"application/json": {"schema": source}}
    answers = {"200": good, **_failures(run=True)}
    for status in sorted({rule.status for rule in bundle.errors}):
        answers[str(status)] = _declared([rule for rule in bundle.errors if rule.status == status])
    return answers


def _declared(rules: list[ErrorRule]) -> dict[str, Any]:
    """Failures of one status, in the words of the workflow's author: one example for each code."""
    told = {rule.code: rule for rule in reversed(rules)}
    examples = {
        code: {"summary": rule.title, "value": {"code": code, "status": rule.status, "title": rule.title}}
        for code, rule in sorted(told.items())
    }
    names = ", ".join(f"`{code}` ({rule.title})" for code, rule in sorted(told.items()))
    content = {"schema": {"$ref": _REF.format(name="Problem")}, "examples": examples}
    return {"description": f"{_PROBLEM['description']}; declared: {names}", "content": {MEDIA_TYPE: content}}


def _failures(*, run: bool) -> dict[str, Any]:
    return dict.fromkeys(_FAILURES if run else ("400", "404", "503"), _PROBLEM)
