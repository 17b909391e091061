"""The endpoint, as one would write it without an engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Asked(BaseModel):
    """The body of a call."""

    userId: str  # noqa: N815 - the name in JSON


def make(upstream: str) -> FastAPI:
    """The application; `upstream` is an origin such as `http://127.0.0.1:9000`."""
    session: aiohttp.ClientSession

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        nonlocal session
        async with aiohttp.ClientSession(upstream, connector=aiohttp.TCPConnector(limit=0)) as session:
            yield

    async def get(path: str, **query: str) -> Any:
        async with session.get(path, params=query) as response:
            response.raise_for_status()
            return await response.json()

    app = FastAPI(lifespan=lifespan)

    @app.post("/profile")
    async def profile(asked: Asked) -> JSONResponse:
        user = await get(f"/users/{asked.userId}")
        orders, offers = await asyncio.gather(
            get(f"/accounts/{user['accountId']}/orders"),
            get("/offers", tier=user["tier"], city=user["city"]),
        )
        return JSONResponse(
            {
                "user": {"id": user["id"], "name": user["name"], "tier": user["tier"]},
                "orders": orders["items"],
                "orderCount": orders["total"],
                "offers": offers["items"],
            }
        )

    return app
