"""What is wrong with a definition, told so that a person or a machine can put it right.

Everything that reads or checks definitions answers with these: the command line, the planner, the editor and the
admission webhook show the same code, place, words and fix.
"""

import difflib
from collections.abc import Iterable
from typing import Any, Literal

from msgspec import UNSET, Struct

Severity = Literal["error", "warning"]


class Position(Struct, frozen=True):
    """A place in a text; line and column count from 1, columns in characters."""

    file: str | None
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file or '<text>'}:{self.line}:{self.column}"


class ObjectRef(Struct, frozen=True, order=True):
    """The name of one object: `Workflow shop/user-profile`."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


class Fix(Struct, frozen=True):
    """How to put it right. `title` is for people; with an `edit` a machine can do it.

    `set` writes `value` at `pointer` (and adds it where nothing stands), `rename` gives the key at `pointer` the name
    `value`, `remove` takes the key away. Without an edit only a person can decide.
    """

    title: str
    pointer: str
    value: Any = UNSET
    edit: Literal["set", "rename", "remove"] | None = None


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One fault: what (`code`, `message`), where (`object`, `pointer`, `position`), the value seen and the fix.

    `pointer` is a JSON Pointer into the whole object, so it begins with `/spec` or `/metadata`.
    """

    code: str
    severity: Severity = "error"
    message: str
    object: ObjectRef | None = None
    pointer: str = ""
    position: Position | None = None
    seen: Any = UNSET
    fix: Fix | None = None

    @property
    def docs(self) -> str:
        """Where the page about this code is served."""
        return f"/errors/{self.code}"

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class CodeInfo(Struct, frozen=True):
    title: str


CODES: dict[str, CodeInfo] = {
    code: CodeInfo(title)
    for code, title in {
        # 1xx: reading YAML
        "WF-101": "The text is not YAML",
        "WF-102": "The text is too large or too deep",
        "WF-103": "A key stands twice",
        "WF-104": "YAML versions read this differently",
        "WF-105": "A tag or alias that JSON does not have",
        "WF-106": "The expression needs quotes",
        "WF-107": "A value that JSON cannot hold",
        "WF-108": "A literal null",
        # 2xx: the shape of a definition
        "WF-201": "Not a kind of workflow.io/v1",
        "WF-202": "A required field is missing",
        "WF-203": "Unknown field",
        "WF-204": "Wrong type",
        "WF-205": "A value that is not allowed here",
        "WF-206": "Exactly one of several fields is needed",
        "WF-207": "Not a duration",
        "WF-208": "Not a size",
        "WF-209": "Not a valid name",
        "WF-210": "The same object stands twice",
        "WF-211": "The path of the call cannot be used",
        "WF-212": "A header that a task may not set",
        "WF-213": "Not a constant origin",
        "WF-214": "The body cannot be sent like this",
        "WF-215": "A private address",
        "WF-216": "A field that means nothing here",
        "WF-217": "A part that is never reached",
        # 3xx: names and references
        "WF-301": "The task does not exist",
        "WF-302": "The upstream does not exist",
        "WF-303": "The object that is named has errors of its own",
        "WF-304": "The task is a draft",
        "WF-305": "The task is being retired",
        "WF-306": "The pinned version is not kept",
        "WF-307": "The workflow does not exist",
        "WF-311": "Not a valid task id",
        "WF-312": "A task id is used twice",
        "WF-313": "No task of this workflow has that id",
        "WF-314": "A required field that the task does not give",
        # 4xx: the graph
        "WF-401": "The tasks wait for each other in a circle",
        "WF-402": "Workflows call each other without end",
        # 5xx: expressions and templates
        "WF-501": "The expression cannot be read",
        "WF-502": "Unknown name in an expression",
        "WF-503": "Unknown field in an expression",
        "WF-504": "An optional field is used as if it were always there",
        "WF-505": "A value that may be null is used as if it never were",
        "WF-506": "A value that cannot be part of a text",
        "WF-507": "The types in an expression do not fit",
        "WF-508": "A condition that is not true or false",
        "WF-509": "A value that JSON does not have",
        "WF-510": "A comparison that is never true",
        # 6xx: types
        "WF-601": "Not a usable JSON Schema",
        "WF-602": "A required input is missing",
        "WF-603": "Unknown input",
        "WF-604": "The input does not fit the task",
        "WF-605": "It could not be decided whether the types fit",
        "WF-606": "The output does not fit its schema",
        "WF-607": "An example does not fit its schema",
        "WF-608": "A value that HTTP cannot carry here",
        # 7xx: limits and time
        "WF-701": "A limit is exceeded",
        "WF-702": "A timeout out of range",
        "WF-703": "The tasks need more time than the workflow has",
        "WF-704": "One try may take longer than the whole task",
        "WF-705": "Nobody can say how long it takes at most",
        # 8xx: routes
        "WF-801": "The path of the route cannot be used",
        "WF-802": "The route cannot carry this input",
        "WF-803": "A route that must change nothing",
        # 9xx: known, but not executed yet
        "WF-901": "Not executed yet",
    }.items()
}


def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
    """What diagnostics are sorted by: file, line, column."""
    position = diagnostic.position
    return (position.file or "", position.line, position.column) if position else ("", 0, 0)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was most likely meant, or None when none is close."""
    known = sorted(set(candidates))
    folded = {candidate.casefold(): candidate for candidate in reversed(known)}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.65)
    return folded[close[0]] if close else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """The second half of a message: the near name, or the names there are, or nothing."""
    known = sorted(set(candidates))
    close = nearest(name, known)
    if close:
        return f"; did you mean `{close}`?"
    if not known:
        return ""
    shown = ", ".join(f"`{each}`" for each in known[:8])
    return f"; there is {shown}{' …' if len(known) > 8 else ''}"


def render(diagnostic: Diagnostic, text: str | None) -> str:
    """Several lines of plain text: place and message, the line of `text` (the whole file) with a caret, the fix."""
    position = diagnostic.position
    place = f"{position}: " if position else ""
    lines = [f"{place}{diagnostic.severity} {diagnostic.code}: {diagnostic.message}"]
    if diagnostic.object or diagnostic.pointer:
        lines.append(f"  in {' '.join(str(part) for part in (diagnostic.object, diagnostic.pointer) if part)}")
    if position and text is not None:
        lines.extend(_excerpt(text, position))
    if diagnostic.fix:
        lines.append(f"  fix: {diagnostic.fix.title}")
    return "\n".join(lines)


def _excerpt(text: str, position: Position) -> list[str]:
    source = text.splitlines()
    if not 0 < position.line <= len(source):
        return []
    line = source[position.line - 1]
    gutter = f"{position.line:>5} | "
    # Tabs stay tabs under the line, so that the caret stands where the eye expects it.
    indent = "".join("\t" if char == "\t" else " " for char in line[: position.column - 1])
    return [gutter + line, " " * (len(gutter) - 2) + "| " + indent + "^"]
