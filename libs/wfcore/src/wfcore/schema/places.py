"""Where schemas stand inside a schema.

`properties` holds schemas by name, `allOf` a list of them, `enum` holds values that only look like schemas. Whoever
walks, rewrites or resolves schemas asks here, so that a property that happens to be called `items` is never mistaken
for the keyword.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from urllib.parse import unquote

JsonSchema: TypeAlias = dict[str, Any] | bool
"""A schema as JSON: an object of keywords, or true (anything) or false (nothing)."""

BY_NAME = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
LISTED = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLE = frozenset(
    {
        "additionalProperties",
        "unevaluatedProperties",
        "propertyNames",
        "items",
        "unevaluatedItems",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "contentSchema",
    }
)
IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords whose schemas look at the same value as the schema they stand in. `$ref` does too."""

ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "examples",
        "example",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$id",
        "$schema",
        "$anchor",
        "$dynamicAnchor",
        "$defs",
        "definitions",
        "$vocabulary",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "xml",
        "externalDocs",
        "discriminator",
    }
)
"""Keywords that refuse no value."""


def asserts(schema: JsonSchema, but: frozenset[str] = frozenset()) -> bool:
    """Whether a schema has keywords that may refuse a value, beside those in `but`. `x-…` are remarks of vendors."""
    if not isinstance(schema, dict):
        return not schema
    return any(not keyword.startswith("x-") for keyword in schema.keys() - ANNOTATIONS - but)


def children(schema: JsonSchema) -> Iterator[tuple[tuple[str, ...], JsonSchema]]:
    """The schemas directly inside, each with its path (`("properties", "a")`, `("allOf", "0")`)."""
    if not isinstance(schema, dict):
        return
    for keyword, inside in schema.items():
        if keyword in SINGLE and is_schema(inside):
            yield (keyword,), inside
        elif keyword in LISTED and isinstance(inside, list):
            yield from (((keyword, str(at)), item) for at, item in enumerate(inside) if is_schema(item))
        elif keyword in BY_NAME and isinstance(inside, dict):
            yield from (((keyword, name), item) for name, item in inside.items() if is_schema(item))


def with_children(schema: JsonSchema, change: Callable[[JsonSchema], JsonSchema]) -> JsonSchema:
    """The same schema with each schema directly inside replaced by what `change` makes of it."""
    if not isinstance(schema, dict):
        return schema
    changed: dict[str, Any] = {}
    for keyword, inside in schema.items():
        if keyword in SINGLE and is_schema(inside):
            changed[keyword] = change(inside)
        elif keyword in LISTED and isinstance(inside, list):
            changed[keyword] = [change(item) if is_schema(item) else item for item in inside]
        elif keyword in BY_NAME and isinstance(inside, dict):
            changed[keyword] = {name: change(item) if is_schema(item) else item for name, item in inside.items()}
        else:
            changed[keyword] = inside
    return changed


def is_schema(value: object) -> bool:
    """Whether a JSON value has the form of a schema."""
    return isinstance(value, dict | bool)


def pointer(path: tuple[str | int, ...] | list[str | int] | tuple[str, ...]) -> str:
    """JSON Pointer of a path: `("a/b", 0)` is `/a~1b/0`, the empty path is the empty text."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


class Document:
    """A schema together with what its local references mean."""

    def __init__(self, root: JsonSchema) -> None:
        self.root = root
        self._targets: dict[str, JsonSchema] = {}
        self._anchors: dict[str, JsonSchema] | None = None

    def target(self, reference: str) -> JsonSchema:
        """What `#`, `#/a/b` or `#anchor` points at; LookupError where nothing stands there."""
        found = self._targets.get(reference)
        if found is None:
            found = self._targets[reference] = self._look_up(unquote(reference.removeprefix("#")))
        return found

    def _look_up(self, fragment: str) -> JsonSchema:
        if fragment and not fragment.startswith("/"):
            if self._anchors is None:
                self._anchors = dict(_anchors(self.root))
            return self._anchors[fragment]
        place: Any = self.root
        for step in fragment.split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            place = place[int(step)] if isinstance(place, list) and step.isdigit() else place[step]
        if not is_schema(place):
            raise LookupError(fragment)
        return place  # type: ignore[no-any-return]


def _anchors(schema: JsonSchema) -> Iterator[tuple[str, JsonSchema]]:
    if isinstance(schema, dict):
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(keyword), str):
                yield name, schema
    for _, child in children(schema):
        yield from _anchors(child)
