"""From a bundle to its plan: what runs beside what, which chain is longest, and how long a run can take."""

from collections.abc import Iterator

from wfcore import graph, worst_case
from wfcore.bundle import (
    BlockPlan,
    Bundle,
    CallPlan,
    EachPlan,
    FallbackPlan,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    Work,
    WorkflowPlan,
)
from wfcore.plan import timing
from wfcore.plan.model import CriticalPath, Edge, Estimate, Fallback, Kind, Node, Plan, Scope, Step, WorstCase
from wfcore.plan.reading import tasks_read

NO_HISTORY = Estimate(None, "no run of this workflow is known here, so nobody can say what it usually takes")


def plan(bundle: Bundle, estimate: Estimate = NO_HISTORY) -> Plan:
    """Return how this workflow will run. `estimate` comes from whoever knows its history."""
    critical_path, worst, unbounded = _times(bundle)
    return Plan(
        namespace=bundle.namespace,
        workflow=bundle.workflow,
        version=bundle.version,
        release=bundle.release,
        timeout_ms=_ms(bundle.timeout),
        max_parallel=bundle.max_parallel,
        scope=_scope(bundle.body, ""),
        edges=tuple(_edges(bundle.body, "", outermost=True)),
        critical_path=critical_path,
        worst_case=worst,
        unbounded=unbounded,
        estimate=estimate,
    )


def _times(bundle: Bundle) -> tuple[CriticalPath | None, WorstCase | None, tuple[str, ...]]:
    try:
        bound = worst_case.bound(timing.tree(bundle.body), bundle.max_parallel)
    except worst_case.Unbounded as endless:
        return None, None, endless.paths
    steps = tuple(Step(step.path, _ms(step.seconds), step.rounds) for step in bound.path)
    worst = WorstCase(
        total_ms=_ms(bound.seconds),
        work_ms=_ms(bound.work),
        waiting_ms=_ms(bound.seconds - bound.critical),
        fits=bound.fits(bundle.timeout),
    )
    return CriticalPath(_ms(bound.critical), steps), worst, ()


def _scope(body: BlockPlan, path: str, when: str | None = None) -> Scope:
    groups = graph.groups({task.id: frozenset(task.needs) for task in body.tasks})
    group = {id: number for number, ids in enumerate(groups, 1) for id in ids}
    prefix = f"{path}." if path else ""
    nodes = tuple(_node(task, prefix + task.id, group[task.id]) for task in body.tasks)
    return Scope(path=path, when=when, nodes=nodes, groups=groups)


def _node(task: TaskPlan, path: str, group: int) -> Node:
    work = task.work
    call = work if isinstance(work, CallPlan) else None
    each = work if isinstance(work, EachPlan) else None
    timeout = call.timeout if call is not None else task.timeout
    return Node(
        path=path,
        id=task.id,
        kind=kind_of(work),
        group=group,
        ref=task.ref,
        needs=task.needs,
        when=task.when,
        on_error=task.on_error,
        fallback=_fallback(task.fallback),
        timeout_ms=None if timeout is None else _ms(timeout),
        method=call.http.method if call is not None else "",
        upstream=call.http.upstream if call is not None else "",
        safety=call.safety if call is not None else None,
        attempts=call.retry.max_attempts if call is not None else 0,
        items=each.items if each is not None else "",
        max_items=each.most if each is not None else None,
        max_parallel=each.max_parallel if each is not None else 0,
        scopes=tuple(_scope(body, inner, when) for inner, when, body in _inside(work, path)),
    )


def kind_of(work: Work) -> Kind:
    """What sort of task does this work, in the words of the language."""
    match work:
        case CallPlan():
            return "call"
        case TransformPlan():
            return "transform"
        case EachPlan():
            return "forEach"
        case SwitchPlan():
            return "switch"
        case WorkflowPlan():
            return "workflow"


def _inside(work: Work, path: str) -> Iterator[tuple[str, str | None, BlockPlan]]:
    """The scopes right inside a task: path, condition, tasks."""
    match work:
        case EachPlan(body=body) | WorkflowPlan(body=body):
            yield path, None, body
        case SwitchPlan(branches=branches):
            for at, branch in enumerate(branches):
                yield f"{path}[{at}]", branch.when, branch.body


def _fallback(written: FallbackPlan | None) -> Fallback | None:
    if written is None:
        return None
    if written.call is None:
        return Fallback()
    timeout = written.call.timeout if isinstance(written.call, CallPlan) else 0.0
    return Fallback(written.call.task_ref, _ms(timeout))


def _edges(body: BlockPlan, path: str, *, outermost: bool) -> Iterator[Edge]:
    prefix = f"{path}." if path else ""
    for task in body.tasks:
        read = tasks_read(task, outermost=outermost)
        for need in task.needs:
            yield Edge(prefix + need, prefix + task.id, "reads" if need in read else "dependsOn")
        for inner, _, block in _inside(task.work, prefix + task.id):
            yield from _edges(block, inner, outermost=isinstance(task.work, WorkflowPlan))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
