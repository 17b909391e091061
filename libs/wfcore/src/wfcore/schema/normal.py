"""One spelling for one meaning.

OpenAPI 3.0 writes "or null" as `nullable: true`, a keyword that JSON Schema does not know and validators pass over in
silence. Rewritten as a union, it means the same to everybody who reads the schema after us.
"""

from typing import Any

from wfcore.schema.places import ANNOTATIONS, JsonSchema, with_children


def normalise(schema: JsonSchema) -> JsonSchema:
    """The same schema with every `nullable` rewritten, all the way down. Values (`enum`, `default`) stay untouched."""
    if not isinstance(schema, dict):
        return schema
    inside = with_children(schema, normalise)
    if not isinstance(inside, dict) or "nullable" not in inside:
        return inside
    rest = {keyword: value for keyword, value in inside.items() if keyword != "nullable"}
    return _or_null(rest) if inside["nullable"] is True else rest


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


_ANY_TYPE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"})
