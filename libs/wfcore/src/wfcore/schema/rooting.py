"""Schemas inside schemas that keep their meaning.

`#/$defs/User` means the root of the whole schema. A schema that is put inside another one therefore takes its
definitions along to the new root, under a name that nobody else there uses.
"""

from collections.abc import Container
from typing import Any

from wfcore.schema.navigation import union
from wfcore.schema.normal import normalise
from wfcore.schema.places import JsonSchema, with_children

_PREFIX = "#/$defs/"


def alone(schema: JsonSchema) -> JsonSchema:
    """The same schema, normalised, with all that it refers to in its own `$defs`: ready to be put inside another."""
    return union([normalise(schema)])


def rooted(schema: JsonSchema) -> JsonSchema:
    """The same schema where each part that carries `$defs` was a schema of its own: they all move to the root."""
    definitions: dict[str, JsonSchema] = {}
    lifted = _lifted(schema, {}, definitions)
    return {**lifted, "$defs": definitions} if isinstance(lifted, dict) and definitions else lifted


def _lifted(schema: JsonSchema, names: dict[str, str], definitions: dict[str, JsonSchema]) -> JsonSchema:
    if not isinstance(schema, dict):
        return schema
    own: dict[str, JsonSchema] = schema.get("$defs", {})
    if own:
        names = {}
        for name in own:
            names[name] = _free(name, definitions)
            definitions[names[name]] = {}
    without = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
    changed: Any = with_children(without, lambda child: _lifted(child, names, definitions))
    reference = changed.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIX):
        name = reference.removeprefix(_PREFIX)
        changed = {**changed, "$ref": _PREFIX + names.get(name, name)}
    for name, definition in own.items():
        definitions[names[name]] = _lifted(definition, names, definitions)
    return changed  # type: ignore[no-any-return]


def _free(name: str, taken: Container[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
