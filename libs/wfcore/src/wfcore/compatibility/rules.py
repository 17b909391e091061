"""Every way in which a giver's values may not fit, by its stable id.

Whoever reads findings, in a diagnostic, in the editor or in a pipeline, may rely on these ids. A new obstacle gets a
new id; an id never comes to mean something else.
"""

from types import MappingProxyType
from typing import Literal, TypeAlias

Rule: TypeAlias = Literal[
    "required-missing",
    "type-widened",
    "enum-widened",
    "nullable",
    "bound-loosened",
    "multiple-of",
    "pattern-differs",
    "format-differs",
    "unique-items",
    "closed-object",
    "alternatives",
    "condition",
    "too-large",
]

RULES = MappingProxyType[Rule, str](
    {
        "required-missing": "a property that the taker requires is optional on the giving side, or never given",
        "type-widened": "a value of a JSON type may be given that the taker does not accept there",
        "enum-widened": "a value may be given that is not in the taker's list of values (`enum`, `const`)",
        "nullable": "null may be given where the taker does not accept it",
        "bound-loosened": "a bound of the taker (of a number, a length, a count) may be broken: the giver's is looser",
        "multiple-of": "a number may be given that is no multiple of what the taker asks for",
        "pattern-differs": "a text may be given that does not match the taker's `pattern`",
        "format-differs": "a text may be given that is not of the taker's `format`",
        "unique-items": "an item may be given twice, and the taker wants each only once",
        "closed-object": "a property may be given that the taker does not know and does not let in",
        "alternatives": "a value may be given that is not proven to fit one of the taker's alternatives",
        "condition": "what the taker accepts depends on a condition (`not`, `if`, `contains` …) that may not be kept",
        "too-large": "the two schemas are too large, or too deep, to be compared in reasonable time",
    }
)
"""A sentence for each rule, as the documentation quotes it."""
