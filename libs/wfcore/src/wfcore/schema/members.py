"""What the parts of a schema say about the members of one object or array.

Pruning (by value) and the closed schema (for all values) must follow the same rule, so the rule stands here once.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from jsonschema_rs import Draft202012Validator
from msgspec import Struct

from wfcore.schema.checks import PATTERNS
from wfcore.schema.places import IN_PLACE, JsonSchema, children


class Members(Struct, frozen=True):
    """Declared members of a value that several keyword sets describe together.

    `properties` has every declared name with the schemas that speak about it; `rest` the schemas for other names
    (empty and `keeps_rest` for `additionalProperties: true`). `is_whole` where the value is listed as a whole or
    judged by what other parts left over: then nothing may be cut.
    """

    properties: dict[str, list[JsonSchema]]
    patterns: dict[str, list[JsonSchema]]
    rest: list[JsonSchema]
    keeps_rest: bool
    is_whole: bool

    def of_name(self, name: str) -> list[JsonSchema]:
        """The schemas for a property that is declared by name or by pattern."""
        found = list(self.properties.get(name, []))
        for pattern, schemas in self.patterns.items():
            if matches(pattern, name):
                found += schemas
        return found

    def declares(self, name: str) -> bool:
        """Whether a name is declared, by name or by pattern."""
        return name in self.properties or any(matches(pattern, name) for pattern in self.patterns)


def declares_properties(parts: Iterable[dict[str, Any]]) -> bool:
    """Whether the parts say which properties there are."""
    return any("properties" in part or "patternProperties" in part for part in parts)


def members(parts: Iterable[dict[str, Any]]) -> Members:
    """Gather what the parts say about properties."""
    found = Members({}, {}, [], False, False)
    keeps_rest = is_whole = False
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            found.properties.setdefault(name, []).append(schema)
        for pattern, schema in part.get("patternProperties", {}).items():
            found.patterns.setdefault(pattern, []).append(schema)
        for name in _mentioned(part):
            found.properties.setdefault(name, [])
        rest = part.get("additionalProperties", False)
        if rest is not False:
            keeps_rest = True
            found.rest.append(rest)
        is_whole = is_whole or lists_containers(part) or "unevaluatedProperties" in part or "unevaluatedItems" in part
    return Members(found.properties, found.patterns, found.rest, keeps_rest, is_whole)


@lru_cache(maxsize=4096)
def matches(pattern: str, name: str) -> bool:
    """Whether a property name matches a pattern of `patternProperties`, in linear time."""
    return _matcher(pattern).is_valid(name)


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> Draft202012Validator:
    return Draft202012Validator({"pattern": pattern}, pattern_options=PATTERNS, offline=True)


def _mentioned(schema: JsonSchema) -> Iterator[str]:
    """Names that a schema asks for without describing them: whoever requires a property wants to have it."""
    if not isinstance(schema, dict):
        return
    yield from schema.get("required", [])
    for name, names in schema.get("dependentRequired", {}).items():
        yield from (name, *names)
    yield from schema.get("dependentSchemas", {})
    for path, child in children(schema):
        if path[0] in IN_PLACE:
            yield from child.get("properties", {}) if isinstance(child, dict) else ()
            yield from _mentioned(child)


def lists_containers(part: dict[str, Any]) -> bool:
    """Whether objects or arrays are listed as whole values."""
    listed = [*part.get("enum", []), part.get("const")]
    return any(isinstance(value, dict | list) for value in listed)
