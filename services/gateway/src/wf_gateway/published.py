"""What is callable now: bundles behind the live pointers, fetched in the background, ready before anybody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import structlog

from wf_gateway.addresses import Table, Taken
from wf_gateway.declared import Rules
from wf_gateway.parameters import Parameters
from wfcore import bundle, schema, subjects
from wfcore.bundle import Bundle
from wfcore.diagnostics import nearest
from wfcore.errors import WorkflowError
from wfcore.messages import LivePointer
from wfcore.schema import Schema
from wfservice import blobs
from wfservice.bus import Bus, Mirror

log = structlog.get_logger()

FETCH_SECONDS = 2.0
"""How long a start waits for the bundles of all that is published; what comes later is served when it comes."""


class Published(NamedTuple):
    """A workflow that can be called."""

    pointer: LivePointer
    bundle: Bundle
    input: Schema
    rules: Rules
    parameters: Parameters | None
    """Of its own address, where it has one."""


class Catalogue:
    """All published workflows."""

    def __init__(self, bus: Bus) -> None:
        """Nothing is known before `follow`."""
        self._bus = bus
        self._live = Mirror(bus, subjects.LIVE, LivePointer)
        self._held: dict[tuple[str, str], Published] = {}
        self._fetching: set[asyncio.Task[None]] = set()
        self.changes = 0
        """Counts up with every change: whoever caches something compares it."""
        self._table: tuple[int, Table[Published]] = (0, Table(()))

    async def follow(self) -> None:
        """Learn what is published, then go on as it changes."""
        self._live.listen(self._on_change)
        await self._live.follow()
        # A bundle that is lost keeps its own workflow back, not the gateway.
        if self._fetching:
            await asyncio.wait(self._fetching, timeout=FETCH_SECONDS)

    async def close(self) -> None:
        """Stop following."""
        await self._live.close()

    def get(self, namespace: str, name: str) -> Published:
        """A workflow; raises WORKFLOW_NOT_FOUND with the nearest name."""
        held = self._held.get((namespace, name))
        if held is not None:
            return held
        names = [workflow for space, workflow in self._held if space == namespace]
        close = nearest(name, names)
        hint = f"; did you mean `{close}`?" if close else ""
        raise WorkflowError(
            f"there is no workflow `{name}` in namespace `{namespace}`{hint}", code="WORKFLOW_NOT_FOUND", nearest=close
        )

    def __iter__(self) -> Iterator[Published]:
        """All, by namespace and name."""
        return iter([self._held[key] for key in sorted(self._held)])

    def at(self, method: str, path: str) -> Taken[Published] | frozenset[str]:
        """Who answers under an address of its own; else the methods that are answered there, none if it is unknown."""
        if self._table[0] != self.changes:
            # The planner gives an address to one workflow only; while that travels the one that had it first answers.
            holders = sorted(self, key=lambda held: held.pointer.at)
            table = Table((held.bundle.route, held) for held in holders if held.bundle.route is not None)
            self._table = (self.changes, table)
        return self._table[1].find(method, path)

    def _on_change(self, key: str, pointer: LivePointer | None, _: int) -> None:
        if pointer is None:
            namespace, name = key.split(".", 1)
            self._held.pop((namespace, name), None)
            self.changes += 1
            return
        held = self._held.get((pointer.namespace, pointer.workflow))
        if held is not None and held.pointer.bundle == pointer.bundle:
            self._hold(held._replace(pointer=pointer))
            return
        task = asyncio.create_task(self._fetch(key, pointer))
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def _fetch(self, key: str, pointer: LivePointer) -> None:
        pause = 0.05
        while self._live.get(key) == pointer:  # else somebody was published over it meanwhile
            try:
                found = bundle.unpack(await blobs.get(self._bus, subjects.BUNDLES, pointer.bundle))
                ready = _made_ready(pointer, found)
            except Exception as error:  # missing, damaged or of another release: mended when it is published anew
                log.warning("bundle not fetched", workflow=key, error=repr(error))
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
                continue
            if self._live.get(key) == pointer:
                self._hold(ready)
            return

    def _hold(self, ready: Published) -> None:
        self._held[ready.pointer.namespace, ready.pointer.workflow] = ready
        self.changes += 1


def _made_ready(pointer: LivePointer, found: Bundle) -> Published:
    """Everything that would else be worked out on each request."""
    parameters = None if found.route is None else Parameters(found.route, found.input_schema)
    return Published(pointer, found, schema.compile(found.input_schema), Rules(found), parameters)
