"""A tree of scopes laid out flat, so that its longest chain is found in one pass over a list.

To share out a time limit the longest chain is asked for hundreds of times, each time with other durations. Here a
duration counts as often as the forEach tasks around its call repeat it, so all of them add up as in a plain graph.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from wfcore import graph
from wfcore.worst_case.bounding import ROUNDING, Step
from wfcore.worst_case.tree import Block, Call, Choice, Each, Inner, Instant, Task, fallback, inside, needs_of


class Waiting(NamedTuple):
    """A call without a timeout."""

    path: str
    at: int
    """Its place in the network."""
    rounds: int
    """How often it repeats; 0 in a list that is always empty."""


class Limited(NamedTuple):
    """A stretch of the network with a time limit of its own, counted as often as it repeats itself."""

    path: str
    first: int
    last: int
    seconds: float
    rounds: int


class Network:
    """Places in an order in which each comes after those it waits for.

    A container is a place where it begins, all that is inside, and a place where it ends.
    """

    def __init__(self, body: Block, timeout: float) -> None:
        self.waiting: list[Waiting] = []
        self.limited: list[Limited] = []
        """Inner ones before those around them, the workflow last."""
        self.times: list[float] = []
        """Seconds at each place; whoever asks for a longest chain sets those of the waiting calls."""
        self._before: list[tuple[int, ...]] = []
        self._steps: dict[int, tuple[str, int]] = {}
        """Path and rounds of what has a duration."""
        self._caps: dict[int, Limited] = {}
        first = self._place(())
        last = self._place(self._scope(body, "", 1, first))
        self.limited.append(Limited("", first, last, timeout, 1))

    def longest(self, part: Limited) -> tuple[float, list[int]]:
        """The longest chain inside a part: its seconds, and its places that have a duration."""
        reached = [0.0] * (part.last + 1)
        came = [part.first] * (part.last + 1)
        for at in range(part.first + 1, part.last + 1):
            latest = max(self._before[at], key=reached.__getitem__)
            reached[at] = reached[latest] + self.times[at]
            came[at] = latest
            cap = self._caps.get(at)
            if cap is not None and at != part.last and reached[at] > reached[cap.first] + cap.seconds + ROUNDING:
                reached[at], came[at] = reached[cap.first] + cap.seconds, cap.first
        return reached[part.last], self._chain(part, came)

    def _chain(self, part: Limited, came: list[int]) -> list[int]:
        places, at = [], part.last
        while at != part.first:
            # The end of a container counts where its limit cut it short.
            if at in self._steps and (at not in self._caps or came[at] == self._caps[at].first):
                places.append(at)
            at = came[at]
        return places[::-1]

    def steps(self, part: Limited, places: list[int]) -> tuple[Step, ...]:
        """The same chain in words, as it is inside this part."""
        told = []
        for at in places:
            path, rounds = self._steps[at]
            seconds = self._caps[at].seconds if at in self._caps else self.times[at]
            told.append(Step(path, seconds / max(rounds, 1), rounds // max(part.rounds, 1)))
        return tuple(told)

    def _place(self, before: tuple[int, ...], seconds: float = 0.0) -> int:
        self._before.append(before)
        self.times.append(seconds)
        return len(self.times) - 1

    def _scope(self, body: Block, prefix: str, rounds: int, first: int) -> tuple[int, ...]:
        """Lay out the tasks of a scope; return where they end."""
        needs = needs_of(body)
        ends: dict[str, int] = {}
        for id in itertools.chain.from_iterable(graph.groups(needs)):
            before = tuple(ends[need] for need in sorted(needs[id]) if need in ends) or (first,)
            ends[id] = self._task(body.tasks[id], prefix + id, rounds, before)
        return tuple(ends.values()) or (first,)

    def _task(self, task: Task, path: str, rounds: int, before: tuple[int, ...]) -> int:
        match task.work:
            case Call():
                end = self._call(task.work, path, rounds, before)
            case Instant():
                end = self._place(before)
            case Each() | Choice() | Inner():
                end = self._container(task.work, path, rounds, before, task.limit)
        return end if task.then is None else self._call(task.then, fallback(path), rounds, (end,))

    def _call(self, call: Call | Instant, path: str, rounds: int, before: tuple[int, ...]) -> int:
        if isinstance(call, Instant):
            return self._place(before)
        at = self._place(before, 0.0 if call.seconds is None else call.seconds * rounds)
        self._steps[at] = path, rounds
        if call.seconds is None:
            self.waiting.append(Waiting(path, at, rounds))
        return at

    def _container(
        self, work: Each | Choice | Inner, path: str, rounds: int, before: tuple[int, ...], limit: float | None
    ) -> int:
        first = self._place(before)
        repeated = rounds * work.rounds if isinstance(work, Each) else rounds
        ends = [end for prefix, body in inside(work, path) for end in self._scope(body, prefix, repeated, first)]
        last = self._place(tuple(ends) or (first,))
        if limit is not None:
            self._caps[last] = Limited(path, first, last, limit * rounds, rounds)
            self._steps[last] = path, rounds
            self.limited.append(self._caps[last])
        return last
