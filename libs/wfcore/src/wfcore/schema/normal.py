"""One spelling for one meaning.

OpenAPI 3.0 writes "or null" as `nullable: true`, a keyword that JSON Schema does not know and validators pass over in
silence, and "more than 3" as `minimum: 3, exclusiveMinimum: true`. `unevaluatedProperties` where no other schema looks
at the same value is only another word for `additionalProperties`. Rewritten, they mean the same to everybody who reads
the schema after us.
"""

from typing import Any

from wfcore.schema.places import ANNOTATIONS, IN_PLACE, JsonSchema, with_children


def normalise(schema: JsonSchema) -> JsonSchema:
    """The same schema in our spelling, all the way down. Values (`enum`, `default`) stay untouched."""
    if not isinstance(schema, dict):
        return schema
    inside = with_children(schema, normalise)
    if not isinstance(inside, dict) or inside.keys().isdisjoint(_REWRITTEN):
        return inside
    return _nullable(_evaluated(_exclusive(inside)))


def _nullable(schema: dict[str, Any]) -> JsonSchema:
    if "nullable" not in schema:
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "nullable"}
    return _or_null(rest) if schema["nullable"] is True else rest


def _exclusive(schema: dict[str, Any]) -> dict[str, Any]:
    """`exclusiveMinimum: true` makes `minimum` exclusive; false, or without a bound beside it, it says nothing."""
    changed = dict(schema)
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(schema.get(exclusive), bool) and changed.pop(exclusive) and bound in changed:
            changed[exclusive] = changed.pop(bound)
    return changed


def _evaluated(schema: dict[str, Any]) -> dict[str, Any]:
    """Only schemas that look at the same value leave something over that `additionalProperties` would not see."""
    if not schema.keys().isdisjoint(_LOOKING):
        return schema
    changed = dict(schema)
    if "unevaluatedProperties" in changed:
        rest = changed.pop("unevaluatedProperties")
        changed.setdefault("additionalProperties", rest)
    if "unevaluatedItems" in changed and "contains" not in changed:
        rest = changed.pop("unevaluatedItems")
        changed.setdefault("items", rest)
    return changed


def _or_null(schema: dict[str, Any]) -> JsonSchema:
    asserting = schema.keys() - ANNOTATIONS
    if asserting & _ANY_TYPE:
        # These would refuse null whatever `type` says, so null becomes a way of its own. `$defs` stay where
        # references look for them.
        told = {keyword: value for keyword, value in schema.items() if keyword in ANNOTATIONS}
        asked = {keyword: value for keyword, value in schema.items() if keyword not in ANNOTATIONS}
        return {**told, "anyOf": [asked, {"type": "null"}]}
    changed = dict(schema)
    if isinstance(types := schema.get("type"), str):
        changed["type"] = [types, "null"] if types != "null" else types
    elif isinstance(types, list) and "null" not in types:
        changed["type"] = [*types, "null"]
    if isinstance(options := schema.get("enum"), list) and None not in options:
        changed["enum"] = [*options, None]
    if "const" in schema:
        constant = changed.pop("const")
        changed["enum"] = [constant, None]
    return changed


_LOOKING = IN_PLACE | {"$ref", "$dynamicRef"}
_REWRITTEN = frozenset(
    {"nullable", "exclusiveMinimum", "exclusiveMaximum", "unevaluatedProperties", "unevaluatedItems"}
)
_ANY_TYPE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
