"""Calls an operation as its OpenAPI document says, from one object that holds all parameters and the body."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx
from jsonschema_rs import Draft202012Validator

from testapi.app import shop
from testapi.definitions import camel
from testapi.schemas import inline

Document = dict[str, Any]


@lru_cache
def document() -> Document:
    """Return the OpenAPI document."""
    return shop().openapi()


@lru_cache
def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Return (method, path, operation) by operation id."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def names() -> list[str]:
    """Return the ids of all operations."""
    return list(operations())


def request(client: httpx.Client, name: str, values: Mapping[str, Any], **headers: str) -> httpx.Request:
    """Return the request of the operation for the input object."""
    method, path, operation = operations()[name]
    values = dict(values)
    query: dict[str, Any] = {}
    for parameter in operation.get("parameters", []):
        if (key := camel(parameter["name"])) not in values:
            continue
        value = values.pop(key)
        match parameter["in"]:
            case "path":
                path = path.replace(f"{{{parameter['name']}}}", str(value))
            case "query":
                query[parameter["name"]] = str(value).lower() if isinstance(value, bool) else value
            case "header":
                headers[parameter["name"]] = value
    body = body_of(operation.get("requestBody", {}).get("content", {}), values)
    return client.build_request(method, path, params=query, headers=body.pop("headers", {}) | headers, **body)


def body_of(content: Mapping[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return httpx's argument for the body in the encoding that the operation takes."""
    [media_type] = content or [""]
    body = values["body"] if values.keys() == {"body"} else values
    match media_type:
        case "application/json":
            return {"json": body}
        case "application/x-www-form-urlencoded":
            return {"data": body}
        case "multipart/form-data":
            return {"files": {name: (None, value) for name, value in body.items()}}
        case "text/plain":
            return {"content": body, "headers": {"Content-Type": media_type}}
    return {}


def call(client: httpx.Client, name: str, values: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
    """Call the operation; without values with its own example."""
    example: Mapping[str, Any] = operations()[name][2]["x-workflow"]["example"]
    return client.send(request(client, name, example if values is None else values, **headers))


def ok(client: httpx.Client, name: str, /, **values: Any) -> Any:
    """Call the operation, expect success, return the JSON of its answer."""
    answer = call(client, name, values)
    assert answer.is_success, f"{name} answered {answer.status_code}: {answer.text}"
    return answer.json() if answer.content else None


def refused(client: httpx.Client, name: str, /, **values: Any) -> tuple[int, str]:
    """Call the operation, expect a problem, return its status and code."""
    answer = call(client, name, values)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def faults(name: str, answer: httpx.Response) -> list[str]:
    """Return in what the answer is not what the operation declares: status, content type, schema."""
    responses = operations()[name][2]["responses"]
    status = str(answer.status_code)
    declared = responses.get(status) or responses.get(f"{status[0]}XX")
    if declared is None:
        return [f"status {status} is not declared: {answer.text}"]
    if "content" not in declared:
        return ["an answer without content has some"] if answer.content else []
    [(media_type, content)] = declared["content"].items()
    if answer.headers["content-type"].partition(";")[0] != media_type:
        return [f"content type {answer.headers['content-type']} instead of {media_type}"]
    value = answer.text if media_type == "text/plain" else answer.json()
    schema = inline(content["schema"], document()["components"]["schemas"])
    return [error.message for error in Draft202012Validator(schema, validate_formats=True).iter_errors(value)]
