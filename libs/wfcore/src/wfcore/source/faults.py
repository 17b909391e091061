"""Faults of one document while it is read, and what YAML's own errors mean to its author."""

from typing import Any

import yaml
from msgspec import UNSET

from wfcore.diagnostics import Diagnostic, Fix, Position
from wfcore.source import quoting
from wfcore.source.positions import Mark

Event = Any
"""A YAML event of PyYAML, whose marks its type stubs call optional although the parser always sets them."""


class StopError(Exception):
    """The rest of the document is not read; why is already told."""


class Faults:
    """Collects the faults of one document; lines count from `first_line` of `file`."""

    def __init__(self, text: str, file: str | None, first_line: int) -> None:
        self.told: list[Diagnostic] = []
        self._text = text
        self._file = file
        self._first_line = first_line

    def mark(self, event: Event) -> Mark:
        """Where an event begins."""
        return Mark(self._first_line + event.start_mark.line, event.start_mark.column + 1)

    def add(
        self, code: str, message: str, pointer: str, mark: Mark, *, seen: Any = UNSET, fix: Fix | None = None
    ) -> None:
        """Note one fault."""
        position = Position(self._file, mark.line, mark.column)
        self.told.append(Diagnostic(code=code, message=message, pointer=pointer, position=position, seen=seen, fix=fix))

    def add_syntax(self, error: yaml.YAMLError, pointer: str) -> None:
        """Note an error of the parser; `pointer` is the last value that it began to read."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        if mark is None:  # A character that YAML does not allow at all; libyaml gives its byte, not its line.
            self._add_character(error, pointer)
        elif not self._add_missing_quotes(error, pointer):
            context, problem = getattr(error, "context", None), getattr(error, "problem", None)
            opened = getattr(error, "context_mark", None)
            if context and opened is not None and opened.line != mark.line:
                context += f" that begins in line {self._first_line + opened.line}"
            line = self._text.split("\n")[mark.line : mark.line + 1]
            if line and line[0][mark.column : mark.column + 1] == "\t":
                problem = "a tab stands here, YAML is indented with spaces"
                context = None
            message = ": ".join(part for part in ("this is not YAML", context, problem) if part)
            self.add("WF-101", message, pointer, Mark(self._first_line + mark.line, mark.column + 1))

    def _add_missing_quotes(self, error: yaml.YAMLError, pointer: str) -> bool:
        lines = self._text.split("\n")
        marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
        # The error often stands in the line after its cause.
        numbers = [number for mark in marks if mark for number in (mark.line, mark.line - 1)]
        for number in numbers:
            unquoted = quoting.find(lines[number]) if 0 <= number < len(lines) else None
            if unquoted is None:
                continue
            # `{{x}}/y` is first read as a mapping; that message gives way to this fuller one.
            self.told = [each for each in self.told if each.code != "WF-106"]
            fix = Fix(f"quote the expression: {quoting.quoted(unquoted.text)}", pointer, unquoted.text, "set")
            message = f"YAML cannot read `{short(unquoted.text)}` without quotes: quote the expression"
            mark = Mark(self._first_line + number, unquoted.column)
            self.add("WF-106", message, pointer, mark, seen=unquoted.text, fix=fix)
            return True
        return False

    def _add_character(self, error: yaml.YAMLError, pointer: str) -> None:
        before = self._text.encode()[: getattr(error, "position", 0)].decode(errors="ignore")
        column = len(before) - (before.rfind("\n") + 1) + 1
        character = getattr(error, "character", 0)
        message = f"the character U+{character:04X} is not allowed in YAML; inside double quotes write it as an escape"
        self.add("WF-101", message, pointer, Mark(self._first_line + before.count("\n"), column), seen=character)


def short(text: str) -> str:
    """The text, cut to 80 characters."""
    return text if len(text) <= 80 else f"{text[:77]}…"
