"""Values judged by a piece of a schema: an alternative, the items of an array, one property."""

from functools import cached_property

import jsonschema_rs

from wfcore.jsontext import JsonValue
from wfcore.schema.checks import PATTERNS
from wfcore.schema.places import Document, JsonSchema, children, pointer


class Pieces:
    """Validators of all schemas that stand in one document. They are built when the first value asks for them."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def accepts(self, schema: JsonSchema, value: JsonValue) -> bool:
        """Whether a piece, which must stand in the document, accepts a value."""
        return schema if isinstance(schema, bool) else self.validator(schema).is_valid(value)

    def validator(self, schema: JsonSchema) -> jsonschema_rs.Draft202012Validator:
        """The validator of a piece that is no mere true or false."""
        return self._validators[self._pointers[id(schema)]]  # type: ignore[return-value]

    @cached_property
    def _pointers(self) -> dict[int, str]:
        return dict(_pointers(self._document.root, ()))

    @cached_property
    def _validators(self) -> jsonschema_rs.ValidatorMap:
        return jsonschema_rs.validator_map_for(
            self._document.root,
            validate_formats=True,
            pattern_options=PATTERNS,
            offline=True,
        )


def _pointers(schema: JsonSchema, path: tuple[str, ...]) -> list[tuple[int, str]]:
    found = [(id(schema), "#" + pointer(path))]
    for step, child in children(schema):
        found += _pointers(child, path + step)
    return found
