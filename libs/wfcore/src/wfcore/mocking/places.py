"""The names by which mocks find their tasks: a path inside a run, for all items or for one, or a bare id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wfcore import worst_case
from wfcore.bundle import BlockPlan, Bundle, CallPlan, TaskPlan, scopes

_INDEX = re.compile(r"\[\d*\]")


def places(bundle: Bundle) -> dict[str, TaskPlan]:
    """Every task of a workflow by its path without item numbers, a fallback that calls by that of its task and
    `:fallback`."""
    return dict(_of(bundle.body, ""))


def _of(body: BlockPlan, prefix: str) -> Iterator[tuple[str, TaskPlan]]:
    for task in body.tasks:
        path = prefix + task.id
        yield path, task
        if task.fallback is not None and isinstance(task.fallback.call, CallPlan):
            yield worst_case.fallback(path), task
        for inner in scopes(task.work):
            yield from _of(inner, f"{path}.")


def calls(known: dict[str, TaskPlan]) -> list[str]:
    """The places at which something is called: only those can be mocked."""
    return [path for path, task in known.items() if isinstance(task.work, CallPlan) or worst_case.task_of(path) != path]


def unnumbered(path: str) -> str:
    """`stock[3].check` -> `stock.check`"""
    return _INDEX.sub("", path)


def numbers(path: str) -> int:
    """How many item numbers a path names: the more, the more exact it is."""
    return len(_INDEX.findall(path))


def is_at(name: str, path: str) -> bool:
    """Whether a mock of this name stands for the task at a path of the same form: each number that it names is met."""
    return all(own in (at, _INDEX.sub("", at)) for own, at in zip(name.split("."), path.split("."), strict=True))


def with_id(id: str, paths: Iterable[str]) -> list[str]:
    """The paths that end with a task of this id."""
    return [path for path in paths if path.rpartition(".")[2] == id]
