"""A gateway on a real port, with a real planner behind it and an executor that plays what a test tells it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest_asyncio

from tests.planner.conftest import House
from tests.planner.definitions import entry, task, upstream, workflow
from tests.wfservice.scripted import ScriptedExecutor, ended
from tests.wfservice.waiting import until
from wf_gateway.gateway import Gateway
from wf_gateway.settings import Settings
from wfcore.messages import HistoryBatch
from wfservice.bus.wire import decode
from wfservice.testing import MemoryBus

PROFILE = workflow(
    "profile",
    entry("user", "get-user"),
    description="Everything about a person\n\nand more",
    version="1.2.0",
    categories=["people"],
    tags=["read", "quick"],
    examples=[{"name": "basic", "input": {"id": 42}}],
)


class Place:
    """The house, its gateway, its executor and a client."""

    def __init__(self, house: House, gateway: Gateway, bus: MemoryBus, executor: ScriptedExecutor, url: str) -> None:
        self.house, self.gateway, self.bus, self.executor, self.url = house, gateway, bus, executor, url
        self.client = httpx.AsyncClient(base_url=url, timeout=60)

    async def execute(self, input: Any = None, workflow: str = "profile", **more: Any) -> httpx.Response:
        given = {"json": {"id": 1} if input is None else input} if "content" not in more else {}
        return await self.client.post(f"/api/v1/workflows/{workflow}/execute", **given, **more)

    async def bare(self, input: Any = None, workflow: str = "profile") -> httpx.Response:
        return await self.client.post(f"/workflows/{workflow}", json={"id": 1} if input is None else input)

    async def get(self, path: str, **query: str) -> httpx.Response:
        return await self.client.get(path, params=query)

    async def document(self) -> dict[str, Any]:
        return (await self.get("/openapi.json")).json()  # type: ignore[no-any-return]

    async def publish(self, *texts: str, wait_for: str | None = None) -> None:
        """Apply definitions; return when the gateway serves the workflow named."""
        await self.house.apply(*texts)
        if wait_for is not None:
            await until(lambda: self.serves(wait_for))

    def serves(self, name: str) -> bool:
        """Does the gateway serve the pointer that the planner has published?"""
        pointer = self.house.pointer(name)
        held = {each.pointer.workflow: each.pointer for each in self.gateway._catalogue}
        return pointer is not None and held.get(name) == pointer

    def told(self) -> list[HistoryBatch]:
        return [decode(delivery.data, HistoryBatch) for delivery in self.bus._stream("WF_HISTORY").waiting]


@asynccontextmanager
async def a_place(house: House, **settings: Any) -> AsyncIterator[Place]:
    """A gateway of this house, and an executor; both end with the block."""
    bus = MemoryBus(house.room)
    gateway = await Gateway.open(bus, Settings(port=0, default_namespace="shop", drain_seconds=5, **settings))
    await bus.serve(gateway.asker.handlers())
    await gateway.listen()
    executor = ScriptedExecutor(MemoryBus(house.room))
    await executor.listen()
    assert gateway._server is not None
    port = gateway._server.servers[0].sockets[0].getsockname()[1]
    place = Place(house, gateway, bus, executor, f"http://127.0.0.1:{port}")
    try:
        yield place
    finally:
        await place.client.aclose()
        await executor.die()
        await gateway.stop()
        await bus.drain(1)


@asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    """A planner that has published one workflow."""
    house = House()
    await house.apply(upstream(), task("get-user", description="Fetch a person"), PROFILE)
    await house.plan()
    try:
        yield house
    finally:
        await house.leave()


@pytest_asyncio.fixture(scope="session")
async def shared_place() -> AsyncIterator[Place]:
    """One for all tests of this folder: each leaves it as it was, or uses names of its own."""
    async with a_house() as house, a_place(house) as place:
        yield place


@pytest_asyncio.fixture
async def place(shared_place: Place) -> Place:
    """The shared one, with an executor that takes every run and answers `{}`."""
    shared_place.executor.ends = ended
    shared_place.executor.takes = lambda _: "accepts"
    shared_place.executor.started.clear()
    return shared_place
