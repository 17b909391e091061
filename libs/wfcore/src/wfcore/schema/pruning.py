"""Cutting from a value what its schema does not declare.

Runs only for values that the quick check against the closed schema did not pass, so it may take its time and follow
the rule to the letter: which alternatives accept the value is asked of the value itself.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import jsonschema_rs
from msgspec import Struct

from wfcore.jsontext import JsonValue
from wfcore.schema.checks import PATTERNS
from wfcore.schema.members import Members, declares_properties, members
from wfcore.schema.parts import ABOUT_ITEMS, Reader
from wfcore.schema.places import Document, JsonSchema, children, pointer

_Path = tuple[str | int, ...]


class _Plan(Struct, frozen=True):
    """What holds for a value: its keyword sets, what they say about members, and whether they leave names open."""

    parts: list[dict[str, Any]]
    about: Members
    keeps_all: bool


class Pruner:
    """Prunes values of one schema. Validators of its alternatives are built when the first value asks for them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._reader = Reader(document)
        self._plans: dict[tuple[int, ...], _Plan | None] = {}

    def prune(self, value: JsonValue) -> tuple[JsonValue, list[str]]:
        """The pruned value, the same object where nothing was cut, and the pointers of what was cut."""
        cut: list[str] = []
        return self._at(value, [self._document.root], (), cut), cut

    def _at(self, value: JsonValue, schemas: Sequence[JsonSchema], path: _Path, cut: list[str]) -> JsonValue:
        if not isinstance(value, dict | list) or not schemas:
            return value
        # All schemas here stand in the document, so their ids are theirs for as long as we live.
        key = tuple(map(id, schemas))
        if key not in self._plans:
            self._plans[key] = self._plan_for_all(schemas)
        plan = self._plans[key] or self._plan(*self._applying(value, schemas))
        if plan.about.is_whole:
            return value
        if isinstance(value, dict):
            return self._object(value, plan, path, cut)
        return self._array(value, plan, path, cut)

    def _plan_for_all(self, schemas: Sequence[JsonSchema]) -> _Plan | None:
        """The plan where it does not depend on the value, else None."""
        parts = self._reader.parts(schemas)
        return None if parts.choices else self._plan(parts.always, not declares_properties(parts.always))

    def _plan(self, parts: list[dict[str, Any]], is_free: bool) -> _Plan:
        about = members(parts)
        is_shut = any(part.get("additionalProperties") is False for part in parts)
        return _Plan(parts, about, is_free or about.keeps_rest or is_shut)

    def _object(self, value: dict[str, JsonValue], plan: _Plan, path: _Path, cut: list[str]) -> JsonValue:
        about = plan.about
        kept: dict[str, JsonValue] = {}
        changed = False
        for name, inner in value.items():
            if about.declares(name):
                kept[name] = self._at(inner, about.of_name(name), (*path, name), cut)
            elif plan.keeps_all:
                kept[name] = self._at(inner, about.rest, (*path, name), cut)
            else:
                cut.append(pointer((*path, name)))
                changed = True
                continue
            changed = changed or kept[name] is not inner
        return kept if changed else value

    def _array(self, value: list[JsonValue], plan: _Plan, path: _Path, cut: list[str]) -> JsonValue:
        about = [part for part in plan.parts if not ABOUT_ITEMS.isdisjoint(part)]
        if not about:
            return value
        kept = [self._at(item, _for_index(about, at), (*path, at), cut) for at, item in enumerate(value)]
        return kept if any(new is not old for new, old in zip(kept, value, strict=True)) else value

    def _applying(self, value: JsonValue, schemas: Sequence[JsonSchema]) -> tuple[list[dict[str, Any]], bool]:
        """The parts that apply to this value, and whether they leave open which properties there are."""
        parts = self._reader.parts(schemas)
        applying = list(parts.always)
        is_free = not declares_properties(applying)
        for choice in parts.choices:
            accepted = [way for way in choice.ways if self._holds(choice.keyword, way, value)]
            free_ways = []
            for way in accepted[:1] if choice.hidden else accepted:
                inner, inner_free = self._applying(value, way)
                applying += inner
                free_ways.append(inner_free)
            is_free = is_free and any(free_ways)
        return applying, is_free

    def _holds(self, keyword: str, way: Sequence[JsonSchema], value: JsonValue) -> bool:
        if keyword == "dependentSchemas":
            required = way[0]["required"] if isinstance(way[0], dict) else []
            return isinstance(value, dict) and all(name in value for name in required)
        return all(self._accepts(schema, value) for schema in way)

    def _accepts(self, schema: JsonSchema, value: JsonValue) -> bool:
        if isinstance(schema, bool):
            return schema
        return self._validators[self._pointers[id(schema)]].is_valid(value)

    @cached_property
    def _pointers(self) -> dict[int, str]:
        return dict(_pointers(self._document.root, ()))

    @cached_property
    def _validators(self) -> jsonschema_rs.ValidatorMap:
        return jsonschema_rs.validator_map_for(
            self._document.root,
            validate_formats=True,
            pattern_options=PATTERNS,
            offline=True,
        )


def _for_index(parts: list[dict[str, Any]], index: int) -> list[JsonSchema]:
    found: list[JsonSchema] = []
    for part in parts:
        first = part.get("prefixItems", [])
        if index < len(first):
            found.append(first[index])
        elif "items" in part:
            found.append(part["items"])
    return found


def _pointers(schema: JsonSchema, path: tuple[str, ...]) -> list[tuple[int, str]]:
    found = [(id(schema), "#" + pointer(path))]
    for step, child in children(schema):
        found += _pointers(child, path + step)
    return found
