"""Builds the tree while the grammar is followed: one method for each rule, named as the rule is."""

from typing import Any, NamedTuple

from wfcore.expression.tokens import Token
from wfcore.expression.tree import (
    Binary,
    BinaryOperator,
    Call,
    Conditional,
    Element,
    Entry,
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
)

MACROS = {
    "map": (2, 3), "filter": (2,), "all": (2,), "exists": (2,), "exists_one": (2,),
    "optMap": (2,), "optFlatMap": (2,), "sortBy": (2,),
}  # fmt: skip
"""How many arguments each macro takes, its variable included."""

NAMESPACES = frozenset({"math", "lists", "optional"})

_PRECEDENCE = {
    "||": 1, "&&": 2,
    "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3,
    "+": 4, "-": 4,
    "*": 5, "/": 5, "%": 5,
}  # fmt: skip


class _Group(NamedTuple):
    """A node in parentheses. Its own place is inside them; whoever stands around it begins outside."""

    node: Node
    start: int
    end: int


class Builder:
    """What becomes of each rule. Knows nothing of the text, and refuses nothing: that is done on the finished tree."""

    def start(self, parts: list[Any]) -> Any:
        return _node(parts[0])

    def conditional(self, parts: list[Any]) -> Node:
        condition, _, then, _, otherwise = parts
        return Conditional(_node(condition), _node(then), _node(otherwise), condition.start, otherwise.end)

    def operations(self, parts: list[Any]) -> Any:
        """Settle precedence: an operator waits until one that binds no tighter comes along."""
        operands: list[Any] = [parts[0]]
        waiting: list[BinaryOperator] = []
        for at in range(1, len(parts), 2):
            operator = parts[at].text
            while waiting and _PRECEDENCE[waiting[-1]] >= _PRECEDENCE[operator]:
                _join(operands, waiting.pop())
            waiting.append(operator)
            operands.append(parts[at + 1])
        while waiting:
            _join(operands, waiting.pop())
        return operands[0]

    def operator(self, parts: list[Any]) -> Token:
        token: Token = parts[0]
        return token

    def negated(self, parts: list[Any]) -> Node:
        token, operand = parts
        if token.text == "-" and isinstance(operand, Literal) and type(operand.value) in (int, float):
            return Literal(-operand.value, token.start, operand.end)
        return Unary(token.text, _node(operand), token.start, operand.end)

    def field(self, parts: list[Any]) -> Node:
        target, _, name = parts
        return Field(_node(target), name.text, False, name.start, target.start, name.end)

    def optional_field(self, parts: list[Any]) -> Node:
        target, _, _, name = parts
        return Field(_node(target), name.text, True, name.start, target.start, name.end)

    def index(self, parts: list[Any]) -> Node:
        target, _, key, closing = parts
        return Index(_node(target), _node(key), False, target.start, closing.end)

    def optional_index(self, parts: list[Any]) -> Node:
        target, _, _, key, closing = parts
        return Index(_node(target), _node(key), True, target.start, closing.end)

    def method(self, parts: list[Any]) -> Node:
        target, _, name, *_ = parts
        arguments: tuple[Any, ...] = parts[4] if len(parts) == 6 else ()
        receiver, start, end = _node(target), target.start, parts[-1].end
        if isinstance(receiver, Name) and receiver.name in NAMESPACES:
            return Call(f"{receiver.name}.{name.text}", None, arguments, receiver.start, start, end)
        variable = arguments[0] if len(arguments) in MACROS.get(name.text, ()) else None
        if not isinstance(variable, Name):
            return Call(name.text, receiver, arguments, name.start, start, end)
        condition = arguments[1] if len(arguments) == 3 else None
        return Macro(
            name.text, receiver, variable.name, condition, arguments[-1], name.start, variable.start, start, end
        )

    def name(self, parts: list[Any]) -> Node:
        token = parts[0]
        return Name(token.text, token.start, token.end)

    def literal(self, parts: list[Any]) -> Node:
        token = parts[0]
        return Literal(token.value, token.start, token.end)

    word = number = string = literal

    def function(self, parts: list[Any]) -> Node:
        name = parts[0]
        arguments: tuple[Any, ...] = parts[2] if len(parts) == 4 else ()
        start, end = name.start, parts[-1].end
        if name.text == "has" and len(arguments) == 1 and isinstance(arguments[0], Field) and not arguments[0].optional:
            return Has(arguments[0], start, end)
        return Call(name.text, None, arguments, start, start, end)

    def group(self, parts: list[Any]) -> _Group:
        opening, inside, closing = parts
        return _Group(_node(inside), opening.start, closing.end)

    def arguments(self, parts: list[Any]) -> tuple[Node, ...]:
        return tuple([_node(part) for part in parts[::2]])

    def list_of(self, parts: list[Any]) -> Node:
        return ListOf(tuple(parts[1]) if len(parts) > 2 else (), parts[0].start, parts[-1].end)

    def elements(self, parts: list[Any]) -> list[Any]:
        """The first element, or those before with one more."""
        if len(parts) == 1:
            return parts
        before: list[Any] = parts[0]
        before.append(parts[2])
        return before

    def element(self, parts: list[Any]) -> Element:
        return Element(_node(parts[-1]), len(parts) == 2)

    def map_of(self, parts: list[Any]) -> Node:
        return MapOf(tuple(parts[1]) if len(parts) > 2 else (), parts[0].start, parts[-1].end)

    entries = elements

    def entry(self, parts: list[Any]) -> Entry:
        *_, key, _, value = parts
        return Entry(_node(key), _node(value), len(parts) == 4)


def _node(part: Any) -> Any:
    return part.node if type(part) is _Group else part


def _join(operands: list[Any], operator: BinaryOperator) -> None:
    right, left = operands.pop(), operands.pop()
    operands.append(Binary(operator, _node(left), _node(right), left.start, right.end))
