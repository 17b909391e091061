"""All definitions as last read, and who looked at which of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wfcore.definition import Definition, Reading, read_definitions
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.messages import DefinitionRecord


def read(record: DefinitionRecord) -> Reading:
    """Read the text of an object, with the places in the file that it came from."""
    return read_definitions(
        record.text, file=record.origin, first_line=record.first_line, default_namespace=record.namespace
    )


class Catalogue:
    """What references are looked up in. An object that does not read is not in it, but its diagnostics are."""

    def __init__(self, version: Callable[[ObjectRef, str], Definition | None] = lambda ref, version: None) -> None:
        """Empty; `version` finds an object in an earlier version."""
        self.version = version
        self._definitions: dict[ObjectRef, Definition] = {}
        self._faulty: dict[ObjectRef, Definition] = {}
        self._diagnostics: dict[ObjectRef, list[Diagnostic]] = {}
        self._looked_at: dict[ObjectRef, set[ObjectRef]] = {}

    def get(self, ref: ObjectRef) -> Definition | None:
        """See wfcore.validation.Catalogue."""
        return self._definitions.get(ref)

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        """See wfcore.validation.Catalogue."""
        return [ref.name for ref in self._definitions if (ref.kind, ref.namespace) == (kind, namespace)]

    def read(self, ref: ObjectRef, record: DefinitionRecord) -> None:
        """Take the newest text of an object."""
        reading = read(record)
        self._diagnostics[ref] = reading.diagnostics
        found = next((definition for definition in reading.definitions if definition.ref == ref), None)
        faulty = next((definition for definition in reading.faulty if definition.ref == ref), None)
        self._faulty.pop(ref, None)
        if faulty is not None:
            self._faulty[ref] = faulty
        if found is None:
            self._definitions.pop(ref, None)
        else:
            self._definitions[ref] = found

    def forget(self, ref: ObjectRef) -> None:
        """The object is gone, or about to be read anew. Who looked at it is remembered: they wait for it."""
        self._definitions.pop(ref, None)
        self._faulty.pop(ref, None)
        self._diagnostics.pop(ref, None)
        for lookers in self._looked_at.values():
            lookers.discard(ref)

    def faulty(self, ref: ObjectRef) -> Definition | None:
        """An object that is refused as it stands, but of which more can be found out."""
        return self._faulty.get(ref)

    def said(self, ref: ObjectRef) -> list[Diagnostic]:
        """What reading the object said."""
        return self._diagnostics.get(ref, [])

    def remember(self, looker: ObjectRef, looked_up: Iterable[ObjectRef]) -> None:
        """`looker` depends on these: when one of them changes it must be looked at again."""
        for lookers in self._looked_at.values():
            lookers.discard(looker)
        for ref in looked_up:
            self._looked_at.setdefault(ref, set()).add(looker)

    def dependents(self, changed: Iterable[ObjectRef]) -> set[ObjectRef]:
        """All that a change touches: the changed ones, and whoever looked at them, through all levels."""
        found: set[ObjectRef] = set()
        waiting = list(changed)
        while waiting:
            ref = waiting.pop()
            if ref not in found:
                found.add(ref)
                waiting.extend(self._looked_at.get(ref, ()))
        return found
