"""What a workflow reads of each task's output, exact to the path.

Whether a broken answer of an upstream matters, which fields a consumer needs, what a change of a task would break: all
of it rests on the paths that the expressions of a workflow read, and on nothing that people keep up to date by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wfcore import expression, template, transform
from wfcore.bundle import Reads
from wfcore.definition import TaskEntry
from wfcore.expression.tree import Call, Field, Index, ListOf, Literal, Name, Node
from wfcore.template.tree import Whole

Path = tuple[str | int | None, ...]

_EVERYWHERE = ("input", "execution", "workflow")
"""Roots that mean the same in every scope of a workflow."""


def usage(tasks: Sequence[TaskEntry], output: Any) -> dict[str, Reads]:
    """For each task of a scope the paths of its output that are read, in the scope or in those inside it.

    `tasks` and `output` are those of a workflow, a forEach or a branch. () is the whole, None in a path every element.
    """
    found: dict[str, set[Path]] = {entry.id: set() for entry in tasks}
    for path in _read_in(tasks, output):
        root, *rest = path
        if root == "$root":
            root, *rest = rest  # of the outermost scope, the only one where such a path still arrives
        if root == "tasks" and len(rest) >= 2 and rest[0] in found and rest[1] == "output":
            found[str(rest[0])].add(tuple(rest[2:]))
    return {id: tuple(sorted(paths, key=repr)) for id, paths in found.items()}


def _read_in(tasks: Sequence[TaskEntry], output: Any) -> Iterator[Path]:
    """Every path read in a scope, seen from there, its root first."""
    yield from _of_template(output)
    for entry in tasks:
        yield from _of_entry(entry)
        if entry.for_each is not None:
            yield from _of_items(entry)
        for branch in entry.switch or ():
            yield from _outside(_read_in(branch.tasks, branch.output))


def _of_entry(entry: TaskEntry) -> Iterator[Path]:
    conditions = [entry.when, *(branch.when for branch in entry.switch or ())]
    for condition in conditions:
        if condition is not None:
            yield from map(_path, expression.parse(condition).reads())
    yield from _of_template(entry.input)
    if entry.transform is not None:
        for _, read in transform.reads(transform.parse(entry.transform.written())):
            yield _path(read)
    if entry.fallback is not None:
        yield from _of_template(entry.fallback.output)
        yield from _of_template(entry.fallback.input)


def _of_items(entry: TaskEntry) -> Iterator[Path]:
    """What the body reads of its item it reads of the list; the whole list only where no path leads to it."""
    assert entry.for_each is not None
    listed = _listed(entry.for_each.items)
    of_items = False
    for path in _read_in(entry.tasks, body_output(entry)):
        if path[0] == entry.for_each.as_ and listed is not None:
            of_items = True
            yield (*listed, None, *path[1:])
        else:
            yield from _outside([path])
    if not of_items:
        yield from _of_template(entry.for_each.items)


def body_output(entry: TaskEntry) -> Any:
    """The value of each item: as written, else the output of the only task."""
    if entry.output is not None or len(entry.tasks) != 1:
        return entry.output
    return f"{{{{tasks.{entry.tasks[0].id}.?output}}}}"


def _outside(paths: Iterable[Path]) -> Iterator[Path]:
    """What a scope reads of the one around it."""
    for path in paths:
        if path[0] == "$parent" and len(path) > 1:
            yield path[1:]
        elif path[0] == "$root" or path[0] in _EVERYWHERE:
            yield path


def _of_template(value: Any) -> Iterator[Path]:
    return (_path(read) for _, read in template.reads(template.parse(value)))


def _path(read: expression.Read) -> Path:
    return (read.root, *read.path)


def _listed(items: str) -> Path | None:
    """The path of a list that is read as it stands, perhaps with a default."""
    root = template.parse(items).root
    return _plain(root.hole.expression.body) if isinstance(root, Whole) else None


def _plain(node: Node) -> Path | None:
    match node:
        case Name(name):
            return (name,)
        case Field(target, name):
            inner = _plain(target)
            return None if inner is None else (*inner, name)
        case Index(target, Literal(key)) if isinstance(key, str | int):
            inner = _plain(target)
            return None if inner is None else (*inner, key)
        case Call("orValue", target, (Literal() | ListOf(()),)) if target is not None:
            return _plain(target)
    return None
