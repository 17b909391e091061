"""Texts and numbers: does what one set of keywords lets through fit one keyword of another?

Each keyword of the taker is asked on its own, so that the answer names it. Proofs are made with exact arithmetic or by
the library; candidates for a counterexample come from the edges of both sides.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import ceil, floor, inf
from typing import Any

from wfcore.compatibility import library
from wfcore.compatibility.rules import Rule
from wfcore.compatibility.samples import numbers, texts
from wfcore.jsontext import JsonValue

_RULES: dict[str, Rule] = {
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

_SPELLED = frozenset({"pattern", "format"})
"""Only with these may the library know more about a text than its bounds say."""

Parts = Sequence[dict[str, Any]]


Proves = Callable[[dict[str, Any], dict[str, Any]], bool]
"""What asks the library whether one schema covers another."""


def text_fits(giver: Parts, keyword: str, limit: Any, proves: Proves) -> bool:
    """Whether it is proven that every text of the giver keeps one keyword of the taker."""
    if any(part.get(keyword) == limit for part in giver):
        return True
    if keyword == "format" and not library.asserts_format(limit):
        return True
    lengths = [_LENGTHS[part["format"]] for part in giver if part.get("format") in _LENGTHS]
    if keyword == "maxLength" and limit >= min([most for _, most in lengths] + _told(giver, keyword), default=inf):
        return True
    if keyword == "minLength" and limit <= max([least for least, _ in lengths] + _told(giver, keyword), default=0):
        return True
    return any(not part.keys().isdisjoint(_SPELLED) for part in giver) and proves(
        _only(giver, "string", OF_TEXTS), {"type": "string", keyword: limit}
    )


def number_fits(giver: Parts, whole: bool, keyword: str, limit: Any, proves: Proves) -> bool:
    """Whether it is proven that every number of the giver (integers where `whole`) keeps one keyword of the taker."""
    if any(part.get(keyword) == limit for part in giver):
        return True
    if keyword == "multipleOf":
        return _is_multiple(giver, whole, limit)
    if keyword in ("minimum", "exclusiveMinimum"):
        return _is_above(_lowest(giver, whole, 1), keyword == "minimum", limit)
    return _is_above(_lowest(giver, whole, -1), keyword == "maximum", -limit)


def _lowest(giver: Parts, whole: bool, sign: int) -> tuple[Fraction, bool] | None:
    """The lowest number of the giver, or what they all are above (false); with sign -1 of the negated numbers."""
    found: list[tuple[Fraction, bool]] = []
    names = ("minimum", "exclusiveMinimum") if sign > 0 else ("maximum", "exclusiveMaximum")
    for bound in (sign * Fraction(value) for value in _told(giver, names[0])):
        found.append((Fraction(ceil(bound)) if whole else bound, True))
    for bound in (sign * Fraction(value) for value in _told(giver, names[1])):
        found.append((Fraction(floor(bound) + 1), True) if whole else (bound, False))
    return max(found, key=lambda one: (one[0], not one[1]), default=None)


def _is_above(lowest: tuple[Fraction, bool] | None, may_be_equal: bool, limit: Any) -> bool:
    if lowest is None:
        return False
    bound, is_reached = lowest
    return bound > Fraction(limit) or (bound == Fraction(limit) and (may_be_equal or not is_reached))


def _told(giver: Parts, keyword: str) -> list[Any]:
    return [part[keyword] for part in giver if keyword in part]


def is_whole(giver: Parts) -> bool:
    """Whether every number of the giver is an integer because it is a multiple of one."""
    return any(isinstance(part.get("multipleOf"), int) for part in giver)


def rule_of(keyword: str) -> Rule:
    """The rule that a broken keyword about texts or numbers comes under."""
    return _RULES[keyword]


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
