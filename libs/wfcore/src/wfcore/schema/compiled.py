"""A schema made ready: checked once, then asked many times.

The planner compiles a schema when a definition is published; gateway and executor ask it on every request. What only
some of them need (the closed form, the means to prune) is built when it is first asked for.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property

import msgspec
from jsonschema_rs import Draft202012Validator

from wfcore import jsontext
from wfcore.jsontext import JsonValue
from wfcore.schema.breaches import Breaches
from wfcore.schema.checks import build, check, check_size, check_values
from wfcore.schema.closing import Closed, close
from wfcore.schema.normal import normalise
from wfcore.schema.pieces import Pieces
from wfcore.schema.places import Document, JsonSchema
from wfcore.schema.pruning import Pruner
from wfcore.schema.wording import Violation, places_of, violations_of

_KEPT = 512
"""Compiled schemas that are remembered. More than a large namespace has; each costs some tens of kB."""


class Schema:
    """A compiled schema. Immutable; equal when its canonical text is."""

    def __init__(self, source: JsonSchema, validator: Draft202012Validator) -> None:
        self._source = source
        self._validator = validator
        self.accepts: Callable[[JsonValue], bool] = validator.is_valid
        """Whether a value fits. Formats count. Values come from `jsontext.decode`, so their depth is bounded."""

    @property
    def source(self) -> JsonSchema:
        """The normalised schema. Shared: never change it."""
        return self._source

    @cached_property
    def digest(self) -> str:
        """`sha256:…` of the normalised schema's canonical text."""
        return jsontext.digest(self._source)

    def violations(self, value: JsonValue, limit: int = 100) -> list[Violation]:
        """Everything that is wrong with a value, at most `limit`; of huge values only a part is looked at.

        Nothing is wrong with most values: that costs no more than `accepts`.
        """
        return [] if self.accepts(value) else violations_of(self._validator, value, limit)

    def breaches(self, value: JsonValue) -> list[str]:
        """JSON Pointers such that everything wrong with a value is at one of them or inside it.

        Exact for values of less than 5,000 members. Of larger ones, parts that are broken all over, or that depend
        on alternatives, are named as a whole.
        """
        exact = places_of(self._validator, value)
        return exact if exact is not None else self._breaches.places(value)

    @property
    def closed(self) -> JsonSchema:
        """What may be given after pruning: accepts every pruned value, and no property that pruning would cut.

        Objects that declare properties and have no `additionalProperties` are closed; see `prune` for the rule.
        Where composition is too tangled to be closed exactly, a part stays open, never too narrow.
        """
        return self._closed.schema

    def needs_pruning(self, value: JsonValue) -> bool:
        """Whether `prune` has to look at an accepted value: one quick check, false for most."""
        return not (self._closed.exact and self._closed_validator.is_valid(value))

    def prune(self, value: JsonValue) -> tuple[JsonValue, list[str]]:
        """An accepted value without what its schema does not declare, and the JSON Pointers of what was cut.

        An object is cut where its schema declares properties (`properties`, `patternProperties`, through `$ref` and
        `allOf`, and through those branches of `anyOf`, `oneOf`, `if` and `dependentSchemas` that accept the value)
        and has no `additionalProperties` or `unevaluatedProperties`. A name in `required` counts as declared. A
        schema that says nothing about properties (`{}`, `{type: object}`) keeps everything, and so does one that
        lists whole values (`enum`, `const`). A value with nothing to cut is returned as the same object.
        """
        return self._pruner.prune(value) if self.needs_pruning(value) else (value, [])

    @cached_property
    def _closed(self) -> Closed:
        return close(self._source)

    @cached_property
    def _closed_validator(self) -> Draft202012Validator:
        return build(self._closed.schema)

    @cached_property
    def _pruner(self) -> Pruner:
        return Pruner(self._document, self._pieces)

    @cached_property
    def _breaches(self) -> Breaches:
        return Breaches(self._document, self._pieces)

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._document)

    @cached_property
    def _document(self) -> Document:
        return Document(self._source)

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Schema) and other.digest == self.digest)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Schema({self.digest[:18]})"


_compiled: OrderedDict[bytes, Schema] = OrderedDict()


def compile(schema: JsonSchema) -> Schema:
    """Check and compile a schema. Equal schemas give the same object. Raises SchemaError with all problems."""
    check_size(schema)
    check_values(schema)
    key = hashlib.sha256(msgspec.json.encode(schema, order="deterministic")).digest()
    if key in _compiled:
        _compiled.move_to_end(key)
        return _compiled[key]
    source = normalise(schema)
    check(source)
    made = Schema(source, build(source))
    _compiled[key] = made
    if len(_compiled) > _KEPT:
        _compiled.popitem(last=False)
    return made
