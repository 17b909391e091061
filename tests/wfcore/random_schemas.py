"""Pairs of schemas and documents for them, drawn by the thousand.

Hypothesis shrinks what it draws, which costs milliseconds a draw. Where twenty thousand pairs are looked at, it draws
only the seed, and the pairs come from here: a small world in which keywords meet often, takers that are mostly a
slightly changed giver, and documents made after the giver's own schema, for only those can show a wrong yes.
"""

import copy
from collections.abc import Callable
from random import Random
from typing import Any

NAMES = ("a", "b", "c", "ab", "d")
WORDS = (
    "",
    "a",
    "b",
    "ab",
    "abc",
    "cc",
    "aaaa",
    "2026-02-03",
    "3e25960a-79db-4c1a-9a46-0123456789ab",
    "192.0.2.1",
    "é",
    "😀",
)
NUMBERS = (-2, -1, 0, 1, 2, 3, 4, 6, 12, 0.5, 1.5, 2.5, -0.5, 0.1, 0.3, 1e-9, 2**53, 1e20)
PATTERNS = ("^a", "b$", "^[ab]*$", "^[a-c]+$", "c", "^.{2}$", r"^\d", "^(a|b)+$")
FORMATS = ("date", "uuid", "ipv4", "email", "int32")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

Schema = Any


def value(rng: Random, depth: int = 2) -> Any:
    """Any value of the small world."""
    kind = rng.random()
    if depth and kind < 0.2:
        return [value(rng, depth - 1) for _ in range(rng.randrange(4))]
    if depth and kind < 0.45:
        return {rng.choice(NAMES): value(rng, depth - 1) for _ in range(rng.randrange(4))}
    return scalar(rng)


def scalar(rng: Random) -> Any:
    """A value that holds no others."""
    return rng.choice(
        (None, True, False, rng.choice(NUMBERS), rng.choice(NUMBERS), rng.choice(WORDS), rng.choice(WORDS))
    )


def schema(rng: Random) -> Schema:
    """A whole schema, with two definitions that refer to each other through a property."""
    made = dict(_object_form(part(rng, rng.choice((1, 2, 2, 3)))))
    made["$defs"] = {
        "x": {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}, "b": part(rng, 0)}},
        "y": part(rng, 1),
    }
    return made


def part(rng: Random, depth: int) -> Schema:
    """A piece of a schema; `depth` bounds how deep it nests."""
    if depth <= 0 or rng.random() < 0.25:
        return _leaf(rng)
    return rng.choice((_object, _object, _object, _array, _array, _combined, _combined, _mixed))(rng, depth)


def pair(rng: Random) -> tuple[Schema, Schema]:
    """Giver and taker: mostly one is the other with a few changes."""
    one = schema(rng)
    if rng.random() < 0.15:
        return one, schema(rng)
    other = copy.deepcopy(one)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        other = _changed(rng, other)
    return (one, other) if rng.random() < 0.5 else (other, one)


def _object_form(made: Schema) -> dict[str, Any]:
    return made if isinstance(made, dict) else {"allOf": [made]}


# --- pieces ------------------------------------------------------------------------------------------------------


def _leaf(rng: Random) -> Schema:
    kind = rng.randrange(14)
    made: dict[str, Any] = {}
    if kind < 3:
        made["type"] = rng.choice(("integer", "number"))
        _some(rng, made, _ABOUT_NUMBERS, (0, 1, 1, 2, 3))
    elif kind < 6:
        made["type"] = "string"
        _some(rng, made, _ABOUT_TEXTS, (0, 1, 1, 2, 3))
    elif kind == 6:
        made["type"] = rng.sample(TYPES, rng.choice((2, 2, 3)))
        _some(rng, made, {**_ABOUT_NUMBERS, **_ABOUT_TEXTS}, (0, 1, 2))
    elif kind == 7:
        made["enum"] = _distinct([value(rng, rng.choice((0, 0, 1))) for _ in range(rng.choice((1, 2, 3)))])
    elif kind == 8:
        made["const"] = value(rng, rng.choice((0, 0, 1)))
    elif kind == 9:
        _some(rng, made, {**_ABOUT_NUMBERS, **_ABOUT_TEXTS}, (0, 1, 2))
    elif kind == 10:
        return rng.choice((True, {}, {}, False))
    elif kind == 11:
        made["$ref"] = rng.choice(("#/$defs/x", "#/$defs/y", "#"))
    else:
        made["type"] = rng.choice(TYPES)
    if rng.random() < 0.08:
        made["nullable"] = True
    return made


def _object(rng: Random, depth: int) -> Schema:
    made: dict[str, Any] = {"type": "object"} if rng.random() < 0.8 else {}
    if rng.random() < 0.92:
        made["properties"] = {rng.choice(NAMES): part(rng, depth - 1) for _ in range(rng.randrange(4))}
    if rng.random() < 0.6:
        made["required"] = rng.sample(NAMES, rng.choice((1, 1, 2)))
    for keyword, draw in _ABOUT_OBJECTS.items():
        if rng.random() < 0.09:
            made[keyword] = draw(rng, depth - 1)
    return made


def _array(rng: Random, depth: int) -> Schema:
    made: dict[str, Any] = {"type": "array"} if rng.random() < 0.8 else {}
    if rng.random() < 0.75:
        made["items"] = part(rng, depth - 1)
    for keyword, draw in _ABOUT_ARRAYS.items():
        if rng.random() < 0.13:
            made[keyword] = draw(rng, depth - 1)
    return made


def _combined(rng: Random, depth: int) -> Schema:
    keyword = rng.choice(("anyOf", "anyOf", "oneOf", "oneOf", "allOf", "not", "if", "marked"))
    if keyword == "not":
        return {"not": part(rng, depth - 1)}
    if keyword == "if":
        return {key: part(rng, depth - 1) for key in ("if", *rng.sample(("then", "else"), rng.choice((1, 2))))}
    if keyword == "marked":
        ways = [_object(rng, depth - 1) for _ in range(rng.choice((2, 3)))]
        for at, way in enumerate(ways):
            way.setdefault("properties", {})["d"] = {"const": WORDS[at + 1]}
            way["required"] = sorted({*way.get("required", []), "d"})
        return {rng.choice(("anyOf", "oneOf")): ways}
    return {keyword: [part(rng, depth - 1) for _ in range(rng.choice((1, 2, 2, 3)))]}


def _mixed(rng: Random, depth: int) -> Schema:
    one = rng.choice((_object, _array))(rng, depth)
    return {**one, **_object_form(_combined(rng, depth))}


def _some(
    rng: Random, made: dict[str, Any], keywords: dict[str, Callable[[Random], Any]], counts: tuple[int, ...]
) -> None:
    for keyword in rng.sample(sorted(keywords), rng.choice(counts)):
        made[keyword] = keywords[keyword](rng)


def _distinct(values: list[Any]) -> list[Any]:
    return list({repr(one): one for one in values}.values())


def _bound(rng: Random) -> Any:
    return rng.choice((-1, 0, 1, 2, 3, 4, 0.5, 1.5, 2.5, 1e20))


def _length(rng: Random) -> int:
    return rng.randrange(5)


_ABOUT_NUMBERS: dict[str, Callable[[Random], Any]] = {
    "minimum": _bound,
    "maximum": _bound,
    "exclusiveMinimum": _bound,
    "exclusiveMaximum": _bound,
    "multipleOf": lambda rng: rng.choice((1, 2, 3, 4, 6, 0.5, 0.25, 1.5, 0.1)),
}
_ABOUT_TEXTS: dict[str, Callable[[Random], Any]] = {
    "minLength": _length,
    "maxLength": _length,
    "pattern": lambda rng: rng.choice(PATTERNS),
    "format": lambda rng: rng.choice(FORMATS),
}
_ABOUT_OBJECTS: dict[str, Callable[[Random, int], Any]] = {
    "additionalProperties": lambda rng, depth: rng.choice((False, False, True, part(rng, depth))),
    "unevaluatedProperties": lambda rng, depth: rng.choice((False, False, part(rng, depth))),
    "patternProperties": lambda rng, depth: {
        rng.choice(PATTERNS): part(rng, depth) for _ in range(rng.choice((1, 1, 2)))
    },
    "propertyNames": lambda rng, depth: rng.choice(
        ({"enum": rng.sample(NAMES, 3)}, {"pattern": rng.choice(PATTERNS)}, {"maxLength": 1}, part(rng, 0))
    ),
    "minProperties": lambda rng, depth: rng.randrange(4),
    "maxProperties": lambda rng, depth: rng.randrange(4),
    "dependentRequired": lambda rng, depth: {rng.choice(NAMES): [rng.choice(NAMES)]},
    "dependentSchemas": lambda rng, depth: {rng.choice(NAMES): part(rng, depth)},
}
_ABOUT_ARRAYS: dict[str, Callable[[Random, int], Any]] = {
    "prefixItems": lambda rng, depth: [part(rng, depth) for _ in range(rng.choice((1, 2)))],
    "minItems": lambda rng, depth: rng.randrange(4),
    "maxItems": lambda rng, depth: rng.randrange(4),
    "uniqueItems": lambda rng, depth: True,
    "contains": lambda rng, depth: part(rng, depth),
    "minContains": lambda rng, depth: rng.randrange(3),
    "maxContains": lambda rng, depth: rng.randrange(3),
    "unevaluatedItems": lambda rng, depth: rng.choice((False, part(rng, depth))),
}
_ABOUT: dict[str, Callable[[Random], Any]] = {
    **_ABOUT_NUMBERS,
    **_ABOUT_TEXTS,
    **{keyword: (lambda rng, draw=draw: draw(rng, 1)) for keyword, draw in (_ABOUT_OBJECTS | _ABOUT_ARRAYS).items()},
    "type": lambda rng: rng.choice(TYPES),
    "const": lambda rng: value(rng, 1),
    "enum": lambda rng: _distinct([value(rng, 0) for _ in range(3)]),
    "not": lambda rng: part(rng, 1),
}


# --- changes -----------------------------------------------------------------------------------------------------


def _changed(rng: Random, root: Schema) -> Schema:
    """A copy with one change somewhere in it."""
    places = list(_places(root, ()))
    path = rng.choice(places)
    inner: Any = root
    for step in path:
        inner = inner[step]
    new = _new(rng, inner)
    if not path:
        return {**_object_form(new), "$defs": root["$defs"]}
    container: Any = root
    for step in path[:-1]:
        container = container[step]
    container[path[-1]] = new
    return root


def _new(rng: Random, inner: Schema) -> Schema:
    dice = rng.random()
    own = {k: v for k, v in inner.items() if k != "$defs"} if isinstance(inner, dict) else inner
    if dice < 0.12:
        return part(rng, 1)
    if dice < 0.2:
        return {rng.choice(("anyOf", "oneOf")): [own, part(rng, 1)]}
    if dice < 0.25:
        return {"allOf": [own, part(rng, 1)]}
    if not isinstance(own, dict) or not own or dice < 0.5:
        keyword = rng.choice(sorted(_ABOUT))
        return {**_object_form(own), keyword: _ABOUT[keyword](rng)}
    keyword = rng.choice(sorted(own))
    if dice < 0.75:
        return {k: v for k, v in own.items() if k != keyword}
    return {**own, keyword: _varied(rng, own[keyword], keyword)}


def _varied(rng: Random, seen: Any, keyword: str) -> Any:
    if keyword in ("enum", "required") and isinstance(seen, list):
        more = rng.choice(NAMES) if keyword == "required" else value(rng, 0)
        return _distinct([*seen, more]) if rng.random() < 0.5 or len(seen) < 2 else seen[1:]
    if keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        dice = rng.random()
        if dice < 0.4 and len(seen) > 1:
            return seen[1:]
        return [*seen, part(rng, 1)] if dice < 0.8 else rng.sample(seen, len(seen))
    if isinstance(seen, dict) and keyword == "properties" and seen and rng.random() < 0.5:
        gone = rng.choice(sorted(seen))
        return {k: v for k, v in seen.items() if k != gone}
    if isinstance(seen, int | float) and not isinstance(seen, bool) and keyword != "const":
        return max(seen + rng.choice((-1, 1)), 1 if keyword == "multipleOf" else 0)
    return _ABOUT[keyword](rng) if keyword in _ABOUT else seen


def _places(schema: Schema, path: tuple[Any, ...]) -> Any:
    yield path
    if not isinstance(schema, dict):
        return
    for keyword, inside in schema.items():
        if keyword in ("properties", "patternProperties", "dependentSchemas", "$defs"):
            for name, child in inside.items():
                yield from _places(child, (*path, keyword, name))
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for at, child in enumerate(inside):
                yield from _places(child, (*path, keyword, at))
        elif keyword in ("items", "not", "if", "then", "else", "additionalProperties", "contains"):
            yield from _places(inside, (*path, keyword))


# --- documents ---------------------------------------------------------------------------------------------------


def document(rng: Random, root: Schema) -> Any:
    """A value made after a schema. Mostly accepted by it, but nothing rests on that."""
    return _of(rng, root, root, 5)


def _of(rng: Random, schema: Schema, root: Schema, depth: int) -> Any:
    if not isinstance(schema, dict) or depth <= 0 or rng.random() < 0.04:
        return value(rng, min(depth, 2)) if depth > 0 else scalar(rng)
    keys = _flat(rng, schema, root, 6)
    if "const" in keys:
        return keys["const"]
    if keys.get("enum"):
        return rng.choice(keys["enum"])
    match _kind(rng, keys):
        case "object":
            return _an_object(rng, keys, root, depth)
        case "array":
            return _an_array(rng, keys, root, depth)
        case "string":
            return rng.choice(WORDS)
        case "number":
            return _a_number(rng, keys)
        case "integer":
            return int(_a_number(rng, keys))
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
    return value(rng, 2)


def _flat(rng: Random, schema: Schema, root: Schema, depth: int) -> dict[str, Any]:
    """The keywords that hold for one value, with one way chosen at each choice."""
    if not isinstance(schema, dict):
        return {}
    found: dict[str, Any] = {k: v for k, v in schema.items() if k not in ("$defs", "$ref")}
    inner: list[Schema] = list(schema.get("allOf", []))
    inner += [rng.choice(schema[k]) for k in ("anyOf", "oneOf") if schema.get(k)]
    if "if" in schema:
        inner += [schema["if"], schema.get("then", {})] if rng.random() < 0.5 else [schema.get("else", {})]
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        inner.append(root if name == "#" else root["$defs"][name])
    for dependent in schema.get("dependentSchemas", {}).values():
        inner += [dependent] if rng.random() < 0.5 else []
    for other in inner if depth else []:
        for keyword, said in _flat(rng, other, root, depth - 1).items():
            if keyword in ("properties", "patternProperties"):
                found[keyword] = {**found.get(keyword, {}), **said}
            elif keyword == "required":
                found[keyword] = [*found.get(keyword, []), *said]
            else:
                found[keyword] = said
    return found


def _kind(rng: Random, keys: dict[str, Any]) -> str | None:
    told = keys.get("type")
    if keys.get("nullable") and rng.random() < 0.3:
        return "null"
    if told is not None:
        return told if isinstance(told, str) else rng.choice(told)
    if rng.random() < 0.3:
        return None
    if "properties" in keys or "required" in keys or "patternProperties" in keys:
        return "object"
    if "items" in keys or "prefixItems" in keys or "contains" in keys:
        return "array"
    return rng.choice((None, "string", "number"))


def _a_number(rng: Random, keys: dict[str, Any]) -> Any:
    near = [keys[k] + step for k in _ABOUT_NUMBERS if k in keys for step in (-1, 0, 1, 0.5, -0.5)]
    found = rng.choice(near) if near and rng.random() < 0.6 else rng.choice(NUMBERS)
    return int(found) if isinstance(found, float) and found.is_integer() and abs(found) < 2**53 else found


def _an_object(rng: Random, keys: dict[str, Any], root: Schema, depth: int) -> Any:
    declared = keys.get("properties", {})
    names = [name for name in declared if rng.random() < 0.5] + list(keys.get("required", []))
    names += [rng.choice(NAMES) for _ in range(rng.choice((0, 0, 1, 2)))]
    made = {}
    for name in names:
        rest = keys.get("additionalProperties", {}) if "properties" in keys else {}
        patterned = list(keys.get("patternProperties", {}).values())
        made[name] = _of(rng, declared.get(name, rng.choice([*patterned, rest])), root, depth - 1)
    return made


def _an_array(rng: Random, keys: dict[str, Any], root: Schema, depth: int) -> Any:
    length = max(keys.get("minItems", 0), rng.choice((0, 1, 1, 2, 3, 4)))
    length = min(length, keys.get("maxItems", length))
    first, rest = keys.get("prefixItems", []), keys.get("items", {})
    made = [_of(rng, first[at] if at < len(first) else rest, root, depth - 1) for at in range(length)]
    if made and "contains" in keys and rng.random() < 0.7:
        made[rng.randrange(len(made))] = _of(rng, keys["contains"], root, depth - 1)
    return made
