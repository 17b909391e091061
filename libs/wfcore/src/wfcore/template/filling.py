"""From a template to a Python closure that fills it, again and again."""

from collections.abc import Callable
from math import isfinite
from types import NoneType
from typing import Any

import rfc8785

from wfcore import expression
from wfcore.expression import ABSENT, Absent, EvaluationError, Reader, Scope
from wfcore.template.tree import Array, Constant, Hole, Node, Object, Template, Text, Whole

_NO_TEXT = {NoneType: "null", dict: "an object", list: "an array", Absent: "an absent value", float: "this number"}


def compile(template: Template) -> Reader:
    """Make the function that fills the template from a scope such as `{"input": …, "tasks": {…}}`.

    Keys and elements that are ABSENT are left out; the result itself may be ABSENT. Raises EvaluationError.
    Constant subtrees, and values that were read, are handed out as they are: never change them.
    """
    return _filler(template.root)


def _filler(node: Node) -> Reader:
    match node:
        case Constant(value):
            return lambda scope: value
        case Whole(hole):
            return expression.compile(hole.expression)
        case Text(parts):
            return _text_filler(parts)
        case Object(fields):
            return _object_filler([(key, _filler(field)) for key, field in fields])
        case Array(items):
            return _array_filler([_filler(item) for item in items])


def _object_filler(fields: list[tuple[str, Reader]]) -> Reader:
    def fill(scope: Scope) -> dict[str, Any]:
        made = {}
        for key, read in fields:
            value = read(scope)
            if value is not ABSENT:
                made[key] = value
        return made

    return fill


def _array_filler(items: list[Reader]) -> Reader:
    return lambda scope: [value for read in items if (value := read(scope)) is not ABSENT]


def _text_filler(parts: tuple[str | Hole, ...]) -> Reader:
    writers = [_writer(part) if isinstance(part, Hole) else part for part in parts]

    def fill(scope: Scope) -> str:
        return "".join([part if isinstance(part, str) else part(scope) for part in writers])

    return fill


def _writer(hole: Hole) -> Callable[[Scope], str]:
    read, source = expression.compile(hole.expression), hole.expression.text

    def write(scope: Scope) -> str:
        value = read(scope)
        if type(value) is str:
            return value
        try:
            return text(value)
        except EvaluationError as error:
            raise EvaluationError(error.message, source) from None

    return write


def text_parts(template: Template) -> list[str | Reader]:
    """Return a string template's text and the readers of its holes, for who must encode each value by itself.

    The readers give values, not text. Raises ValueError for a template that is no string.
    """
    match template.root:
        case Constant(value):
            return [text(value)]
        case Whole(hole):
            return [expression.compile(hole.expression)]
        case Text(parts):
            return [part if isinstance(part, str) else expression.compile(part.expression) for part in parts]
        case _:
            raise ValueError("an object or array has no text")


def text(value: Any) -> str:
    """Return how a string, number or boolean prints inside text. Raises EvaluationError for everything else.

    Numbers print as JSON canonically writes them (RFC 8785): shortest round trip, no `.0`.
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float and isfinite(value):
        return rfc8785.dumps(value).decode()
    raise EvaluationError(f"{_NO_TEXT.get(kind, 'this value')} cannot stand inside text", "")
