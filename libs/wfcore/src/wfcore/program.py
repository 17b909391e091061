"""A bundle, compiled: what the run machine executes.

Compiled once per bundle and process; holds no state of any run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wfcore import bundle as bundles
from wfcore import expression, request, schema, template, transform
from wfcore.bundle import (
    BlockPlan,
    BranchPlan,
    Bundle,
    CallPlan,
    EachPlan,
    ErrorRule,
    FallbackPlan,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    WorkflowPlan,
)
from wfcore.graph import dependents
from wfcore.request import Request
from wfcore.schema import Schema

Scope = Mapping[str, Any]
Reader = Callable[[Scope], Any]


class CompiledCall(NamedTuple):
    """A call with its closures."""

    plan: CallPlan
    request: Callable[[Scope], Request]
    output: Reader
    output_is_body: bool
    input_schema: Schema
    output_schema: Schema

    def succeeds(self, status: int) -> bool:
        return matches(status, self.plan.http.success_codes)


class CompiledTransform(NamedTuple):
    """A data step. With an input schema it sees its own input only."""

    plan: TransformPlan
    apply: Reader
    input_schema: Schema | None


class CompiledEach(NamedTuple):
    """The same scope for each item of a list."""

    plan: EachPlan
    items: Reader
    body: Block


class CompiledBranch(NamedTuple):
    """One way of a switch; the default has no condition."""

    holds: Callable[[Scope], bool] | None
    body: Block


class CompiledSwitch(NamedTuple):
    """Several scopes, of which one is taken."""

    branches: tuple[CompiledBranch, ...]


class CompiledRule(NamedTuple):
    """What a caller is told where a failure meets the condition."""

    rule: ErrorRule
    holds: Callable[[Scope], bool]


class CompiledWorkflow(NamedTuple):
    """Another workflow inside this one."""

    plan: WorkflowPlan
    body: Block
    input_schema: Schema
    output_schema: Schema
    errors: tuple[CompiledRule, ...]


Work = CompiledCall | CompiledTransform | CompiledEach | CompiledSwitch | CompiledWorkflow


class CompiledFallback(NamedTuple):
    """What stands in: a call or transform with its input, else a value."""

    plan: FallbackPlan
    work: CompiledCall | CompiledTransform | None
    value: Reader
    """The input of the work, or the value itself."""


class CompiledTask(NamedTuple):
    """A task with its closures."""

    plan: TaskPlan
    work: Work
    input: Reader
    when: Callable[[Scope], bool] | None
    fallback: CompiledFallback | None


class Block(NamedTuple):
    """The tasks of one scope by id, who waits for whom, and what becomes of them."""

    tasks: dict[str, CompiledTask]
    followers: dict[str, tuple[str, ...]]
    output: Reader


class Program(NamedTuple):
    """A workflow, ready to run."""

    bundle: Bundle
    body: Block
    input_schema: Schema
    output_schema: Schema


def compile(bundle: Bundle) -> Program:
    """Compile every template, expression and schema of a bundle."""
    return Program(
        bundle, _block(bundle.body), schema.compile(bundle.input_schema), schema.compile(bundle.output_schema)
    )


def rules(written: tuple[ErrorRule, ...]) -> tuple[CompiledRule, ...]:
    """Compile the error rules of a workflow; their scope is `{task, error}`."""
    return tuple(CompiledRule(rule, condition(rule.when)) for rule in written)


def condition(text: str) -> Callable[[Scope], bool]:
    """Compile a condition. What is neither true nor false is an EvaluationError, for nothing here is truthy."""
    return expression.compile_condition(expression.parse(text))


def _block(plan: BlockPlan) -> Block:
    needs = {task.id: frozenset(task.needs) for task in plan.tasks}
    return Block(
        {task.id: _task(task) for task in plan.tasks},
        {task: tuple(sorted(after)) for task, after in dependents(needs).items()},
        _template(plan.output),
    )


def _task(plan: TaskPlan) -> CompiledTask:
    return CompiledTask(
        plan,
        _work(plan.work),
        _template(plan.input),
        None if plan.when is None else condition(plan.when),
        None if plan.fallback is None else _fallback(plan.fallback),
    )


def _work(plan: bundles.Work) -> Work:
    match plan:
        case CallPlan():
            return compiled_call(plan)
        case TransformPlan():
            return _transform(plan)
        case EachPlan():
            return CompiledEach(plan, _template(plan.items), _block(plan.body))
        case SwitchPlan(branches):
            return CompiledSwitch(tuple(map(_branch, branches)))
        case WorkflowPlan():
            takes, gives = schema.compile(plan.input_schema), schema.compile(plan.output_schema)
            return CompiledWorkflow(plan, _block(plan.body), takes, gives, rules(plan.errors))


def _branch(plan: BranchPlan) -> CompiledBranch:
    return CompiledBranch(None if plan.when is None else condition(plan.when), _block(plan.body))


def _fallback(plan: FallbackPlan) -> CompiledFallback:
    if plan.call is None:
        return CompiledFallback(plan, None, _template(plan.output))
    work = compiled_call(plan.call) if isinstance(plan.call, CallPlan) else _transform(plan.call)
    return CompiledFallback(plan, work, _template(plan.input))


def compiled_call(plan: CallPlan) -> CompiledCall:
    """Compile a call by itself."""
    return CompiledCall(
        plan,
        request.compile(plan.http),
        _template(plan.http.output),
        isinstance(plan.http.output, str) and plan.http.output.replace(" ", "") == "{{response.body}}",
        schema.compile(plan.input_schema),
        schema.compile(plan.output_schema),
    )


def _transform(plan: TransformPlan) -> CompiledTransform:
    written = {"from": plan.source, "steps": list(plan.steps)}
    takes = schema.compile(plan.input_schema) if plan.task_ref else None
    return CompiledTransform(plan, transform.compile(transform.parse(written)), takes)


def _template(value: Any) -> Reader:
    return template.compile(template.parse(value))


def matches(status: int, codes: tuple[str, ...]) -> bool:
    """Is a status one of these codes (`200`, `2xx`)?"""
    exact, group = str(status), f"{status // 100}xx"
    return any(code in (exact, group) for code in codes)
