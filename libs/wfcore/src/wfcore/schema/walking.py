"""Walking into a schema without copying it at every step.

`property_of` hands out schemas that stand on their own, which costs as much as the schema is large. A `Place` stays a
part of its document while somebody walks, and is cut out of it only where he stops. What is plain is looked up at
once; whatever composes (`allOf`, `anyOf`, patterns …) goes the thorough way of `navigation`.
"""

from typing import Any

from msgspec import Struct

from wfcore.schema.navigation import Found, Missing, Unknown, item_of, part_of, property_of, types_of, union
from wfcore.schema.places import ANNOTATIONS, Document, JsonSchema

_PLAIN_OBJECT = ANNOTATIONS | {"type", "properties", "required", "additionalProperties", "minProperties"}
_PLAIN_OBJECT |= {"maxProperties", "propertyNames"}
_PLAIN_ARRAY = ANNOTATIONS | {"type", "items", "minItems", "maxItems", "uniqueItems", "contains"}
_MAX_FOLDS = 64
"""Definitions that are nothing but a reference to another one; more in a row lead nowhere."""


class Inner(Struct, frozen=True):
    """What stands one step further; `optional`: a container of this type may be without it."""

    place: "Place"
    optional: bool


class Place(Struct, frozen=True):
    """A schema, and the document in which its references lead."""

    schema: JsonSchema
    document: Document

    def types(self) -> frozenset[str]:
        """The JSON types a value may have here, as `types_of` tells them."""
        return types_of(self.schema, self.document)

    def says_nothing(self) -> bool:
        """Whether any value at all fits."""
        schema = self.folded()
        return schema is True or (isinstance(schema, dict) and schema.keys() <= ANNOTATIONS)

    def alone(self) -> JsonSchema:
        """The schema as one of its own: its references lead into `$defs` that it carries."""
        return part_of(self.document, self.schema)

    def property(self, name: str) -> Inner | Missing | Unknown:
        """Look one property further. Values that are no objects are left out of account."""
        schema = self.folded()
        if isinstance(schema, dict) and not _LISTED_WHOLE.isdisjoint(schema):
            return _among([_spelled(value).property(name) for value in _listed(schema) if isinstance(value, dict)])
        if isinstance(schema, dict) and schema.keys() <= _PLAIN_OBJECT and "properties" in schema:
            if name in schema["properties"]:
                return Inner(Place(schema["properties"][name], self.document), name not in schema.get("required", ()))
            if schema.get("additionalProperties", False) is False and name not in schema.get("required", ()):
                return Missing(tuple(sorted(schema["properties"])))
        return _inner(property_of(self.alone(), name))

    def item(self, index: int | None = None) -> Inner | Missing | Unknown:
        """Look one item further, or at any item where `index` is None."""
        schema = self.folded()
        if isinstance(schema, dict) and not _LISTED_WHOLE.isdisjoint(schema):
            return _among([_spelled(value).item(index) for value in _listed(schema) if isinstance(value, list)])
        if isinstance(schema, dict) and schema.keys() <= _PLAIN_ARRAY and schema.get("type") == "array":
            items, longest = schema.get("items", True), schema.get("maxItems")
            if items is False or longest == 0 or (index is not None and longest is not None and index >= longest):
                return Missing(())
            return Inner(Place(items, self.document), index is not None and index >= schema.get("minItems", 0))
        return _inner(item_of(self.alone(), index))

    def values(self) -> "Place":
        """A place for the value of any property; `{}` where the schema composes."""
        schema = self.folded()
        if not isinstance(schema, dict) or not schema.keys() <= _PLAIN_OBJECT:
            return place({})
        declared = schema.get("properties", {})
        mentioned = any(name not in declared for name in schema.get("required", ()))
        rest = schema.get("additionalProperties", mentioned or "properties" not in schema)
        inside = [*declared.values(), *([rest] if rest is not False else [])]
        return either([Place(one, self.document) for one in inside]) if inside else place({})

    def folded(self) -> JsonSchema:
        """The schema itself, behind references that say nothing else."""
        schema = self.schema
        for _ in range(_MAX_FOLDS):
            if not isinstance(schema, dict) or "$ref" not in schema or not schema.keys() <= _REFERENCE:
                break
            schema = self.document.target(schema["$ref"])
        return schema


_REFERENCE = ANNOTATIONS | {"$ref"}
_LISTED_WHOLE = frozenset({"const", "enum"})


def place(schema: JsonSchema, definitions: dict[str, JsonSchema] | None = None) -> Place:
    """The root of a schema; one without `$defs` of its own takes the given ones."""
    if definitions and isinstance(schema, dict) and "$defs" not in schema:
        return Place(schema, Document({**schema, "$defs": definitions}))
    return Place(schema, Document(schema))


def either(places: list[Place]) -> Place:
    """A place for values of any of these."""
    return places[0] if len(places) == 1 else place(union(one.alone() for one in places))


def _inner(found: Found | Missing | Unknown) -> Inner | Missing | Unknown:
    return Inner(place(found.schema), found.optional) if isinstance(found, Found) else found


def _listed(schema: dict[str, Any]) -> list[Any]:
    return [schema["const"]] if "const" in schema else schema["enum"]


def _spelled(value: Any) -> Place:
    return place(spelled_out(value))


def _among(answers: list[Inner | Missing | Unknown]) -> Inner | Missing | Unknown:
    """What may stand inside one of several listed values."""
    found = [answer for answer in answers if isinstance(answer, Inner)]
    if not found:
        return Missing(tuple(sorted({name for a in answers if isinstance(a, Missing) for name in a.declared})))
    optional = len(found) < len(answers) or any(answer.optional for answer in found)
    return Inner(either([answer.place for answer in found]), optional)


def spelled_out(value: Any) -> JsonSchema:
    """The schema of exactly this value, member by member."""
    match value:
        case dict():
            properties = {name: spelled_out(inner) for name, inner in value.items()}
            closed = {"additionalProperties": False, "required": list(value)}
            return {"type": "object", "properties": properties, **closed}
        case list() if value:
            bounds = {"minItems": len(value), "maxItems": len(value)}
            return {"type": "array", "prefixItems": [spelled_out(inner) for inner in value], "items": False, **bounds}
        case list():
            return {"type": "array", "items": False, "maxItems": 0}
    return {"const": value}
