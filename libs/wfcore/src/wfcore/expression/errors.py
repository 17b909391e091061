"""How the two halves of an expression's life are refused: its text, and the data that it meets."""

from typing import Literal as OneOf

ErrorKind = OneOf["syntax", "unsupported"]


class ExpressionError(Exception):
    """The text is no expression, or uses what CEL has and this language does not offer (`kind` tells them apart).

    `offset` counts characters from 0 into the text; `fix` is a whole replacement text where one is certain enough.
    """

    def __init__(self, message: str, offset: int, fix: str | None = None, *, kind: ErrorKind = "syntax") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.fix = fix
        self.kind = kind


class EvaluationError(Exception):
    """The data does not fit the expression. Names places and types, never what the data holds.

    `text` is the expression, `offset` the place in it, in characters from 0.
    """

    def __init__(self, message: str, text: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.offset = offset


class OutOfFuel(EvaluationError):
    """The evaluation did more than it may. Nothing absorbs this one, `||` and `exists` neither."""


class Fault(Exception):
    """What a function has to say against its arguments; whoever called it knows the place and tells it."""


class Exhausted(Exception):
    """The evaluation has no steps left; becomes OutOfFuel where the expression's text is known."""
