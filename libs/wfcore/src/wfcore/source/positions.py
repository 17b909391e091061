"""Where in the text each value of a document stands, found by JSON Pointer."""

from collections.abc import Iterator

from msgspec import Struct

from wfcore.diagnostics import Position


class Mark(Struct, frozen=True):
    """A line and column of the text, both from 1."""

    line: int
    column: int


class Node(Struct):
    """One value of a document: where it begins, and its members by key or index."""

    mark: Mark
    members: dict[str, "Member"] | list["Node"] | None = None
    inner: int | None = None
    """For a text that stands in one line as it is: how many characters (a quote or none) come before its first."""


class Member(Struct, frozen=True):
    """One entry of a mapping: where its key stands, and its value."""

    key: Mark
    value: Node


class Positions:
    """Positions of one document. A pointer to something that is not there gives its nearest ancestor."""

    __slots__ = ("_file", "_root")

    def __init__(self, root: Node, file: str | None = None) -> None:
        self._root = root
        self._file = file

    def at(self, pointer: str) -> Position:
        """Where the value at `pointer` begins."""
        node = self._root
        for token in tokens(pointer):
            member = _member(node, token)
            if member is None:
                break
            node = member.value
        return self._position(node.mark)

    def inside(self, pointer: str, offset: int) -> Position:
        """Where the character `offset` (from 0) of the text at `pointer` stands; where unsure, where it begins."""
        node = self._root
        for token in tokens(pointer):
            member = _member(node, token)
            if member is None:
                return self._position(node.mark)
            node = member.value
        if node.inner is None:
            return self._position(node.mark)
        return Position(self._file, node.mark.line, node.mark.column + node.inner + offset)

    def key_at(self, pointer: str) -> Position:
        """Where the key at `pointer` stands; for an element of a sequence, where the element begins."""
        node, mark = self._root, self._root.mark
        for token in tokens(pointer):
            member = _member(node, token)
            if member is None:
                break
            node, mark = member.value, member.key
        return self._position(mark)

    def has(self, pointer: str) -> bool:
        """Whether the document has a value at `pointer`."""
        node = self._root
        for token in tokens(pointer):
            member = _member(node, token)
            if member is None:
                return False
            node = member.value
        return True

    def _position(self, mark: Mark) -> Position:
        return Position(self._file, mark.line, mark.column)


NOWHERE = Positions(Node(Mark(1, 1)))
"""Positions of a definition that came without text."""


def tokens(pointer: str) -> Iterator[str]:
    """The unescaped steps of a JSON Pointer."""
    for token in pointer.split("/")[1:]:
        yield token.replace("~1", "/").replace("~0", "~")


def join(pointer: str, step: str | int) -> str:
    """The pointer one step deeper."""
    return f"{pointer}/{step if isinstance(step, int) else step.replace('~', '~0').replace('/', '~1')}"


def _member(node: Node, token: str) -> Member | None:
    members = node.members
    if isinstance(members, dict):
        return members.get(token)
    if isinstance(members, list) and token.isdecimal() and int(token) < len(members):
        element = members[int(token)]
        return Member(element.mark, element)
    return None
