"""Finds the `{{ … }}` in a JSON value and parses what stands inside."""

from collections.abc import Iterator
from typing import Any

from wfcore import expression
from wfcore.expression import ABSENT, EvaluationError, ExpressionError, Problem, ProblemKind
from wfcore.jsontext import MAX_DEPTH
from wfcore.template.filling import text
from wfcore.template.tree import Array, Constant, Hole, Node, Object, Template, Text, Whole, spliced

MAX_PROBLEMS = 20
"""So many slips in one string are told; who has more of them has written something else than a template."""

_OPEN, _CLOSE = "{{", "}}"
_UNCLOSED = "`{{` without `}}`: close the expression, or write {{ '{{' }} for the braces themselves"


class TemplateError(ValueError):
    """The value holds expressions that cannot be read; `problems` lists all of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in problems))
        self.problems = problems


def parse(value: Any, *, pointer: str = "") -> Template:
    """Find and parse the expressions of a JSON value; pointers in problems begin with `pointer`.

    Object keys are taken as they are. Raises TemplateError with all problems, of kind "syntax", "unsupported" or,
    for a literal that has no place in text, "not-text".
    """
    problems: list[Problem] = []
    root = _parsed(value, pointer, 0, problems)
    if problems:
        raise TemplateError(problems)
    return Template(value, root)


def _parsed(value: Any, pointer: str, depth: int, problems: list[Problem]) -> Node:
    if depth > MAX_DEPTH:
        problems.append(Problem(pointer, 0, f"nested deeper than {MAX_DEPTH} levels", "syntax"))
        return Constant(None)
    match value:
        case str():
            return _parsed_string(value, pointer, problems)
        case dict():
            fields = tuple(
                (key, _parsed(item, f"{pointer}/{_escaped(key)}", depth + 1, problems)) for key, item in value.items()
            )
            if all(isinstance(node, Constant) for _, node in fields):
                return Constant({key: node.value for key, node in fields if isinstance(node, Constant)})
            return Object(fields)
        case list():
            items = tuple(_parsed(item, f"{pointer}/{at}", depth + 1, problems) for at, item in enumerate(value))
            if all(isinstance(node, Constant) for node in items):
                return Constant([node.value for node in items if isinstance(node, Constant)])
            return Array(items)
        case _:
            return Constant(value)


def _parsed_string(string: str, pointer: str, problems: list[Problem]) -> Node:
    if _OPEN not in string:
        return Constant(string)
    found: list[Problem] = []
    parts = list(_parts(string, pointer, found))
    written = [part for part in parts if isinstance(part, Hole) or part.strip()]
    if len(written) == 1 and isinstance(written[0], Hole):
        value = expression.constant(written[0].expression)
        return Whole(written[0]) if value is ABSENT else Constant(value)
    node = _text(parts, found)
    problems.extend(found)
    return node


def _parts(string: str, pointer: str, problems: list[Problem]) -> Iterator[str | Hole]:
    """Cut a string at its holes. A hole that cannot be read becomes a problem, and the cutting goes on behind it."""
    at = 0
    while (opened := string.find(_OPEN, at)) >= 0 and len(problems) < MAX_PROBLEMS:
        yield string[at:opened]
        end = expression.end_of(string, opened + len(_OPEN), _CLOSE)
        if end is None:
            problems.append(_never_ending(string, pointer, opened))
            return
        match _hole(string, pointer, opened + len(_OPEN), end):
            case Problem() as problem:
                problems.append(problem)
            case Hole() as hole:
                yield hole
        at = end + len(_CLOSE)
    yield string[at:]


def _hole(string: str, pointer: str, start: int, end: int) -> Hole | Problem:
    written = string[start:end]
    source, offset = written.strip(), start + len(written) - len(written.lstrip())
    try:
        return Hole(expression.parse(source), pointer, offset, string)
    except ExpressionError as error:
        fix = spliced(string, offset, source, error.fix)
        return Problem(pointer, offset + error.offset, error.message, error.kind, source, fix=fix)


def _never_ending(string: str, pointer: str, opened: int) -> Problem:
    """Without a `}}` that is one, a quote or brace inside the expression may be to blame: say so."""
    blamed = string.find(_CLOSE, opened)
    inside = _hole(string, pointer, opened + len(_OPEN), blamed) if blamed >= 0 else None
    return inside if isinstance(inside, Problem) else Problem(pointer, opened, _UNCLOSED, "syntax", _OPEN)


def _text(parts: list[str | Hole], problems: list[Problem]) -> Constant | Text:
    """Put literals into the text around them, so that a run has only real holes to fill."""
    merged: list[str | Hole] = []
    for part in parts:
        piece = _literal_text(part, problems) if isinstance(part, Hole) else part
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    match merged:
        case []:
            return Constant("")
        case [str() as string]:
            return Constant(string)
    return Text(tuple(merged))


def _literal_text(hole: Hole, problems: list[Problem]) -> str | Hole:
    value = expression.constant(hole.expression)
    if value is ABSENT:
        return hole
    try:
        return text(value)
    except EvaluationError as error:
        kind: ProblemKind = "null-as-value" if value is None else "not-text"
        problems.append(Problem(hole.pointer, hole.offset, error.message, kind, hole.expression.text))
        return ""


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
