"""Reading sets of keywords: what they say about types, names and places.

A case of the giver is a list of keyword sets that all hold; the taker is asked one set at a time.
"""

import itertools
from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, TypeAlias

from wfcore.jsontext import JsonValue
from wfcore.schema import type_name
from wfcore.schema.members import matches
from wfcore.schema.parts import Parts
from wfcore.schema.places import JsonSchema, asserts

Keywords: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]
Schemas: TypeAlias = Sequence[JsonSchema]

_MANY = 10_000
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def says_something(taker: JsonSchema) -> bool:
    """Whether a schema refuses anything."""
    return asserts(taker)


def ways(parts: Parts) -> list[list[JsonSchema]]:
    """The parts once for each combination of their choices; empty where there are none, or absurdly many."""
    if not parts.choices or prod(len(choice.ways) for choice in parts.choices) > _MANY:
        return []
    return [
        [*parts.always, *itertools.chain.from_iterable(combination)]
        for combination in itertools.product(*(choice.ways for choice in parts.choices))
    ]


def unfolded(parts: list[Keywords]) -> list[list[JsonSchema]]:
    """The parts once for each alternative of the first `anyOf` or `oneOf` among them; empty without one."""
    for part in parts:
        for keyword in ("anyOf", "oneOf"):
            if keyword in part:
                rest = [{k: v for k, v in one.items() if one is not part or k != keyword} for one in parts]
                return [[*rest, way] for way in part[keyword]]
    return []


def types(parts: Sequence[Keywords]) -> list[str]:
    """The JSON types that all parts allow; `number` stands for integers too."""
    allowed = set(_TYPES)
    for part in parts:
        if "type" in part:
            names = {part["type"]} if isinstance(part["type"], str) else set(part["type"])
            allowed &= names | {"integer"} if "number" in names else names
    if (values := _fewest(parts)) is not None:
        kinds = {type_name(value) for value in values}
        allowed &= kinds | {"number"} if "integer" in kinds else kinds
    if "number" in allowed:
        allowed.discard("integer")
    return [name for name in _TYPES if name in allowed]


def may_be(kind: str, wanted: str | list[str]) -> bool:
    """Whether a value of one JSON type may be of the wanted types."""
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    if kind in {"integer", "number"}:
        return bool(names & {"integer", "number"})
    return kind in names


def listed(parts: Sequence[Keywords]) -> list[JsonValue] | None:
    """The values that parts of one type list, None where they are not listed."""
    if (values := _fewest(parts)) is not None:
        return values
    kinds = [part["type"] for part in parts if part.get("type") in ("null", "boolean")]
    by_kind: dict[str, list[JsonValue]] = {"null": [None], "boolean": [True, False]}
    return by_kind[kinds[0]] if kinds else None


def _fewest(parts: Sequence[Keywords]) -> list[JsonValue] | None:
    """The shortest of the lists of values in the parts."""
    lists: list[list[JsonValue]] = [[part["const"]] for part in parts if "const" in part]
    lists += [part["enum"] for part in parts if "enum" in part]
    lists += [values for part in parts for k in ("anyOf", "oneOf") if k in part and (values := _constants(part[k]))]
    return min(lists, key=lambda values: len(values), default=None)


def listed_by_all(takers: Iterable[JsonSchema]) -> frozenset[str]:
    """The values, as `repr` writes them, that each of the schemas lists. Only schemas that do nothing else count."""
    common: frozenset[str] | None = None
    for taker in takers:
        plain = isinstance(taker, dict) and any(not asserts(taker, frozenset({k})) for k in ("const", "enum", "anyOf"))
        values = listed([taker]) if plain and isinstance(taker, dict) else None
        these = frozenset(map(repr, values or ()))
        common = these if common is None else common & these
    return common or frozenset()


_LISTS = frozenset({"const", "enum"})


def _constants(ways: Iterable[JsonSchema]) -> list[JsonValue] | None:
    """The values of alternatives that each are a list of values; None where one is more than that."""
    found: list[JsonValue] = []
    for way in ways:
        if not isinstance(way, dict) or asserts(way, _LISTS) or not ("const" in way or "enum" in way):
            return None
        found += [way["const"]] if "const" in way else way["enum"]
    return found


_COMPARABLE = frozenset({"not", "anyOf", "oneOf", "pattern", "format", "enum", "const", "propertyNames", "multipleOf"})
_GROUPS = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}


def is_met_as_it_stands(case: list[Keywords], taker: Keywords, keyword: str) -> bool:
    """Whether the giver has the very same keyword. References are left out: they mean other things elsewhere."""
    group = _GROUPS.get(keyword, (keyword,) if keyword in _COMPARABLE else ())
    if not group or "$ref" in repr([taker.get(one) for one in group]):
        return False
    return any(all(one in part or one not in taker for one in group) and _agree(part, taker, group) for part in case)


def _agree(part: Keywords, taker: Keywords, group: Iterable[str]) -> bool:
    return all(_same(part.get(keyword), taker.get(keyword)) for keyword in group)


def _same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


def names(case: Iterable[Keywords]) -> list[str]:
    """The property names that the parts declare."""
    return list(dict.fromkeys(name for part in case for name in part.get("properties", {})))


def of_name(case: Iterable[Keywords], name: str) -> list[JsonSchema] | None:
    """All that the parts say about a property; None where no part declares it."""
    found: list[JsonSchema] = []
    is_declared = False
    for part in case:
        schemas, declared = accepted(part, name)
        found += schemas
        is_declared = is_declared or declared
    return found if is_declared else None


def accepted(part: Keywords, name: str) -> tuple[list[JsonSchema], bool]:
    """What one keyword set says about a property, and whether it declares it."""
    own = [part["properties"][name]] if name in part.get("properties", {}) else []
    own += [schema for pattern, schema in part.get("patternProperties", {}).items() if matches(pattern, name)]
    if own:
        return own, True
    return ([part["additionalProperties"]] if "additionalProperties" in part else []), False


def declares(part: Keywords, name: str) -> bool:
    """Whether one keyword set declares a name, itself or by pattern."""
    return accepted(part, name)[1]


def rest(case: Iterable[Keywords]) -> list[JsonSchema] | None:
    """What undeclared properties are, None where there are none."""
    rest = [part["additionalProperties"] for part in case if "additionalProperties" in part]
    return None if False in rest else rest


def patterns(case: Iterable[Keywords]) -> dict[str, list[JsonSchema]]:
    """The schemas of properties that are declared by pattern."""
    found: dict[str, list[JsonSchema]] = {}
    for part in case:
        for pattern, schema in part.get("patternProperties", {}).items():
            found.setdefault(pattern, []).append(schema)
    return found


def free_names() -> Iterable[str]:
    """Names to try for a property that nobody declares."""
    return itertools.chain(["extra"], (f"extra{number}" for number in itertools.count(2)))


def longest(case: Iterable[Keywords]) -> int | None:
    """How long the array can get: `maxItems`, or the first place where no item may stand."""
    limits = [part["maxItems"] for part in case if "maxItems" in part]
    for part in case:
        first = part.get("prefixItems", [])
        limits += [at for at, schema in enumerate(first) if schema is False][:1]
        limits += [len(first)] if part.get("items") is False else []
    return min(limits, default=None)


def least_of(case: Iterable[Keywords], keyword: str) -> int | None:
    """The smallest limit that a keyword sets."""
    return min((part[keyword] for part in case if keyword in part), default=None)


def kept(value: JsonValue) -> list[JsonValue]:
    """The value as candidates, none where it could not be made."""
    return [] if value is None else [value]
