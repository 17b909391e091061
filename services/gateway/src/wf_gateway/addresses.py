"""Which workflow answers at an address of its own.

The table is made when something is published and asked on every request, so it is a tree of segments: the cost is the
length of the path, not the number of workflows. Fixed segments count before parameters, from left to right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote

from wfcore.bundle import Route

Target = TypeVar("Target")


class Taken(NamedTuple, Generic[Target]):
    """Who answers, and the texts of the path's parameters: percent-decoded, by name."""

    target: Target
    texts: dict[str, str]


class _Entry(NamedTuple, Generic[Target]):
    target: Target
    names: tuple[str, ...]


class _Node(Generic[Target]):
    """What may follow a beginning of a path, and who answers where the path ends here."""

    __slots__ = ("by_method", "fixed", "parameter")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node[Target]] = {}
        self.parameter: _Node[Target] | None = None
        self.by_method: dict[str, _Entry[Target]] = {}


def parameter_of(segment: str) -> str | None:
    """The name in a segment like `{userId}`; None for a fixed one."""
    return segment[1:-1] if segment[:1] == "{" and segment[-1:] == "}" else None


def parameters_of(path: str) -> tuple[str, ...]:
    """The names in a route's path, in order."""
    return tuple(name for segment in path.split("/") if (name := parameter_of(segment)) is not None)


class Table(Generic[Target]):
    """All routes, ready to be asked."""

    def __init__(self, routes: Iterable[tuple[Route, Target]]) -> None:
        """Of two routes with one method and one shape the first counts."""
        self._root: _Node[Target] = _Node()
        for route, target in routes:
            self._add(route, target)

    def _add(self, route: Route, target: Target) -> None:
        node = self._root
        names = []
        for segment in route.path.split("/")[1:]:
            name = parameter_of(segment)
            if name is None:
                node = node.fixed.setdefault(unquote(segment), _Node())
            else:
                names.append(name)
                node.parameter = node.parameter or _Node()
                node = node.parameter
        node.by_method.setdefault(route.method, _Entry(target, tuple(names)))

    def find(self, method: str, path: str) -> Taken[Target] | frozenset[str]:
        """Who answers a method at a path (as it travelled, percent-encoded); else the methods that are answered there.

        HEAD is answered where GET is. Each segment is decoded once: a `/` inside one has to be written `%2F`.
        """
        segments = path.split("/")[1:]
        if "%" in path:
            # What is no UTF-8 stays recognizable, so that whoever reads the texts can refuse it.
            segments = [unquote(segment, errors="surrogateescape") for segment in segments]
        allowed: set[str] = set()
        for node, texts in _ends(self._root, segments, 0, ()):
            entry = node.by_method.get(method) or (node.by_method.get("GET") if method == "HEAD" else None)
            if entry is not None:
                return Taken(entry.target, dict(zip(entry.names, texts, strict=True)))
            allowed.update(node.by_method)
        return frozenset(allowed | {"HEAD"} if "GET" in allowed else allowed)


def _ends(
    node: _Node[Target], segments: list[str], at: int, texts: tuple[str, ...]
) -> Iterator[tuple[_Node[Target], tuple[str, ...]]]:
    """Every place where the path may end, the most exact first, with the texts of its parameters."""
    if at == len(segments):
        if node.by_method:
            yield node, texts
        return
    segment = segments[at]
    fixed = node.fixed.get(segment)
    if fixed is not None:
        yield from _ends(fixed, segments, at + 1, texts)
    if node.parameter is not None and segment:
        yield from _ends(node.parameter, segments, at + 1, (*texts, segment))
