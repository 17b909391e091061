"""Definitions for tests: a catalogue of one text, and all that is wrong with that text."""

import copy
from collections.abc import Iterable

from wfcore.definition import Definition, Reading, read_definitions
from wfcore.diagnostics import Diagnostic, Fix, ObjectRef
from wfcore.source import JsonValue, tokens
from wfcore.validation import Validation, validate


class Known:
    """The definitions of one text as a catalogue."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self.definitions = {definition.ref: definition for definition in definitions}

    def get(self, ref: ObjectRef) -> Definition | None:
        return self.definitions.get(ref)

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        return [ref.name for ref in self.definitions if (ref.kind, ref.namespace) == (kind, namespace)]


def validations(reading: Reading) -> dict[str, Validation]:
    """Each object of a text against the others, by name."""
    known = Known(reading.definitions)
    return {definition.ref.name: validate(definition, known) for definition in reading.definitions}


def diagnostics_of(text: str) -> list[Diagnostic]:
    """All that reading and validating the objects of a text finds."""
    reading = read_definitions(text)
    found = [each for validation in validations(reading).values() for each in validation.diagnostics]
    return reading.diagnostics + found


def fixed(data: JsonValue, fix: Fix) -> JsonValue:
    """The data after the edit of a fix."""
    data = copy.deepcopy(data)
    *path, last = tokens(fix.pointer)
    inside = data
    for step in path:
        inside = inside[int(step)] if isinstance(inside, list) else inside.setdefault(step, {})
    match fix.edit:
        case "set":
            inside[int(last) if isinstance(inside, list) else last] = fix.value
        case "rename":
            inside[fix.value] = inside.pop(last)
        case "remove":
            inside.pop(int(last) if isinstance(inside, list) else last)
    return data
