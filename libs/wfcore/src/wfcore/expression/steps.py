"""Closures that go along a path: `input.user.tags[0]`, `tasks.user.?output.?tier`.

Data is only ever indexed, never asked for attributes: no name a user writes can reach Python itself.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wfcore.expression.errors import EvaluationError
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.tree import Field, Index
from wfcore.expression.values import ABSENT, Optional, kind_of

Code = Callable[[Evaluation], Any]

_LONGEST_PLACE = 60


class Step(NamedTuple):
    """One step of a path. `key` is constant, or computed by `code`."""

    node: Field | Index
    key: str | int | None
    code: Code | None


def names(keys: list[str], otherwise: Code) -> Code:
    """The common case, `input.a.b`: nothing optional, no index. What breaks is looked at closer by `otherwise`."""
    match keys:
        case [root]:

            def read(evaluation: Evaluation) -> Any:
                try:
                    return evaluation.scope[root]
                except KeyError:
                    return otherwise(evaluation)

        case [root, first]:

            def read(evaluation: Evaluation) -> Any:
                try:
                    return evaluation.scope[root][first]
                except (KeyError, TypeError):
                    return otherwise(evaluation)

        case [root, first, second]:

            def read(evaluation: Evaluation) -> Any:
                try:
                    return evaluation.scope[root][first][second]
                except (KeyError, TypeError):
                    return otherwise(evaluation)

        case _:

            def read(evaluation: Evaluation) -> Any:
                value: Any = evaluation.scope
                try:
                    for key in keys:
                        value = value[key]
                except (KeyError, TypeError):
                    return otherwise(evaluation)
                return value

    return read


def fields_of_variable(slot: int, keys: list[str], otherwise: Code) -> Code:
    """`x.a.b` of the variable of a macro."""
    if len(keys) == 1:
        only = keys[0]

        def read(evaluation: Evaluation) -> Any:
            try:
                return evaluation.variables[slot][only]
            except (KeyError, TypeError):
                return otherwise(evaluation)

        return read

    def read_all(evaluation: Evaluation) -> Any:
        value: Any = evaluation.variables[slot]
        try:
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):
            return otherwise(evaluation)
        return value

    return read_all


def walk(text: str, start: Code, steps: list[Step]) -> Code:
    """Any path, step by step. As in CEL, all steps behind an optional one are optional too, and so is the result."""

    def go(evaluation: Evaluation) -> Any:
        value, optional = start(evaluation), False
        if type(value) is Optional:
            value, optional = value.value, True
        for node, constant, code in steps:
            optional = optional or node.optional
            if value is ABSENT:
                continue
            key = constant if code is None else code(evaluation)
            inside = step_into(value, key)
            if inside is ABSENT and (not optional or not _is_key(key)):
                raise _broken(text, node, value, key, is_constant=code is None)
            value = inside
        return Optional(value) if optional else value

    return go


def step_into(value: Any, key: Any) -> Any:
    """One key or index further, or ABSENT. An index fits lists only: a string has no elements."""
    kind = type(key)
    if kind is str:
        return value.get(key, ABSENT) if isinstance(value, Mapping) else ABSENT
    if kind is float and key.is_integer():
        key, kind = int(key), int
    if kind is int and type(value) is list and 0 <= key < len(value):
        return value[key]
    return ABSENT


def _is_key(key: Any) -> bool:
    return type(key) is str or type(key) is int or (type(key) is float and key.is_integer())


def place(text: str, start: int, end: int) -> str:
    """A part of the expression, short enough for a message."""
    written = " ".join(text[start:end].split())
    return written if len(written) <= _LONGEST_PLACE else f"{written[: _LONGEST_PLACE - 1]}…"


def _broken(text: str, node: Field | Index, value: Any, key: Any, *, is_constant: bool) -> EvaluationError:
    offset = node.name_start if isinstance(node, Field) else node.key.start
    target = place(text, node.target.start, node.target.end)
    return EvaluationError(f"`{target}` is {kind_of(value)} {_lack(value, key, is_constant)}", text, offset)


def _lack(value: Any, key: Any, is_constant: bool) -> str:
    if type(key) is str:
        if not isinstance(value, Mapping):
            return "and has no fields"
        return f"without `{key}`" if is_constant else "without this key"
    if _is_key(key):
        if type(value) is not list:
            return "and has no elements"
        return f"without an element {key}" if is_constant else "without this element"
    return f"and cannot be looked into with {kind_of(key)}"
