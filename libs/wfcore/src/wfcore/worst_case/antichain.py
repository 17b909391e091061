"""How many tasks can be under way at once: the heaviest set of tasks of which none waits for another."""

from collections.abc import Iterator, Mapping

from wfcore import graph


def heaviest_antichain(needs: Mapping[str, frozenset[str]], widths: Mapping[str, int], most: int) -> int:
    """The most that tasks which do not wait for each other weigh together, or `most` + 1 if that is less.

    By Dilworth it is the smallest number of chains that hold every task as often as it weighs. Each unit of a task that
    follows on a unit of an earlier one saves a chain; the largest such pairing is found as in any bipartite graph.
    """
    levels = graph.groups(needs)
    widest = max((sum(widths[id] for id in level) for level in levels), default=0)
    chains = sum(widths.values())
    if widest > most or widest == chains:
        return min(widest, most + 1)
    order = [id for level in levels for id in level]
    pairing = _Pairing(needs, [(id, widths[id]) for id in order])
    for at, id in enumerate(order):
        for _ in range(widths[id]):
            if chains == widest or not pairing.follow(at):
                break
            chains -= 1
    return min(chains, most + 1)


class _Pairing:
    """Which unit of a task follows on which unit of an earlier task. Sets of tasks are the bits of an int."""

    def __init__(self, needs: Mapping[str, frozenset[str]], order: list[tuple[str, int]]) -> None:
        at = {id: index for index, (id, _) in enumerate(order)}
        self.before: list[int] = []
        for id, _ in order:
            earlier = [at[need] for need in needs[id] if need in at]
            self.before.append(_union(self.before[index] | 1 << index for index in earlier))
        self.left = [width for _, width in order]
        """Units that nothing follows yet."""
        self.open = _union(1 << index for index, width in enumerate(self.left) if width)
        self.followers: list[dict[int, int]] = [{} for _ in order]

    def follow(self, task: int) -> bool:
        """Let one more unit of a task follow on an earlier one, moving others where that makes room."""
        asked_by: dict[int, int] = {}
        held: dict[int, int] = {}
        unseen, queue = -1, [task]
        for later in queue:
            fresh = self.before[later] & unseen
            if found := fresh & self.open:
                self._move(found.bit_length() - 1, later, asked_by, held, task)
                return True
            unseen &= ~fresh
            for earlier in _bits(fresh):
                asked_by[earlier] = later
                for other, units in self.followers[earlier].items():
                    if units and other != task and other not in held:
                        held[other] = earlier
                        queue.append(other)
        return False

    def _move(self, earlier: int, later: int, asked_by: dict[int, int], held: dict[int, int], task: int) -> None:
        self.left[earlier] -= 1
        if not self.left[earlier]:
            self.open &= ~(1 << earlier)
        while True:
            self.followers[earlier][later] = self.followers[earlier].get(later, 0) + 1
            if later == task:
                return
            earlier = held[later]
            self.followers[earlier][later] -= 1
            later = asked_by[earlier]


def _union(sets: Iterator[int]) -> int:
    union = 0
    for each in sets:
        union |= each
    return union


def _bits(members: int) -> Iterator[int]:
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest
