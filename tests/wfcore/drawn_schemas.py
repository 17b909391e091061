"""Random schemas and values over a small world, so that they meet often: names a to d, few numbers, few words."""

from typing import Any

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
WORDS = ("", "a", "bb", "ccc", "2026-02-03", "3e25960a-79db-4c1a-9a46-0123456789ab")

scalars = st.none() | st.booleans() | st.integers(-2, 4) | st.sampled_from([0.5, 1.5, -0.25]) | st.sampled_from(WORDS)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from((*NAMES, "d")), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def leaves(draw: st.DrawFn) -> dict[str, Any]:
    """A schema about scalars."""
    kind = draw(st.sampled_from(["any", "null", "boolean", "number", "integer", "string", "several", "enum", "const"]))
    schema: dict[str, Any] = {}
    match kind:
        case "number" | "integer":
            schema["type"] = kind
            for keyword in draw(st.sets(st.sampled_from(["minimum", "maximum", "exclusiveMinimum"]), max_size=2)):
                schema[keyword] = draw(st.integers(-1, 3))
            if draw(st.integers(0, 4)) == 0:
                schema["multipleOf"] = draw(st.sampled_from([2, 3, 0.5]))
        case "string":
            schema["type"] = "string"
            for keyword in draw(st.sets(st.sampled_from(["minLength", "maxLength"]), max_size=2)):
                schema[keyword] = draw(st.integers(0, 3))
            if draw(st.integers(0, 3)) == 0:
                schema["format"] = draw(st.sampled_from(["date", "uuid"]))
            if draw(st.integers(0, 3)) == 0:
                schema["pattern"] = draw(st.sampled_from(["^a", "^[a-c]*$", "c$"]))
        case "several":
            schema["type"] = draw(
                st.lists(
                    st.sampled_from(["null", "string", "integer", "number", "boolean"]),
                    min_size=2,
                    max_size=3,
                    unique=True,
                )
            )
        case "enum":
            schema["enum"] = draw(st.lists(scalars, min_size=1, max_size=3, unique_by=repr))
        case "const":
            schema["const"] = draw(scalars)
        case "any":
            pass
        case _:
            schema["type"] = kind
    if draw(st.integers(0, 9)) == 0:
        schema["nullable"] = True
    return schema


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas made of other schemas."""
    return st.one_of(objects(inner), objects(inner), arrays(inner), combined(inner))


@st.composite
def objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"} if draw(st.integers(0, 3)) else {}
    schema["properties"] = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=3))
    if required := draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)):
        schema["required"] = required
    match draw(st.integers(0, 9)):
        case 0:
            schema["additionalProperties"] = False
        case 1:
            schema["additionalProperties"] = True
        case 2:
            schema["additionalProperties"] = draw(inner)
        case 3:
            schema["patternProperties"] = {draw(st.sampled_from(["^a", "d", "^[bc]$"])): draw(inner)}
        case 4:
            schema[draw(st.sampled_from(["minProperties", "maxProperties"]))] = draw(st.integers(0, 3))
        case 5:
            schema["dependentRequired"] = {draw(st.sampled_from(NAMES)): [draw(st.sampled_from(NAMES))]}
        case 6:
            schema["propertyNames"] = {"enum": draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))}
        case 7 if draw(st.booleans()):
            del schema["properties"]
    return schema


@st.composite
def arrays(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "array"} if draw(st.integers(0, 3)) else {}
    if draw(st.integers(0, 4)):
        schema["items"] = draw(inner)
    if draw(st.integers(0, 4)) == 0:
        schema["prefixItems"] = draw(st.lists(inner, min_size=1, max_size=2))
    for keyword in draw(st.sets(st.sampled_from(["minItems", "maxItems"]), max_size=1)):
        schema[keyword] = draw(st.integers(0, 2))
    if draw(st.integers(0, 5)) == 0:
        schema["uniqueItems"] = True
    if draw(st.integers(0, 7)) == 0:
        schema["contains"] = draw(inner)
    return schema


@st.composite
def combined(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    match draw(st.sampled_from(["allOf", "anyOf", "anyOf", "oneOf", "not", "if", "dependentSchemas", "mixed", "$ref"])):
        case "not":
            return {"not": draw(inner)}
        case "if":
            keys = draw(st.sets(st.sampled_from(["then", "else"]), min_size=1))
            return {"if": draw(inner), **{key: draw(inner) for key in keys}}
        case "dependentSchemas":
            return {"properties": {"b": draw(inner)}, "dependentSchemas": {"a": draw(inner)}}
        case "mixed":
            return {
                **draw(objects(inner)),
                draw(st.sampled_from(["anyOf", "oneOf", "allOf"])): draw(st.lists(inner, min_size=1, max_size=2)),
            }
        case "$ref":
            return {"$ref": draw(st.sampled_from(["#/$defs/x", "#/$defs/y", "#"]))}
        case keyword:
            return {keyword: draw(st.lists(inner, min_size=1, max_size=3))}


fragments = st.recursive(leaves(), schemas, max_leaves=6)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A whole schema. Its definitions `x` and `y` refer to each other through a property, as a tree or a list does."""
    schema = dict(draw(fragments))
    definition = {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"type": "integer"}}}
    schema["$defs"] = {"x": definition, "y": {"type": "object", "properties": {"c": {"$ref": "#/$defs/x"}}}}
    return schema
