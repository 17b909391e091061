"""What a condition proves about the paths it looks at.

Behind `has(input.b) && …` and in `input.b != null ? … : …` more is known about `input.b` than its schema says. The
language has no assignments, so what was proven of a path stays true wherever the same path is read under the condition.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from wfcore.expression import types
from wfcore.expression.tree import Binary, Call, Field, Has, Index, Literal, Name, Node, Unary
from wfcore.schema import JsonSchema
from wfcore.schema.walking import Place

Key = tuple[str | int | tuple[str, str], ...]
"""A path: its root or variable, then constant steps, or `("name", k)` for a step that a variable chooses."""


class Fact(Struct, frozen=True):
    """What is known of the value at a path."""

    present: bool = False
    narrowed: frozenset[str] | None = None
    """The JSON types it can have."""
    bounds: tuple[tuple[str, float], ...] = ()
    """Keywords about numbers: `exclusiveMinimum`, or `not` for a number it is not equal to."""
    shortest: int = 0
    """So many elements, characters or entries it has at least."""

    def and_also(self, other: "Fact") -> "Fact":
        """Both."""
        narrowed = self.narrowed if other.narrowed is None else other.narrowed
        if self.narrowed is not None and other.narrowed is not None:
            narrowed = self.narrowed & other.narrowed
        shortest = max(self.shortest, other.shortest)
        return Fact(self.present or other.present, narrowed, self.bounds + other.bounds, shortest)

    def applied(self, where: Place) -> Place:
        """The place with what is known of it."""
        if self.narrowed is not None:
            where = types.only(where, self.narrowed)
        more: list[JsonSchema] = [_bound(keyword, number) for keyword, number in self.bounds]
        if self.shortest and where.types() == types.ARRAYS:
            more.append({"minItems": self.shortest})
        return Place(_with(where.folded(), more), where.document) if more else where

    def schema(self) -> dict[str, Any]:
        """What is known as a schema of its own."""
        said: dict[str, Any] = {"type": sorted(self.narrowed)} if self.narrowed is not None else {}
        more = [_bound(keyword, number) for keyword, number in self.bounds]
        return {**said, "allOf": more} if more else said


Facts = Mapping[Key, Fact]
NOTHING: Facts = {}

_NOT_NULL = types.ANY_TYPE | types.INTEGERS
_NOT_NULL -= types.NULLS
_CONTAINERS = {int: types.ARRAYS, str: types.OBJECTS}
_PROVED_ABOVE = {">": "exclusiveMinimum", ">=": "minimum", "<": "exclusiveMaximum", "<=": "maximum", "==": "", "!=": ""}
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}
_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


def _bound(keyword: str, number: float) -> JsonSchema:
    return {"not": {"const": number}} if keyword == "not" else {keyword: number}


def _with(schema: JsonSchema, more: list[JsonSchema]) -> JsonSchema:
    """The schema with further keywords; written into it where they are new to it."""
    made: dict[str, Any] = dict(schema) if isinstance(schema, dict) else {"allOf": [schema]}
    rest: list[JsonSchema] = []
    for one in more:
        assert isinstance(one, dict)
        if made.keys().isdisjoint(one):
            made.update(one)
        else:
            rest.append(one)
    return {"allOf": [made, *rest]} if rest else made


def key_of(node: Node) -> Key | None:
    """The path that a node is, if it is one."""
    match node:
        case Name(name):
            return (name,)
        case Field(target, name):
            return _longer(target, name)
        case Index(target, Literal(str() | int() as key)) if not isinstance(key, bool):
            return _longer(target, key)
        case Index(target, Name(name)):
            return _longer(target, ("name", name))
    return None


def _longer(target: Node, step: str | int | tuple[str, str]) -> Key | None:
    before = key_of(target)
    return None if before is None else (*before, step)


def merged(one: Facts, other: Facts) -> Facts:
    """Everything that either says."""
    if not one or not other:
        return one or other
    return {**one, **{key: one[key].and_also(fact) if key in one else fact for key, fact in other.items()}}


def without(facts: Facts, variable: str) -> Facts:
    """The facts that stay true where a new variable of this name hides what was called so before."""
    return {key: fact for key, fact in facts.items() if key[0] != variable and ("name", variable) not in key}


def proven(node: Node, holds: bool = True) -> Facts:
    """What is known where a condition holds, or where it does not."""
    match node:
        case Unary("!", operand):
            return proven(operand, not holds)
        case Binary("&&" | "||" as operator, left, right):
            return merged(proven(left, holds), proven(right, holds)) if holds == (operator == "&&") else NOTHING
        case Has(operand) if holds:
            return _present(key_of(operand))
        case Call("hasValue", target) if holds and target is not None:
            return _present(key_of(target))
        case Binary("in", Name(name), container) if holds:
            return _there(_longer(container, ("name", name)))
        case Binary("in", Literal(str() as name), container) if holds:
            return _there(_longer(container, name))
        case Binary(operator, left, right) if operator in _OPPOSITE:
            operator = operator if holds else _OPPOSITE[operator]  # type: ignore[assignment]
            return merged(_compared(left, operator, right), _compared(right, _MIRRORED[operator], left))
    return NOTHING


def _present(key: Key | None) -> Facts:
    """A value that is there stands in containers that are there."""
    facts: dict[Key, Fact] = {}
    for length in range(1, len(key) if key is not None else 0):
        assert key is not None
        facts[key[:length]] = Fact(True, _CONTAINERS.get(type(key[length])))
    return {**facts, **_there(key)}


def _there(key: Key | None) -> Facts:
    """A key of an object is there. Of a list this says nothing: its keys are no elements."""
    return {key: Fact(True)} if key is not None else NOTHING


def _compared(node: Node, operator: str, other: Node) -> Facts:
    """What `node operator other` proves, where the other side is a literal."""
    if not isinstance(other, Literal):
        return NOTHING
    value = other.value
    match node:
        case Call("orValue", target, (Literal(None),)) if target is not None and value is None and operator == "!=":
            key = key_of(target)
            return merged(_present(key), {key: Fact(True, _NOT_NULL)}) if key is not None else NOTHING
        case Call("size", target, arguments):
            sized = key_of(target if target is not None else arguments[0]) if target or arguments else None
            least = _least(operator, value)
            return {sized: Fact(shortest=least)} if sized is not None and least else NOTHING
    key = key_of(node)
    if key is None:
        return NOTHING
    if value is None:
        return {key: Fact(narrowed=_NOT_NULL)} if operator == "!=" else NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {key: Fact(narrowed=_NOT_NULL)} if operator == "==" else NOTHING
    if operator == "!=":
        return {key: Fact(bounds=(("not", value),))}
    if operator == "==":
        return {key: Fact(narrowed=types.NUMBERS, bounds=(("minimum", value), ("maximum", value)))}
    return {key: Fact(bounds=((_PROVED_ABOVE[operator], value),))}


def _least(operator: str, value: Any) -> int:
    """How large a size is at least, if `size operator value`."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return {">": value + 1, ">=": value, "==": value, "!=": 1 if value == 0 else 0}.get(operator, 0)


def item_schema(facts: Facts, variable: str) -> dict[str, Any]:
    """What a condition proves about a variable, as a schema: `{}` where it proves nothing that a schema can say."""
    made: dict[str, Any] = {}
    for key, fact in facts.items():
        if key[0] == variable and all(isinstance(step, str) for step in key[1:]):
            _write(made, [step for step in key[1:] if isinstance(step, str)], fact)
    return made


def _write(into: dict[str, Any], steps: list[str], fact: Fact) -> None:
    for at, step in enumerate(steps):
        if fact.present or at < len(steps) - 1:
            required = into.setdefault("required", [])
            required += [step] if step not in required else []
        into = into.setdefault("properties", {}).setdefault(step, {})
    for keyword, said in fact.schema().items():
        into[keyword] = into.get(keyword, []) + said if keyword == "allOf" else said
