"""What an operation tells beside its types: which errors it gives, and how a workflow task should call it.

The latter stands in the OpenAPI operation as `x-workflow`, from where the definitions are generated.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi.routing import APIRoute

from testapi.problems import MEDIA_TYPE, title_of

Retry = Mapping[str, Any]

PERSISTENT: Retry = {
    "maxAttempts": 5,
    "initialInterval": "20ms",
    "multiplier": 2,
    "maxInterval": "200ms",
    "retryOn": ["connection", "timeout", "429", "5xx"],
    "idempotent": True,
}
"""For operations that may be called again without harm and that are meant to fail at first."""


def about(
    *,
    example: Mapping[str, Any],
    errors: Iterable[int | str] = (),
    timeout: str | None = None,
    retry: Retry | None = None,
    expected_status: int | None = None,
) -> dict[str, Any]:
    """Return the keyword arguments of a route for what its signature cannot say.

    `example` is the input of the task that calls the operation: all parameters and the body's properties in one
    object. It works as it stands, again and again. `expected_status` marks an operation that only ever fails.
    """
    facts = {"example": example, "timeout": timeout, "retry": retry, "expectedStatus": expected_status}
    return {
        "responses": {status: problem_response(status) for status in errors},
        "openapi_extra": {"x-workflow": {name: fact for name, fact in facts.items() if fact is not None}},
    }


def problem_response(status: int | str) -> dict[str, Any]:
    """Return the OpenAPI response object of a problem answer."""
    description = title_of(status) if isinstance(status, int) else f"Any {status} status"
    return {"description": description, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def operation_id(route: APIRoute) -> str:
    """Name the operation after its function: `create_order` is `create-order`."""
    return route.name.replace("_", "-")
