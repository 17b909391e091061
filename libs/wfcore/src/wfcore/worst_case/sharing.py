"""Which timeout a call gets where nobody wrote one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wfcore.worst_case.bounding import ROUNDING, Step, Unbounded, bound
from wfcore.worst_case.network import Limited, Network, Waiting
from wfcore.worst_case.tree import Block

LARGEST_SHARE = 5.0
"""Seconds. Nobody waits longer for a call that nobody thought about."""
SMALLEST_SHARE = 0.05
"""Seconds. A task is not started with less time left than this."""


class NoTimeLeft(ValueError):
    """The written timeouts on this path leave no useful time to the calls on it that have none."""

    def __init__(self, scope: str, limit: float, path: tuple[Step, ...], lacking: frozenset[str]) -> None:
        super().__init__(f"{limit:g} s leave nothing for {', '.join(sorted(lacking))}")
        self.scope = scope
        """Path of the container whose limit it is; empty for the workflow."""
        self.limit = limit
        self.path = path
        self.lacking = lacking
        """Paths of the calls that get nothing. Their seconds in `path` mean nothing."""

    @property
    def taken(self) -> float:
        """Seconds of the path that are given away already."""
        return sum(step.seconds * step.rounds for step in self.path if step.path not in self.lacking)


def shares(body: Block, timeout: float, slots: int | None = None) -> dict[str, float]:
    """Return the timeout of every call that names none, in seconds, by path.

    Calls get an equal share of what the written timeouts leave on their longest path, in the workflow and in each
    container with a limit; in a forEach the share is divided by its rounds. Nobody gets more than LARGEST_SHARE. With
    `slots` all shares shrink together where the bound would not fit the timeout otherwise.

    Raises NoTimeLeft where a path leaves less than SMALLEST_SHARE. A path of written timeouts alone may still be too
    long: `bound` tells.
    """
    network = Network(body, timeout)
    waiting = {each.at: each for each in network.waiting if each.rounds}
    settled = {each.path: LARGEST_SHARE for each in network.waiting}
    while waiting:
        share, sharing = _tightest(network, waiting)
        for at in sharing:
            each = waiting.pop(at)
            settled[each.path] = _part(share, each)
            network.times[at] = settled[each.path] * each.rounds
    return settled if slots is None or not settled else _fitting(body, timeout, slots, settled)


def _part(share: float, call: Waiting) -> float:
    return min(LARGEST_SHARE, share / call.rounds)


def _tightest(network: Network, waiting: Mapping[int, Waiting]) -> tuple[float, Iterable[int]]:
    """The largest share that fits every limit, and the calls that cannot have more.

    Inner limits come first: with a share that fits them they hide no call from the limits around them.
    """
    share = LARGEST_SHARE * max(each.rounds for each in waiting.values())
    sharing: Iterable[int] = tuple(waiting)
    for part in network.limited:
        share, sharing = _tightened(network, part, waiting, share, sharing)
    return share, sharing


def _tightened(
    network: Network, part: Limited, waiting: Mapping[int, Waiting], share: float, sharing: Iterable[int]
) -> tuple[float, Iterable[int]]:
    """The share, smaller where a chain of this part would not fit its limit, and the calls on the tightest chain."""
    while True:
        for at, each in waiting.items():
            network.times[at] = _part(share, each) * each.rounds
        seconds, chain = network.longest(part)
        on_chain = [at for at in chain if at in waiting]
        if seconds <= part.seconds + ROUNDING or not on_chain:
            return share, sharing
        # A longer chain leaves less; with the smaller share another chain may be the longest.
        left = part.seconds - seconds + sum(network.times[at] for at in on_chain)
        share, sharing = _filled(left, [waiting[at].rounds for at in on_chain]), on_chain
        if any(_part(share, waiting[at]) < SMALLEST_SHARE for at in on_chain):
            lacking = frozenset(waiting[at].path for at in on_chain)
            raise NoTimeLeft(part.path, part.seconds / part.rounds, network.steps(part, chain), lacking)


def _filled(seconds: float, rounds: list[int]) -> float:
    """The share with which calls that repeat so often use up these seconds, none with more than the most."""
    sharing = len(rounds)
    for count in sorted(rounds)[:-1]:
        if seconds / sharing <= LARGEST_SHARE * count + ROUNDING:
            break
        seconds -= LARGEST_SHARE * count
        sharing -= 1
    return seconds / sharing


def _fitting(body: Block, timeout: float, slots: int, given: dict[str, float]) -> dict[str, float]:
    """The shares, smaller where waiting for slots would make the run too long and smaller ones help.

    Without limits the bound is convex in the common factor, so the chord from nothing to all shares fits at once; with
    limits it may take some more.
    """
    try:
        whole = bound(body, slots, given)
    except Unbounded:
        return given
    written = bound(body, slots, dict.fromkeys(given, 0.0))
    factor = 1.0
    while written.seconds < timeout and not whole.fits(timeout):
        factor *= (timeout - written.seconds) / (whole.seconds - written.seconds)
        smaller = {path: seconds * factor for path, seconds in given.items()}
        if min(smaller.values()) < SMALLEST_SHARE:
            return given
        whole = bound(body, slots, smaller)
        if whole.fits(timeout):
            return smaller
    return given
