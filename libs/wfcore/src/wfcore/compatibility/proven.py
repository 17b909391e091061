"""What one comparison knows already about pairs of places.

Recursive schemas are proven by induction over the size of the value: a pair of places that is met again, deeper in
the value, may be taken for granted while it is being proven. What was concluded from such an assumption is kept only
as long as the assumption is not found wrong; all else is concluded once, however many ways lead there.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from wfcore.compatibility.answer import Gap
from wfcore.compatibility.keyword_sets import Path, Schemas

Pair: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]
"""The identities of the giver's schemas and of the taker's."""

MOST_GAPS = 60
"""Obstacles of one pair that are kept. A place that is reached in a thousand ways need not be told a thousand times."""

MOST_WITHDRAWN = 300
"""Conclusions that are looked for again because what they rested on was found wrong."""
_NEVER = 1 << 30


def pair_of(givers: Schemas, takers: Schemas) -> Pair:
    """The pair of two places. Order and repetition of schemas that all hold say nothing."""
    return tuple(sorted(set(map(id, givers)))), tuple(sorted(set(map(id, takers))))


class Proven:
    """Answers by pair. `conclude` is given what finds the gaps of a pair, with paths from that pair on."""

    def __init__(self) -> None:
        self._gaps: dict[Pair, Sequence[Gap]] = {}
        self._open: dict[Pair, int] = {}
        self._rests_on: dict[Pair, int] = {}
        self._assumed: list[Pair] = []
        self._lowest = _NEVER
        self._withdrawn = 0

    def conclude(self, pair: Pair, path: Path, find: Callable[[], list[Gap]]) -> list[Gap]:
        """The gaps of a pair, found now or before."""
        if pair in self._open:
            self._lowest = min(self._lowest, self._open[pair])
            return []
        if pair not in self._gaps:
            self._find(pair, find)
        else:
            self._lowest = min(self._lowest, self._rests_on.get(pair, _NEVER))
        return [Gap((*path, *gap.path), gap.rule, gap.keyword, gap.message, gap.candidates) for gap in self._gaps[pair]]

    def _find(self, pair: Pair, find: Callable[[], list[Gap]]) -> None:
        outer, self._lowest = self._lowest, _NEVER
        depth, before = len(self._open), len(self._assumed)
        self._open[pair] = depth
        try:
            self._gaps[pair] = sorted(find(), key=lambda gap: len(gap.path))[:MOST_GAPS]
        finally:
            del self._open[pair]
        if self._gaps[pair]:
            self._withdraw(self._assumed[before:], self._gaps[pair][0])
            del self._assumed[before:]
        elif self._lowest < depth:
            self._rests_on[pair] = self._lowest
            self._assumed.append(pair)
        else:
            for other in self._assumed[before:]:
                self._rests_on.pop(other, None)
            del self._assumed[before:]
        self._lowest = min(outer, self._lowest if self._lowest < depth else _NEVER)

    def _withdraw(self, pairs: Sequence[Pair], gap: Gap) -> None:
        """What was taken for granted because of a pair that has a gap is not known any more.

        Schemas that go round in many circles would be looked at again for each of them: from some number on, what
        rested on the pair is simply not proven either.
        """
        self._withdrawn += len(pairs)
        for pair in pairs:
            del self._rests_on[pair]
            if self._withdrawn <= MOST_WITHDRAWN:
                del self._gaps[pair]
            else:
                self._gaps[pair] = [Gap((), gap.rule, gap.keyword, f"what is inside does not fit: {gap.message}", list)]
