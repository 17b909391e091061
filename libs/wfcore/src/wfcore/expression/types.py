"""The type of a part of an expression: a JSON Schema, and whether it is an optional.

Timestamps and durations live inside expressions only; they have types of their own beside those of JSON.
"""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wfcore import schema as schemas
from wfcore.schema import JsonSchema
from wfcore.schema.building import array_of
from wfcore.schema.places import children
from wfcore.schema.walking import Inner, Place, place

ANY_TYPE = schemas.types_of({})
BOOLEANS = frozenset({"boolean"})
INTEGERS = frozenset({"integer"})
NUMBERS = frozenset({"integer", "number"})
STRINGS = frozenset({"string"})
ARRAYS = frozenset({"array"})
OBJECTS = frozenset({"object"})
NULLS = frozenset({"null"})
TIMESTAMPS = frozenset({"timestamp"})
DURATIONS = frozenset({"duration"})
INTERNAL = TIMESTAMPS | DURATIONS
PRINTED = STRINGS | NUMBERS | BOOLEANS
"""What can stand inside text."""
ORDERED = (NUMBERS, STRINGS, BOOLEANS, TIMESTAMPS, DURATIONS)
"""Any two values of one of these have an order."""

_MOST_VALUES = 64
_MOST_PARTS = 5_000
"""Schemas inside a schema. Each `.map(x, [x, x])` doubles them; what is read from one document has far fewer."""
_DEFAULTS = (
    ("string", "''"), ("integer", "0"), ("number", "0"), ("boolean", "false"), ("array", "[]"), ("object", "{}"),
)  # fmt: skip


class Typed(Struct, frozen=True):
    """What is known of a value before there is one.

    `optional`: CEL's optional, which is no value yet; `absent`: it may be empty. `told`: something is wrong or
    unproven about it and was told already, so nothing more is said about what follows from it.
    """

    place: Place
    optional: bool = False
    absent: bool = False
    told: bool = False

    def types(self) -> frozenset[str]:
        """The JSON types of the value."""
        return self.place.types()

    def alone(self) -> JsonSchema:
        """The schema, standing on its own."""
        return self.place.alone()

    def as_value(self) -> "Typed":
        """The type of what the optional holds."""
        return replace(self, optional=False, absent=False) if self.optional else self

    def as_told(self) -> "Typed":
        """The same, for the case that something was told about it."""
        return self if self.told else replace(self, told=True)


def typed(schema: JsonSchema) -> Typed:
    """The type of a value of this schema."""
    return Typed(place(schema))


def composed(schema: dict[str, Any], told: bool = False) -> Typed:
    """The type of something put together. One that grew out of all proportion keeps no more than its kind."""
    return Typed(place(schema if is_bounded(schema, _MOST_PARTS) else {"type": schema["type"]}), told=told)


def is_bounded(schema: JsonSchema, most: int) -> bool:
    """Whether no more than so many schemas stand inside a schema, counted as often as they are written out."""
    waiting, seen = [schema], 0
    while waiting and seen <= most:
        seen += 1
        waiting += [inside for _, inside in children(waiting.pop())]
    return seen <= most


ANYTHING = typed({})
TOLD = Typed(place({}), told=True)
BOOLEAN, INTEGER, NUMBER, STRING = (typed({"type": name}) for name in ("boolean", "integer", "number", "string"))
TIMESTAMP, DURATION = typed({"type": "timestamp"}), typed({"type": "duration"})


def union(of: Iterable[Typed]) -> Typed:
    """The type of what is one of these values; an optional if one of them is."""
    every = list(of)
    distinct = [one for at, one in enumerate(every) if all(one.place is not other.place for other in every[:at])]
    where = distinct[0].place if len(distinct) == 1 else place(either_schema([one.alone() for one in distinct]))
    return Typed(where, any(t.optional for t in every), any(t.absent for t in every), any(t.told for t in every))


def either_schema(ways: list[JsonSchema]) -> JsonSchema:
    """One schema for all of these, without values and empty arrays that another one accepts anyway."""
    kept: list[JsonSchema] = []
    for at, way in enumerate(ways):
        if not any(_covers(other, way) for other in (*kept, *ways[at + 1 :])):
            kept.append(way)
    return schemas.union(kept)


def _covers(wide: JsonSchema, narrow: JsonSchema) -> bool:
    """Whether it is plain to see that a constant or an empty array fits another schema. No "no" is certain."""
    if not isinstance(wide, dict) or not isinstance(narrow, dict):
        return False
    if narrow.keys() == {"const"}:
        named = schemas.type_name(narrow["const"])
        if wide.keys() == {"type"}:
            return named in _listed(wide["type"]) or (named == "integer" and "number" in _listed(wide["type"]))
        return wide.keys() <= {"enum", "type"} and any(same(narrow["const"], value) for value in wide.get("enum", ()))
    empty = narrow.get("type") == "array" and narrow.get("maxItems") == 0
    return empty and wide.get("type") == "array" and wide.keys() <= {"type", "items", "maxItems", "uniqueItems"}


def _listed(types: Any) -> list[str]:
    return [types] if isinstance(types, str) else types


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
        case list(), list():
            return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def values_of(where: Place) -> list[Any] | None:
    """All values that may stand here, where the schema lists them; None where it does not."""
    schema = where.folded()
    if not isinstance(schema, dict):
        return None
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    if schema.keys() == {"anyOf"}:
        ways = [values_of(Place(way, where.document)) for way in schema["anyOf"]]
        listed = [value for way in ways for value in way or []]
        return listed if None not in ways and len(listed) <= _MOST_VALUES else None
    return None


def element(of: Typed) -> Typed:
    """The type of any element of a list. A list that is always empty has none: no value has that type."""
    match of.place.item():
        case Inner(inside):
            return Typed(inside, told=of.told)
        case schemas.Missing():
            return Typed(place(False), told=of.told)
    return Typed(place({}), told=of.told)


def same_items(of: Typed) -> Typed:
    """The type of a list with the same elements in another order."""
    item = element(of)
    return replace(typed(array_of(item.alone(), *lengths(of))), told=of.told)


def lengths(of: Typed) -> tuple[int, int | None]:
    """How many elements a list or object has, at least and at most."""
    schema = of.place.folded()
    if not isinstance(schema, dict):
        return 0, None
    listed = schema.get("const")
    if isinstance(listed, list):
        return len(listed), len(listed)
    if of.types() == ARRAYS:
        never = schema.get("items") is False and "prefixItems" not in schema
        return schema.get("minItems", 0), 0 if never else schema.get("maxItems")
    if of.types() == OBJECTS:
        # Pruning may leave fewer properties than `minProperties`, never fewer than the required ones.
        return len(schema.get("required", ())), schema.get("maxProperties")
    return 0, None


def class_of(seen: frozenset[str], classes: Iterable[frozenset[str]]) -> frozenset[str] | None:
    """The one class that all of these types belong to."""
    return next((one for one in classes if seen and seen <= one), None)


def default_for(types: frozenset[str]) -> str:
    """A literal of one of these types, for a fix; `null` where no other fits."""
    return next((text for name, text in _DEFAULTS if name in types), "null")


def only(where: Place, types: frozenset[str]) -> Place:
    """The part of a place whose values have one of these types."""
    seen = where.types()
    if seen <= types or not seen & types:
        return where if seen <= types else place(False)
    schema = where.folded()
    if isinstance(schema, dict):
        if schema.keys() == {"anyOf"}:
            ways = [way for way in schema["anyOf"] if Place(way, where.document).types() & types]
            inner = [only(Place(way, where.document), types).schema for way in ways]
            return Place(inner[0] if len(inner) == 1 else {"anyOf": inner}, where.document)
        if isinstance(schema.get("type"), list):
            kept = [name for name in schema["type"] if name in types]
            if kept:
                return Place({**schema, "type": kept[0] if len(kept) == 1 else kept}, where.document)
    return Place({"allOf": [schema, {"type": sorted(seen & types)}]}, where.document)


def written_value(value: Any) -> str:
    """A scalar as an expression writes it."""
    if isinstance(value, str):
        return "'" + json.dumps(value, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    return json.dumps(value)


def spoken(types: Iterable[str]) -> str:
    """Types for people: `number or null`."""
    names = set(types)
    return " or ".join(sorted(names - {"integer"} if "number" in names else names)) or "nothing"


def mentioned(where: Place) -> frozenset[str]:
    """The types of a value and of all that it holds, as far as they are written out in the schema."""
    found: set[str] = set()
    waiting = [where.schema]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            found.update(_listed(inner.get("type", [])))
            waiting += [child for _, child in children(inner)]
    return frozenset(found)
