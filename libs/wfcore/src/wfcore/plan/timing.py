"""The durations of a bundle, in the form that the worst case is reckoned from."""

from wfcore import worst_case
from wfcore.bundle import BlockPlan, CallPlan, EachPlan, SwitchPlan, TaskPlan, TransformPlan, Work, WorkflowPlan


def tree(body: BlockPlan) -> worst_case.Block:
    """The same scopes and edges with nothing but durations."""
    return worst_case.Block({task.id: _task(task) for task in body.tasks})


def _task(task: TaskPlan) -> worst_case.Task:
    then = task.fallback.call if task.fallback is not None else None
    return worst_case.Task(
        work=_work(task.work),
        needs=frozenset(task.needs),
        limit=task.timeout,
        then=worst_case.Call(then.timeout) if isinstance(then, CallPlan) else None,
    )


def _work(work: Work) -> worst_case.Work:
    match work:
        case CallPlan(timeout=timeout):
            return worst_case.Call(timeout)
        case TransformPlan():
            return worst_case.Instant()
        case EachPlan(body=body, most=most, max_parallel=parallel):
            return worst_case.Each(tree(body), most, parallel)
        case SwitchPlan(branches=branches):
            return worst_case.Choice(tuple(tree(branch.body) for branch in branches))
        case WorkflowPlan(body=body):
            return worst_case.Inner(tree(body))
