"""Colours, where somebody sees them: on a terminal, and not where NO_COLOR is set."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class Paint:
    """Puts colours around words, or leaves the words as they are."""

    coloured: bool = False

    @classmethod
    def on(cls, stream: TextIO, environment: Mapping[str, str] = os.environ) -> "Paint":
        """The paint for a stream: see https://no-color.org for the variable."""
        return cls(stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb")

    def good(self, words: str) -> str:
        return self._code("32", words)

    def bad(self, words: str) -> str:
        return self._code("1;31", words)

    def warning(self, words: str) -> str:
        return self._code("33", words)

    def strong(self, words: str) -> str:
        return self._code("1", words)

    def quiet(self, words: str) -> str:
        return self._code("2", words)

    def _code(self, code: str, words: str) -> str:
        return f"\x1b[{code}m{words}\x1b[0m" if self.coloured else words
