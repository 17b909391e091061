"""What is known of a list's items before there are any."""

from msgspec import Struct

from wfcore import schema as schemas
from wfcore.schema import Found, JsonSchema, Missing, Unknown
from wfcore.schema.building import array_of
from wfcore.schema.places import ANNOTATIONS
from wfcore.schema.walking import Inner, Place, place, spelled_out


class Items(Struct, frozen=True):
    """The schema of every item, how many there are, and whether no two are equal.

    The schema `false` means that there never is an item.
    """

    schema: JsonSchema
    least: int = 0
    most: int | None = None
    unique: bool = False

    def as_list(self) -> JsonSchema:
        """The schema of the list, with the definitions that it needs at its root."""
        if self.schema is False:
            return {"type": "array", "maxItems": 0}
        listed = array_of(self.schema, self.least, self.most)
        return {**listed, "uniqueItems": True} if self.unique and isinstance(listed, dict) else listed


def items_of(schema: JsonSchema) -> Items:
    """What a list of this schema holds. Values that are no lists are left out of account."""
    ways = [_items_of(way) for way in _ways(place(schema), "array")]
    longest = [way.most for way in ways if way.most is not None]
    return Items(
        schemas.union(_spelled_out(way.schema) for way in ways),
        min((way.least for way in ways), default=0),
        max(longest, default=0) if len(longest) == len(ways) else None,
        all(way.unique for way in ways),
    )


def property_of(schema: JsonSchema, name: str) -> Found | Missing:
    """What a property of an object of this schema is. Where the schema hides it, it may be anything or absent."""
    answers = [way.property(name) for way in _ways(place(schema), "object")]
    if any(isinstance(answer, Unknown) for answer in answers):
        return Found({}, True)
    found = [answer for answer in answers if isinstance(answer, Inner)]
    if not found:
        return Missing(tuple(sorted({each for a in answers if isinstance(a, Missing) for each in a.declared})))
    optional = len(found) < len(answers) or any(answer.optional for answer in found)
    return Found(schemas.union(answer.place.alone() for answer in found), optional)


def _ways(where: Place, wanted: str) -> list[Place]:
    """The alternatives of a schema, one by one, that may be of the wanted type."""
    schema = where.folded()
    if isinstance(schema, dict) and schema.keys() - ANNOTATIONS == {"anyOf"}:
        return [way for one in schema["anyOf"] for way in _ways(Place(one, where.document), wanted)]
    return [where] if wanted in where.types() else []


def _spelled_out(schema: JsonSchema) -> JsonSchema:
    """The same schema with whole objects and lists told member by member: only so they can be looked into."""
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("const"), dict | list):
        return spelled_out(schema["const"])
    return {**schema, "anyOf": [_spelled_out(way) for way in schema["anyOf"]]} if "anyOf" in schema else schema


def _items_of(where: Place) -> Items:
    schema = where.folded()
    told = schema if isinstance(schema, dict) else {}
    least, most = told.get("minItems", 0), told.get("maxItems")
    match where.item():
        case Missing():
            return Items(False, 0, 0, True)
        case Inner(inside):
            item = inside.alone()
        case Unknown():
            item = {}
    if isinstance(value := told.get("const"), list):
        least = most = len(value)
    return Items(item, least, most, told.get("uniqueItems") is True)
