"""A workflow's schema inside the OpenAPI document.

Its references mean places in itself, but inside another document `#` is that document: so a schema that refers to
itself becomes a component of its own, and its references say where that stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wfcore.schema import JsonSchema
from wfcore.schema.places import children, pointer, with_children

_REFERENCES = ("$ref", "$dynamicRef")
_NAMES = ("$anchor", "$dynamicAnchor", "$id", "$schema")
"""Names that would move the meaning of `#`, or that nothing refers to any more."""


def embed(schema: JsonSchema, name: str, components: dict[str, Any]) -> JsonSchema:
    """The schema as it may stand in a document; where it refers to itself it goes into `components` under `name`."""
    if not any(reference in inside for _, inside in _all(schema) for reference in _REFERENCES):
        return schema
    place = f"#/components/schemas/{name}"
    anchors = {
        inside[keyword]: pointer(path)
        for path, inside in _all(schema)
        for keyword in ("$anchor", "$dynamicAnchor")
        if keyword in inside
    }

    def moved(inside: JsonSchema) -> JsonSchema:
        changed = with_children(inside, moved)
        if not isinstance(changed, dict):
            return changed
        kept = {keyword: value for keyword, value in changed.items() if keyword not in (*_NAMES, *_REFERENCES)}
        for reference in _REFERENCES:
            if reference in changed:
                target = changed[reference].removeprefix("#")
                kept["$ref"] = place + anchors.get(target, target)
        return kept

    components[name] = moved(schema)
    return {"$ref": place}


def _all(schema: JsonSchema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every object schema inside, itself included, with its path."""
    if isinstance(schema, dict):
        yield path, schema
    for inside, child in children(schema):
        yield from _all(child, (*path, *inside))
