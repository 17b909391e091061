"""The OpenAPI document of the shop, made honest where FastAPI's own is only nearly so.

Failures are problem+json, whole bounds are integers, and an operation that only ever fails declares no success.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from testapi.operations import problem_response
from testapi.problems import Problem


def install(app: FastAPI) -> None:
    """Let `app.openapi()` and `/openapi.json` answer with the corrected document, built once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def build(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all routes of the app."""
    raw = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = raw.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    for item in raw["paths"].values():
        for method, operation in item.items():
            correct_responses(method, operation)
    return whole_numbers(raw)


def correct_responses(method: str, operation: dict[str, Any]) -> None:
    """Declare bad input as a problem, no content where HEAD sends none, and no success where there never is one."""
    responses = operation["responses"]
    if method == "head":
        responses["200"].pop("content")
    if "422" in responses:
        responses["422"] = problem_response(422)
    if "expectedStatus" in operation["x-workflow"]:
        for status in [status for status in responses if status.startswith("2")]:
            del responses[status]


def whole_numbers(value: Any) -> Any:
    """Write 1.0 as 1: FastAPI reads every bound as a float."""
    match value:
        case dict():
            return {name: whole_numbers(inner) for name, inner in value.items()}
        case list():
            return [whole_numbers(inner) for inner in value]
        case float() if value.is_integer():
            return int(value)
    return value
