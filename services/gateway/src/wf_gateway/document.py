"""The OpenAPI document: the fixed addresses, and one endpoint per published workflow with its own schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from wf_gateway.embedding import embed
from wf_gateway.problems import MEDIA_TYPE, Problem
from wf_gateway.published import Published
from wf_gateway.routes import Route

_REF = "#/components/schemas/{name}"
_PROBLEM = {
    "description": "What went wrong, where, and what may have been done",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_FAILURES = ("400", "404", "413", "415", "422", "500", "502", "503", "504")


def document(fixed: Iterable[Route], published: Iterable[Published], default_namespace: str) -> dict[str, Any]:
    """An OpenAPI 3.1 document of all that can be called now."""
    fixed = list(fixed)
    _, components = msgspec.json.schema_components([Problem, *(r.answer for r in fixed)], ref_template=_REF)
    paths: dict[str, Any] = {}
    for each in published:
        for path in _addresses(each, default_namespace):
            paths[path] = {"post": _call(each, path, components)}
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
            **_failures(run=route.takes_input),
        },
    }
    if route.takes_input:
        said["requestBody"] = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
    return said


def _call(each: Published, path: str, components: dict[str, Any]) -> dict[str, Any]:
    bundle = each.bundle
    name = f"{bundle.namespace}.{bundle.workflow}"
    body: dict[str, Any] = {"schema": embed(bundle.input_schema, f"{name}.input", components)}
    if bundle.examples:
        body["examples"] = {e["name"]: {"value": e["input"]} for e in bundle.examples}
    return {
        "summary": bundle.description.split("\n")[0] or f"Run {bundle.workflow}",
        "operationId": re.sub(r"\W+", "-", path).strip("-"),
        "tags": list(bundle.categories) or ["workflows"],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "200": {
                "description": "The composed answer",
                "content": {"application/json": {"schema": embed(bundle.output_schema, f"{name}.output", components)}},
            },
            **_failures(run=True),
        },
    }


def _failures(*, run: bool) -> dict[str, Any]:
    return dict.fromkeys(_FAILURES if run else ("400", "404", "503"), _PROBLEM)
