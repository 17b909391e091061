"""Putting schemas together that each carry their own `$defs`.

A reference begins at the root of its document. Whoever puts a schema inside another one therefore has to move its
definitions to the new root, under names that nobody else uses there.
"""

from itertools import count
from typing import Any

from wfcore.schema import JsonSchema
from wfcore.schema.places import with_children

_DEFS = "#/$defs/"


class Definitions:
    """The `$defs` of a document that is being put together."""

    def __init__(self) -> None:
        self._all: dict[str, JsonSchema] = {}

    def move(self, schema: JsonSchema) -> JsonSchema:
        """Return the schema as it may stand inside the document: without its definitions, which are kept here."""
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

    def around(self, document: dict[str, Any]) -> JsonSchema:
        """Return the document with all definitions that were moved into it."""
        return {**document, "$defs": self._all} if self._all else document


def _renamed(schema: JsonSchema, suffix: str) -> JsonSchema:
    changed = with_children(schema, lambda inner: _renamed(inner, suffix))
    if isinstance(changed, dict) and str(changed.get("$ref", "")).startswith(_DEFS):
        return {**changed, "$ref": changed["$ref"] + suffix}
    return changed
