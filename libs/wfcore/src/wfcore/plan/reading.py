"""Which of its needs a task reads; the others it only waits for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from wfcore import expression, template, transform
from wfcore.bundle import BlockPlan, EachPlan, SwitchPlan, TaskPlan, TransformPlan
from wfcore.expression import Read

_Path = tuple[str | int | None, ...]


def tasks_read(task: TaskPlan, *, outermost: bool) -> frozenset[str]:
    """Return the tasks of its own scope that a task, or anything inside it, reads.

    `outermost` says that this scope is the one that `$root` means.
    """
    paths = list(_of_task(task))
    if outermost:
        paths += [path[1:] for path in paths if path[0] == "$root"]
    return frozenset(str(path[1]) for path in paths if len(path) > 1 and path[0] == "tasks")


def _of_task(task: TaskPlan) -> Iterator[_Path]:
    """Every path read by a task, seen from its scope, the root first."""
    yield from _of_condition(task.when)
    yield from _of_template(task.input)
    if task.fallback is not None:
        yield from _of_template(task.fallback.output)
        yield from _of_template(task.fallback.input)
    match task.work:
        case TransformPlan(task_ref="", source=source, steps=steps):
            parsed = transform.parse({"from": source, "steps": list(steps)})
            yield from (_path(read) for _, read in transform.reads(parsed))
        case EachPlan(items=items, body=body):
            yield from _of_template(items)
            yield from _outside(_of_block(body))
        case SwitchPlan(branches=branches):
            for branch in branches:
                yield from _of_condition(branch.when)
                yield from _outside(_of_block(branch.body))


def _of_block(body: BlockPlan) -> Iterator[_Path]:
    yield from _of_template(body.output)
    for task in body.tasks:
        yield from _of_task(task)


def _outside(paths: Iterable[_Path]) -> Iterator[_Path]:
    """What a scope reads of the one around it."""
    for path in paths:
        if path[0] == "$parent" and len(path) > 1:
            yield path[1:]
        elif path[0] == "$root":
            yield path


def _of_condition(text: str | None) -> Iterator[_Path]:
    return iter(()) if text is None else (_path(read) for read in expression.parse(text).reads())


def _of_template(value: Any) -> Iterator[_Path]:
    return (_path(read) for _, read in template.reads(template.parse(value)))


def _path(read: Read) -> _Path:
    return (read.root, *read.path)
