"""Texts and numbers: does what one set of keywords lets through fit one keyword of another?

Each keyword of the taker is asked on its own, so that the answer names it. Proofs are made with exact arithmetic or by
the library; candidates for a counterexample come from the edges of both sides.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from wfcore.compatibility import library
from wfcore.compatibility.samples import numbers, texts
from wfcore.jsontext import JsonValue

RULES = {
    "minimum": "bound-loosened",
    "maximum": "bound-loosened",
    "exclusiveMinimum": "bound-loosened",
    "exclusiveMaximum": "bound-loosened",
    "minLength": "bound-loosened",
    "maxLength": "bound-loosened",
    "multipleOf": "multiple-of",
    "pattern": "pattern-differs",
    "format": "format-differs",
}
OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
OF_TEXTS = frozenset({"minLength", "maxLength", "pattern", "format"})

_LENGTHS = {"uuid": (36, 36), "date": (10, 10), "ipv4": (7, 15)}
"""How long texts of these formats are, which the library does not know."""

Parts = Sequence[dict[str, Any]]


def text_fits(giver: Parts, keyword: str, limit: Any) -> bool:
    """Whether it is proven that every text of the giver keeps one keyword of the taker."""
    if any(part.get(keyword) == limit for part in giver):
        return True
    if keyword == "format" and not library.asserts_format(limit):
        return True
    for name in (part["format"] for part in giver if part.get("format") in _LENGTHS):
        least, most = _LENGTHS[name]
        if (keyword == "maxLength" and most <= limit) or (keyword == "minLength" and least >= limit):
            return True
    return library.proves(_only(giver, "string", OF_TEXTS), {"type": "string", keyword: limit})


def number_fits(giver: Parts, whole: bool, keyword: str, limit: Any) -> bool:
    """Whether it is proven that every number of the giver (integers where `whole`) keeps one keyword of the taker."""
    if any(part.get(keyword) == limit for part in giver):
        return True
    if keyword == "multipleOf":
        return _is_multiple(giver, whole, limit)
    return library.proves(
        _only(giver, "integer" if whole else "number", OF_NUMBERS - {"multipleOf"}), {"type": "number", keyword: limit}
    )


def is_whole(giver: Parts) -> bool:
    """Whether every number of the giver is an integer because it is a multiple of one."""
    return any(isinstance(part.get("multipleOf"), int) for part in giver)


def text_candidates(giver: Parts, keyword: str, limit: Any) -> list[JsonValue]:
    """Texts of the giver that may break the keyword."""
    beside: dict[str, Any] = {}
    if keyword == "maxLength":
        beside = {"minLength": limit + 1}
    if keyword == "minLength":
        beside = {"maxLength": max(limit - 1, 0)}
    return _breaking([*texts([*giver, beside]), *texts(giver)], giver, OF_TEXTS, keyword, limit)


def number_candidates(giver: Parts, whole: bool, keyword: str, limit: Any) -> list[JsonValue]:
    """Numbers of the giver that may break the keyword."""
    edge = {"minimum": limit} if keyword != "multipleOf" else {}
    tried = [*numbers([*giver, edge], whole), *numbers(giver, whole), *_around(giver, limit)]
    if whole:
        tried = [number for number in tried if isinstance(number, int)]
    return _breaking(tried, giver, OF_NUMBERS, keyword, limit)


def fractions(giver: Parts) -> Sequence[JsonValue]:
    """Numbers of the giver that are no integers."""
    tried = [*numbers(giver, False), *_around(giver, 0)]
    fitting = [n for n in tried if library.accepts({"allOf": [_only(giver, "number", OF_NUMBERS)]}, n)]
    return [number for number in fitting if isinstance(number, float) and not number.is_integer()][:4]


def _around(giver: Parts, limit: Any) -> list[JsonValue]:
    edges = [limit, *(part[keyword] for part in giver for keyword in OF_NUMBERS if keyword in part)]
    steps = [part["multipleOf"] for part in giver if "multipleOf" in part] or [1, 0.5, 0.25, 0.001]
    found: list[JsonValue] = []
    for edge in edges:
        for step in steps:
            base = Fraction(str(edge)) // Fraction(str(step)) * Fraction(str(step))
            for count in (-2, -1, 0, 1, 2):
                number = base + count * Fraction(str(step))
                found += [int(number) if number.denominator == 1 else float(number)]
    return found


def _breaking(
    tried: Sequence[JsonValue], giver: Parts, keywords: frozenset[str], keyword: str, limit: Any
) -> list[JsonValue]:
    own = {"allOf": [{k: v for k, v in part.items() if k in keywords} for part in giver]}
    breaking = [v for v in tried if not library.accepts({keyword: limit}, v) and library.accepts(own, v)]
    return sorted({repr(value): value for value in breaking}.values(), key=lambda value: len(repr(value)))[:4]


def _is_multiple(giver: Parts, whole: bool, limit: Any) -> bool:
    """Exact for integers. Doubles are only trusted where both sides say the same: 0.3 is no clean multiple of 0.1."""
    if whole and limit == 1:
        return True
    steps = [part["multipleOf"] for part in giver if "multipleOf" in part]
    return any(isinstance(step, int) and isinstance(limit, int) and step % limit == 0 and limit > 0 for step in steps)


def _only(giver: Parts, kind: str, keywords: frozenset[str]) -> dict[str, Any]:
    kept = [{k: v for k, v in part.items() if k in keywords} for part in giver]
    asked = [part for part in kept if part]
    if len(asked) == 1:
        return {"type": kind, **asked[0]}
    return {"type": kind, "allOf": asked} if asked else {"type": kind}
