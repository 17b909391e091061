"""Proofs that the validator's own library can make.

It compares canonical forms of whole schemas, which is strong for texts, numbers and bounds, and gives up on large or
unusual ones. Only its yes counts. Formats must be asked for on both sides, else any text "is" a UUID.
"""

from functools import lru_cache

import jsonschema_rs
from jsonschema_rs import Draft202012Validator, canonical

from wfcore.jsontext import JsonValue
from wfcore.schema.checks import PATTERNS
from wfcore.schema.places import JsonSchema


def proves(giver: JsonSchema, taker: JsonSchema) -> bool:
    """Whether every value of the giver is proven to fit the taker."""
    try:
        return _canonical(taker).covers(_canonical(giver)) == canonical.Containment.YES
    except _GAVE_UP:
        return False


def is_empty(schema: JsonSchema) -> bool:
    """Whether it is proven that no value fits."""
    try:
        return _canonical(schema).satisfiability() == canonical.Satisfiability.NO
    except _GAVE_UP:
        return False


def validator(schema: JsonSchema) -> Draft202012Validator | None:
    """What judges values as the compiled schema would; None where the library does not take the schema."""
    try:
        return Draft202012Validator(schema, validate_formats=True, pattern_options=PATTERNS, offline=True)
    except _GAVE_UP:
        return None


def accepts(schema: JsonSchema, value: JsonValue) -> bool:
    """Whether one value fits."""
    judge = validator(schema)
    return judge is not None and judge.is_valid(value)


@lru_cache(maxsize=512)
def asserts_format(name: str) -> bool:
    """Whether the validator knows a format. Others (`int32`, `password`) are remarks."""
    try:
        Draft202012Validator({"format": name}, validate_formats=True, ignore_unknown_formats=False, offline=True)
    except _GAVE_UP:
        return False
    return True


def _canonical(schema: JsonSchema) -> jsonschema_rs.CanonicalSchema:
    if "unevaluated" in repr(schema):
        # Seen to be taken apart without the schemas beside it: what these evaluate is then "left over".
        raise ValueError("unevaluated")
    return jsonschema_rs.canonicalize(
        schema, draft=jsonschema_rs.Draft202012, validate_formats=True, pattern_options=PATTERNS, offline=True
    )


_GAVE_UP = (
    jsonschema_rs.ValidationError,
    jsonschema_rs.ReferencingError,
    jsonschema_rs.canonical.CanonicalizationError,
    ValueError,
)
