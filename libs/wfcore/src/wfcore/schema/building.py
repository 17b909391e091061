"""Schemas made of other schemas that each carry their own `$defs`.

A reference begins at the root of its document. Whoever puts a schema inside another one therefore has to move its
definitions to the new root, under names that nobody else uses there.
"""

from collections.abc import Iterable
from itertools import count
from typing import Any

from wfcore.schema.places import JsonSchema, with_children

_DEFS = "#/$defs/"


def object_of(fields: Iterable[tuple[str, JsonSchema, bool]]) -> dict[str, Any]:
    """The schema of an object with these properties and no others; the flag says whether one is always there."""
    definitions, properties, required = _Definitions(), {}, []
    for name, schema, always in fields:
        properties[name] = definitions.moved(schema)
        required += [name] if always else []
    return definitions.around({"type": "object", "properties": properties, "required": required})


def map_of(values: JsonSchema) -> dict[str, Any]:
    """The schema of an object with any properties of this schema."""
    definitions = _Definitions()
    return definitions.around({"type": "object", "additionalProperties": definitions.moved(values)})


def tuple_of(items: list[JsonSchema]) -> dict[str, Any]:
    """The schema of an array with exactly these items."""
    bounds = {"type": "array", "minItems": len(items), "maxItems": len(items)}
    if not items:
        return {**bounds, "items": False}
    definitions = _Definitions()
    return definitions.around({**bounds, "prefixItems": [definitions.moved(item) for item in items], "items": False})


def array_of(items: JsonSchema, shortest: int = 0, longest: int | None = None) -> dict[str, Any]:
    """The schema of an array of such items; a length that says nothing is not written."""
    definitions = _Definitions()
    document: dict[str, Any] = {"type": "array"}
    moved = definitions.moved(items)
    if moved is not True and moved != {}:
        document["items"] = moved
    if shortest > 0:
        document["minItems"] = shortest
    if longest is not None:
        document["maxItems"] = longest
    return definitions.around(document)


class _Definitions:
    """The `$defs` of a document that is being put together."""

    def __init__(self) -> None:
        self._all: dict[str, JsonSchema] = {}

    def moved(self, schema: JsonSchema) -> JsonSchema:
        """The schema as it may stand inside the document: without its definitions, which are kept here."""
        if not isinstance(schema, dict) or "$defs" not in schema:
            return schema
        own: dict[str, JsonSchema] = schema["$defs"]
        body = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
        if all(self._all.get(name, definition) == definition for name, definition in own.items()):
            self._all.update(own)
            return body
        suffix = next(f"_{at}" for at in count(2) if not any(f"{name}_{at}" in self._all for name in own))
        self._all.update({name + suffix: _renamed(definition, suffix) for name, definition in own.items()})
        return _renamed(body, suffix)

    def around(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document with all definitions that were moved into it."""
        return {**document, "$defs": self._all} if self._all else document


def _renamed(schema: JsonSchema, suffix: str) -> JsonSchema:
    changed = with_children(schema, lambda inner: _renamed(inner, suffix))
    if isinstance(changed, dict) and str(changed.get("$ref", "")).startswith(_DEFS):
        return {**changed, "$ref": changed["$ref"] + suffix}
    return changed
