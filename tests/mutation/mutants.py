"""The faults that a module can be given: each is one small replacement in its text."""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED_COMPARISONS = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}
SWAPPED_ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
WORD = re.compile(r"[\w$.-]+")
"""Texts like this are keys and codes. All others are sentences for people: their wording is free."""


@dataclass(frozen=True)
class Mutant:
    """One fault: what stands at `start:end` of the text (UTF-8 bytes) becomes `after`."""

    start: int
    end: int
    after: str

    def applied(self, text: str) -> str:
        """The text with the fault."""
        code = text.encode()
        return (code[: self.start] + self.after.encode() + code[self.end :]).decode()

    def changed(self, text: str) -> tuple[str, str]:
        """The lines that differ, before and after, without their indentation. They name the fault."""
        lines = list(difflib.ndiff(text.splitlines(), self.applied(text).splitlines(), linejunk=None, charjunk=None))
        before, after = (
            "\n".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in ("- ", "+ ")
        )
        return before, after

    def diff(self, text: str, file: str) -> str:
        """For people."""
        before, after = text.splitlines(), self.applied(text).splitlines()
        return "\n".join(difflib.unified_diff(before, after, file, file, n=2, lineterm=""))


def mutants(text: str) -> list[Mutant]:
    """Every fault that this module can be given and still be Python."""
    return [mutant for mutant in _Faults(text).all() if _is_python(mutant.applied(text))]


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


class _Faults:
    def __init__(self, text: str) -> None:
        self._code, self._tree = text.encode(), ast.parse(text)
        self._lines = [0]
        for line in self._code.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def all(self) -> Iterator[Mutant]:
        waiting: list[ast.AST] = [self._tree]
        while waiting:
            node = waiting.pop()
            yield from self._of(node)
            waiting.extend(_parts(node))

    def _of(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.Compare(left, operators, rights):
                for before, operator, after in zip([left, *rights], operators, rights, strict=False):
                    yield from self._between(before, after, *SWAPPED_COMPARISONS[type(operator)])
            case ast.BoolOp(operator, values):
                swapped = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
                for before, after in itertools.pairwise(values):
                    yield from self._between(before, after, *swapped)
            case ast.BinOp(left, operator, right) if type(operator) in SWAPPED_ARITHMETIC:
                yield from self._between(left, right, *SWAPPED_ARITHMETIC[type(operator)])
            case ast.UnaryOp(ast.Not(), operand):
                yield self._instead(node, self._text(operand))
            case ast.If(test) | ast.IfExp(test):
                yield from self._negated(test)
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    yield self._instead(condition, "True")
            case ast.Constant(value):
                yield from self._constant(node, value)
            case ast.Return(value) if value is not None and not _is_none(value):
                yield self._instead(value, "None")
            case ast.Raise() | ast.AugAssign() | ast.Expr(ast.Call()):
                yield self._instead(node, "pass")
            case ast.Break():
                yield self._instead(node, "continue")
            case ast.Continue():
                yield self._instead(node, "break")

    def _negated(self, test: ast.expr) -> Iterator[Mutant]:
        # A comparison is turned around where it stands.
        if not isinstance(test, ast.Compare | ast.UnaryOp):
            yield self._instead(test, f"not ({self._text(test)})")

    def _constant(self, node: ast.AST, value: object) -> Iterator[Mutant]:
        match value:
            case bool():
                yield self._instead(node, str(not value))
            case int():
                yield self._instead(node, str(value + 1))
            case str() if WORD.fullmatch(value) and self._text(node)[0] in "\"'":
                yield self._instead(node, repr(f"not {value}"))

    def _between(self, left: ast.expr, right: ast.expr, before: str, after: str) -> Iterator[Mutant]:
        """An operator, which has no place of its own in the tree."""
        start, end = self._at(left.end_lineno, left.end_col_offset), self._at(right.lineno, right.col_offset)
        gap = self._code[start:end].decode()
        if (at := gap.find(before)) >= 0:
            yield Mutant(start, end, gap[:at] + after + gap[at + len(before) :])

    def _instead(self, node: ast.AST, after: str) -> Mutant:
        return Mutant(*self._range(node), after)

    def _text(self, node: ast.AST) -> str:
        start, end = self._range(node)
        return self._code[start:end].decode()

    def _range(self, node: ast.AST) -> tuple[int, int]:
        where: ast.expr = node  # type: ignore[assignment]
        return self._at(where.lineno, where.col_offset), self._at(where.end_lineno, where.end_col_offset)

    def _at(self, line: int | None, column: int | None) -> int:
        assert line is not None
        assert column is not None
        return self._lines[line - 1] + column


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in a node and runs: no annotations, no decorators, no documentation, no parts of f-strings' text."""
    match node:
        case ast.Assign([ast.Name("__all__")]) | ast.JoinedStr() | ast.Import() | ast.ImportFrom():
            return
        case (
            ast.If(ast.Name("TYPE_CHECKING")) | ast.Expr(ast.Constant()) | ast.Subscript(ast.Name("Literal" | "OneOf"))
        ):
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from [*node.body, *node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
        case ast.ClassDef():
            yield from node.body
        case ast.AnnAssign():
            yield from [node.value] if node.value is not None else []
        case _:
            yield from ast.iter_child_nodes(node)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
