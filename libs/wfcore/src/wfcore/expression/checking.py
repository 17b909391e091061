"""Typing a tree, node by node.

Each sort of node has its room: paths, operators, macros, calls. Here they meet, and here stands the rule that they
share: what it means that a value fits where it is used.
"""

from collections.abc import Mapping
from typing import Literal as OneOf

from msgspec import Struct
from msgspec.structs import replace

from wfcore.expression import calls, macros, narrowing, operators, paths, types
from wfcore.expression.narrowing import Facts
from wfcore.expression.refusals import Refusals
from wfcore.expression.scopes import Level
from wfcore.expression.tree import (
    Binary,
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
from wfcore.expression.types import TOLD, Typed, typed
from wfcore.schema.building import array_of, map_of, object_of, tuple_of

Use = OneOf["value", "optional", "whole"]
"""What a node is for: a value is needed, an optional is (orValue() follows), or it is the result, which may be both."""


class Known(Struct, frozen=True):
    """What is known at one place of the expression beside its scope."""

    variables: Mapping[str, Typed] = {}
    facts: Facts = narrowing.NOTHING

    def with_variable(self, name: str, of: Typed) -> "Known":
        """Inside a macro."""
        return Known({**self.variables, name: of}, narrowing.without(self.facts, name))

    def where(self, facts: Facts) -> "Known":
        """Where a condition holds."""
        return replace(self, facts=narrowing.merged(self.facts, facts)) if facts else self


class Checker:
    """Types the nodes of one expression; what it finds wrong stands in `refusals`."""

    def __init__(self, refusals: Refusals, scope: Level) -> None:
        self.refusals = refusals
        self.scope = scope

    def check(self, node: Node, known: Known, use: Use = "value") -> Typed:
        """Type a node. Where a value is needed, an optional may still come back: `value` and `fit` refuse it."""
        match node:
            case Literal(value):
                return typed({"const": value})
            case Name() | Field() | Index():
                return paths.path(self, node, known, use)
            case Has():
                return paths.has(self, node, known)
            case Unary() | Binary():
                return operators.operation(self, node, known)
            case Conditional():
                return self._conditional(node, known, use)
            case Call():
                return calls.call(self, node, known, use)
            case Macro():
                return macros.macro(self, node, known)
            case ListOf(elements):
                return self._list(elements, known)
            case MapOf(entries):
                return self._map(entries, known)

    def value(self, node: Node, known: Known) -> Typed:
        """Type a node that must give a value of any type."""
        found = self.check(node, known, "value")
        if found.optional and not found.told:
            self.refusals.optional(node, found)
        return found.as_value()

    def operand(self, node: Node, known: Known, wanted: frozenset[str]) -> Typed:
        """Type a node that must give a value of one of these types."""
        return self.fit(node, self.check(node, known, "value"), wanted)

    def fit(self, node: Node, found: Typed, wanted: frozenset[str]) -> Typed:
        """Tell where a value may be of no wanted type; return it as a value about which all is told."""
        if found.told:
            return found.as_value()
        if found.optional:
            self.refusals.optional(node, found)
            found = found.as_value()
        if found.place.says_nothing() and not wanted.issuperset(types.ANY_TYPE):
            self.refusals.unproven(node)
            return found.as_told()
        seen = found.types()
        if seen <= wanted:
            return found
        if seen - wanted == types.NULLS and seen & wanted:
            self.refusals.null(node, found, wanted)
        elif seen >= types.ANY_TYPE:
            self.refusals.unproven(node)
        else:
            self.refusals.unfit(node, found, wanted)
        return found.as_told()

    def condition(self, node: Node, known: Known) -> Typed:
        """Type a node that must be true or false."""
        self.operand(node, known, types.BOOLEANS)
        return types.BOOLEAN

    def text(self, node: Node, known: Known) -> Typed:
        """Type a node that is printed into text."""
        found = self.check(node, known, "value")
        self.fit(node, found if found.absent else found.as_value(), types.PRINTED)
        return types.STRING

    def _conditional(self, node: Conditional, known: Known, use: Use) -> Typed:
        self.condition(node.condition, known)
        then = self.check(node.then, known.where(narrowing.proven(node.condition)), use)
        otherwise = self.check(node.otherwise, known.where(narrowing.proven(node.condition, holds=False)), use)
        for one, branch, other in ((then, node.then, otherwise), (otherwise, node.otherwise, then)):
            if use == "value" and one.optional and not other.optional and not one.told:
                self.refusals.optional(branch, one)
            if use == "optional" and other.optional and not one.optional and not one.told:
                text = self.refusals.written(branch)
                fix = self.refusals.around(branch, "optional.of(", ")")
                self.refusals.tell("type", branch, f"`{text}` must be an optional, as the other branch is", fix=fix)
        both = types.union([then, otherwise])
        return both.as_value() if use == "value" and then.optional != otherwise.optional else both

    def _list(self, elements: tuple[Element, ...], known: Known) -> Typed:
        inside = [self._part(value, optional, known, value.start) for value, optional in elements]
        told = any(one.told for one in inside)
        certain = sum(not one.absent for one in inside)
        if certain == len(inside):
            return types.composed(tuple_of([one.alone() for one in inside]), told)
        either = types.either_schema([one.alone() for one in inside])
        return types.composed(array_of(either, certain, len(inside)), told)

    def _map(self, entries: tuple[Entry, ...], known: Known) -> Typed:
        fields: dict[str, Typed] = {}
        others: list[Typed] = []
        told = False
        for key, value, optional in entries:
            if not (isinstance(key, Literal) and isinstance(key.value, str)):
                told = self.operand(key, known, types.STRINGS).told or told
                if len(entries) > 1 and not told:
                    text = self.refusals.written(key)
                    self.refusals.doubt(key, f"`{text}` may be the same as another key, which is an error")
            found = self._part(value, optional, known, key.start)
            if isinstance(key, Literal) and isinstance(key.value, str):
                fields[key.value] = found
            else:
                others.append(found)
        if others:
            either = types.either_schema([one.alone() for one in [*fields.values(), *others]])
            told = told or any(one.told for one in others)
            return types.composed(map_of(either), told)
        made = object_of((name, one.alone(), not one.absent) for name, one in fields.items())
        return types.composed(made, told)

    def _part(self, node: Node, optional: bool, known: Known, mark_at: int) -> Typed:
        """An element or entry; with `?` it is an optional, which may leave it out."""
        if not optional:
            found = self.check(node, known, "value")
            if found.optional and not found.told:
                text = self.refusals.written(node)
                message = f"`{text}` may be absent: with a `?` before it, it is left out then"
                bare = self.refusals.text[:mark_at].rstrip()[-1:] in ("[", "{", ",")
                fix = self.refusals.with_text(mark_at, mark_at, "?") if bare else None
                self.refusals.tell("optional-as-value", node, message, fix=fix)
            return found.as_value()
        found = self.check(node, known, "optional")
        if not found.optional and not found.told:
            message = f"`{self.refusals.written(node)}` is always there: the `?` before it has no meaning"
            self.refusals.tell("type", node, message)
        return found if found.optional else TOLD
