"""Random schemas as people write them, and documents that such a schema accepts, extreme ones included.

A schema drawn here always has a document, and every document is held against its schema before it is used.
"""

from __future__ import annotations

from random import Random
from typing import Any

from wfcore import schema as schemas
from wfcore.jsontext import MAX_INTEGER
from wfcore.schema import Found, JsonSchema, Missing

NAMES = ("id", "name", "tier", "total", "lines", "tags", "note", "at", "size", "owner", "kind-of")
_FORMATS = {
    "date": ("2024-02-29", "0001-01-01", "9999-12-31"),
    "date-time": ("2024-02-29T23:59:59Z", "1970-01-01T00:00:00.000Z", "2026-01-31T12:00:00+02:00"),
    "uuid": ("3e25960a-79db-4c1a-9a46-0123456789ab",),
    "email": ("ada@example.com",),
}
_WORDS = ("a", "b", "Ada", "gold", "basic", "x y", "0", "7", "true", "ümlaut-ß", "日本", "{{x}}", "a,b,c", "'\"\\")
_EXTREME_WORDS = ("", "𝄞" * 40, "é\u0301" * 30, "\n", " ", "../..", "%2e", "null", "e" * 300)


# --- schemas ---------------------------------------------------------------------------------------------------------


def a_schema(rng: Random, depth: int = 3) -> dict[str, Any]:
    """Any schema of this grammar; every list in it has `maxItems`."""
    if depth <= 0:
        return _scalar(rng)
    return rng.choice((_scalar, _scalar, an_object, an_object, a_list, _alternatives))(rng, depth)


def an_object(rng: Random, depth: int = 3) -> dict[str, Any]:
    names = rng.sample(NAMES, rng.choice((1, 2, 3, 3, 4, 5)))
    made: dict[str, Any] = {"type": "object", "properties": {name: a_schema(rng, depth - 1) for name in names}}
    required = [name for name in names if rng.random() < 0.65]
    if required:
        made["required"] = required
    dice = rng.random()
    if dice < 0.1:
        made["additionalProperties"] = a_schema(rng, 0)
    elif dice < 0.15:
        made["additionalProperties"] = False
    return made


def an_input(rng: Random) -> dict[str, Any]:
    """What a workflow takes: several fields, one of them a list."""
    made = an_object(rng)
    for name in rng.sample(("many", "who", "since", "limit", "deep"), 3):
        made["properties"][name] = a_list(rng) if name == "many" else a_schema(rng, 2)
        if rng.random() < 0.6:
            made.setdefault("required", []).append(name)
    return made


def a_list(rng: Random, depth: int = 2) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "array", "maxItems": rng.choice((1, 2, 3, 3, 4))}
    if rng.random() < 0.25:
        made["minItems"] = 1
    if rng.random() < 0.05:
        made["prefixItems"] = [a_schema(rng, depth - 1)]
    made["items"] = rng.choice((an_object, a_schema))(rng, depth - 1) if depth > 1 else a_schema(rng, depth - 1)
    return made


def _alternatives(rng: Random, depth: int) -> dict[str, Any]:
    dice = rng.random()
    if dice < 0.4:
        return {"anyOf": [a_schema(rng, depth - 1), a_schema(rng, depth - 1)]}
    if dice < 0.6:
        ways = []
        for mark in rng.sample(("cat", "dog", "eel"), 2):
            way = an_object(rng, depth - 1)
            way["properties"]["kind"] = {"const": mark}
            way["required"] = ["kind", *way.get("required", ())]
            ways.append(way)
        return {"oneOf": ways}
    if dice < 0.8:
        return {"anyOf": [a_schema(rng, depth - 1), {"type": "null"}]}
    return {"type": "object", "additionalProperties": a_schema(rng, depth - 1)}


def _scalar(rng: Random, depth: int = 0) -> dict[str, Any]:
    made: dict[str, Any]
    match rng.choice(("string", "string", "integer", "integer", "number", "boolean", "enum", "const", "several")):
        case "string":
            made = {"type": "string"}
            dice = rng.random()
            if dice < 0.2:
                made["format"] = rng.choice(sorted(_FORMATS))
            elif dice < 0.35:
                made["minLength"] = rng.choice((1, 2, 3))
            elif dice < 0.45:
                made["maxLength"] = rng.choice((1, 5, 30))
            elif dice < 0.5:
                made["pattern"] = "^[a-z]+$"
        case "integer" | "number" as kind:
            made = {"type": kind}
            dice = rng.random()
            if dice < 0.3:
                made["minimum"] = rng.choice((0, 1, -5))
            if dice < 0.2 or dice > 0.9:
                made["maximum"] = rng.choice((10, 100))
        case "boolean":
            made = {"type": "boolean"}
        case "enum":
            values: tuple[Any, ...] = rng.choice((("gold", "basic"), ("a", "b", "c"), (1, 2, 3), ("x", None)))
            made = {"enum": list(values)}
        case "const":
            made = {"const": rng.choice(("fixed", 1, True, 2.5))}
        case _:
            kinds = rng.sample(("string", "integer", "number", "boolean", "null"), 2)
            made = {"type": kinds}
    if "type" in made and isinstance(made["type"], str) and rng.random() < 0.08:
        made["type"] = [made["type"], "null"]
    return made


class NoDocument(Exception):
    """The schema seems to accept nothing: it is none of ours, but what is left of one."""


# --- documents -------------------------------------------------------------------------------------------------------


def a_document(rng: Random, schema: JsonSchema, *, extreme: bool = False) -> Any:
    """A document that the schema accepts; of extreme ones the lists are full or empty and the numbers large."""
    compiled = schemas.compile(schema)
    for _ in range(50):
        made = _of(rng, schema, extreme)
        if compiled.accepts(made):
            return made
        extreme = False
    raise NoDocument(f"no document was found for {schema}")


def _of(rng: Random, schema: JsonSchema, extreme: bool) -> Any:
    if not isinstance(schema, dict):
        return rng.choice((None, 1, "any", [], {}))
    if "const" in schema:
        return _numbered(rng, schema["const"])
    if "enum" in schema:
        return _numbered(rng, rng.choice(schema["enum"]))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return _of(rng, rng.choice(schema[keyword]), extreme)
    kinds = schema.get("type", ["null", "string", "integer"])
    match kinds if isinstance(kinds, str) else rng.choice(kinds):
        case "object":
            return _object_of(rng, schema, extreme)
        case "array":
            return _list_of(rng, schema, extreme)
        case "string":
            return _text_of(rng, schema, extreme)
        case "integer":
            return _numbered(rng, _number_of(rng, schema, extreme))
        case "number":
            number = _number_of(rng, schema, extreme)
            return rng.choice((number, _numbered(rng, number), number + rng.choice((0.5, 0.25, 0.1))))
        case "boolean":
            return rng.random() < 0.5
    return None


def _numbered(rng: Random, value: Any) -> Any:
    """The same value; a whole number is sometimes written as a float."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**50 and rng.random() < 0.1:
        return float(value)
    return value


def _object_of(rng: Random, schema: dict[str, Any], extreme: bool) -> dict[str, Any]:
    declared, required = schema.get("properties", {}), schema.get("required", ())
    chance = rng.choice((0.0, 1.0)) if extreme else 0.6
    made = {
        name: _of(rng, shape, extreme) for name, shape in declared.items() if name in required or rng.random() < chance
    }
    more = schema.get("additionalProperties", True)
    if more is not False and rng.random() < (0.5 if isinstance(more, dict) else 0.15):
        for name in rng.sample(("extra", "else", *NAMES), rng.choice((1, 2))):
            if name not in declared:
                made[name] = _of(rng, more, extreme) if isinstance(more, dict) else rng.choice((1, "x", None, [{}]))
    return made


def _list_of(rng: Random, schema: dict[str, Any], extreme: bool) -> list[Any]:
    least = schema.get("minItems", 0)
    most = max(schema.get("maxItems", 3), least)
    length = rng.choice((least, most)) if extreme else rng.randint(least, most)
    first, rest = schema.get("prefixItems", []), schema.get("items", True)
    return [_of(rng, first[at] if at < len(first) else rest, extreme) for at in range(length)]


def _text_of(rng: Random, schema: dict[str, Any], extreme: bool) -> str:
    if "format" in schema:
        return rng.choice(_FORMATS[schema["format"]])
    if "pattern" in schema:
        return rng.choice(("a", "abc", "zzz"))
    text = rng.choice(_EXTREME_WORDS if extreme else _WORDS)
    while len(text) < schema.get("minLength", 0):
        text += rng.choice("ab")
    return text[: schema.get("maxLength", len(text))]


def _number_of(rng: Random, schema: dict[str, Any], extreme: bool) -> int:
    least, most = schema.get("minimum", -MAX_INTEGER), schema.get("maximum", MAX_INTEGER)
    if extreme:
        return int(rng.choice((least, most, max(least, 0))))
    return int(min(max(rng.choice((-3, 0, 0, 1, 2, 3, 7, 42, 1000)), least), most))


# --- what a task takes -----------------------------------------------------------------------------------------------


TOP = 5
"""The depth of a whole input: a task takes every field that it is given."""


def loosened(rng: Random, schema: JsonSchema, depth: int = 4) -> dict[str, Any]:
    """A schema that somebody might declare who is given such values: it accepts all of them, and often more."""
    kinds = schemas.types_of(schema)
    if depth <= 0 or not kinds or len(kinds) > 6 or (depth < TOP and rng.random() < 0.05):
        return {}
    made: dict[str, Any] = {"type": sorted(kinds) if len(kinds) > 1 else min(kinds)}
    if "integer" in kinds and ("number" in kinds or rng.random() < 0.3):
        made["type"] = sorted({*kinds, "number"} - {"integer"})
    if rng.random() < 0.05 and isinstance(made["type"], str) and kinds != {"null"}:
        made["type"] = [made["type"], "null"]
    if "array" in kinds:
        item = schemas.item_of(schema)
        made["items"] = loosened(rng, item.schema, depth - 1) if isinstance(item, Found) else {}
        most = schema.get("maxItems") if isinstance(schema, dict) else None
        if most is not None:
            made["maxItems"] = most + rng.choice((0, 0, 1))
    if "object" in kinds:
        made |= _object_taken(rng, schema, depth)
    if isinstance(schema, dict) and not kinds & {"array", "object"} and rng.random() < 0.6:
        made |= {key: schema[key] for key in ("minimum", "maximum", "format", "minLength", "enum") if key in schema}
    return made


def _object_taken(rng: Random, schema: JsonSchema, depth: int) -> dict[str, Any]:
    none = schemas.property_of(schema, "\0")
    if not isinstance(none, Missing):
        return {}
    properties, required = {}, []
    for name in none.declared:
        found = schemas.property_of(schema, name)
        if isinstance(found, Found) and (depth == TOP or rng.random() < 0.9):
            properties[name] = loosened(rng, found.schema, depth - 1)
            if not found.optional and rng.random() < 0.8:
                required.append(name)
    made: dict[str, Any] = {"properties": properties} if properties else {}
    return {**made, "required": required} if required else made
