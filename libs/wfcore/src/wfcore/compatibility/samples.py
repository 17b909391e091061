"""Values that a schema accepts, made from the schema.

They are the raw material of counterexamples. Nothing rests on them being right: every one is judged by the validators
before anybody hears of it. So this may guess, and gives up where guessing would get long.
"""

import itertools
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from wfcore.compatibility.matching_text import matching
from wfcore.jsontext import JsonValue
from wfcore.schema.members import Members, members
from wfcore.schema.parts import Reader
from wfcore.schema.places import JsonSchema

Keywords: TypeAlias = dict[str, Any]

FORMATS = {
    "date": "2026-02-03",
    "date-time": "2026-02-03T04:05:06Z",
    "time": "04:05:06Z",
    "duration": "P1D",
    "email": "a@example.org",
    "idn-email": "a@example.org",
    "hostname": "example.org",
    "idn-hostname": "example.org",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.org/a",
    "uri-reference": "/a",
    "iri": "https://example.org/a",
    "iri-reference": "/a",
    "uri-template": "/a/{b}",
    "uuid": "3e25960a-79db-4c1a-9a46-0123456789ab",
    "json-pointer": "/a",
    "relative-json-pointer": "1/a",
    "regex": "a",
}
"""A value of every format that the validator knows."""

_EACH = 6
_MOST = 60
_LONGEST = 300
_DEEPEST = 12
_NAMES = ("x", "extra", "a", "zz")


class Sampler:
    """Makes values for schemas of one document. What it made for a schema it remembers; recursion ends in nothing."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._made: dict[tuple[int, ...], tuple[Sequence[JsonSchema], list[JsonValue]]] = {}
        self._members: dict[tuple[int, ...], tuple[Sequence[Keywords], Members]] = {}
        self._depth = 0

    def values(self, schemas: Sequence[JsonSchema]) -> list[JsonValue]:
        """Some different values, the plainest first; none where the schema is beyond guessing."""
        key = tuple(map(id, schemas))
        if key not in self._made:
            if self._depth >= _DEEPEST:
                return []
            self._made[key] = (schemas, [])
            self._depth += 1
            self._made[key] = (schemas, _distinct(self._fresh(schemas))[:_MOST])
            self._depth -= 1
        return self._made[key][1]

    def _fresh(self, schemas: Sequence[JsonSchema]) -> list[JsonValue]:
        if False in schemas:
            return []
        parts = self._reader.parts(schemas)
        if not parts.choices:
            return self._plain(parts.always)
        ways = itertools.islice(itertools.product(*(choice.ways for choice in parts.choices)), _EACH)
        cases = [[*parts.always, *itertools.chain.from_iterable(way)] for way in ways]
        return [value for case in cases for value in self.values(case)[:_EACH]]

    def object_with(
        self, parts: Sequence[Keywords], given: dict[str, JsonValue], without: Iterable[str] = ()
    ) -> dict[str, JsonValue] | None:
        """The smallest object that has the given properties; None where a required one cannot be made."""
        about = self._about(parts)
        left_out = frozenset(without)
        asked = {name: names for part in parts for name, names in part.get("dependentRequired", {}).items()}
        needed = [name for part in parts for name in part.get("required", [])]
        needed += [other for name in (*needed, *given) for other in asked.get(name, [])]
        made = dict(given)
        for name in needed:
            if name in made or name in left_out:
                continue
            values = self._of_name(about, name)
            if not values:
                return None
            made[name] = values[0]
        least = max((part.get("minProperties", 0) for part in parts), default=0)
        for name in (*about.properties, *_NAMES):
            if (
                len(made) < least
                and name not in made
                and name not in left_out
                and (values := self._of_name(about, name))
            ):
                made[name] = values[0]
        return made

    def _about(self, parts: Sequence[Keywords]) -> Members:
        key = tuple(map(id, parts))
        if key not in self._members:
            self._members[key] = (parts, members(parts))
        return self._members[key][1]

    def _of_name(self, about: Members, name: str) -> list[JsonValue]:
        return self.values(about.of_name(name) if about.declares(name) else about.rest)

    def array_with(self, parts: Sequence[Keywords], given: dict[int, JsonValue]) -> list[JsonValue] | None:
        """The shortest array that has the given items at their places; None where an item cannot be made."""
        least = max((part.get("minItems", 0) for part in parts), default=0)
        unique = any(part.get("uniqueItems") for part in parts)
        made: list[JsonValue] = []
        for at in range(min(max(least, *(index + 1 for index in given), 0), _LONGEST)):
            values = [given[at]] if at in given else self.values(item_schemas(parts, at))
            if not values:
                return None
            made.append(next((v for v in values if v not in made), values[0]) if unique else values[0])
        return made

    def _plain(self, parts: Sequence[Keywords]) -> list[JsonValue]:
        for part in parts:
            if "const" in part:
                return [part["const"]]
            if "enum" in part:
                return list(part["enum"][:_MOST])
        for part in parts:
            for keyword in ("anyOf", "oneOf"):
                if keyword in part:
                    rest = [{k: v for k, v in one.items() if one is not part or k != keyword} for one in parts]
                    return [value for way in part[keyword][:_EACH] for value in self.values([*rest, way])[:_EACH]]
        found: list[JsonValue] = []
        for name in _types(parts):
            match name:
                case "null":
                    found.append(None)
                case "boolean":
                    found += [True, False]
                case "integer" | "number":
                    found += numbers(parts, name == "integer")[:_EACH]
                case "string":
                    found += texts(parts)[:_EACH]
                case "array":
                    found += self._arrays(parts)
                case "object":
                    found += self._objects(parts)
        return found

    def _arrays(self, parts: Sequence[Keywords]) -> list[JsonValue]:
        shortest = self.array_with(parts, {})
        found: list[JsonValue] = [shortest] if shortest is not None else []
        for value in self.values(item_schemas(parts, 0))[:_EACH]:
            made = self.array_with(parts, {0: value})
            found += [made] if made is not None else []
        return found

    def _objects(self, parts: Sequence[Keywords]) -> list[JsonValue]:
        least = self.object_with(parts, {})
        if least is None:
            return []
        about = self._about(parts)
        optional = [name for name in about.properties if name not in least]
        choices = {name: self._of_name(about, name)[:_EACH] for name in [*optional, *least][:_MOST]}
        full = {name: values[0] for name, values in choices.items() if values}
        found: list[JsonValue] = [least, {**full, **least}]
        for name, values in choices.items():
            made = [self.object_with(parts, {name: value}) for value in values]
            found += [value for value in made if value is not None]
        return found


def numbers(parts: Sequence[Keywords], whole: bool) -> list[JsonValue]:
    """Numbers at, between and beside the bounds of the parts."""
    edges = [part[k] for part in parts for k in _NUMBER_EDGES if k in part]
    steps = [part["multipleOf"] for part in parts if "multipleOf" in part]
    found: list[int | float] = [0, 1, -1, 0.5, 1_000_000_007, -1_000_000_007]
    for edge in edges:
        found += [edge, edge + 1, edge - 1, edge + 0.5, edge - 0.5]
        found += [_next_multiple(edge, step) for step in steps] + [_next_multiple(edge, step) - step for step in steps]
    found += steps
    if len(edges) > 1:
        found.append(sum(edges) / len(edges))
    tidy: list[JsonValue] = [int(n) if float(n).is_integer() else n for n in found]
    fitting = [n for n in tidy if (not whole or isinstance(n, int)) and isinstance(n, int | float)]
    return [n for n in _distinct(fitting) if isinstance(n, int | float) and _in_bounds(n, parts)]


_NUMBER_EDGES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _in_bounds(number: int | float, parts: Sequence[Keywords]) -> bool:
    return all(
        number >= part.get("minimum", number)
        and number <= part.get("maximum", number)
        and ("exclusiveMinimum" not in part or number > part["exclusiveMinimum"])
        and ("exclusiveMaximum" not in part or number < part["exclusiveMaximum"])
        and ("multipleOf" not in part or float(number / part["multipleOf"]).is_integer())
        for part in parts
    )


def _next_multiple(edge: int | float, step: int | float) -> int | float:
    return (edge // step + 1) * step


def texts(parts: Sequence[Keywords]) -> list[JsonValue]:
    """Texts of the formats, patterns and lengths of the parts."""
    least = max((part.get("minLength", 0) for part in parts), default=0)
    most = min((part["maxLength"] for part in parts if "maxLength" in part), default=None)
    found = [FORMATS[part["format"]] for part in parts if part.get("format") in FORMATS]
    for part in parts:
        made = matching(part["pattern"]) if "pattern" in part else None
        found += [made, made.ljust(min(least, 5_000), made[-1:] or "a")] if made is not None else []
    lengths = {least, max(least, 1), min(least + 5, 5_000) if most is None else min(most, 5_000)}
    found += ["a" * length for length in sorted(lengths) if length <= 5_000] + ["A", "0", "é", " "]
    return [text for text in dict.fromkeys(found) if least <= len(text) and (most is None or len(text) <= most)]


def item_schemas(parts: Iterable[Keywords], index: int) -> list[JsonSchema]:
    """The schemas that speak about the item at an index."""
    found: list[JsonSchema] = []
    for part in parts:
        first = part.get("prefixItems", [])
        if index < len(first):
            found.append(first[index])
        elif "items" in part:
            found.append(part["items"])
    return found


def _types(parts: Sequence[Keywords]) -> list[str]:
    told = [[part["type"]] if isinstance(part["type"], str) else part["type"] for part in parts if "type" in part]
    if told:
        return [name for name in told[0] if all(name in other or _wider(name, other) for other in told)]
    keywords = {keyword for part in parts for keyword in part}
    for name, marks in _MARKS.items():
        if keywords & marks:
            return [name, *(other for other in ("null", "integer", "string") if other != name)]
    return ["string", "null", "integer", "object", "array", "boolean"]


def _wider(name: str, others: Sequence[str]) -> bool:
    return name == "integer" and "number" in others


_MARKS = {
    "object": frozenset({"properties", "required", "additionalProperties", "minProperties", "patternProperties"}),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({*_NUMBER_EDGES, "multipleOf"}),
}


def _distinct(values: Iterable[JsonValue]) -> list[JsonValue]:
    return list({repr(value): value for value in values}.values())
