"""How long everything may take: time limits, default shares, and the worst case against the workflow's timeout."""

from msgspec import Struct
from msgspec.structs import replace

from wfcore import durations, worst_case
from wfcore.definition import WorkflowSpec
from wfcore.diagnostics import Fix
from wfcore.source import JsonValue
from wfcore.validation.findings import Findings
from wfcore.worst_case import Bound, Call, Choice, Each, NoTimeLeft, Step, Task, Unbounded, Work

CEILING = 30.0
"""Seconds. No run is longer, so no part of one is."""

_TIMEOUT = "/spec/timeout"


class Times(Struct, frozen=True):
    """How long the tasks of a workflow may take."""

    tree: worst_case.Block
    """Every call with its seconds: written ones and shares."""
    bound: Bound


def check_ceiling(findings: Findings, seconds: float | None, pointer: str) -> None:
    """A time limit is more than nothing and at most the ceiling."""
    if seconds is None or 0 < seconds <= CEILING:
        return
    ceiling = durations.written(CEILING)
    message = f"{durations.written(seconds)} is out of range: more than 0s and at most {ceiling}"
    fix = Fix(f"write `{ceiling}`", pointer, ceiling, "set") if seconds else Fix("write more than 0s", pointer)
    findings.add("WF-702", message, pointer, seen=seconds, fix=fix)


def times_of(findings: Findings, spec: WorkflowSpec, tree: worst_case.Block, places: dict[str, str]) -> Times | None:
    """How long all may take; None after telling why it is too long. `places` has the pointer of each container."""
    try:
        worst_case.bound(_settled(tree, {}), spec.max_parallel)
        tree = _settled(tree, worst_case.shares(tree, spec.timeout, spec.max_parallel))
    except Unbounded as endless:
        for path in endless.paths:
            _tell_endless(findings, path, places[path])
        return None
    except NoTimeLeft as short:
        _tell_short(findings, short, places.get(short.scope, "/spec"))
        return None
    bound = worst_case.bound(tree, spec.max_parallel)
    if not bound.fits(spec.timeout):
        _tell_long(findings, spec, bound)
        return None
    return Times(tree, bound)


def _settled(body: worst_case.Block, given: dict[str, float], prefix: str = "") -> worst_case.Block:
    """The same tree where every call has its seconds; a call of which nothing is known yet has the largest share."""

    def settled(work: Work, path: str) -> Work:
        match work:
            case Call(seconds=None):
                return Call(given.get(path, worst_case.LARGEST_SHARE))
            case Each(body=inner):
                return replace(work, body=_settled(inner, given, f"{path}."))
            case Choice(bodies=bodies):
                return Choice(tuple(_settled(each, given, f"{path}[{at}].") for at, each in enumerate(bodies)))
        return work

    def task(each: Task, path: str) -> Task:
        then = settled(each.then, worst_case.fallback(path)) if each.then is not None else None
        return replace(each, work=settled(each.work, path), then=then)

    return worst_case.Block({id_: task(each, prefix + id_) for id_, each in body.tasks.items()})


def _tell_endless(findings: Findings, path: str, pointer: str) -> None:
    message = f"nobody can say how long `{path}` takes at most, for nothing says how many items there are"
    fix = Fix("add `maxItems` to the schema of the list, or a `timeout` beside `forEach`", pointer)
    findings.add("WF-705", message, f"{pointer}/forEach/items", seen=path, fix=fix)


def _tell_short(findings: Findings, short: NoTimeLeft, pointer: str) -> None:
    lacking, limit = len(short.lacking), durations.written(short.limit)
    taken = f"the longest path takes {_rounded(short.taken)} of {limit} and leaves nothing"
    message = f"{taken} for {lacking} without a timeout: {_told(short.path, short.lacking)}"
    rounds = sum(step.rounds for step in short.path if step.path in short.lacking)
    _tell(findings, message, f"{pointer}/timeout", short.taken, short.taken + rounds * worst_case.LARGEST_SHARE)


def _tell_long(findings: Findings, spec: WorkflowSpec, bound: Bound) -> None:
    limit, path = durations.written(spec.timeout), _told(bound.path)
    if bound.critical > spec.timeout:
        message = f"the longest path takes {_rounded(bound.critical)} of {limit}: {path}"
    else:
        message = (
            f"the tasks take up to {_rounded(bound.seconds)} of {limit}, because calls wait for each other: they take "
            f"{_rounded(bound.work)} together and {spec.max_parallel} may be open at once; the longest path is {path}"
        )
    _tell(findings, message, _TIMEOUT, bound.seconds, bound.seconds)


def _tell(findings: Findings, message: str, pointer: str, seen: JsonValue, enough: float) -> None:
    fix = Fix("shorten the timeouts on this path or split the workflow", pointer)
    if enough <= CEILING:
        longer = _rounded(enough)
        fix = Fix(f"write `timeout: {longer}`, or shorten the tasks", pointer, longer, "set")
    findings.add("WF-703", message, pointer, seen=seen, fix=fix)


def _rounded(seconds: float) -> str:
    return durations.written(round(seconds, 3))


def _told(path: tuple[Step, ...], lacking: frozenset[str] = frozenset()) -> str:
    return " -> ".join(_step(step, lacking) for step in path)


def _step(step: Step, lacking: frozenset[str]) -> str:
    times = f"{step.rounds} times " if step.rounds > 1 else ""
    return step.path if step.path in lacking else f"{step.path} ({times}{durations.written(round(step.seconds, 3))})"
