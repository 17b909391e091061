"""Schemas of the OpenAPI document as they stand in a task: whole, without references and without ornaments."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ORNAMENTS = ("title", "discriminator")
MAPS = ("properties", "patternProperties")
READING_ORDER = (
    *("type", "format", "enum", "const", "description"),
    *("required", "properties", "additionalProperties", "items"),
)
"""Keywords as a person reads them; all others follow."""


def inline(schema: Any, components: Mapping[str, Schema]) -> Any:
    """Return the schema with every reference replaced by what it means, and without titles.

    A schema that contains itself is refused with ValueError: tasks have no references to say so.
    """
    return _inline(schema, components, ())


def _inline(schema: Any, components: Mapping[str, Schema], inside: tuple[str, ...]) -> Any:
    if isinstance(schema, list):
        return [_inline(inner, components, inside) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name in inside:
            raise ValueError(f"schema `{name}` contains itself: {' -> '.join((*inside, name))}")
        # Keywords beside a reference, a description say, add to what it means.
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        return _inline(components[name] | beside, components, (*inside, name))
    return {keyword: _keyword(keyword, schema[keyword], components, inside) for keyword in in_reading_order(schema)}


def _keyword(keyword: str, value: Any, components: Mapping[str, Schema], inside: tuple[str, ...]) -> Any:
    if keyword in MAPS:
        return {name: _inline(inner, components, inside) for name, inner in value.items()}
    return _inline(value, components, inside)


def in_reading_order(schema: Schema) -> list[str]:
    """Return the keywords that a task keeps, in the order of READING_ORDER."""
    rank = {keyword: place for place, keyword in enumerate(READING_ORDER)}
    return sorted(schema.keys() - set(ORNAMENTS), key=lambda keyword: (rank.get(keyword, len(rank)), keyword))


def an_object(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    """Return the schema of a closed object."""
    schema: Schema = {"type": "object"}
    if required:
        schema["required"] = required
    if properties:
        schema["properties"] = dict(properties)
    return schema | {"additionalProperties": False}
