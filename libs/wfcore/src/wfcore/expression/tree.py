"""What an expression says, and where in its text it says it.

Every node knows its place: text[start:end]. Whoever reasons about expressions (the checker, the compiler, field
usage, the editor, the optimizer) walks this tree and no other.
"""

from typing import Any, NamedTuple
from typing import Literal as OneOf

from msgspec import Struct


class Literal(Struct, frozen=True):
    """A JSON scalar: string, number, true, false, null."""

    value: Any
    start: int
    end: int


class Name(Struct, frozen=True):
    """A root such as `input` or `$parent`, or the variable of a macro around it."""

    name: str
    start: int
    end: int


class Field(Struct, frozen=True):
    """`target.name`, or `target.?name`. The name itself stands at text[name_start:end]."""

    target: "Node"
    name: str
    optional: bool
    name_start: int
    start: int
    end: int


class Index(Struct, frozen=True):
    """`target[key]`, or `target[?key]`: an element of a list or a property of an object."""

    target: "Node"
    key: "Node"
    optional: bool
    start: int
    end: int


class Unary(Struct, frozen=True):
    operator: OneOf["-", "!"]
    operand: "Node"
    start: int
    end: int


BinaryOperator = OneOf["==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "&&", "||", "in"]


class Binary(Struct, frozen=True):
    operator: BinaryOperator
    left: "Node"
    right: "Node"
    start: int
    end: int


class Conditional(Struct, frozen=True):
    """`condition ? then : otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"
    start: int
    end: int


class Element(NamedTuple):
    """An element of a list; an optional one (`[?x]`) is left out where `x` is absent."""

    value: "Node"
    optional: bool


class ListOf(Struct, frozen=True):
    elements: tuple[Element, ...]
    start: int
    end: int


class Entry(NamedTuple):
    """An entry of an object; an optional one (`{?'k': x}`) is left out where `x` is absent."""

    key: "Node"
    value: "Node"
    optional: bool


class MapOf(Struct, frozen=True):
    entries: tuple[Entry, ...]
    start: int
    end: int


class Call(Struct, frozen=True):
    """`function(a, b)` or `target.function(a, b)`; namespaced functions such as `math.abs` have no target.

    The function's name stands at text[name_start:…].
    """

    function: str
    target: "Node | None"
    arguments: tuple["Node", ...]
    name_start: int
    start: int
    end: int


class Has(Struct, frozen=True):
    """`has(a.b)`: whether the field is there."""

    operand: Field
    start: int
    end: int


class Macro(Struct, frozen=True):
    """`target.map(x, body)` and its kin; `condition` is the middle argument of the three-argument map.

    `optMap` has an optional as its target, the others a list or an object, whose keys they range over.
    """

    function: OneOf["map", "filter", "all", "exists", "exists_one", "optMap", "optFlatMap", "sortBy"]
    target: "Node"
    variable: str
    condition: "Node | None"
    body: "Node"
    name_start: int
    variable_start: int
    start: int
    end: int


Node = Literal | Name | Field | Index | Unary | Binary | Conditional | ListOf | MapOf | Call | Has | Macro


KEYWORDS = frozenset({"true", "false", "null", "in"})
"""Words that CEL does not allow as the name behind a dot."""


class Read(NamedTuple):
    """One place that an expression reads: a root, the steps after it, and where in the text it begins.

    A step is a key, a list index, or None for every element of what stands there.
    """

    root: str
    path: tuple[str | int | None, ...]
    offset: int


class Expression(Struct, frozen=True):
    """A parsed expression and its text."""

    text: str
    body: Node

    def reads(self) -> tuple[Read, ...]:
        """Return every place this expression reads, in the order in which they stand in the text.

        What is used as a whole is read as a whole, what is gone through is read at None: the prices of all items are
        `("items", None, "price")`.
        """
        from wfcore.expression.reading import reads_of  # it walks the nodes that are named here

        return reads_of(self.body)


def written(key: str | int, *, optional: bool = False) -> str:
    """Write a step as it stands in an expression: `.name`, `['any key']`, `[0]`, with a `?` when optional."""
    mark = "?" if optional else ""
    if isinstance(key, int):
        return f"[{mark}{key}]"
    if key.isascii() and key.isidentifier() and key not in KEYWORDS:
        return f".{mark}{key}"
    escaped = key.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"[{mark}'{escaped}']"
