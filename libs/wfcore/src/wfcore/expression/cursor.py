"""A place in a text that is being parsed, and the refusals that can be made there."""

import re
from typing import Literal as OneOf
from typing import NoReturn

ErrorKind = OneOf["syntax", "unsupported"]

_SPACE = re.compile(r"[ \t\r\n\f]*")
_OPERATOR = re.compile(r"==|!=|<=|>=|&&|\|\||[-+*/%<>!?]|in\b")


class ExpressionError(Exception):
    """The text is no expression, or one that is not executed yet (`kind` tells them apart).

    `offset` counts characters from 0 into the text; `fix` is a whole replacement text where one is certain enough.
    """

    def __init__(self, message: str, offset: int, fix: str | None = None, *, kind: ErrorKind = "syntax") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.fix = fix
        self.kind = kind


class Cursor:
    """Everything before `at` has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def next(self) -> str:
        """Return the next character, or nothing at the end."""
        return self.text[self.at : self.at + 1]

    def skip_space(self) -> str:
        """Go behind spaces and line ends; return the character there."""
        self.match(_SPACE)
        return self.next()

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go behind what matches here, if anything does."""
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found is not None else self.at
        return found

    def take(self, character: str) -> bool:
        """Go behind `character` if it is the next one, and say whether it was."""
        taken = self.next() == character
        self.at += taken
        return taken

    def spliced(self, start: int, end: int, replacement: str) -> str:
        """Return the whole text with one part of it replaced."""
        return self.text[:start] + replacement + self.text[end:]

    def fail(self, message: str, at: int | None = None, fix: str | None = None) -> NoReturn:
        """Refuse a text that is no expression."""
        raise ExpressionError(message, self.at if at is None else at, fix)

    def expected(self, what: str, fix: str | None = None) -> NoReturn:
        """Refuse what stands here: an operator as not executed yet, everything else as an error in the text."""
        operator = _OPERATOR.match(self.text, self.at)
        if operator is not None:
            self.not_yet(f"the operator `{operator[0]}`", fix=fix)
        if self.next() == "(":
            self.not_yet("`(`")
        found = f"`{self.next()}`" if self.next() else "the end"
        self.fail(f"expected {what}, found {found}", fix=fix)

    def not_yet(self, what: str, at: int | None = None, fix: str | None = None) -> NoReturn:
        """Refuse what CEL allows and this version does not execute."""
        message = f"{what} is not executed yet: only paths, .? and orValue()"
        raise ExpressionError(message, self.at if at is None else at, fix, kind="unsupported")
