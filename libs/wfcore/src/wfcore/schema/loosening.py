"""A schema without what pruning may break.

A value that fits may fit no longer once it is pruned: it had enough properties, or was excluded by `not` only for a
property that is cut. Where the closed form of a schema cannot be written out, what is given away after pruning is
still bounded by the schema without such keywords.
"""

from collections.abc import Iterable
from typing import Any

from wfcore.schema.members import lists_containers
from wfcore.schema.places import ANNOTATIONS, JsonSchema, children, with_children

SAFE_CONDITION = ANNOTATIONS | frozenset(
    {"type", "required", "dependentRequired", "anyOf", "oneOf", "allOf", "not", "pattern", "format", "minLength"}
    | {"maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "enum", "const"}
    | {"minItems", "maxItems"}
)
"""Conditions over these judge names that are kept, and values that are not cut."""

_BREAKABLE = frozenset({"minProperties", "uniqueItems", "contains", "minContains", "maxContains"}) | frozenset(
    {"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"}
)
_CONDITIONS = (("not",), ("if", "then", "else"), ("oneOf",))


def is_safe(conditions: Iterable[JsonSchema]) -> bool:
    """Whether conditions judge a pruned value just as the value it came from."""
    return all(
        keywords_in(condition) <= SAFE_CONDITION and not any(map(lists_containers, _all(condition)))
        for condition in conditions
    )


def keywords_in(schema: JsonSchema) -> set[str]:
    """All keywords of a schema and of those inside it."""
    found = set(schema) if isinstance(schema, dict) else set()
    for _, child in children(schema):
        found |= keywords_in(child)
    return found


def loosened(schema: JsonSchema) -> JsonSchema:
    """The schema without what pruning may break, all the way down. It accepts every pruned value, and more.

    Anchors are gone, and with them the references to them: there may be a second copy of the document.
    """
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    depending: dict[str, Any] = {}
    for group in _CONDITIONS:
        told = {keyword: schema[keyword] for keyword in group if keyword in schema}
        if is_safe(child for _, child in children(told)):
            kept.update(told)
        elif "oneOf" in told:
            # Of several alternatives that accept a pruned value only one may have accepted it before.
            depending["allOf"] = [*schema.get("allOf", []), {"anyOf": told["oneOf"]}]
    dropped = (_BREAKABLE | {"$anchor", "$dynamicAnchor"}).union(*_CONDITIONS)
    rest = {keyword: value for keyword, value in schema.items() if keyword not in dropped}
    reference = rest.get("$ref")
    if isinstance(reference, str) and reference != "#" and not reference.startswith("#/"):
        del rest["$ref"]
    changed = with_children({**rest, **depending}, loosened)
    return {**changed, **kept} if isinstance(changed, dict) else changed


def _all(schema: JsonSchema) -> list[dict[str, Any]]:
    found = [schema] if isinstance(schema, dict) else []
    for _, child in children(schema):
        found += _all(child)
    return found
