"""A planner on a bus without a server, and a hand that applies definitions."""

from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio

from tests.wfservice.waiting import until
from wf_planner import planning
from wf_planner.planning import Planner
from wfcore import bundle, subjects
from wfcore.bundle import Bundle
from wfcore.messages import Condition, DefinitionRecord, LivePointer, Verdict
from wfservice import blobs
from wfservice.bus.wire import decode, encode
from wfservice.testing import MemoryBus, Room


class House:
    """Definitions in, verdicts and pointers out."""

    def __init__(self) -> None:
        self.room = Room()
        self.bus = MemoryBus(self.room)
        self.planners: list[Planner] = []

    async def plan(self, bus: MemoryBus | None = None) -> Planner:
        planner = Planner(bus or MemoryBus(self.room))
        self.planners.append(planner)
        await planner.follow()
        return planner

    async def leave(self) -> None:
        for planner in self.planners:
            await planner.stop()
        self.planners = []

    # --- definitions --------------------------------------------------------------------------

    async def apply(self, *texts: str) -> None:
        for text in texts:
            try:
                read = msgspec.json.decode(text)
                kind, name, namespace = read["kind"], read["metadata"]["name"], read["metadata"]["namespace"]
            except msgspec.DecodeError:
                kind, name, namespace = "Workflow", "broken", "shop"
            record = DefinitionRecord(kind, namespace, name, text, f"{name}.json")
            key = subjects.definition_key(kind, namespace, name)
            await self.bus.bucket(subjects.DEFINITIONS).put(key, encode(record))

    async def delete(self, kind: str, name: str) -> None:
        await self.bus.bucket(subjects.DEFINITIONS).delete(subjects.definition_key(kind, "shop", name))

    # --- what came of them --------------------------------------------------------------------

    def pointer(self, name: str) -> LivePointer | None:
        entry = self.bus.bucket(subjects.LIVE).entries.get(subjects.live_key("shop", name))
        return None if entry is None else decode(entry.value, LivePointer)

    async def bundle(self, name: str) -> Bundle:
        pointer = self.pointer(name)
        assert pointer is not None
        return bundle.unpack(await blobs.get(self.bus, subjects.BUNDLES, pointer.bundle))

    def verdict(self, kind: str, name: str) -> Verdict | None:
        entry = self.bus.bucket(subjects.VERDICTS).entries.get(subjects.definition_key(kind, "shop", name))
        return None if entry is None else decode(entry.value, Verdict)

    def conditions(self, kind: str, name: str) -> dict[str, Condition]:
        verdict = self.verdict(kind, name)
        return {condition.type: condition for condition in verdict.conditions} if verdict else {}

    def codes(self, kind: str, name: str) -> list[str]:
        verdict = self.verdict(kind, name)
        return [d.code for d in verdict.diagnostics] if verdict else []

    def ready(self, kind: str, name: str) -> Callable[[], bool]:
        return lambda: (verdict := self.verdict(kind, name)) is not None and verdict.ready

    def refused(self, kind: str, name: str) -> Callable[[], bool]:
        return lambda: (verdict := self.verdict(kind, name)) is not None and not verdict.ready

    async def until_ready(self, kind: str, name: str) -> None:
        await until(self.ready(kind, name))

    async def until_refused(self, kind: str, name: str) -> None:
        await until(self.refused(kind, name))


@pytest_asyncio.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """An empty house; what could not be done is tried again soon."""
    monkeypatch.setattr(planning, "AGAIN_SECONDS", 0.02)
    made = House()
    yield made
    await made.leave()
