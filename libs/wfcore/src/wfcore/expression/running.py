"""From a parsed path to a Python closure, because a path is read many times and parsed once.

Data is only ever indexed, never asked for attributes: no name a user writes can reach Python itself.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from msgspec.structs import replace

from wfcore.expression.tree import Default, Expression, Literal, Path, Step, written

Scope = Mapping[str, Any]
Reader = Callable[[Scope], Any]


class Absent(Enum):
    """The type of ABSENT. An enum, so that one exists, copies stay the same one, and `is ABSENT` narrows types."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "absent"

    def __bool__(self) -> bool:
        return False


ABSENT = Absent.ABSENT
"""The value of an optional path that leads nowhere. It is neither null nor any other JSON value."""


class EvaluationError(Exception):
    """The data has no place that the expression reads. Says where the path broke, never what the data holds."""

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message)
        self.message = message
        self.text = text


def compile(expression: Expression) -> Reader:
    """Make the function that reads this expression from a scope such as `{"input": …, "tasks": {…}}`.

    It returns ABSENT where an optional path leads nowhere, and raises EvaluationError where a required key is missing.
    Values come back as they are, not copied.
    """
    match expression.body:
        case Literal(value):
            return lambda scope: value
        case Path(root, _, steps) if all(_is_required_name(step) for step in steps):
            return _names(expression, [root, *(step.key for step in steps if isinstance(step, Step))])
        case Path(root, _, steps):
            return _steps(expression, root, _spread(steps))


def _is_required_name(step: Step | Default) -> bool:
    return isinstance(step, Step) and isinstance(step.key, str) and not step.optional


def _spread(steps: tuple[Step | Default, ...]) -> tuple[Step | Default, ...]:
    """As in CEL, all steps after an optional one are optional too, until orValue() ends it."""
    spread: list[Step | Default] = []
    optional = False
    for step in steps:
        optional = isinstance(step, Step) and (optional or step.optional)
        spread.append(replace(step, optional=optional) if isinstance(step, Step) else step)
    return tuple(spread)


def _names(expression: Expression, keys: list[Any]) -> Reader:
    """The common case, `input.a.b`: nothing optional, no index."""

    def read(scope: Scope) -> Any:
        value: Any = scope
        try:
            for key in keys:
                value = value[key]
        except (KeyError, TypeError):
            raise _broken(expression, scope) from None
        return value

    return read


def _steps(expression: Expression, root: str, steps: tuple[Step | Default, ...]) -> Reader:
    def read(scope: Scope) -> Any:
        if root not in scope:
            raise _broken(expression, scope)
        value: Any = scope[root]
        for step in steps:
            if isinstance(step, Default):
                value = step.value if value is ABSENT else value
            elif value is not ABSENT:
                value = _step_into(value, step.key)
                if value is ABSENT and not step.optional:
                    raise _broken(expression, scope)
        return value

    return read


def _step_into(value: Any, key: str | int) -> Any:
    """One key or index further, or ABSENT. An index fits lists only: a string has no elements."""
    if isinstance(key, int):
        return value[key] if isinstance(value, list) and key < len(value) else ABSENT
    try:
        return value[key]
    except (KeyError, TypeError):
        return ABSENT


def _broken(expression: Expression, scope: Scope) -> EvaluationError:
    """Walk the path once more, slowly, to say where it broke."""
    path = expression.body
    assert isinstance(path, Path)
    if path.root not in scope:
        return EvaluationError(f"`{path.root}` is not known here", expression.text)
    value, read_so_far = scope[path.root], path.root
    for step in _spread(path.steps):
        if isinstance(step, Default):
            value = step.value if value is ABSENT else value
            continue
        inside = ABSENT if value is ABSENT else _step_into(value, step.key)
        if inside is ABSENT and not step.optional:
            return EvaluationError(f"`{read_so_far}` is {_kind_of(value)} {_lack(value, step.key)}", expression.text)
        value, read_so_far = inside, read_so_far + written(step.key)
    return EvaluationError("the data changed while it was read", expression.text)


def _lack(value: Any, key: str | int) -> str:
    if isinstance(key, int):
        return f"without an element {key}" if isinstance(value, list) else "and has no elements"
    return f"without `{key}`" if isinstance(value, Mapping) else "and has no fields"


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"
