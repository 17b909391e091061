"""Walking through schemas as an expression walks through data.

What is `input.customer.email`, may it be absent, may it be null? The answers are for values that were validated and
pruned: a property that the schema does not declare is not there. Every schema handed out stands on its own: its
references lead into `$defs` that it carries.
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote, unquote

from msgspec import Struct

from wfcore.schema.members import members
from wfcore.schema.parts import ABOUT_ITEMS, Parts, Reader
from wfcore.schema.places import BY_NAME, LISTED, SINGLE, Document, JsonSchema, pointer, with_children


class Found(Struct, frozen=True):
    """The schema of a property or item; `optional`: may be absent; `nullable`: its container may be null instead."""

    schema: JsonSchema
    optional: bool
    nullable: bool = False


class Missing(Struct, frozen=True):
    """Never there. `declared`: the names that are, sorted."""

    declared: tuple[str, ...]


class Unknown(Struct, frozen=True):
    """Cannot be told: the keyword hides it."""

    keyword: str


Inside = Found | Missing | Unknown

ALL_TYPES = frozenset({"null", "boolean", "number", "string", "array", "object"})
_ABOUT_TYPES = frozenset({"enum", "const", "$ref", "allOf", "anyOf", "oneOf"})
"""Keywords that narrow the types of a value, beside `type` itself."""
_LEADING = BY_NAME | LISTED | SINGLE | {"$ref"}
"""Keywords that lead to other schemas."""
_SPLIT = 64
"""Alternatives that are followed one by one; more of them say Unknown."""


def property_of(schema: JsonSchema, name: str) -> Inside:
    """What a property of a value of this schema is. A schema that declares no properties may have any, optionally."""
    return _inside(schema, "object", lambda where, parts: _property(where, parts, name))


def item_of(schema: JsonSchema, index: int | None = None) -> Inside:
    """What an item is: at an index (optional unless `minItems` is above it), or any item where `index` is None."""
    return _inside(schema, "array", lambda where, parts: _item(where, parts, index))


def types_of(schema: JsonSchema, document: Document | None = None) -> frozenset[str]:
    """The JSON types a value may have. `number` includes integers; conditions (`not`, `if`) are not looked at.

    The schema may be a part of a `document`, in which its references lead.
    """
    return frozenset(_types(schema, document or Document(schema)))


def union(schemas: Iterable[JsonSchema]) -> JsonSchema:
    """One schema for values of any of these. Equal ones count once, plain types are joined into a list."""
    definitions: dict[str, JsonSchema] = {}
    ways: list[JsonSchema] = []
    for schema in schemas:
        way = _with_distinct_definitions(self_contained(schema), definitions)
        inner = way["anyOf"] if isinstance(way, dict) and way.keys() == {"anyOf"} else [way]
        ways += [one for one in inner if one is not False and not _is_among(one, ways)]
    if True in ways or {} in ways:
        return {}
    joined: JsonSchema = _joined(ways)
    if definitions and isinstance(joined, dict):
        joined = with_reachable(joined, definitions)
    return joined


def _is_among(schema: JsonSchema, others: list[JsonSchema]) -> bool:
    """Whether a schema is there already. To Python `{"const": 1}` equals `{"const": True}`."""
    return any(schema == other and repr(schema) == repr(other) for other in others)


# --- places ------------------------------------------------------------------------------------------------------


class _Place:
    """One schema with all its references under `$defs`, ready to be taken apart."""

    def __init__(self, schema: JsonSchema) -> None:
        self.root = self_contained(schema)
        self.definitions: dict[str, JsonSchema] = self.root.get("$defs", {}) if isinstance(self.root, dict) else {}
        self.reader = Reader(Document(self.root))

    def parts(self, schemas: Sequence[JsonSchema]) -> Parts:
        return self.reader.parts(schemas)

    def out(self, schemas: Sequence[JsonSchema]) -> JsonSchema:
        """The schemas that hold together as one, with the definitions it needs."""
        distinct: list[JsonSchema] = []
        distinct += [s for s in schemas if s is not True and s != {} and s not in distinct]
        if not distinct:
            return {}
        one: JsonSchema = distinct[0] if len(distinct) == 1 else {"allOf": distinct}
        return with_reachable(one, self.definitions) if isinstance(one, dict) else one

    def types(self, schemas: Sequence[JsonSchema]) -> set[str]:
        allowed = set(ALL_TYPES)
        for schema in schemas:
            allowed = _common(allowed, _types(schema, self.reader.document))
        return allowed


def _types(schema: JsonSchema, document: Document) -> set[str]:
    if not isinstance(schema, dict):
        return set(ALL_TYPES) if schema else set()
    if _ABOUT_TYPES.isdisjoint(schema):
        listed = schema.get("type", ALL_TYPES)
        types = {listed} if isinstance(listed, str) else set(listed)
        return types - {"integer"} if "number" in types else types
    said: list[set[str]] = []
    if "type" in schema:
        said.append({schema["type"]} if isinstance(schema["type"], str) else set(schema["type"]))
    if "enum" in schema:
        said.append({type_name(value) for value in schema["enum"]})
    if "const" in schema:
        said.append({type_name(schema["const"])})
    if "$ref" in schema:
        said.append(_types(document.target(schema["$ref"]), document))
    said += [_types(inner, document) for inner in schema.get("allOf", ())]
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            said.append(set().union(*(_types(way, document) for way in schema[keyword])))
    allowed = functools.reduce(_common, said) if said else set(ALL_TYPES)
    return allowed - {"integer"} if "number" in allowed else allowed


def type_name(value: object) -> str:
    """The JSON type of a value; `integer` for whole numbers."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "integer" if float(value).is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def _common(one: set[str], other: set[str]) -> set[str]:
    common = one & other
    if ("integer" in one and "number" in other) or ("number" in one and "integer" in other):
        common.add("integer")
    return common


# --- one step inside ---------------------------------------------------------------------------------------------


def _inside(schema: JsonSchema, container: str, look: Callable[[_Place, Parts], Inside]) -> Inside:
    """Ask every alternative of the schema that may be such a container, and put the answers together."""
    where = _Place(schema)
    types = where.types([where.root])
    cases = _cases(where, [where.root])
    if cases is None:
        return Unknown("anyOf")
    fitting = [case for case in cases if container in where.types(list(case.always))]
    answers = [look(where, case) for case in fitting]
    for answer in answers:
        if isinstance(answer, Unknown):
            return answer
    found = [answer for answer in answers if isinstance(answer, Found)]
    if not found:
        return Missing(tuple(sorted({name for a in answers if isinstance(a, Missing) for name in a.declared})))
    other_kinds = bool(types - {container, "null"})
    optional = other_kinds or len(found) < len(answers) or any(answer.optional for answer in found)
    return Found(union(answer.schema for answer in found), optional, "null" in types)


def _cases(where: _Place, schemas: Sequence[JsonSchema]) -> list[Parts] | None:
    """The schemas taken apart, once for each combination of alternatives; None if these are too many."""
    parts = where.parts(schemas)
    choices = [choice for choice in parts.choices if not choice.hidden]
    hidden = [choice for choice in parts.choices if choice.hidden]
    if not choices:
        return [Parts(parts.always, hidden)]
    found: list[Parts] = []
    for combination in itertools.islice(itertools.product(*(choice.ways for choice in choices)), _SPLIT + 1):
        inner = _cases(where, [*parts.always, *itertools.chain.from_iterable(combination)])
        if inner is None or len(found) + len(inner) > _SPLIT:
            return None
        found += [Parts(case.always, [*hidden, *case.choices]) for case in inner]
    return found


def _property(where: _Place, parts: Parts, name: str) -> Inside:
    about = members(parts.always)
    hiding = _hiding(where, parts, name)
    if hiding is not None:
        return Unknown(hiding)
    required = any(name in part.get("required", []) for part in parts.always)
    if about.declares(name):
        return Found(where.out(about.of_name(name)), not required)
    if parts.has({"unevaluatedProperties"}):
        return Unknown("unevaluatedProperties")
    if any(part.get("additionalProperties") is False for part in parts.always):
        return Missing(tuple(sorted(about.properties)))
    if about.keeps_rest or not parts.has({"properties", "patternProperties"}):
        return Found(where.out(about.rest), not required)
    return Missing(tuple(sorted(about.properties)))


def _hiding(where: _Place, parts: Parts, name: str) -> str | None:
    """The conditional keyword, if any, that speaks about this property only for some values."""
    for choice in parts.choices:
        for way in choice.ways:
            for case in _cases(where, way) or []:
                if case.choices or members(case.always).declares(name) or members(case.always).keeps_rest:
                    return choice.keyword
    return None


def _item(where: _Place, parts: Parts, index: int | None) -> Inside:
    if parts.choices:
        return Unknown(parts.choices[0].keyword)
    if parts.has({"unevaluatedItems"}):
        return Unknown("unevaluatedItems")
    about = [part for part in parts.always if not ABOUT_ITEMS.isdisjoint(part)]
    longest = min((part["maxItems"] for part in parts.always if "maxItems" in part), default=None)
    shortest = max((part["minItems"] for part in parts.always if "minItems" in part), default=0)
    if index is not None:
        return _item_at(where, about, index, shortest, longest)
    length = max((len(part.get("prefixItems", [])) for part in about), default=0)
    each = [_item_at(where, about, at, shortest, longest) for at in range(length + 1)]
    found = [answer.schema for answer in each if isinstance(answer, Found)]
    return Found(union(found), False) if found else Missing(())


def _item_at(
    where: _Place, about: Sequence[dict[str, Any]], index: int, shortest: int, longest: int | None
) -> Found | Missing:
    schemas: list[JsonSchema] = []
    for part in about:
        first = part.get("prefixItems", [])
        if index < len(first):
            schemas.append(first[index])
        elif "items" in part:
            schemas.append(part["items"])
    if False in schemas or (longest is not None and index >= longest):
        return Missing(())
    return Found(where.out(schemas), index >= shortest)


# --- definitions -------------------------------------------------------------------------------------------------


def self_contained(schema: JsonSchema) -> JsonSchema:
    """The same schema with every reference target under `$defs` of its root, named after where it stood."""
    if not isinstance(schema, dict):
        return schema
    references = _references(schema)
    if all(_is_plain(reference) for reference in references):
        return schema
    return _with_targets(schema, Document(schema), references)


def part_of(document: Document, schema: JsonSchema) -> JsonSchema:
    """A part of a document as a schema of its own: with those definitions in `$defs` that it needs."""
    if not isinstance(schema, dict):
        return schema
    references = _references(_without_definitions(schema))
    if not references:
        return _without_definitions(schema)
    reached: dict[str, None] = {}
    while references:
        reference = references.pop()
        if reference not in reached:
            reached[reference] = None
            references += _references(_without_definitions(document.target(reference)))
    if all(_is_plain(reference) for reference in reached):
        definitions = {_key(reference): document.target(reference) for reference in reached}
        return {**_without_definitions(schema), "$defs": definitions}  # type: ignore[dict-item]
    return _with_targets(schema, document, list(reached))


def _is_plain(reference: str) -> bool:
    return reference.startswith("#/$defs/") and "/" not in reference[8:]


def _without_definitions(schema: JsonSchema) -> JsonSchema:
    if not isinstance(schema, dict) or not ("$defs" in schema or "definitions" in schema):
        return schema
    return {key: value for key, value in schema.items() if key not in {"$defs", "definitions"}}


def _with_targets(schema: dict[str, Any], document: Document, references: list[str]) -> JsonSchema:
    names = _names(references)
    definitions: dict[str, JsonSchema] = {}

    def renamed(inner: JsonSchema) -> JsonSchema:
        changed = with_children(inner, renamed)
        if isinstance(changed, dict):
            changed = {key: value for key, value in changed.items() if key not in {"$anchor", "$dynamicAnchor"}}
            if "$ref" in changed:
                changed["$ref"] = _reference(names[changed["$ref"]])
        return changed

    for reference in references:
        target = document.target(reference)
        without = {k: v for k, v in target.items() if k != "$defs"} if isinstance(target, dict) else target
        definitions[names[reference]] = renamed(without)
    root = renamed(_without_definitions(schema))
    assert isinstance(root, dict)
    return {**root, "$defs": definitions}


def _names(references: list[str]) -> dict[str, str]:
    """A name for each reference: that of its definition, else made of its steps."""
    names: dict[str, str] = {}
    for reference in references:
        steps = unquote(reference.removeprefix("#")).split("/")
        wanted = re.sub(r"[^\w.-]", "_", steps[2] if steps[1:2] == ["$defs"] and len(steps) == 3 else "_".join(steps))
        free = (wanted if n == 1 else f"{wanted}_{n}" for n in itertools.count(1))
        names[reference] = next(name for name in free if name and name not in names.values())
    return names


def _references(schema: JsonSchema) -> list[str]:
    """All references inside, each once. Walks by itself, not by `children`: this is asked at each step of a path."""
    found: dict[str, None] = {}
    waiting: list[Any] = [schema]
    while waiting:
        inner = waiting.pop()
        if not isinstance(inner, dict) or _LEADING.isdisjoint(inner):
            continue
        for keyword, inside in inner.items():
            if keyword in BY_NAME and isinstance(inside, dict):
                waiting.extend(inside.values())
            elif keyword in LISTED and isinstance(inside, list):
                waiting.extend(inside)
            elif keyword in SINGLE:
                waiting.append(inside)
            elif keyword == "$ref" and isinstance(inside, str):
                found[inside] = None
    return list(found)


def with_reachable(schema: dict[str, Any], definitions: dict[str, JsonSchema]) -> dict[str, Any]:
    """The schema with those definitions that its references lead to, directly or through others."""
    own = {key: value for key, value in schema.items() if key != "$defs"}
    reached: dict[str, JsonSchema] = {}
    waiting = _references(own)
    while waiting:
        name = _key(waiting.pop())
        if name not in reached and name in definitions:
            reached[name] = definitions[name]
            waiting += _references(definitions[name])
    return {**own, "$defs": reached} if reached else own


def _reference(name: str) -> str:
    return "#/$defs" + quote(pointer((name,)))


def _key(reference: str) -> str:
    return unquote(reference.removeprefix("#/$defs/")).replace("~1", "/").replace("~0", "~")


def _with_distinct_definitions(schema: JsonSchema, taken: dict[str, JsonSchema]) -> JsonSchema:
    """The schema without its `$defs`, which go into `taken`; a name taken by another schema gets a number."""
    if not isinstance(schema, dict) or "$defs" not in schema:
        return schema
    definitions: dict[str, JsonSchema] = schema["$defs"]
    clash = any(name in taken and taken[name] != definition for name, definition in definitions.items())
    names = dict(zip(definitions, definitions, strict=True))
    if clash:
        number = next(n for n in itertools.count(2) if not any(f"{name}_{n}" in taken for name in definitions))
        names = {name: f"{name}_{number}" for name in definitions}

    def renamed(inner: JsonSchema) -> JsonSchema:
        changed = with_children(inner, renamed)
        if isinstance(changed, dict) and "$ref" in changed:
            key = _key(changed["$ref"])
            changed = {**changed, "$ref": _reference(names.get(key, key))}
        return changed

    taken.update({names[name]: renamed(definition) for name, definition in definitions.items()})
    return renamed({key: value for key, value in schema.items() if key != "$defs"})


def _joined(ways: list[JsonSchema]) -> JsonSchema:
    if not ways:
        return False
    if len(ways) == 1:
        return ways[0]
    if all(isinstance(way, dict) and (way.keys() == {"const"} or way.keys() == {"enum"}) for way in ways):
        listed = [value for way in ways if isinstance(way, dict) for value in way.get("enum", [way.get("const")])]
        return {"enum": list({repr(value): value for value in listed}.values())}
    plain = [way for way in ways if isinstance(way, dict) and way.keys() == {"type"}]
    if len(plain) < 2:
        return {"anyOf": ways}
    types: dict[str, None] = {}
    for way in plain:
        types.update(dict.fromkeys([way["type"]] if isinstance(way["type"], str) else way["type"]))
    if "number" in types:
        types.pop("integer", None)
    together: JsonSchema = {"type": list(types) if len(types) > 1 else next(iter(types))}
    rest = [way for way in ways if way not in plain]
    return {"anyOf": [together, *rest]} if rest else together
