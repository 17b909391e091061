"""Where a large value breaks its schema.

The validator names every breach one by one, which takes seconds where there are a hundred thousand. Here a large value
is taken apart member by member, each judged by its own piece of the schema in about a microsecond, and only small
members are handed to the validator to tell the exact places. What cannot be taken apart, or is broken all over, is
named as a whole: a place stands for all that is inside it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jsonschema_rs import Draft202012Validator

from wfcore.jsontext import JsonValue
from wfcore.schema.checks import PATTERNS
from wfcore.schema.members import matches
from wfcore.schema.parts import ABOUT_ITEMS, ABOUT_PROPERTIES, Reader
from wfcore.schema.pieces import Pieces
from wfcore.schema.places import Document, JsonSchema, pointer
from wfcore.schema.wording import WHOLE, places_of

MOST_BROKEN = 200
"""Broken members of one object or array that are told one by one; with more of them it is named as a whole."""

_Path = tuple[str | int, ...]
_UNEVALUATED = frozenset({"unevaluatedProperties", "unevaluatedItems"})


class Breaches:
    """Finds the broken places of values of one schema; values of less than `small` members are looked at whole."""

    def __init__(self, document: Document, pieces: Pieces, small: int = WHOLE) -> None:
        self._root = document.root
        self._reader = Reader(document)
        self._pieces = pieces
        self._small = small

    def places(self, value: JsonValue) -> list[str]:
        """JSON Pointers such that every breach is at one of them or inside it. Empty for a sound value."""
        return list(dict.fromkeys(self._at(value, [self._root], ())))

    def _at(self, value: JsonValue, schemas: Iterable[JsonSchema], path: _Path) -> Iterator[str]:
        for schema in schemas:
            if self._pieces.accepts(schema, value):
                continue
            exact = None if isinstance(schema, bool) else places_of(self._pieces.validator(schema), value, self._small)
            if exact is not None:
                yield from (pointer(path) + place for place in exact)
            else:
                yield from self._inside(value, schema, path)

    def _inside(self, value: JsonValue, schema: JsonSchema, path: _Path) -> list[str]:
        """The broken places of a large value, or itself."""
        whole = [pointer(path)]
        parts = self._reader.parts([schema])
        own = [_without_members(part) for part in parts.always]
        if parts.choices or "$ref" in repr(own) or any(not _UNEVALUATED.isdisjoint(part) for part in parts.always):
            return whole
        judge = Draft202012Validator({"allOf": own}, validate_formats=True, pattern_options=PATTERNS, offline=True)
        found = [pointer(path) + place for place in places_of(judge, value, most=None) or ()]
        broken = 0
        for step, inner, schemas in _members(value, parts.always):
            places = list(self._at(inner, schemas, (*path, step)))
            found += places
            broken += bool(places)
            if broken > MOST_BROKEN:
                return whole
        return found or whole


def _without_members(part: dict[str, Any]) -> dict[str, Any]:
    return {keyword: value for keyword, value in part.items() if keyword not in ABOUT_PROPERTIES | ABOUT_ITEMS}


def _members(
    value: JsonValue, parts: Sequence[dict[str, Any]]
) -> Iterator[tuple[str | int, JsonValue, list[JsonSchema]]]:
    """Each member with the schemas that judge it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner, [schema for part in parts for schema in _of_name(part, name)]
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield at, item, [schema for part in parts for schema in _of_index(part, at)]


def _of_name(part: dict[str, Any], name: str) -> list[JsonSchema]:
    found: list[JsonSchema] = [part["properties"][name]] if name in part.get("properties", {}) else []
    found += [schema for pattern, schema in part.get("patternProperties", {}).items() if matches(pattern, name)]
    return found or ([part["additionalProperties"]] if "additionalProperties" in part else [])


def _of_index(part: dict[str, Any], index: int) -> list[JsonSchema]:
    first = part.get("prefixItems", [])
    if index < len(first):
        return [first[index]]
    return [part["items"]] if "items" in part else []
