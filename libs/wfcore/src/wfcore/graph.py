"""Which tasks may start now.

A task is ready when all it needs has succeeded. This module knows only ids and edges,
so the same code serves the planner, the executor, the command line and the editor.

Everywhere `needs` maps each task to the tasks it waits for. Needs that are no tasks themselves are ignored by the
functions that order the whole graph: who names them is told elsewhere, with the place in the source.
"""

from collections.abc import Iterator, Mapping, Set
from typing import NewType, TypeVar

TaskId = NewType("TaskId", str)
Id = TypeVar("Id", bound=str)
"""TaskId inside the engine; plain text serves as well, for example for sub-workflows that call each other."""


class CycleError(ValueError):
    """The graph has a cycle, so nothing in it has an order. `cycle` holds it whole, the first id again at the end."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__(f"tasks wait for each other: {' -> '.join(cycle)}")
        self.cycle = cycle


def ready(needs: Mapping[Id, frozenset[Id]], done: Set[Id], settled: Set[Id]) -> tuple[Id, ...]:
    """Return the tasks, sorted, whose needs are all done and which are not settled (started or over) themselves."""
    return tuple(sorted(task for task, wanted in needs.items() if task not in settled and wanted <= done))


def dependents(needs: Mapping[Id, frozenset[Id]]) -> dict[Id, frozenset[Id]]:
    """Return the edges turned around: for each task those that wait for it."""
    waiting: dict[Id, set[Id]] = {task: set() for task in needs}
    for task, wanted in needs.items():
        for need in wanted & needs.keys():
            waiting[need].add(task)
    return {task: frozenset(others) for task, others in waiting.items()}


def groups(needs: Mapping[Id, frozenset[Id]]) -> tuple[tuple[Id, ...], ...]:
    """Return the tasks in parallel groups: each group needs only tasks of the groups before it. Raises CycleError."""
    waiting = dependents(needs)
    missing = {task: len(wanted & needs.keys()) for task, wanted in needs.items()}
    group = sorted(task for task, count in missing.items() if count == 0)
    found: list[tuple[Id, ...]] = []
    while group:
        found.append(tuple(group))
        following: list[Id] = []
        for task in group:
            for other in waiting[task]:
                missing[other] -= 1
                if missing[other] == 0:
                    following.append(other)
        group = sorted(following)
    _refuse_cycle(needs, ordered=sum(map(len, found)))
    return tuple(found)


def longest_path(needs: Mapping[Id, frozenset[Id]], weights: Mapping[Id, float]) -> tuple[float, tuple[Id, ...]]:
    """Return the heaviest chain of needs (the critical path) and its weight, in the unit of the weights.

    A task without a weight weighs nothing. Raises CycleError.
    """
    weight: dict[Id, float] = {}
    before: dict[Id, Id | None] = {}
    for group in groups(needs):
        for task in group:
            before[task] = min(needs[task] & needs.keys(), key=lambda need: (-weight[need], need), default=None)
            heaviest = before[task]
            weight[task] = weights.get(task, 0.0) + (weight[heaviest] if heaviest is not None else 0.0)
    last = min(weight, key=lambda task: (-weight[task], task), default=None)
    total = weight[last] if last is not None else 0.0
    path: list[Id] = []
    while last is not None:
        path.append(last)
        last = before[last]
    return total, tuple(reversed(path))


def cycle(needs: Mapping[Id, frozenset[Id]]) -> tuple[Id, ...] | None:
    """Return one whole cycle, its first id again at the end, or None. The same graph always gives the same cycle.

    `a -> b` here means that `a` needs `b`. Walks with a stack of its own, so depth is no limit.
    """
    finished: set[Id] = set()
    for start in sorted(needs):
        if start in finished:
            continue
        path: dict[Id, Iterator[Id]] = {start: _in_order(needs, start)}
        while path:
            task, further = next(reversed(path.items()))
            need = next(further, None)
            if need is None:
                del path[task]
                finished.add(task)
            elif need in path:
                return _from(need, tuple(path))
            elif need not in finished:
                path[need] = _in_order(needs, need)
    return None


def _in_order(needs: Mapping[Id, frozenset[Id]], task: Id) -> Iterator[Id]:
    return iter(sorted(needs[task] & needs.keys()))


def _from(first: Id, path: tuple[Id, ...]) -> tuple[Id, ...]:
    return (*path[path.index(first) :], first)


def _refuse_cycle(needs: Mapping[Id, frozenset[Id]], ordered: int) -> None:
    if ordered < len(needs) and (found := cycle(needs)) is not None:
        raise CycleError(found)
