"""Alternatives are told apart by their JSON type or by a property with a constant, as `kind: card`.

Of a thousand alternatives a value then fits one, and there is no need to try the others.
"""

from msgspec import Struct

from wfcore.compatibility import keyword_sets as sets
from wfcore.compatibility.keyword_sets import Keywords
from wfcore.compatibility.sides import Side
from wfcore.jsontext import JsonValue
from wfcore.schema.places import JsonSchema


class _Mark(Struct, frozen=True):
    """The JSON types of an alternative, and the values, spelled out, that some properties may have."""

    types: frozenset[str]
    values: dict[str, frozenset[str]]


class Marks:
    """What alternatives of the taker are marked with, looked up once."""

    def __init__(self, giver: Side, taker: Side) -> None:
        self._giver = giver
        self._taker = taker
        self._marks: dict[int, tuple[JsonSchema, _Mark]] = {}
        self._given: dict[tuple[int, str], tuple[list[Keywords], frozenset[str] | None]] = {}

    def rules_out(self, case: list[Keywords], way: JsonSchema) -> bool:
        """Whether it is plain to see that no value of the case fits the alternative."""
        if id(way) not in self._marks:
            self._marks[id(way)] = (way, self._mark(way))
        mark = self._marks[id(way)][1]
        kind: str = case[0]["type"]
        if not sets.may_be(kind, list(mark.types)):
            return True
        return kind == "object" and any(
            (given := self._values_given(case, name)) is not None and given.isdisjoint(values)
            for name, values in mark.values.items()
        )

    def telling(self, ways: list[JsonSchema]) -> list[str]:
        """Names of properties for which the alternatives do not list all the same values."""
        listed = [self._lists(way) for way in ways]
        names = dict.fromkeys(name for one in listed for name in one)
        return [name for name in names if len({one.get(name) for one in listed}) > 1]

    def _lists(self, way: JsonSchema) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self._taker.parts([way]).always:
            for name, schema in part.get("properties", {}).items():
                if isinstance(schema, dict) and ("const" in schema or "enum" in schema):
                    found[name] = repr(sets.listed([schema]))
        return found

    def _mark(self, way: JsonSchema) -> _Mark:
        parts = self._taker.parts([way]).always
        found: dict[str, frozenset[str]] = {}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                target = self._taker.target(schema)
                if isinstance(target, dict) and (values := _spelled_all(sets.listed([target]))) is not None:
                    found[name] = found.get(name, values) & values
        return _Mark(frozenset(sets.types(parts)), found)

    def _values_given(self, case: list[Keywords], name: str) -> frozenset[str] | None:
        """The values of a property that is surely there; None where it may be absent or anything else."""
        key = (id(case), name)
        if key not in self._given:
            schemas = [self._giver.target(schema) for schema in sets.of_name(case, name) or []]
            listed = sets.listed([schema for schema in schemas if isinstance(schema, dict)])
            is_there = any(name in part.get("required", []) for part in case)
            self._given[key] = (case, _spelled_all(listed) if is_there else None)
        return self._given[key][1]


def _spelled_all(values: list[JsonValue] | None) -> frozenset[str] | None:
    """Scalars, spelled so that equal ones have equal texts; None where the list holds others, or there is none."""
    if values is None or any(isinstance(value, dict | list) for value in values):
        return None
    return frozenset(map(_spelled, values))


def _spelled(value: JsonValue) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return repr(float(value)) if is_number else repr(value)  # type: ignore[arg-type]
