"""A text is cut into its documents, and each is read by itself, so that a fault in one does not hide the others."""

import itertools
import re
from collections.abc import Iterator
from typing import Final

import yaml
from msgspec import Struct

from wfcore.diagnostics import Diagnostic, Position
from wfcore.source.building import Builder, Built, JsonValue
from wfcore.source.faults import Faults, StopError
from wfcore.source.positions import Mark, Node, Positions

MAX_BYTES: Final = 1024 * 1024

_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_SURROGATE_PAIR = re.compile(r"((?<!\\)(?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


class Document(Struct, frozen=True):
    """One document of a text. Where it could not be read to its end, `data` holds what came before the fault."""

    data: JsonValue
    positions: Positions
    first_line: int
    text: str
    complete: bool = True
    diagnostics: tuple[Diagnostic, ...] = ()
    """What is wrong with this document alone."""


class Source(Struct, frozen=True):
    """All documents of a text, and all that is wrong with it."""

    documents: list[Document]
    diagnostics: list[Diagnostic]


def decode(raw: bytes, file: str) -> str | Diagnostic:
    """The text of a file, or why it is none."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before.rpartition(b"\n")[2].decode()) + 1
        message = f"{file} is not UTF-8 text: byte {raw[error.start]:#04x}; save it as UTF-8"
        return Diagnostic(code="WF-101", message=message, position=Position(file, before.count(b"\n") + 1, column))


def read(text: str, *, file: str | None = None, first_line: int = 1) -> Source:
    """Read every document of a text.

    `file` and `first_line` say where the text comes from; positions count from there. Nothing is raised: what cannot
    be read is a diagnostic, without object, whose pointer is inside its document.
    """
    text = text.removeprefix("\ufeff")
    refusal = _refuse(text, Position(file, first_line, 1))
    if refusal:
        return Source([], [refusal])
    source = Source([], [])
    for chunk, line in _chunks(text, first_line):
        document = _document(chunk, file, line)
        if document is not None:
            source.documents.append(document)
            source.diagnostics.extend(document.diagnostics)
    return source


def _refuse(text: str, position: Position) -> Diagnostic | None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        message = f"the text holds half a surrogate pair at character {error.start}, which is no Unicode text"
        return Diagnostic(code="WF-107", message=message, position=position)
    if size <= MAX_BYTES:
        return None
    message = f"the text has {size} bytes, more than {MAX_BYTES} (1 MiB): split it into several files"
    return Diagnostic(code="WF-102", message=message, position=position, seen=size)


def _chunks(text: str, first_line: int) -> Iterator[tuple[str, int]]:
    """Cut at each `---`, which YAML allows at the start of a line for nothing else."""
    starts = [match.start() for match in _DOCUMENT.finditer(text)]
    edges = [0, *(start for start in starts if start), len(text)]
    for start, end in itertools.pairwise(edges):
        chunk = text[start:end]
        if not _is_empty(chunk):
            yield _readable_json(chunk), first_line + text.count("\n", 0, start)


def _is_empty(chunk: str) -> bool:
    """Whether there are only comments, directives and blank lines, which is no document to kubectl either."""
    lines = (line.strip() for line in chunk.removeprefix("---").splitlines())
    return all(not line or line[0] in "#%" or line == "..." for line in lines)


def _readable_json(chunk: str) -> str:
    """JSON writes a character outside the basic plane as two escapes; YAML knows only the one long escape."""
    if "\\u" not in chunk or not chunk.lstrip().startswith("{"):
        return chunk

    def one_escape(pair: re.Match[str]) -> str:
        high, low = int(pair[2], 16), int(pair[3], 16)
        return f"{pair[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return _SURROGATE_PAIR.sub(one_escape, chunk)


def _document(text: str, file: str | None, first_line: int) -> Document | None:
    """The document in one stretch of text."""
    faults = Faults(text, file, first_line)
    builder = Builder(yaml.CSafeLoader(text), text, faults)
    complete = False
    read = None
    try:
        read = builder.document()
        if read is None:
            return None
        complete = True
    except StopError:
        pass
    except yaml.YAMLError as error:
        faults.add_syntax(error, builder.pointer)
    read = read or builder.root or Built(None, Node(Mark(first_line, 1)))
    return Document(read.data, Positions(read.node, file), first_line, text, complete, tuple(faults.told))
