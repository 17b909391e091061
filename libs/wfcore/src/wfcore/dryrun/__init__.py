"""How a workflow would run, without a single call: every template as far as input and mocks can fill it."""

from __future__ import annotations

from typing import Any

import msgspec

from wfcore import jsontext, program
from wfcore import plan as plans
from wfcore.bundle import Bundle
from wfcore.dryrun.calling import Caller
from wfcore.dryrun.knowledge import PartObject, Unresolved, known, shown
from wfcore.dryrun.making import Maker
from wfcore.dryrun.model import DryRun, FailureTold, Graph, TaskTold, ToldAs
from wfcore.dryrun.walking import Walk
from wfcore.errors import ERRORS, WorkflowError
from wfcore.events import Failure
from wfcore.mocking import Mocks
from wfcore.run.failures import REFUSED, declared, failure_from, rule_that_holds, seen_by_expressions
from wfcore.run.machine import ANSWER_CAP

__all__ = ["DryRun", "TaskTold", "as_json", "dry_run"]

_ONLY_IN_A_RUN = ("id", "startedAt", "traceId")


def dry_run(bundle: Bundle, input: Any, mocks: Mocks, *, execution: dict[str, str] | None = None) -> DryRun:
    """Go through a workflow with an input that fits its schema. Nothing raises: faults stand at their task.

    `execution` is what expressions see of the run (`id`, `startedAt`, `traceId`); without it that is unresolved.
    """
    make = Maker()
    caller = Caller(mocks, make)
    walk = Walk(caller, make)
    output = _output(bundle, make.schema(bundle.input_schema).prune(input)[0], walk, execution)
    plan = plans.plan(bundle)
    failed = isinstance(output, Failure)
    return DryRun(
        namespace=bundle.namespace,
        workflow=bundle.workflow,
        version=bundle.version,
        release=bundle.release,
        status=_status(output, walk),
        input=input,
        output=None if failed else shown(output),
        failure=_told(bundle, output) if isinstance(output, Failure) else None,
        tasks=walk.notes.told(),
        omitted_tasks=walk.notes.omitted,
        unused_mocks=sorted(mocks.names - caller.used),
        groups=plan.scope.groups,
        critical_path=plan.critical_path,
        worst_case=plan.worst_case,
        unbounded=plan.unbounded,
        estimate=plan.estimate,
        graph=Graph(plan.scope, plan.edges),
        mermaid=plans.as_mermaid(plan),
        dot=plans.as_dot(plan),
    )


def as_json(told: DryRun) -> bytes:
    """The dry run as one JSON object."""
    return jsontext.encode(msgspec.to_builtins(told))


def _output(bundle: Bundle, input: Any, walk: Walk, execution: dict[str, str] | None) -> Any:
    """The answer as far as it is known, or the Failure of the run."""
    unknown = {name: Unresolved(name, f"execution.{name}, which only a run has") for name in _ONLY_IN_A_RUN}
    scope = PartObject(
        {
            "input": input,
            "tasks": PartObject(),
            "execution": PartObject(unknown) if execution is None else execution,
            "workflow": {"name": bundle.workflow, "version": bundle.version},
        }
    )
    try:
        output = walk.block(bundle.body, scope, "")
        if not isinstance(output, Failure) and known(output):
            return _given(bundle, output)
    except REFUSED as error:
        return failure_from(None, error)
    return output


def _given(bundle: Bundle, output: Any) -> Any:
    """The answer as it may be given. Raises WorkflowError where it must not be."""
    if bundle.checks_output:
        output = declared("the workflow", Maker().schema(bundle.output_schema), output)
    size = jsontext.size_of(output, 2 * ANSWER_CAP)
    if size > ANSWER_CAP:
        raise WorkflowError(f"the answer has {size} bytes", code="RESULT_TOO_LARGE")
    return output


def _status(output: Any, walk: Walk) -> Any:
    if isinstance(output, Failure):
        return "failed"
    if walk.notes.any_unresolved or not known(output):
        return "unresolved"
    return "partial" if walk.lacks else "succeeded"


def _told(bundle: Bundle, failure: Failure) -> FailureTold:
    """A failure, and what a caller would hear of it: in the words of the workflow's first rule that holds."""
    seen = {"task": failure.task or "", "error": seen_by_expressions(failure)}
    rule = rule_that_holds(program.rules(bundle.errors), seen)
    told = ERRORS[failure.code] if rule is None else rule
    words = ToldAs(told.status, failure.code if rule is None else rule.code, told.title)
    return FailureTold(failure.code, failure.message, failure.task, words)
