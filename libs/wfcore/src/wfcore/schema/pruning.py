"""Cutting from a value what its schema does not declare.

Runs only for values that the quick check against the closed schema did not pass, so it may take its time and follow
the rule to the letter: which alternatives accept the value is asked of the value itself.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from wfcore.jsontext import JsonValue
from wfcore.schema.members import Members, declares_properties, members
from wfcore.schema.parts import ABOUT_ITEMS, Parts, Reader
from wfcore.schema.pieces import Pieces
from wfcore.schema.places import Document, JsonSchema, pointer

_Ids = tuple[int, ...]
_REMEMBERED_NAMES = 1_000
"""Names of one place that are looked up once. Maps with more of them have names that do not come again."""


class _Plan(Struct, frozen=True):
    """What holds for a value: what its keyword sets say about members and items, and whether names are left open.

    `inside` remembers for a name what to look at inside its value: None where the property is cut.
    """

    about: Members
    keeps_all: bool
    items: list[dict[str, Any]]
    inside: dict[str, Sequence[JsonSchema] | None]


_END: Sequence[JsonSchema] = ()


class Pruner:
    """Prunes values of one schema; `pieces` says which alternatives accept them."""

    def __init__(self, document: Document, pieces: Pieces) -> None:
        self._root = document.root
        self._pieces = pieces
        self._reader = Reader(document)
        self._parts: dict[_Ids, Parts] = {}
        self._plans: dict[tuple[_Ids, _Ids], _Plan] = {}

    def prune(self, value: JsonValue) -> tuple[JsonValue, list[str]]:
        """The pruned value, the same object where nothing was cut, and the pointers of what was cut."""
        cut: list[str] = []
        return self._at(value, [self._root], [], cut), cut

    def _at(self, value: JsonValue, schemas: Sequence[JsonSchema], path: list[str | int], cut: list[str]) -> JsonValue:
        if not isinstance(value, dict | list) or not schemas:
            return value
        plan = self._plan(value, schemas)
        if plan.about.is_whole:
            return value
        if isinstance(value, dict):
            return self._object(value, plan, path, cut)
        return self._array(value, plan, path, cut)

    def _object(self, value: dict[str, JsonValue], plan: _Plan, path: list[str | int], cut: list[str]) -> JsonValue:
        kept: dict[str, JsonValue] = {}
        changed = False
        for name, inner in value.items():
            schemas = plan.inside[name] if name in plan.inside else self._inside(plan, name)
            if schemas is None:
                cut.append(pointer([*path, name]))
                changed = True
                continue
            new = inner
            if schemas and isinstance(inner, dict | list):
                path.append(name)
                new = self._at(inner, schemas, path, cut)
                path.pop()
                changed = changed or new is not inner
            kept[name] = new
        return kept if changed else value

    def _inside(self, plan: _Plan, name: str) -> Sequence[JsonSchema] | None:
        """The schemas to look at inside a property: none where they cut nothing, None where it is cut itself."""
        schemas: Sequence[JsonSchema] | None = None
        if plan.about.declares(name):
            schemas = self._cutting(plan.about.of_name(name))
        elif plan.keeps_all:
            schemas = self._cutting(plan.about.rest)
        if len(plan.inside) < _REMEMBERED_NAMES:
            plan.inside[name] = schemas
        return schemas

    def _cutting(self, schemas: Sequence[JsonSchema]) -> Sequence[JsonSchema]:
        return schemas if any(self._reader.is_structured(schema) for schema in schemas) else ()

    def _array(self, value: list[JsonValue], plan: _Plan, path: list[str | int], cut: list[str]) -> JsonValue:
        if not plan.items:
            return value
        firsts = max(len(part.get("prefixItems", ())) for part in plan.items)
        others = self._cutting(_for_index(plan.items, firsts))
        kept: list[JsonValue] = []
        for at, item in enumerate(value):
            schemas = others if at >= firsts else _for_index(plan.items, at)
            path.append(at)
            kept.append(self._at(item, schemas, path, cut))
            path.pop()
        return kept if any(new is not old for new, old in zip(kept, value, strict=True)) else value

    # What applies to a value

    def _plan(self, value: JsonValue, schemas: Sequence[JsonSchema]) -> _Plan:
        """The plan for a value: the same for all values that the same alternatives accept."""
        # All schemas here stand in the document, so their ids are theirs for as long as we live.
        key = tuple(map(id, schemas))
        chosen: list[Sequence[JsonSchema]] = []
        self._choose(value, schemas, chosen)
        by_choice = (key, tuple(map(id, chosen)))
        if by_choice not in self._plans:
            parts, is_free = self._applying(schemas, iter(chosen))
            about = members(parts)
            is_shut = any(part.get("additionalProperties") is False for part in parts)
            items = [part for part in parts if not ABOUT_ITEMS.isdisjoint(part)]
            self._plans[by_choice] = _Plan(about, is_free or about.keeps_rest or is_shut, items, {})
        return self._plans[by_choice]

    def _parts_of(self, schemas: Sequence[JsonSchema]) -> Parts:
        key = tuple(map(id, schemas))
        if key not in self._parts:
            self._parts[key] = self._reader.parts(schemas)
        return self._parts[key]

    def _choose(self, value: JsonValue, schemas: Sequence[JsonSchema], chosen: list[Sequence[JsonSchema]]) -> None:
        """Collect the alternatives that accept the value, those inside them behind each; `_END` ends each choice."""
        for choice in self._parts_of(schemas).choices:
            for way in choice.ways:
                if self._holds(choice.keyword, way, value):
                    chosen.append(way)
                    self._choose(value, way, chosen)
                    if choice.hidden:
                        break
            chosen.append(_END)

    def _applying(
        self, schemas: Sequence[JsonSchema], chosen: Iterator[Sequence[JsonSchema]]
    ) -> tuple[list[dict[str, Any]], bool]:
        """The parts that apply with what was chosen, and whether they leave open which properties there are."""
        parts = self._parts_of(schemas)
        applying = list(parts.always)
        is_free = not declares_properties(applying)
        for _ in parts.choices:
            free_ways = []
            while (way := next(chosen)) is not _END:
                inner, inner_free = self._applying(way, chosen)
                applying += inner
                free_ways.append(inner_free)
            is_free = is_free and any(free_ways)
        return applying, is_free

    def _holds(self, keyword: str, way: Sequence[JsonSchema], value: JsonValue) -> bool:
        if keyword == "dependentSchemas":
            required = way[0]["required"] if isinstance(way[0], dict) else []
            return isinstance(value, dict) and all(name in value for name in required)
        return all(self._pieces.accepts(schema, value) for schema in way)


def _for_index(parts: list[dict[str, Any]], index: int) -> list[JsonSchema]:
    found: list[JsonSchema] = []
    for part in parts:
        first = part.get("prefixItems", [])
        if index < len(first):
            found.append(first[index])
        elif "items" in part:
            found.append(part["items"])
    return found
