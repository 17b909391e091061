"""A text that matches a regular expression.

A counterexample for an object with a required `^[A-Z]{3}-\\d+$` property needs such a text. This understands the
everyday part of the syntax; whoever asks checks the text, so a wrong guess only costs a counterexample.
"""

import re
from collections.abc import Callable

_CLASSES = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}


def matching(pattern: str) -> str | None:
    """A short text that should match, None where the pattern is beyond us."""
    try:
        return _Reader(pattern).whole()
    except (_BeyondUsError, IndexError):
        return None


class _BeyondUsError(Exception):
    """Syntax that is not read here."""


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def whole(self) -> str:
        text = self._alternatives()
        if self.at < len(self.pattern):
            raise _BeyondUsError
        return text

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _take(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        return char

    def _alternatives(self) -> str:
        text = self._sequence()
        while self._peek() == "|":
            self._take()
            self._sequence()
        return text

    def _sequence(self) -> str:
        text = ""
        while self._peek() not in ("", "|", ")"):
            text += self._repeated(self._piece())
        return text

    def _repeated(self, piece: str) -> str:
        times = 1
        match self._peek():
            case "*" | "?":
                self._take()
                times = 0
            case "+":
                self._take()
            case "{":
                found = re.match(r"\{(\d+)(?:,\d*)?\}", self.pattern[self.at :])
                if found is None:
                    raise _BeyondUsError
                self.at += found.end()
                times = min(int(found.group(1)), 2_000)
        if self._peek() in ("?", "+"):
            self._take()
        return piece * times

    def _piece(self) -> str:
        char = self._take()
        readers: dict[str, Callable[[], str]] = {"(": self._group, "[": self._set, "\\": self._escape}
        if char in readers:
            return readers[char]()
        return {"^": "", "$": "", ".": "a"}.get(char, char)

    def _group(self) -> str:
        if self._peek() == "?":
            found = re.match(r"\?(?::|P?<\w+>)", self.pattern[self.at :])
            if found is None:
                raise _BeyondUsError
            self.at += found.end()
        text = self._alternatives()
        if self._take() != ")":
            raise _BeyondUsError
        return text

    def _set(self) -> str:
        negated = self._peek() == "^"
        if negated:
            self._take()
        first: str | None = None
        excluded = ""
        while self._peek() != "]" or first is None:
            char = self._take()
            if char == "[":
                raise _BeyondUsError
            char = self._escape() if char == "\\" else char
            first = first or char
            excluded += char
            if self._peek() == "-" and self.pattern[self.at + 1] != "]":
                self._take()
                end = self._take()
                end = self._escape() if end == "\\" else end
                excluded += "".join(map(chr, range(ord(char), min(ord(end), ord(char) + 200) + 1)))
        self._take()
        return first if not negated else next(char for char in "a0 -Z~é" if char not in excluded)

    def _escape(self) -> str:
        char = self._take()
        if char in _CLASSES or char in _CONTROLS:
            return {**_CLASSES, **_CONTROLS}[char]
        if char.isalnum():
            raise _BeyondUsError
        return char
