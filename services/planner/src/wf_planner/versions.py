"""Earlier versions of definitions, so that a pin means something after the next apply."""

from __future__ import annotations

from wf_planner.catalogue import read
from wfcore import subjects
from wfcore.definition import Definition
from wfcore.diagnostics import ObjectRef
from wfcore.messages import DefinitionRecord
from wfservice.bus import Bus, Mirror
from wfservice.bus.wire import encode

MOST = 20
"""So many versions of one object are kept, the newest."""


class Versions:
    """The versions of all objects, as kept on the bus."""

    def __init__(self, bus: Bus) -> None:
        """Nothing is read before `follow`."""
        self._bus = bus
        self._kept = Mirror(bus, subjects.VERSIONS, DefinitionRecord)
        self._read: dict[str, Definition] = {}

    async def follow(self) -> None:
        """Read all there is, then go on as it changes."""
        await self._kept.follow()

    async def close(self) -> None:
        """Stop following."""
        await self._kept.close()

    def get(self, ref: ObjectRef, version: str) -> Definition | None:
        """An object in this version, or None where it is not kept."""
        key = subjects.version_key(ref.kind, ref.namespace, ref.name, version)
        record = self._kept.get(key)
        if record is None:
            return None
        if key not in self._read:
            found = next((each for each in read(record).definitions if each.ref == ref), None)
            if found is None:
                return None  # of a release that knew another language
            self._read[key] = found
        return self._read[key]

    async def keep(self, definition: Definition, record: DefinitionRecord) -> None:
        """Keep this version as the newest, and let go the oldest of too many."""
        ref = definition.ref
        key = subjects.version_key(ref.kind, ref.namespace, ref.name, definition.version)
        kept = self._of(ref)
        if kept[-1:] == [key]:
            return
        bucket = self._bus.bucket(subjects.VERSIONS)
        if key in kept:
            await bucket.put(key, encode(record))  # applied anew: it must not be the next to go
            return
        await bucket.update(key, encode(record), 0)  # another planner may have been faster
        for old in kept[: max(0, len(kept) + 1 - MOST)]:
            await bucket.delete(old)
            self._read.pop(old, None)

    def _of(self, ref: ObjectRef) -> list[str]:
        """The keys of all kept versions of an object, the oldest first."""
        prefix = subjects.definition_key(ref.kind, ref.namespace, ref.name) + "."
        return sorted((key for key, _ in self._kept.items() if key.startswith(prefix)), key=self._kept.revision)
