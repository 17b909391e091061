"""The tasks of a workflow as clients see them: what each one does, nested as in the definition."""

from __future__ import annotations

from msgspec import Struct

from wfcore import bundle
from wfcore.bundle import (
    BlockPlan,
    Bundle,
    CallPlan,
    EachPlan,
    FallbackPlan,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    WorkflowPlan,
)

_KINDS = {
    CallPlan: "call",
    TransformPlan: "transform",
    EachPlan: "forEach",
    SwitchPlan: "switch",
    WorkflowPlan: "workflow",
}


class Branch(Struct, frozen=True, omit_defaults=True):
    """One way of a switch; without `when` the default."""

    tasks: list[Outline]
    when: str | None = None


class Outline(Struct, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """One task of a workflow: `taskRef` or `workflowRef` where it names what it runs, `tasks` or `branches` inside."""

    id: str
    kind: str
    """call, transform, forEach, switch or workflow."""
    task_ref: str | None = None
    workflow_ref: str | None = None
    needs: list[str]
    when: str | None = None
    on_error: str = "fail"
    fallback_ref: str | None = None
    """The task that stands in for it when it fails."""
    tasks: list[Outline] = []
    branches: list[Branch] = []


def outline(body: BlockPlan) -> list[Outline]:
    """The tasks of a scope, with all that is inside them."""
    return [_outlined(task) for task in body.tasks]


def _outlined(task: TaskPlan) -> Outline:
    work = task.work
    named = task.ref or None
    return Outline(
        id=task.id,
        kind=_KINDS[type(work)],
        task_ref=None if isinstance(work, WorkflowPlan) else named,
        workflow_ref=named if isinstance(work, WorkflowPlan) else None,
        needs=list(task.needs),
        when=task.when,
        on_error=task.on_error,
        fallback_ref=_stand_in(task.fallback),
        tasks=outline(work.body) if isinstance(work, EachPlan | WorkflowPlan) else [],
        branches=[Branch(outline(each.body), each.when) for each in work.branches]
        if isinstance(work, SwitchPlan)
        else [],
    )


def _stand_in(fallback: FallbackPlan | None) -> str | None:
    return None if fallback is None or fallback.call is None else fallback.call.task_ref or None


def tasks_used(workflow: Bundle) -> set[str]:
    """Names of all tasks that a run may use: nested ones, stand-ins and those of its sub-workflows too."""
    used = set()
    for task in bundle.tasks(workflow.body):
        if isinstance(task.work, CallPlan | TransformPlan):
            used.add(task.work.task_ref)
        used.add(_stand_in(task.fallback) or "")
    return used - {""}


def workflows_used(workflow: Bundle) -> set[str]:
    """Names of all sub-workflows that a run may use, those of its sub-workflows too."""
    return {task.work.workflow for task in bundle.tasks(workflow.body) if isinstance(task.work, WorkflowPlan)}
