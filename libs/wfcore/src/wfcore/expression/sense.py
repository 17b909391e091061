"""What the grammar lets through and makes no sense all the same: unknown functions, reserved names, endless nesting.

Everything here is known from the text alone; what depends on types is found by `infer`.
"""

import difflib
import re
from typing import Any

from wfcore.expression.building import MACROS, NAMESPACES
from wfcore.expression.errors import ExpressionError
from wfcore.expression.functions import FUNCTIONS
from wfcore.expression.regex import PatternError, compiled
from wfcore.expression.tokens import RESERVED
from wfcore.expression.tree import (
    Binary,
    Call,
    Conditional,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Name,
    Node,
    Unary,
    written,
)

MAX_DEPTH = 128
"""So many operations may wait for each other's results: far from the depth at which Python itself gives up."""

MAX_MACROS = 4
"""So many macros may stand inside each other."""

_HYPHENATED = re.compile(r"(?:-[A-Za-z0-9_]+)+")
_ROOTS = frozenset(
    {"input", "tasks", "execution", "workflow", "item", "index", "response", "secrets", "error", "task", "body"}
    | {"headers", "$parent", "$root"}
)
_NOT_OFFERED = {
    "type": "there is one type of number and no type values: compare values instead",
    "dyn": "it is not needed: values are never refused for their static type alone",
    "uint": "there is one type of number: write int(…)",
    "bytes": "bytes are no JSON value",
    "format": "put the values into a string with `+`, or write a template",
    "now": "an expression knows no clock: read timestamp(execution.startedAt)",
}


_ELSEWHERE = {
    "length": "size", "len": "size", "count": "size", "includes": "contains", "any": "exists", "some": "exists",
    "every": "all", "toLowerCase": "lowerAscii", "toUpperCase": "upperAscii", "lower": "lowerAscii",
    "upper": "upperAscii", "sort_by": "sortBy", "unique": "distinct", "str": "string", "float": "double",
    "math.max": "math.greatest", "math.min": "math.least", "range": "lists.range", "existsOne": "exists_one",
}  # fmt: skip
"""What some functions are called in other languages."""


def errors_of(text: str, body: Node) -> list[ExpressionError]:
    """Return what is wrong with a tree, in the order of the text."""
    found: list[ExpressionError] = []
    waiting: list[tuple[Node, int, frozenset[str], int]] = [(body, 1, frozenset(), 0)]
    while waiting:
        node, depth, variables, macros = waiting.pop()
        if depth > MAX_DEPTH:
            return [ExpressionError(f"more than {MAX_DEPTH} operations wait for each other: split it up", node.start)]
        if isinstance(node, Macro):
            macros += 1
            if macros > MAX_MACROS:
                message = f"more than {MAX_MACROS} macros stand inside each other: split it up"
                return [ExpressionError(message, node.name_start)]
            waiting.append((node.target, depth + 1, variables, macros - 1))
            _check_variable(text, node, found)
            variables |= {node.variable}
            inside = children(node)[1:]
        else:
            _check(text, node, variables, found)
            inside = children(node)
        waiting.extend((child, depth + 1, variables, macros) for child in inside)
    return sorted(found, key=lambda error: error.offset) if len(found) > 1 else found


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes right inside this one, in the order of the text."""
    match node:
        case Field(target):
            return (target,)
        case Binary(_, left, right):
            return (left, right)
        case Literal() | Name():
            return ()
        case Index(target, key):
            return (target, key)
        case Call(_, target, arguments):
            return arguments if target is None else (target, *arguments)
        case Unary(_, operand) | Has(operand):
            return (operand,)
        case Conditional(condition, then, otherwise):
            return (condition, then, otherwise)
        case ListOf(elements):
            return tuple(element.value for element in elements)
        case MapOf(entries):
            return tuple(part for entry in entries for part in (entry.key, entry.value))
        case Macro(_, target, _, condition, body):
            return (target, body) if condition is None else (target, condition, body)


def _check(text: str, node: Node, variables: frozenset[str], found: list[ExpressionError]) -> None:
    match node:
        case Name(name, start) if name in RESERVED:
            found.append(ExpressionError(f"`{name}` is a reserved word and cannot be a name", start))
        case Index(_, Literal(value, start)):
            _check_key(value, start, found)
        case Binary("-"):
            _check_hyphen(text, node, variables, found)
        case Call():
            _check_call(text, node, found)
        case MapOf():
            _check_keys(node, found)


def _check_key(value: Any, start: int, found: list[ExpressionError]) -> None:
    if isinstance(value, str):
        return
    is_whole = type(value) is int or (isinstance(value, float) and value.is_integer())
    if is_whole and value >= 0:
        return
    if is_whole:
        message = "an index is counted from the start, from 0 on; the last element is x.last()"
    elif isinstance(value, float):
        message = "an index is a whole number, such as [0]"
    else:
        message = "expected a key such as ['name'] or an index such as [0]"
    found.append(ExpressionError(message, start))


def _check_keys(node: MapOf, found: list[ExpressionError]) -> None:
    seen: set[str] = set()
    for key, _, _ in node.entries:
        if isinstance(key, Name) and key.name:
            message = f"a key is a string: write '{key.name}', or ('' + {key.name}) for the value of that name"
            found.append(ExpressionError(message, key.start))
        elif isinstance(key, Literal) and not isinstance(key.value, str):
            found.append(ExpressionError("a key is a string in quotes, such as {'name': 1}", key.start))
        elif isinstance(key, Literal) and key.value in seen:
            found.append(ExpressionError("this key stands here twice", key.start))
        elif isinstance(key, Literal):
            seen.add(key.value)


def _check_hyphen(text: str, node: Binary, variables: frozenset[str], found: list[ExpressionError]) -> None:
    """`input.user-id` is a subtraction in CEL; who writes it without spaces means the key `user-id`."""
    left, right = node.left, node.right
    first = right
    while isinstance(first, Field | Index):
        first = first.target
    if not isinstance(left, Field) or not isinstance(first, Name) or first.name in variables | _ROOTS:
        return
    if left.end + 1 != right.start or not left.name:
        return
    rest = _HYPHENATED.match(text, left.end)
    if rest is None:
        return
    dot, key = text.rfind(".", 0, left.name_start), left.name + rest[0]
    fix = text[:dot] + written(key, optional=left.optional) + text[rest.end() :]
    message = f"`-` subtracts: write {written(key)} for the key, or spaces around `-` to subtract `{first.name}`"
    found.append(ExpressionError(message, left.end, fix))


def _check_variable(text: str, node: Macro, found: list[ExpressionError]) -> None:
    name = node.variable
    if name in RESERVED:
        found.append(ExpressionError(f"`{name}` is a reserved word and cannot be a name", node.variable_start))
    elif name.startswith("$") or name in NAMESPACES:
        found.append(ExpressionError(f"`{name}` has a meaning of its own: take another name", node.variable_start))


def _check_call(text: str, call: Call, found: list[ExpressionError]) -> None:
    name, receiver = call.function, call.target is not None
    known = FUNCTIONS.get((name, receiver))
    if known is None:
        found.append(_unknown(text, call))
    elif not known.least <= len(call.arguments) <= known.most:
        takes = _count(known.least, known.most)
        found.append(ExpressionError(f"{name}() takes {takes}, not {len(call.arguments)}", call.name_start))
    elif name == "matches":
        _check_pattern(call, found)


def _check_pattern(call: Call, found: list[ExpressionError]) -> None:
    pattern = call.arguments[-1]
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        found.append(ExpressionError("the pattern of matches() is a string in quotes", pattern.start))
        return
    try:
        compiled(pattern.value)
    except PatternError as error:
        found.append(ExpressionError(str(error), pattern.start))


def _unknown(text: str, call: Call) -> ExpressionError:
    name, receiver, start = call.function, call.target is not None, call.name_start
    if name == "has" and not receiver:
        return ExpressionError("has() takes one field, such as has(input.user.name)", start)
    if name in MACROS and receiver:
        example = "x, x > 0" if name in ("filter", "all", "exists", "exists_one") else "x, x"
        return ExpressionError(f"{name}() takes a variable and an expression, such as .{name}({example})", start)
    if name in _NOT_OFFERED:
        return ExpressionError(f"{name}() is not offered: {_NOT_OFFERED[name]}", start, kind="unsupported")
    if (name, not receiver) in FUNCTIONS:
        written_as = f"{name}(x)" if receiver else f"x.{name}()"
        return ExpressionError(f"{name}() is written {written_as}", start)
    meant = _meant(name, receiver)
    if meant is None:
        return ExpressionError(f"there is no function `{name}`", start)
    fix = text[:start] + meant + text[start + len(name) :] if text.startswith(name, start) else None
    return ExpressionError(f"there is no function `{name}`: did you mean `{meant}`?", start, fix)


def _meant(name: str, receiver: bool) -> str | None:
    """The function that is called so in other languages, or the one with the nearest name."""
    namespace = name[: name.find(".") + 1]
    names = [known for known, method in FUNCTIONS if method == receiver and known.startswith(namespace)]
    names += MACROS if receiver else ["has"]
    if (meant := _ELSEWHERE.get(name)) in names:
        return meant
    own = {known.removeprefix(namespace).lower(): known for known in names}
    nearest = difflib.get_close_matches(name.removeprefix(namespace).lower(), sorted(own), n=1, cutoff=0.7)
    return own[nearest[0]] if nearest else None


def _count(least: int, most: int) -> str:
    if least == most:
        return "no argument" if least == 0 else "1 argument" if least == 1 else f"{least} arguments"
    return f"{least} or more arguments" if most > 9 else f"{least} to {most} arguments"
