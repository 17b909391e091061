"""Which places of the data an expression reads, exact to the last key.

A node stands for places of the data as long as it only passes them on. Whoever does more with a value than to step
into it reads it as a whole.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

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
    Read,
    Unary,
)


class _Place(NamedTuple):
    """Somewhere in the data; or, `wrapped`, an array of what stands there: `items.map(x, x.price)`."""

    root: str
    path: tuple[str | int | None, ...]
    offset: int
    wrapped: int = 0

    def step(self, key: str | int | None) -> "_Place":
        if self.wrapped and not isinstance(key, str):
            return self._replace(wrapped=self.wrapped - 1)
        return self._replace(path=(*self.path, key))


_Places = tuple[_Place, ...]
_SAME = frozenset({"reverse", "slice"})
_COMPARING = frozenset({"sort", "distinct", "min", "max"})


def reads_of(body: Node) -> tuple[Read, ...]:
    """Return every place that is read, in the order of the text, each once."""
    reader = _Reader()
    reader.use(reader.places(body, {}))
    found = dict.fromkeys(reader.found)
    return tuple(sorted(found, key=lambda read: read.offset))


class _Reader:
    def __init__(self) -> None:
        self.found: list[Read] = []
        self.named: set[int] = set()

    def use(self, places: Iterable[_Place]) -> None:
        """These are read as a whole."""
        self.found.extend(Read(place.root, place.path, place.offset) for place in places)

    def used(self, nodes: Iterable[Node], variables: Mapping[str, tuple[int, _Places]]) -> _Places:
        """The nodes are read as a whole, and what is made of them stands nowhere in the data."""
        for node in nodes:
            self.use(self.places(node, variables))
        return ()

    def places(self, node: Node, variables: Mapping[str, tuple[int, _Places]]) -> _Places:
        """Where the value of a node may stand; on the way, what it reads is noted."""
        match node:
            case Literal():
                return ()
            case Name(name, start):
                if name not in variables:
                    return (_Place(name, (), start),)
                identity, places = variables[name]
                self.named.add(identity)
                return places
            case Field(target, name):
                return tuple(place.step(name) for place in self.places(target, variables))
            case Index(target, key):
                places = self.places(target, variables)
                constant = key.value if isinstance(key, Literal) and type(key.value) in (str, int) else None
                self.used([key], variables)
                return tuple(place.step(constant) for place in places)
            case Conditional(condition, then, otherwise):
                self.used([condition], variables)
                return (*self.places(then, variables), *self.places(otherwise, variables))
            case Unary(_, operand) | Has(operand):
                return self.used([operand], variables)
            case Binary(_, left, right):
                return self.used([left, right], variables)
            case ListOf(elements):
                return self.used([element.value for element in elements], variables)
            case MapOf(entries):
                return self.used([part for entry in entries for part in (entry.key, entry.value)], variables)
            case Call():
                return self._call(node, variables)
            case Macro():
                return self._macro(node, variables)

    def _call(self, node: Call, variables: Mapping[str, tuple[int, _Places]]) -> _Places:
        target, arguments = node.target, node.arguments
        if node.function == "optional.of":
            return self.places(arguments[0], variables)
        if target is None:
            return self.used(arguments, variables)
        match node.function:
            case "orValue" | "or":
                return (*self.places(target, variables), *self.places(arguments[0], variables))
            case "value":
                return self.places(target, variables)
            case "first" | "last":
                return tuple(place.step(None) for place in self.places(target, variables))
            case "flatten" if not arguments:
                outer = tuple(place.step(None) for place in self.places(target, variables))
                # An element that is no array stays as it is.
                inner = tuple(place.step(None) for place in outer)
                return tuple(place._replace(wrapped=place.wrapped + 1) for place in (*outer, *inner))
        if node.function in _SAME:
            self.used(arguments, variables)
            return self.places(target, variables)
        if node.function in _COMPARING:
            places = self.places(target, variables)
            self.use(places)
            inside = node.function in ("min", "max")
            return tuple(place.step(None) for place in places) if inside else places
        return self.used((target, *arguments), variables)

    def _macro(self, node: Macro, variables: Mapping[str, tuple[int, _Places]]) -> _Places:
        target = self.places(node.target, variables)
        is_optional = node.function in ("optMap", "optFlatMap")
        ranged = target if is_optional else tuple(place.step(None) for place in target)
        identity = node.variable_start
        inner = {**variables, node.variable: (identity, ranged)}
        if node.condition is not None:
            self.used([node.condition], inner)
        if is_optional or node.function == "map":
            made = self.places(node.body, inner)
            result = made if is_optional else tuple(place._replace(wrapped=place.wrapped + 1) for place in made)
        else:
            self.used([node.body], inner)
            result = target if node.function in ("filter", "sortBy") else ()
        if identity not in self.named:
            self.use(target)
        return result
