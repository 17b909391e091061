"""One of the two schemas, with what is needed to take it apart and to judge values by a piece of it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from wfcore.compatibility import keyword_sets as sets
from wfcore.compatibility import library
from wfcore.compatibility.keyword_sets import Keywords, Schemas
from wfcore.jsontext import JsonValue
from wfcore.schema.navigation import self_contained
from wfcore.schema.parts import Parts, Reader
from wfcore.schema.places import Document, JsonSchema, asserts, children

SMALL = 160
"""Keywords and names of a piece that is still handed to the library. Larger ones come back undecided, only later."""

COMBINATIONS = 16
"""Combinations of alternatives that the library is let to write out."""

_REFERENCE = frozenset({"$ref"})
_LEFT_OVER = frozenset({"unevaluatedProperties", "unevaluatedItems"})


class Side:
    """A whole schema and its pieces. Pieces are known by their identity, for they live as long as we do."""

    def __init__(self, schema: JsonSchema) -> None:
        self.root = self_contained(schema)
        self.reader = Reader(Document(self.root))
        self._definitions: dict[str, JsonSchema] = self.root.get("$defs", {}) if isinstance(self.root, dict) else {}
        self._parts: dict[tuple[int, ...], tuple[Schemas, Parts]] = {}
        self._by_type: dict[tuple[int, ...], tuple[list[Keywords], list[list[Keywords]]]] = {}
        self._reached: dict[str, frozenset[str]] = {}
        self._small: dict[tuple[int, ...], tuple[Schemas, dict[str, Any] | None]] = {}
        self._sizes: dict[str, int] = {}
        self._judges: dict[tuple[int, ...], tuple[Schemas, Callable[[JsonValue], bool]]] = {}

    def target(self, schema: JsonSchema) -> JsonSchema:
        """What a schema that is nothing but a reference stands for."""
        while isinstance(schema, dict) and "$ref" in schema and not asserts(schema, _REFERENCE):
            schema = self.reader.document.target(schema["$ref"])
        return schema

    def parts(self, schemas: Schemas) -> Parts:
        """The schemas taken apart, once for the same ones. A set of mere remarks is left out.

        What is "unevaluated" depends on the schemas beside it, which do not stand there any more: it is left out too,
        so that the parts may let more through than the schemas, never less.
        """
        bare = [schema for schema in map(self.target, schemas) if asserts(schema)]
        key = tuple(map(id, bare))
        if key not in self._parts:
            parts = self.reader.parts(bare)
            self._parts[key] = (bare, Parts([_without_leftovers(part) for part in parts.always], parts.choices))
        return self._parts[key][1]

    def by_type(self, parts: list[Keywords]) -> list[list[Keywords]]:
        """What holds together, once for each JSON type that it allows."""
        key = tuple(map(id, parts))
        if key not in self._by_type:
            self._by_type[key] = (parts, [[{"type": kind}, *parts] for kind in sets.types(parts)])
        return self._by_type[key][1]

    def piece(self, schemas: Schemas) -> dict[str, Any]:
        """The schemas that hold together as a schema of their own."""
        own: dict[str, Any] = {"allOf": [_without_definitions(schema) for schema in schemas]}
        names = self._reach(own)
        if not names:
            return own
        return {**own, "$defs": {name: self._definitions[name] for name in sorted(names)}}

    def small_piece(self, schemas: Schemas) -> dict[str, Any] | None:
        """The same, None where it is too large to be looked at as a whole."""
        key = tuple(map(id, schemas))
        if key not in self._small:
            self._small[key] = (schemas, self.piece(schemas) if self._is_small(schemas) else None)
        return self._small[key][1]

    def _is_small(self, schemas: Schemas) -> bool:
        own = [_without_definitions(schema) for schema in schemas]
        if not is_small(own):
            return False
        left = SMALL - _size(own, SMALL)
        for name in self._reach({"allOf": own}):
            if name not in self._sizes:
                self._sizes[name] = _size(self._definitions[name], SMALL)
            left -= self._sizes[name]
        return left > 0

    def accepts(self, schemas: Schemas, value: JsonValue) -> bool:
        """Whether a piece accepts a value."""
        return self.judge(schemas)(value)

    def judge(self, schemas: Schemas) -> Callable[[JsonValue], bool]:
        """What says whether a piece accepts a value."""
        key = tuple(map(id, schemas))
        if key not in self._judges:
            validator = library.validator(self.piece(schemas))
            self._judges[key] = (schemas, validator.is_valid if validator is not None else _refuses)
        return self._judges[key][1]

    def _reach(self, schema: JsonSchema) -> set[str]:
        """The definitions that references lead to, directly or through others."""
        reached: set[str] = set()
        waiting = list(_names(schema))
        while waiting:
            name = waiting.pop()
            if name in reached or name not in self._definitions:
                continue
            reached.add(name)
            if name not in self._reached:
                self._reached[name] = frozenset(_names(self._definitions[name]))
            waiting += self._reached[name]
        return reached


def definition_name(reference: str) -> str:
    """The name in `#/$defs/name`, as it stands in `$defs`."""
    return unquote(reference.removeprefix("#/$defs/")).replace("~1", "/").replace("~0", "~")


def is_small(schemas: Schemas, most: int = SMALL) -> bool:
    """Whether the library can be expected to answer soon."""
    return _size(schemas, most) < most and _combinations(schemas) <= COMBINATIONS


def _refuses(value: JsonValue) -> bool:
    return False


def _without_definitions(schema: JsonSchema) -> JsonSchema:
    if not isinstance(schema, dict) or "$defs" not in schema:
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "$defs"}


def _without_leftovers(part: Keywords) -> Keywords:
    if part.keys().isdisjoint(_LEFT_OVER):
        return part
    return {keyword: value for keyword, value in part.items() if keyword not in _LEFT_OVER}


def _names(schema: JsonSchema) -> Iterator[str]:
    if isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
        yield definition_name(reference)
    for _, child in children(schema):
        yield from _names(child)


def _combinations(schemas: Iterable[JsonSchema]) -> int:
    """How many ways there are through all alternatives, wherever they stand."""
    count = 1
    for schema in schemas:
        if isinstance(schema, dict):
            for keyword in ("anyOf", "oneOf"):
                count *= max(len(schema.get(keyword, ())), 1)
            count *= 2 if "if" in schema else 1
            count *= 1 + len(schema.get("dependentSchemas", ()))
        count *= _combinations(child for _, child in children(schema)) if count <= COMBINATIONS else 1
    return count


def _size(value: object, enough: int) -> int:
    """How many values and names stand inside, counted up to `enough`."""
    count, waiting = 0, [value]
    while waiting and count < enough:
        inside = waiting.pop()
        count += 1
        if isinstance(inside, dict):
            count += len(inside)
            waiting.extend(inside.values())
        elif isinstance(inside, list):
            waiting.extend(inside)
    return count
