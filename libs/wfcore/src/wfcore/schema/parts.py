"""Which parts of a schema speak about one value.

`$ref` and `allOf` always apply, of `anyOf`, `oneOf`, `if` and `dependentSchemas` it depends on the value. Pruning,
the closed schema and type inference all ask the same two questions: what holds anyway, and what are the choices?
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from wfcore.schema.places import IN_PLACE, Document, JsonSchema, children

ABOUT_PROPERTIES = frozenset({"properties", "patternProperties", "additionalProperties", "unevaluatedProperties"})
ABOUT_ITEMS = frozenset({"items", "prefixItems", "unevaluatedItems"})


class Choice(Struct, frozen=True):
    """Alternatives of which a value meets some: each is a list of schemas that then hold together.

    `exclusive` where at most one of them holds; `hidden` where the condition is not part of the alternatives
    (`if` is refused by the values of `else`, but no schema here says so).
    """

    keyword: str
    ways: list[list[JsonSchema]]
    exclusive: bool
    hidden: bool


class Parts(Struct, frozen=True):
    """`always`: plain keyword sets without references and unfolded combinators. `choices`: what depends on the value.

    Combinators whose schemas say nothing about properties or items stay in `always`: they only refuse.
    """

    always: list[dict[str, Any]]
    choices: list[Choice]

    def has(self, keywords: Iterable[str]) -> bool:
        """Whether any part that always holds uses one of the keywords."""
        wanted = frozenset(keywords)
        return any(not wanted.isdisjoint(part) for part in self.always)


class Reader:
    """Takes the schemas of one document apart. Remembers what it found; ids are stable as the document lives here."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._structured: dict[int, bool] = {}

    def parts(self, schemas: Iterable[JsonSchema]) -> Parts:
        """Take apart schemas that all apply to one value."""
        parts = Parts([], [])
        for schema in schemas:
            self._collect(schema, parts)
        return parts

    def is_structured(self, schema: JsonSchema) -> bool:
        """Whether a schema says anything about the properties or items of its value."""
        if not isinstance(schema, dict):
            return False
        if id(schema) not in self._structured:
            here = [child for path, child in children(schema) if path[0] in IN_PLACE]
            here += self._referenced(schema)
            says = not (ABOUT_PROPERTIES | ABOUT_ITEMS).isdisjoint(schema)
            self._structured[id(schema)] = says or any(self.is_structured(child) for child in here)
        return self._structured[id(schema)]

    def _referenced(self, schema: dict[str, Any]) -> list[JsonSchema]:
        return [self.document.target(schema[keyword]) for keyword in ("$ref", "$dynamicRef") if keyword in schema]

    def _collect(self, schema: JsonSchema, parts: Parts) -> None:
        if not isinstance(schema, dict):
            if schema is False:
                parts.always.append({"not": {}})
            return
        rest = dict(schema)
        unfolded: list[JsonSchema] = []
        if "$ref" in schema:
            unfolded.append(self.document.target(rest.pop("$ref")))
        unfolded += rest.pop("allOf", [])
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema and any(self.is_structured(way) for way in schema[keyword]):
                ways = [[way] for way in rest.pop(keyword)]
                parts.choices.append(Choice(keyword, ways, keyword == "oneOf", False))
        if "if" in schema and any(self.is_structured(schema[key]) for key in ("if", "then", "else") if key in schema):
            condition, then, otherwise = rest.pop("if"), rest.pop("then", True), rest.pop("else", True)
            parts.choices.append(Choice("if", [[condition, then], [otherwise]], True, True))
        for name, dependent in schema.get("dependentSchemas", {}).items():
            if self.is_structured(dependent):
                rest["dependentSchemas"] = {k: v for k, v in rest["dependentSchemas"].items() if k != name}
                present: JsonSchema = {"required": [name]}
                parts.choices.append(Choice("dependentSchemas", [[present, dependent], [True]], True, True))
        parts.always.append(rest)
        for inside in unfolded:
            self._collect(inside, parts)
