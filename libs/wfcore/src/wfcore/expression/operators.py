"""The types of operators. JSON has one type of numbers: integers are those that have no fraction."""

import difflib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from wfcore.expression import narrowing, types
from wfcore.expression.tree import Binary, Literal, Node, Unary
from wfcore.expression.types import Typed, typed
from wfcore.schema import JsonSchema, Missing
from wfcore.schema.building import array_of
from wfcore.schema.walking import Inner, Place

if TYPE_CHECKING:
    from wfcore.expression.checking import Checker, Known

Class = frozenset[str]

_ADDED: tuple[Class, ...] = (types.NUMBERS, types.STRINGS, types.TIMESTAMPS, types.DURATIONS, types.ARRAYS)
_SUBTRACTED: tuple[Class, ...] = (types.NUMBERS, types.TIMESTAMPS, types.DURATIONS)
_TIMES = {
    ("+", types.TIMESTAMPS, types.DURATIONS): types.TIMESTAMP,
    ("+", types.DURATIONS, types.TIMESTAMPS): types.TIMESTAMP,
    ("+", types.DURATIONS, types.DURATIONS): types.DURATION,
    ("-", types.TIMESTAMPS, types.DURATIONS): types.TIMESTAMP,
    ("-", types.DURATIONS, types.DURATIONS): types.DURATION,
    ("-", types.TIMESTAMPS, types.TIMESTAMPS): types.DURATION,
}


def operation(checker: "Checker", node: Unary | Binary, known: "Known") -> Typed:
    """Type an operator and its operands."""
    match node:
        case Unary("!", operand):
            return checker.condition(operand, known)
        case Unary(_, operand):
            return _number([checker.operand(operand, known, types.NUMBERS)])
        case Binary("&&" | "||" as operator, left, right):
            checker.condition(left, known)
            return checker.condition(right, known.where(narrowing.proven(left, operator == "&&")))
        case Binary("==" | "!="):
            return _equality(checker, node, known)
        case Binary("<" | "<=" | ">" | ">="):
            _alike(checker, node, known, types.ORDERED)
            return types.BOOLEAN
        case Binary("in"):
            return _membership(checker, node, known)
        case Binary("+"):
            return _sum(*_alike(checker, node, known, _ADDED), "+")
        case Binary("-"):
            return _sum(*_alike(checker, node, known, _SUBTRACTED), "-")
        case Binary("*"):
            return _number([checker.operand(side, known, types.NUMBERS) for side in (node.left, node.right)])
        case Binary("/"):
            told = _divided(checker, node, known, types.NUMBERS)
            return replace(types.NUMBER, told=told)
        case Binary("%"):
            told = _divided(checker, node, known, types.INTEGERS)
            return replace(types.INTEGER, told=told)
    raise AssertionError(node)


# --- arithmetic ------------------------------------------------------------------------------------------------------


def _number(operands: list[Typed]) -> Typed:
    """Whole numbers stay whole; what is not known to be a number counts as any."""
    whole = all(one.types() <= types.INTEGERS and not one.told for one in operands)
    told = any(one.told for one in operands)
    return replace(types.INTEGER if whole else types.NUMBER, told=told)


def _divided(checker: "Checker", node: Binary, known: "Known", wanted: Class) -> bool:
    left, right = (checker.operand(side, known, wanted) for side in (node.left, node.right))
    if isinstance(node.right, Literal) and node.right.value == 0:
        checker.refusals.tell("type", node.right, f"`{checker.refusals.written(node)}` divides by zero")
    elif not right.told and not excludes_zero(right.place):
        text = checker.refusals.written(node.right)
        message = f"`{text}` may be 0, and dividing by zero is an error: test `{text} != 0` before"
        checker.refusals.doubt(node.right, message)
    return left.told or right.told


def excludes_zero(where: Place) -> bool:
    """Whether a schema says that a number is not 0."""
    schema = where.folded()
    if not isinstance(schema, dict):
        return False
    listed = types.values_of(where)
    if listed is not None and not any(types.same(value, 0) for value in listed):
        return True
    if schema.get("minimum", 0) > 0 or schema.get("exclusiveMinimum", -1) >= 0:
        return True
    if schema.get("maximum", 0) < 0 or schema.get("exclusiveMaximum", 1) <= 0:
        return True
    if schema.get("not") in ({"const": 0}, {"enum": [0]}):
        return True
    if any(excludes_zero(Place(part, where.document)) for part in schema.get("allOf", ())):
        return True
    return "anyOf" in schema and all(excludes_zero(Place(way, where.document)) for way in schema["anyOf"])


def _alike(
    checker: "Checker", node: Binary, known: "Known", classes: tuple[Class, ...]
) -> tuple[Typed, Typed, Class | None]:
    """Type both sides of an operator whose operands must be of one class; the class is None where nobody knows."""
    every = frozenset[str]().union(*classes)
    left, right = (checker.operand(side, known, every) for side in (node.left, node.right))
    of_left, of_right = types.class_of(left.types(), classes), types.class_of(right.types(), classes)
    vague, also_vague = (side.told or not side.types() for side in (left, right))
    if vague or also_vague:
        return left, right, of_left if also_vague and not vague else of_right if vague and not also_vague else None
    if of_left is not None and of_left == of_right:
        return left, right, of_left
    if of_left is not None and of_right is not None and (node.operator, of_left, of_right) in _TIMES:
        return left, right, None
    _refuse_pair(checker, node, left, right)
    return left.as_told(), right.as_told(), None


def _refuse_pair(checker: "Checker", node: Binary, left: Typed, right: Typed) -> None:
    one, other = types.spoken(left.types()), types.spoken(right.types())
    message = f"`{node.operator}` needs two values of one type, not {one} and {other}"
    fix = None
    if node.operator == "+" and types.STRINGS in (left.types(), right.types()):
        side, seen = (node.left, left) if right.types() == types.STRINGS else (node.right, right)
        if seen.types() <= types.NUMBERS | types.BOOLEANS | types.INTERNAL:
            fix = checker.refusals.around(side, "string(", ")")
    checker.refusals.tell("type", node, message, fix=fix)


def _sum(left: Typed, right: Typed, of: Class | None, operator: str) -> Typed:
    told = left.told or right.told
    timed = _TIMES.get((operator, left.types(), right.types()))
    if timed is not None:
        return timed
    if of == types.NUMBERS:
        return _number([left, right])
    if of == types.ARRAYS:
        if _meets(left, types.ARRAYS) and _meets(right, types.ARRAYS):
            return joined(left, right)
        return replace(typed({"type": "array"}), told=told)
    if of == types.STRINGS:
        return replace(types.STRING, told=told)
    return replace(types.ANYTHING, told=told)


def _meets(one: Typed, wanted: Class) -> bool:
    return not one.told and bool(one.types() & wanted)


def joined(left: Typed, right: Typed) -> Typed:
    """The type of one list behind another."""
    items: list[JsonSchema] = []
    for one in (left, right):
        match one.place.item():
            case Inner(inside):
                items.append(inside.alone())
            case Missing():
                pass
            case _:
                items.append({})
    (least, most), (least_behind, most_behind) = types.lengths(left), types.lengths(right)
    longest = None if most is None or most_behind is None else most + most_behind
    return typed(array_of(types.either_schema(items), least + least_behind, longest))


# --- comparison ------------------------------------------------------------------------------------------------------


def _equality(checker: "Checker", node: Binary, known: "Known") -> Typed:
    sides = []
    for side, other in ((node.left, node.right), (node.right, node.left)):
        found = checker.check(side, known, "value" if not _is_null(other) else "optional")
        if found.optional and not found.told:
            _refuse_optional(checker, node, side, other, found)
            found = found.as_told() if _is_null(other) else found
        sides.append(found.as_value())
    left, right = sides
    if left.told or right.told or (isinstance(node.left, Literal) and isinstance(node.right, Literal)):
        return types.BOOLEAN
    _refuse_never_equal(checker, node, (node.left, left), (node.right, right))
    return types.BOOLEAN


def _is_null(node: Node) -> bool:
    return isinstance(node, Literal) and node.value is None


def _refuse_optional(checker: "Checker", node: Binary, side: Node, other: Node, found: Typed) -> None:
    if not _is_null(other):
        checker.refusals.optional(side, found)
        return
    text = checker.refusals.written(side)
    message = f"`{text}` may be absent, and absent is not null: ask `{text}.hasValue()`"
    negation = "!" if node.operator == "==" else ""
    asked = f"{negation}{checker.refusals.text[side.start : side.end]}.hasValue()"
    fix = checker.refusals.with_text(node.start, node.end, asked) if found.types().isdisjoint(types.NULLS) else None
    checker.refusals.tell("optional-as-value", side, message, fix=fix)


def _refuse_never_equal(checker: "Checker", node: Binary, one: tuple[Node, Typed], other: tuple[Node, Typed]) -> None:
    """Tell that two sides can never be equal: their types, or the values that they list."""
    (left, of_left), (right, of_right) = one, other
    result = "always true" if node.operator == "!=" else "never true"
    seen, against = of_left.types(), of_right.types()
    if not seen or not against:
        return
    if not _meet(seen, against):
        message = f"{types.spoken(seen)} and {types.spoken(against)} are never equal: this is {result}"
        checker.refusals.tell("never-equal", node, message)
        return
    values, others = types.values_of(of_left.place), types.values_of(of_right.place)
    if values is None or others is None or any(types.same(value, also) for value in values for also in others):
        return
    literal, listed, of = (left, others, right) if isinstance(left, Literal) else (right, values, left)
    _refuse_unlisted(checker, literal, listed, of, result)


def _refuse_unlisted(checker: "Checker", literal: Node, listed: list[Any], of: Node, result: str) -> None:
    """A value that the other side never has, with the nearest that it does have."""
    names = [value for value in listed if isinstance(value, str)]
    written = ", ".join(types.written_value(value) for value in listed[:8] if not isinstance(value, dict | list))
    message = f"`{checker.refusals.written(of)}` is one of {written}: this is {result}"
    nearest: tuple[str, ...] = ()
    if isinstance(literal, Literal) and isinstance(literal.value, str):
        nearest = tuple(difflib.get_close_matches(literal.value, names, n=3))
    correct = types.written_value(nearest[0]) if nearest else ""
    fix = checker.refusals.with_text(literal.start, literal.end, correct) if correct else None
    seen = literal.value if isinstance(literal, Literal) and isinstance(literal.value, str) else None
    checker.refusals.tell("never-equal", literal, message, seen=seen, candidates=nearest, fix=fix)


def _meet(seen: frozenset[str], others: frozenset[str]) -> bool:
    return bool(seen & others or (seen & types.NUMBERS and others & types.NUMBERS))


def _membership(checker: "Checker", node: Binary, known: "Known") -> Typed:
    left = checker.value(node.left, known)
    right = checker.operand(node.right, known, types.ARRAYS | types.OBJECTS)
    if left.told or right.told:
        return types.BOOLEAN
    if right.types() == types.OBJECTS:
        checker.fit(node.left, left, types.STRINGS)
    elif right.types() == types.ARRAYS:
        _refuse_never_equal(checker, node, (node.left, left), (node.right, types.element(right)))
    return types.BOOLEAN
