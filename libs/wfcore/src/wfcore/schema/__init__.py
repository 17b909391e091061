"""JSON Schema 2020-12, the one language in which this house says what a value is.

`compile` checks a schema and makes it ready: `accepts`, `violations`, `prune`. `property_of`, `item_of`, `types_of`
and `union` are for those who reason about values that are not there yet. Nothing is ever fetched: a schema refers to
itself or to nothing.
"""

from wfcore.schema.checks import SchemaError, SchemaProblem
from wfcore.schema.compiled import Schema, compile
from wfcore.schema.navigation import Found, Missing, Unknown, item_of, property_of, type_name, types_of, union
from wfcore.schema.normal import normalise
from wfcore.schema.places import JsonSchema
from wfcore.schema.rooting import alone, rooted
from wfcore.schema.wording import Violation

__all__ = [
    "Found",
    "JsonSchema",
    "Missing",
    "Schema",
    "SchemaError",
    "SchemaProblem",
    "Unknown",
    "Violation",
    "alone",
    "compile",
    "item_of",
    "normalise",
    "property_of",
    "rooted",
    "type_name",
    "types_of",
    "union",
]
