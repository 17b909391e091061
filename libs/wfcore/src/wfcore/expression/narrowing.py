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

Key = tuple["str | int | Key", ...]
"""A path: its root or variable, then constant steps, or for a step that another path chooses this path."""


class Fact(Struct, frozen=True):
    """What is known of the value at a path."""

    present: bool = False
    keyed: bool = False
    """It is there if an object is around it: `k in x` says this, and of a list only that some element is `k`."""
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
        present, keyed = self.present or other.present, self.keyed or other.keyed
        return Fact(present, keyed, narrowed, self.bounds + other.bounds, shortest)

    def applied(self, where: Place) -> Place:
        """The place with what is known of it."""
        if self.narrowed is not None:
            where = types.only(where, self.narrowed)
        more: list[JsonSchema] = [_bound(keyword, number) for keyword, number in self.bounds]
        if self.shortest and where.types() == types.ARRAYS:
            more.append({"minItems": self.shortest})
        return Place(_with(where.folded(), more), where.document) if more else where


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
        case Index(target, chooser) if (chosen := key_of(chooser)) is not None:
            return _longer(target, chosen)
    return None


def _longer(target: Node, step: str | int | Key) -> Key | None:
    before = key_of(target)
    return None if before is None else (*before, step)


def merged(one: Facts, other: Facts) -> Facts:
    """Everything that either says."""
    if not one or not other:
        return one or other
    return {**one, **{key: one[key].and_also(fact) if key in one else fact for key, fact in other.items()}}


def without(facts: Facts, variable: str) -> Facts:
    """The facts that stay true where a new variable of this name hides what was called so before."""
    return {key: fact for key, fact in facts.items() if not mentions(key, variable)}


def mentions(key: Key, variable: str) -> bool:
    """Whether a path begins with a variable, or lets it choose a step."""
    return key[0] == variable or any(isinstance(step, tuple) and mentions(step, variable) for step in key)


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
        case Binary("in", Literal(str() as name), container) if holds:
            return _keyed(_longer(container, name))
        case Binary("in", chooser, container) if holds and (chosen := key_of(chooser)) is not None:
            return _keyed(_longer(container, chosen))
        case Binary(operator, left, right) if operator in _OPPOSITE:
            operator = operator if holds else _OPPOSITE[operator]  # type: ignore[assignment]
            return merged(_compared(left, operator, right), _compared(right, _MIRRORED[operator], left))
    return NOTHING


def _present(key: Key | None) -> Facts:
    """A value that is there stands in containers that are there."""
    facts: dict[Key, Fact] = {}
    for length in range(1, len(key) if key is not None else 0):
        assert key is not None
        facts[key[:length]] = Fact(True, narrowed=_CONTAINERS.get(type(key[length])))
    return {**facts, key: Fact(True)} if key is not None else NOTHING


def _keyed(key: Key | None) -> Facts:
    return {key: Fact(keyed=True)} if key is not None else NOTHING


def _compared(node: Node, operator: str, other: Node) -> Facts:
    """What `node operator other` proves, where the other side is a literal."""
    if not isinstance(other, Literal):
        return NOTHING
    value = other.value
    match node:
        case Call("orValue", target, (Literal(None),)) if target is not None and value is None and operator == "!=":
            key = key_of(target)
            return merged(_present(key), {key: Fact(True, narrowed=_NOT_NULL)}) if key is not None else NOTHING
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
        kind = types.BOOLEANS if isinstance(value, bool) else types.STRINGS
        return {key: Fact(narrowed=kind)} if operator == "==" else NOTHING
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


def kept(condition: Node, variable: str, item: Place) -> Place:
    """What an item is for which a condition about `variable` holds."""
    for key, fact in proven(condition).items():
        steps = [step for step in key[1:] if isinstance(step, str)]
        if key[0] == variable and len(steps) == len(key) - 1:
            item = _known_inside(item, steps, fact)
    return item


def _known_inside(where: Place, steps: list[str], fact: Fact) -> Place:
    """The place with what is known of a property inside it."""
    if not steps:
        return fact.applied(where)
    name, rest = steps[0], steps[1:]
    schema = where.folded()
    declared = schema.get("properties", {}) if isinstance(schema, dict) else {}
    inside = _known_inside(Place(declared.get(name, {}), where.document), rest, fact)
    more: dict[str, Any] = {"properties": {name: inside.schema}}
    if rest or fact.present or fact.keyed:
        more["required"] = [name]
    if isinstance(schema, bool) or name not in declared:
        return Place({"allOf": [schema, more]}, where.document)
    required = dict.fromkeys([*schema.get("required", ()), *more.get("required", ())])
    made = {**schema, "properties": {**declared, **more["properties"]}}
    return Place({**made, "required": list(required)} if required else made, where.document)
