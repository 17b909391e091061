"""How long everything may take.

A workflow has a time limit, so the tasks on its longest path must share it. Tasks that name no time get an equal
share of what the others leave, and nobody waits longer than the share cap for one task that nobody thought about.
"""

from collections.abc import Mapping

from wfcore import durations, graph
from wfcore.diagnostics import Fix
from wfcore.validation.findings import Findings

CEILING = 30.0
"""Seconds. No run is longer, so no part of one is."""
LARGEST_SHARE = 5.0
SMALLEST_SHARE = 0.05
"""Seconds. A task is not started with less time left than this."""

_EQUAL = 1e-9


def check_ceiling(findings: Findings, seconds: float | None, pointer: str) -> None:
    """A time limit is more than nothing and at most the ceiling."""
    if seconds is None or 0 < seconds <= CEILING:
        return
    ceiling = durations.written(CEILING)
    message = f"{durations.written(seconds)} is out of range: more than 0s and at most {ceiling}"
    fix = Fix(f"write `{ceiling}`", pointer, ceiling, "set") if seconds else Fix("write more than 0s", pointer)
    findings.add("WF-702", message, pointer, seen=seconds, fix=fix)


def timeouts(
    findings: Findings, limit: float, needs: Mapping[str, frozenset[str]], written: Mapping[str, float]
) -> dict[str, float]:
    """The timeout of every task in seconds: as written, else its share. Tells where the limit is too short."""
    settled = dict(written)
    waiting = set(needs) - set(written)
    while waiting:
        share, path = _tightest(limit, needs, settled, waiting)
        if path is None:
            settled |= dict.fromkeys(waiting, share)
            break
        if share < SMALLEST_SHARE:
            _tell(findings, limit, path, settled)
            return settled | dict.fromkeys(waiting, LARGEST_SHARE)
        sharing = waiting & set(path)
        settled |= dict.fromkeys(sharing, share)
        waiting -= sharing
    length, path = graph.longest_path(needs, settled)
    if length > limit + _EQUAL:
        _tell(findings, limit, path, settled)
    return settled


def _tightest(
    limit: float, needs: Mapping[str, frozenset[str]], settled: Mapping[str, float], waiting: set[str]
) -> tuple[float, tuple[str, ...] | None]:
    """The smallest share that some path leaves to its waiting tasks, and that path; None where the cap fits all."""
    share, tightest = LARGEST_SHARE, None
    while True:
        length, path = graph.longest_path(needs, {**settled, **dict.fromkeys(waiting, max(share, 0.0))})
        sharing = sum(task in waiting for task in path)
        if length <= limit + _EQUAL or not sharing:
            return share, tightest
        # A longer path leaves less; with the smaller share another path may be the longest.
        share, tightest = (limit - sum(settled.get(task, 0.0) for task in path)) / sharing, path
        if share < SMALLEST_SHARE:
            return share, tightest


def _tell(findings: Findings, limit: float, path: tuple[str, ...], settled: Mapping[str, float]) -> None:
    steps = " -> ".join(f"{task} ({durations.written(settled[task])})" if task in settled else task for task in path)
    taken = sum(settled.get(task, 0.0) for task in path)
    lacking = sum(task not in settled for task in path)
    rest = f" and leaves nothing for {lacking} without a timeout" if lacking else ""
    message = (
        f"the longest path takes {durations.written(round(taken, 3))} of {durations.written(limit)}{rest}: {steps}"
    )
    enough = taken + lacking * LARGEST_SHARE
    fix = Fix("shorten the timeouts on this path or split the workflow", "/spec/timeout")
    if enough <= CEILING:
        longer = durations.written(round(enough, 3))
        fix = Fix(f"give the workflow `timeout: {longer}`, or shorten the tasks", "/spec/timeout", longer, "set")
    findings.add("WF-703", message, "/spec/timeout", seen=taken, fix=fix)
