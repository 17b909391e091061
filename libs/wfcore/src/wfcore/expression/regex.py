"""Patterns that match in linear time, whatever the text: no look-around, no back-references."""

from collections.abc import Callable
from functools import lru_cache

from jsonschema_rs import Draft202012Validator, ValidationError

from wfcore.schema.checks import PATTERNS


class PatternError(ValueError):
    """The pattern cannot be used."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text holds a match, anywhere in it. Raises PatternError."""
    try:
        return Draft202012Validator({"pattern": pattern}, pattern_options=PATTERNS, offline=True).is_valid
    except (ValidationError, ValueError):
        raise PatternError(
            "this is no pattern of the linear engine: no look-around, no back-references, no huge repetitions"
        ) from None
