"""The longest that a run can take.

Let m be the number of calls that may be open at once in the whole run, W all work (the sum of all
timeouts, those of a forEach body for every item), and CP the critical path: the longest chain of timeouts where a
forEach of n items, k at a time, counts ceil(n/k) times its body. Where never more than m calls can be open, a run takes
at most CP, else at most CP + (W - CP)/m.

*Proof.* Split the run into *full* moments, in which a call waits for a slot (so all m are taken), and *free* ones.
In a free moment every call that may run does run. Follow a chain back from the last call, in the time of free moments
only: the tasks of a scope then take no longer than its longest chain, as nothing but a need holds them back. By
induction the first r*k items of a forEach are over after r bodies, for item r*k + 1 enters when one of them leaves,
whatever m is. So free moments last F <= CP in all. Full moments do m seconds of work each second, free ones at least
one, so they last at most (W - F)/m. Together F + (W - F)/m, which grows with F, so F = CP is the worst. Where more
than m calls can never be open, no moment is full. Shorter calls, skipped tasks and other branches only lower W and CP.

How many calls can be open is the heaviest antichain of the needs, nested scopes counted with their own. A `limit` of a
container holds for all that is inside: it caps its path at the limit, and its work at the limit times its open calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from msgspec import Struct

from wfcore import graph
from wfcore.worst_case.antichain import heaviest_antichain
from wfcore.worst_case.tree import Block, Call, Choice, Each, Inner, Task, Work, fallback, inside, needs_of

ROUNDING = 1e-9
"""Seconds. Shares add up to a limit with an error of this size at most, which is none."""


class Step(Struct, frozen=True):
    """A part of the critical path: a call, or a container that its limit ends."""

    path: str
    seconds: float
    rounds: int = 1
    """How often it follows on itself, in the forEach around it."""


class Bound(Struct, frozen=True):
    """The longest that a run can take, and why. Seconds."""

    seconds: float
    critical: float
    """The length of the critical path; what is more comes from waiting for slots."""
    work: float
    path: tuple[Step, ...]
    """The critical path. Its seconds times rounds add up to `critical`."""

    def fits(self, limit: float) -> bool:
        """Whether a time limit is long enough; a rounding error is none."""
        return self.seconds <= limit + ROUNDING


class Unbounded(ValueError):
    """No bound: nobody knows how many items these forEach tasks have, and no limit ends them."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        super().__init__(f"the number of items is unknown: {', '.join(paths)}")
        self.paths = paths


def bound(body: Block, slots: int, given: Mapping[str, float] | None = None) -> Bound:
    """Return the longest that a run of this body can take with at most so many open calls.

    `given` has the seconds of the calls that name none, by path, as `shares` returns them.
    Raises Unbounded, and KeyError for a call without seconds.
    """
    if endless := tuple(_endless(body, "")):
        raise Unbounded(endless)
    cost = _Reckoning(given or {}, slots).scope(body, "")
    waits = max(cost.work - cost.critical, 0.0) / slots if _open(body, slots) > slots else 0.0
    return Bound(cost.critical + waits, cost.critical, cost.work, cost.path)


# --- what a part costs ------------------------------------------------------------------------------


class _Cost(Struct, frozen=True):
    critical: float = 0.0
    work: float = 0.0
    path: tuple[Step, ...] = ()


_NOTHING = _Cost()


class _Reckoning(Struct, frozen=True):
    """Adds up the parts of a tree, from the inside out."""

    given: Mapping[str, float]
    slots: int

    def scope(self, body: Block, prefix: str) -> _Cost:
        costs = {id: self.task(task, prefix + id) for id, task in body.tasks.items()}
        critical, chain = graph.longest_path(needs_of(body), {id: cost.critical for id, cost in costs.items()})
        path = tuple(step for id in chain for step in costs[id].path)
        return _Cost(critical, sum(cost.work for cost in costs.values()), path)

    def task(self, task: Task, path: str) -> _Cost:
        cost = self.work(task.work, path)
        if task.limit is not None:
            cost = self.capped(cost, task, path, task.limit)
        if task.then is None:
            return cost
        after = self.work(task.then, fallback(path))
        return _Cost(cost.critical + after.critical, cost.work + after.work, cost.path + after.path)

    def capped(self, cost: _Cost, task: Task, path: str, limit: float) -> _Cost:
        work = min(cost.work, limit * min(_width(task.work, self.slots), self.slots))
        if cost.critical <= limit + ROUNDING:
            return _Cost(cost.critical, max(work, cost.critical), cost.path)
        return _Cost(limit, max(work, limit), (Step(path, limit),))

    def work(self, work: Work, path: str) -> _Cost:
        match work:
            case Call(seconds=written):
                seconds = self.given[path] if written is None else written
                return _Cost(seconds, seconds, (Step(path, seconds),))
            case Each(body=body, items=items):
                return _repeated(self.scope(body, f"{path}."), items, work.rounds)
            case Choice() | Inner():
                ways = [self.scope(body, prefix) for prefix, body in inside(work, path)]
                worst = max(ways, key=lambda way: way.critical, default=_NOTHING)
                return _Cost(worst.critical, max((way.work for way in ways), default=0.0), worst.path)
        return _NOTHING


def _repeated(body: _Cost, items: int | None, rounds: int) -> _Cost:
    if not body.work or items == 0:
        return _NOTHING
    if items is None:
        return _Cost(body.critical * math.inf, body.work * math.inf, body.path)
    path = tuple(Step(step.path, step.seconds, step.rounds * rounds) for step in body.path)
    return _Cost(body.critical * rounds, body.work * items, path)


def _calls(body: Block) -> bool:
    return any(
        isinstance(task.work, Call) or isinstance(task.then, Call) or any(_calls(b) for _, b in inside(task.work, ""))
        for task in body.tasks.values()
    )


def _endless(body: Block, prefix: str) -> Iterator[str]:
    """Every forEach that makes nobody knows how many calls and that no limit ends."""
    for id, task in body.tasks.items():
        if task.limit is not None:
            continue
        if isinstance(task.work, Each) and task.work.items is None and _calls(task.work.body):
            yield prefix + id
        for inner, scope in inside(task.work, prefix + id):
            yield from _endless(scope, inner)


# --- how many calls can be open at once ---------------------------------------------------------------


def _open(body: Block, most: int) -> int:
    """The largest number of calls of this scope that can be open at once; from `most` + 1 on nobody counts."""
    widths = {id: max(_width(task.work, most), int(isinstance(task.then, Call))) for id, task in body.tasks.items()}
    return heaviest_antichain(needs_of(body), widths, most)


def _width(work: Work, most: int) -> int:
    match work:
        case Call():
            return 1
        case Each(body=body, items=items, parallel=parallel):
            at_once = parallel if items is None else min(items, parallel)
            return min(at_once * _open(body, most), most + 1)
    return max((_open(body, most) for _, body in inside(work, "")), default=0)
