"""What a template is made of, and what it reads."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from wfcore.expression import Expression, Read


class Hole(Struct, frozen=True):
    """One `{{ … }}`: its expression begins at `offset` of the string at `pointer`."""

    expression: Expression
    pointer: str
    offset: int
    string: str


class Constant(Struct, frozen=True):
    """A subtree without expressions."""

    value: Any


class Whole(Struct, frozen=True):
    """A string that is one `{{ … }}` and nothing else: its value keeps its JSON type."""

    hole: Hole


class Text(Struct, frozen=True):
    """A longer string: text and holes in their order. Literals in holes are already text."""

    parts: tuple[str | Hole, ...]


class Object(Struct, frozen=True):
    """An object in which at least one value has a hole."""

    fields: tuple[tuple[str, "Node"], ...]


class Array(Struct, frozen=True):
    """An array in which at least one element has a hole."""

    items: tuple["Node", ...]


Node = Constant | Whole | Text | Object | Array


class Template(Struct, frozen=True):
    """A parsed value. `value` is what was written."""

    value: Any
    root: Node


def reads(template: Template) -> list[tuple[str, Read]]:
    """Return every path it reads, with the JSON Pointer of its string; `Read.offset` counts inside that string."""
    return [
        (hole.pointer, read._replace(offset=hole.offset + read.offset))
        for hole in _holes(template.root)
        for read in hole.expression.reads()
    ]


def tasks_read(template: Template) -> dict[str, list[tuple[str, int]]]:
    """Return which tasks it reads through `tasks.<id>`, and where: pointer and offset of each place."""
    found: dict[str, list[tuple[str, int]]] = {}
    for pointer, read in reads(template):
        if read.root == "tasks" and read.path and isinstance(read.path[0], str):
            found.setdefault(read.path[0], []).append((pointer, read.offset))
    return found


def _holes(node: Node) -> Iterator[Hole]:
    match node:
        case Whole(hole):
            yield hole
        case Text(parts):
            yield from (part for part in parts if isinstance(part, Hole))
        case Object(fields):
            for _, field in fields:
                yield from _holes(field)
        case Array(items):
            for item in items:
                yield from _holes(item)


def spliced(string: str, offset: int, source: str, fix: str | None) -> str | None:
    """Return the whole string with one expression in it replaced."""
    return None if fix is None else string[:offset] + fix + string[offset + len(source) :]
