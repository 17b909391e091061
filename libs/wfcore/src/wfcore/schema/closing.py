"""The closed form of a schema: what is given away after pruning.

Two things rest on it. The quick check whether a value needs pruning at all, so it must accept no property that would
be cut; and the proof that a giver's values fit a taker, so it must never be narrower than the pruned values are. Where
a schema is too tangled for both, the second wins: that place stays open, and `exact` is false.

Composition is written out: `allOf` merged into one object, each combination of alternatives closed for itself. Only
so is a property that two alternatives describe closed to the union of what they declare.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from wfcore.schema.loosening import is_safe, keywords_in, loosened
from wfcore.schema.members import declares_properties, matches, members
from wfcore.schema.parts import ABOUT_ITEMS, ABOUT_PROPERTIES, Choice, Parts, Reader
from wfcore.schema.places import ANNOTATIONS, Document, JsonSchema, asserts, children, with_children

MAX_COMBINATIONS = 256
MAX_SCHEMAS = 20_000


class Closed(Struct, frozen=True):
    """`exact`: the schema accepts just the values that pruning leaves as they are."""

    schema: JsonSchema
    exact: bool


def close(schema: JsonSchema) -> Closed:
    """Close a normalised, checked schema. The result is one self-contained schema."""
    if not isinstance(schema, dict) or not _has_objects(schema):
        return Closed(schema, True)
    if any("$id" in inner for inner in _inner(schema)) or "$dynamicRef" in keywords_in(schema):
        return Closed(schema, False)
    closing = _Closing(schema)
    try:
        closed = closing.whole()
    except _TooMuchError:
        return Closed(loosened(schema), False)
    return Closed(closing.complete(closed), closing.exact)


class _TooMuchError(Exception):
    """The written-out form would be too large to be of use."""


class _Closing:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.reader = Reader(Document(root))
        self.exact = True
        self.defined: dict[str, JsonSchema] = {}
        self.names: dict[tuple[int, ...], str] = {}
        self.in_progress: set[tuple[int, ...]] = set()
        self.alive: list[JsonSchema] = []
        self.waiting: list[Sequence[JsonSchema]] = []
        self.made = 0

    def whole(self) -> JsonSchema:
        """The closed form of the whole schema. Definitions wait for their turn, so that long chains need no stack."""
        closed = self.at((self.root,))
        while self.waiting:
            self._made(self.waiting.pop())
        return closed

    def complete(self, closed: JsonSchema) -> JsonSchema:
        if "#/$defs/open" in f"{closed}{self.defined}":
            self.defined["open"] = _moved(self.root, whole=True)
        if "#/$defs/loose" in f"{closed}{self.defined}":
            self.defined["loose"] = _moved(loosened(self.root), whole=True, under="loose")
        if not self.defined or not isinstance(closed, dict):
            return closed
        return {**closed, "$defs": self.defined}

    def at(self, schemas: Sequence[JsonSchema]) -> JsonSchema:
        """The closed form of the schemas that all apply to one value."""
        if len(schemas) > 1:
            schemas = [self._target(schema) for schema in schemas]
        distinct = list({id(schema): schema for schema in schemas if schema is not True}.values())
        if not distinct or False in distinct:
            return not distinct
        if len(distinct) == 1 and isinstance(distinct[0], dict) and not asserts(distinct[0], _REFERENCE):
            if "$ref" not in distinct[0]:
                return _told(distinct[0])
            return {**_told(distinct[0]), **self._shared((self.reader.document.target(distinct[0]["$ref"]),))}
        if len(distinct) > 1:
            return self._shared(distinct)
        return self._made(distinct)

    def _target(self, schema: JsonSchema) -> JsonSchema:
        """What a schema that is nothing but a reference stands for: so the same combination is known again."""
        while isinstance(schema, dict) and "$ref" in schema and not asserts(schema, _REFERENCE):
            schema = self.reader.document.target(schema["$ref"])
        return schema

    def _shared(self, schemas: Sequence[JsonSchema]) -> dict[str, Any]:
        """A reference to the closed form, made once: recursion ends here, and nothing is written out twice."""
        key = _key(schemas)
        if key not in self.names:
            self.names[key] = f"c{len(self.names) + 1}"
            if key not in self.in_progress:
                self.waiting.append(schemas)
        return {"$ref": f"#/$defs/{self.names[key]}"}

    def _made(self, schemas: Sequence[JsonSchema]) -> JsonSchema:
        key = _key(schemas)
        if key in self.in_progress:
            return self._shared(schemas)
        self.made += 1
        if self.made > MAX_SCHEMAS:
            raise _TooMuchError
        self.alive.extend(schemas)
        self.in_progress.add(key)
        made = self._from(schemas, self.reader.parts(schemas))
        self.in_progress.discard(key)
        if key not in self.names:
            return made
        self.defined[self.names[key]] = made
        return {"$ref": f"#/$defs/{self.names[key]}"}

    def _from(self, schemas: Sequence[JsonSchema], parts: Parts) -> JsonSchema:
        if not parts.choices:
            return self._merged(schemas, parts.always)
        ways = [self._ways(choice) for choice in parts.choices]
        combinations = 1
        for group in ways:
            combinations *= max(len(group), 1)
        if combinations > MAX_COMBINATIONS or any(not group for group in ways):
            return self._open(schemas)
        if any(choice.hidden for choice in parts.choices):
            self.exact = False
        always = [part for part in parts.always if asserts(part)]
        cases = [self._case(always, list(itertools.chain.from_iterable(chosen))) for chosen in itertools.product(*ways)]
        return cases[0] if len(cases) == 1 else {"anyOf": cases}

    def _case(self, always: list[dict[str, Any]], chosen: list[JsonSchema]) -> JsonSchema:
        """One combination of alternatives with what always holds. A bare union meets the same ones in many places."""
        self.alive.extend(chosen)
        if not always:
            return self.at(chosen)
        case: list[JsonSchema] = [*always, *chosen]
        self.alive.extend(case)
        return self._from(case, self.reader.parts(case))

    def _ways(self, choice: Choice) -> list[list[JsonSchema]]:
        """The alternatives, and where several of them may accept one value, each set of them together."""
        if choice.exclusive or sum(_may_be_container(self.reader, way) for way in choice.ways) <= 1:
            return choice.ways
        together = [list(way) for way in choice.ways]
        containers = [way for way in choice.ways if _may_be_container(self.reader, way)]
        if _are_told_apart(self.reader, containers):
            return together
        if len(containers) > 4:
            return []
        for size in range(2, len(containers) + 1):
            for chosen in itertools.combinations(containers, size):
                together.append(list(itertools.chain.from_iterable(chosen)))
        return together

    def _open(self, schemas: Sequence[JsonSchema]) -> JsonSchema:
        """The schemas as they were, without what pruning may break: wider than what is given, so no wrong proof."""
        if any(self.reader.is_structured(schema) for schema in schemas):
            self.exact = False
            moved = [_moved(loosened(schema), under="loose") for schema in schemas]
        else:
            moved = [_moved(schema) for schema in schemas]
        return moved[0] if len(moved) == 1 else {"allOf": moved}

    def _merged(self, schemas: Sequence[JsonSchema], parts: list[dict[str, Any]]) -> JsonSchema:
        about = members(parts)
        arrays = [part for part in parts if not ABOUT_ITEMS.isdisjoint(part)]
        if about.is_whole:
            return self._open(schemas)
        if len(arrays) > 1 and any("prefixItems" in part for part in arrays):
            return self._open(schemas)
        if any(self.reader.is_structured(s) for listed in about.patterns.values() for s in listed) and (
            len(about.patterns) > 1 or any(matches(p, name) for p in about.patterns for name in about.properties)
        ):
            return self._open(schemas)
        cuts_here = declares_properties(parts) and not about.keeps_rest
        made = self._joined(parts, cuts_here)
        if declares_properties(parts) or about.keeps_rest or any("additionalProperties" in part for part in parts):
            made.update(self._properties(parts, cuts_here))
        made.update(self._items(arrays))
        return made

    def _properties(self, parts: list[dict[str, Any]], cuts_here: bool) -> dict[str, Any]:
        about = members(parts)
        made: dict[str, Any] = {}
        if about.properties:
            made["properties"] = {name: self.at(schemas) for name, schemas in about.properties.items()}
        if about.patterns:
            made["patternProperties"] = {pattern: self.at(schemas) for pattern, schemas in about.patterns.items()}
        shut = any(part.get("additionalProperties") is False for part in parts)
        describing = [part for part in parts if not ABOUT_PROPERTIES.isdisjoint(part)]
        if cuts_here or shut:
            made["additionalProperties"] = False
        elif len(describing) == 1:
            made["additionalProperties"] = self.at(about.rest)
        else:
            # What one part calls the rest another may declare; true is wider than either.
            made["additionalProperties"] = True
            self.exact = self.exact and not any(self.reader.is_structured(schema) for schema in about.rest)
        return made

    def _items(self, arrays: list[dict[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if len(arrays) == 1 and "prefixItems" in arrays[0]:
            made["prefixItems"] = [self.at((item,)) for item in arrays[0]["prefixItems"]]
        every = [part["items"] for part in arrays if "items" in part]
        if every:
            made["items"] = False if False in every else self.at(every)
        return made

    def _joined(self, parts: list[dict[str, Any]], cuts_here: bool) -> dict[str, Any]:
        """All other keywords of the parts, side by side where they agree, else each set under `allOf`.

        Keywords that pruned members could no longer satisfy are left out.
        """
        cuts_items = any(
            self.reader.is_structured(item)
            for part in parts
            for item in (part.get("items"), *part.get("prefixItems", []))
            if item is not None
        )
        cuts_inside = cuts_here or any(self.reader.is_structured(s) for s in _inside(parts))
        dropped = _REWRITTEN | (_COUNTING if cuts_here else frozenset()) | (_COMPARING if cuts_items else frozenset())
        joined: dict[str, Any] = {}
        others: list[JsonSchema] = []
        for part in parts:
            kept = {
                keyword: _moved_value(keyword, value)
                for keyword, value in part.items()
                if keyword not in dropped and not (cuts_inside and keyword in _LOOKING and self._looks_inside(part))
            }
            if any(keyword in joined and joined[keyword] != value for keyword, value in kept.items()) or (
                any(not group.isdisjoint(kept) and not group.isdisjoint(joined) for group in _GROUPS)
            ):
                told = {keyword: value for keyword, value in kept.items() if keyword not in ANNOTATIONS}
                lifted = self._lifted(joined, told)
                if lifted:
                    others.append(lifted)
            else:
                joined.update(kept)
        if others:
            joined["allOf"] = others
        return joined

    def _lifted(self, joined: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
        """Join `required` and equal keywords into the first set; what remains must stand apart."""
        if "required" in told and "required" in joined:
            joined["required"] = list(dict.fromkeys([*joined["required"], *told.pop("required")]))
        for keyword in list(told):
            if keyword in joined and joined[keyword] == told[keyword] and not any(keyword in g for g in _GROUPS):
                told.pop(keyword)
        return told

    def _looks_inside(self, part: dict[str, Any]) -> bool:
        """Whether a condition among the keywords may judge a pruned value otherwise than the value it came from."""
        return not is_safe(child for path, child in children(part) if path[0] in _LOOKING)


_REFERENCE = frozenset({"$ref"})
_REWRITTEN = ABOUT_PROPERTIES | ABOUT_ITEMS | frozenset({"$defs", "definitions", "$anchor", "$dynamicAnchor", "$id"})
_COUNTING = frozenset({"minProperties"})
_COMPARING = frozenset({"uniqueItems", "contains", "minContains", "maxContains"})
_LOOKING = frozenset({"not", "if", "then", "else", "anyOf", "oneOf", "dependentSchemas"})
_GROUPS = (
    frozenset({"if", "then", "else"}),
    frozenset({"contains", "minContains", "maxContains"}),
)


def _key(schemas: Sequence[JsonSchema]) -> tuple[int, ...]:
    return tuple(sorted(id(schema) for schema in schemas))


def _inside(parts: list[dict[str, Any]]) -> list[JsonSchema]:
    return [child for part in parts for path, child in children(part) if path[0] in ABOUT_PROPERTIES | ABOUT_ITEMS]


def _told(schema: dict[str, Any]) -> dict[str, Any]:
    return {keyword: value for keyword, value in schema.items() if keyword in ANNOTATIONS - _REWRITTEN}


def _moved_value(keyword: str, value: Any) -> Any:
    moved = _moved({keyword: value})
    return moved[keyword] if isinstance(moved, dict) else value


def _moved(schema: JsonSchema, whole: bool = False, under: str = "open") -> JsonSchema:
    """A copy whose references lead into the whole document, which then stands under `#/$defs/open` (or `loose`)."""
    if not isinstance(schema, dict):
        return schema
    changed = with_children(schema, lambda inner: _moved(inner, whole, under))
    assert isinstance(changed, dict)
    if not whole:
        changed = {k: v for k, v in changed.items() if k not in {"$anchor", "$dynamicAnchor", "$defs", "definitions"}}
    changed = {k: v for k, v in changed.items() if k not in {"$id", "$schema"}}
    reference = changed.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        changed["$ref"] = f"#/$defs/{under}{reference[1:]}"
    return changed


def _has_objects(schema: JsonSchema) -> bool:
    return bool(keywords_in(schema) & {"properties", "patternProperties"})


def _inner(schema: JsonSchema) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _, child in children(schema):
        if isinstance(child, dict):
            found.append(child)
        found += _inner(child)
    return found


def _types(reader: Reader, schemas: Sequence[JsonSchema]) -> set[str] | None:
    allowed: set[str] | None = None
    for part in reader.parts(schemas).always:
        told = part.get("type")
        if told is not None:
            these = {told} if isinstance(told, str) else set(told)
            allowed = these if allowed is None else allowed & these
    return allowed


def _may_be_container(reader: Reader, way: Sequence[JsonSchema]) -> bool:
    types = _types(reader, way)
    return types is None or bool(types & {"object", "array"})


def _are_told_apart(reader: Reader, ways: Sequence[Sequence[JsonSchema]]) -> bool:
    """Whether no value fits two of the alternatives: by type, or by a required property with its own constants."""
    return all(_apart(reader, one, other) for one, other in itertools.combinations(ways, 2))


def _apart(reader: Reader, one: Sequence[JsonSchema], other: Sequence[JsonSchema]) -> bool:
    types, other_types = _types(reader, one), _types(reader, other)
    if types is not None and other_types is not None and not types & other_types:
        return True
    if types != {"object"} or other_types != {"object"}:
        return False
    marks, other_marks = _marks(reader, one), _marks(reader, other)
    return any(not marks[name] & other_marks[name] for name in marks.keys() & other_marks.keys())


def _marks(reader: Reader, way: Sequence[JsonSchema]) -> dict[str, set[str]]:
    parts = reader.parts(way).always
    required = {name for part in parts for name in part.get("required", [])}
    marks: dict[str, set[str]] = {}
    for part in parts:
        for name, schema in part.get("properties", {}).items():
            if name not in required or not isinstance(schema, dict):
                continue
            values = [schema["const"]] if "const" in schema else schema.get("enum")
            if values is not None and all(isinstance(value, str) for value in values):
                marks[name] = set(values)
    return marks
