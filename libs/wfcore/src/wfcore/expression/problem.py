"""What can be wrong with an expression or a template, in one shape for both."""

from typing import Literal as OneOf

from msgspec import Struct

ProblemKind = OneOf[
    "syntax",
    "unsupported",
    "unknown-name",
    "unknown-field",
    "optional-as-value",
    "null-as-value",
    "not-text",
    "not-boolean",
    "not-json",
    "never-equal",
    "type",
    "unproven",
]
"""All but `unproven` will break, or can never do what they say; that one may break, because the schemas do not say."""


class Problem(Struct, frozen=True):
    """One thing wrong with an expression, and how to cure it."""

    pointer: str
    """JSON Pointer to the string inside the template value; empty where the string is the whole value."""
    offset: int
    """Characters from 0 into that string."""
    message: str
    kind: ProblemKind
    seen: str = ""
    candidates: tuple[str, ...] = ()
    """The nearest names that do exist, best first."""
    fix: str | None = None
    """The whole corrected string, where a machine may put it in place."""
