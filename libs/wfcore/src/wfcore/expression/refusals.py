"""How to tell what does not fit: the place, the reason, the nearest name, the corrected text."""

import difflib
from collections.abc import Iterable

from wfcore.expression import types
from wfcore.expression.problem import Problem, ProblemKind
from wfcore.expression.tree import Call, Field, Has, Index, ListOf, Literal, Macro, MapOf, Name, Node
from wfcore.expression.types import Typed

_KINDS: dict[frozenset[str], ProblemKind] = {types.BOOLEANS: "not-boolean", types.PRINTED: "not-text"}
_LISTED_NAMES = 8
_SHOWN = 60
"""Characters of the text that a message repeats."""


class Refusals:
    """What was found in one expression: problems will break, doubts may."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []

    # --- telling ---------------------------------------------------------------------------------------------------

    def tell(
        self,
        kind: ProblemKind,
        node: Node,
        message: str,
        *,
        offset: int | None = None,
        seen: str | None = None,
        candidates: tuple[str, ...] = (),
        fix: str | None = None,
    ) -> None:
        """Note a problem at a node, or further inside it."""
        at = node.start if offset is None else offset
        seen = self.written(node) if seen is None else seen
        self.problems.append(Problem("", at, message, kind, seen, candidates, fix))

    def doubt(
        self, node: Node, message: str, *, offset: int | None = None, seen: str | None = None, fix: str | None = None
    ) -> None:
        """Note that valid data may break here."""
        at = node.start if offset is None else offset
        seen = self.written(node) if seen is None else seen
        self.doubts.append(Problem("", at, message, "unproven", seen, (), fix))

    # --- the text --------------------------------------------------------------------------------------------------

    def written(self, node: Node) -> str:
        """The node as it is written, cut where it is long."""
        text = self.text[node.start : node.end].strip()
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

    def with_text(self, start: int, end: int, replacement: str) -> str:
        """The whole text with one part of it replaced."""
        return self.text[:start] + replacement + self.text[end:]

    def around(self, node: Node, before: str, after: str) -> str:
        """The whole text with something before and behind a node."""
        return self.with_text(node.start, node.end, before + self.text[node.start : node.end] + after)

    def behind(self, node: Node, call: str) -> str:
        """The whole text with a call such as `.orValue(0)` on a node."""
        tight = isinstance(node, Name | Field | Index | Call | Has | Macro | ListOf | MapOf | Literal)
        return self.around(node, "" if tight else "(", call if tight else f"){call}")

    # --- values ----------------------------------------------------------------------------------------------------

    def optional(self, node: Node, of: Typed) -> None:
        """An optional where a value is needed."""
        default = types.default_for(of.types())
        if of.absent:
            message = f"`{self.written(node)}` may be absent, and a value is needed: give a default with orValue(…)"
            fix = self.behind(node, f".orValue({default})")
        else:
            message = f"`{self.written(node)}` is an optional, and a value is needed here: it is always there"
            fix = self.behind(node, ".value()")
        self.tell("optional-as-value", node, message, fix=fix)

    def null(self, node: Node, of: Typed, wanted: frozenset[str]) -> None:
        """A value that may be null where null has no meaning."""
        text = self.text[node.start : node.end].strip()
        default = types.default_for((of.types() & wanted) or wanted)
        message = f"`{self.written(node)}` may be null, and {_needed(wanted)} is needed here"
        fix = self.with_text(node.start, node.end, f"({text} != null ? {text} : {default})")
        self.tell("null-as-value", node, message, fix=fix if isinstance(node, Name | Field | Index) else None)

    def unfit(self, node: Node, of: Typed, wanted: frozenset[str]) -> None:
        """A value of another type than what is needed."""
        seen = of.types()
        others = seen - wanted
        kind: ProblemKind = _KINDS.get(wanted, "type")
        is_a = f"is {types.spoken(seen)}" if not seen & wanted else f"may be {types.spoken(others)}"
        message = f"`{self.written(node)}` {is_a}, and {_needed(wanted)} is needed here"
        self.tell(kind, node, message, fix=self._converted(node, seen, wanted))

    def _converted(self, node: Node, seen: frozenset[str], wanted: frozenset[str]) -> str | None:
        """The conversion that somebody surely meant."""
        if wanted == types.INTEGERS and seen <= types.NUMBERS:
            return self.around(node, "int(", ")")
        if wanted == types.STRINGS and seen <= types.NUMBERS | types.BOOLEANS | types.INTERNAL:
            return self.around(node, "string(", ")")
        if wanted == types.TIMESTAMPS and seen == types.STRINGS:
            return self.around(node, "timestamp(", ")")
        if wanted == types.BOOLEANS and seen == types.ARRAYS:
            return self.around(node, "size(", ") > 0")
        if wanted == types.PRINTED and seen <= types.INTERNAL:
            return self.around(node, "string(", ")")
        return None

    def unproven(self, node: Node) -> None:
        """A value of which no schema says anything."""
        self.doubt(node, f"`{self.written(node)}` has no declared type: no schema says that it fits here")


def _needed(wanted: frozenset[str]) -> str:
    """What is needed, in short: timestamps are named only where nothing else fits."""
    if wanted == types.PRINTED:
        return "text made of a string, number or boolean"
    return types.spoken(wanted - types.INTERNAL or wanted)


def nearest_names(name: str, declared: Iterable[str]) -> tuple[str, ...]:
    """The declared names that sound like this one, best first."""
    return tuple(difflib.get_close_matches(name, sorted(declared), n=3))


def advice(nearest: tuple[str, ...], declared: Iterable[str]) -> str:
    """What to say of a name that does not exist: the nearest one, else what there is."""
    if nearest:
        return f": did you mean `{nearest[0]}`?"
    names = sorted(declared)
    more = f" and {len(names) - _LISTED_NAMES} more" if len(names) > _LISTED_NAMES else ""
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED_NAMES]) or "nothing"
    return f"; there is {listed}{more}"
