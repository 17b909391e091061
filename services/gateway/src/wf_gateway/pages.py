"""The OpenAPI document and Swagger UI with its own assets."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources

import fastapi_swagger
import msgspec
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles


def assets() -> StaticFiles:
    """Script and style of Swagger UI, from the installed package: nothing is loaded from elsewhere."""
    return StaticFiles(directory=str(resources.files(fastapi_swagger) / "resources"))


async def docs(_: Request) -> Response:
    """Swagger UI."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="workflow.io",
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/docs/assets/favicon-32x32.png",
    )


class Document:
    """The OpenAPI document, made anew when something was published."""

    def __init__(self, changes: Callable[[], int], make: Callable[[], object]) -> None:
        """`changes` counts up with every change."""
        self._changes = changes
        self._make = make
        self._made: tuple[int, bytes] | None = None

    async def answer(self, _: Request) -> Response:
        """GET /openapi.json."""
        changes = self._changes()
        if self._made is None or self._made[0] != changes:
            self._made = (changes, msgspec.json.encode(self._make()))
        return Response(self._made[1], 200, {"Cache-Control": "no-cache"}, "application/json")
