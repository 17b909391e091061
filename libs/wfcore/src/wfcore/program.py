"""A bundle, compiled: what the run machine executes.

Compiled once per bundle and process; holds no state of any run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wfcore import request, schema, template
from wfcore.bundle import Bundle, TaskPlan
from wfcore.graph import dependents
from wfcore.request import Request
from wfcore.schema import Schema

Scope = Mapping[str, Any]


class CompiledTask(NamedTuple):
    """A task with its closures."""

    plan: TaskPlan
    input: Callable[[Scope], Any]
    request: Callable[[Scope], Request]
    output: Callable[[Scope], Any]
    output_is_body: bool
    input_schema: Schema
    output_schema: Schema

    def succeeds(self, status: int) -> bool:
        return matches(status, self.plan.http.success_codes)


class Program(NamedTuple):
    """A workflow, ready to run."""

    bundle: Bundle
    tasks: dict[str, CompiledTask]
    followers: dict[str, frozenset[str]]
    output: Callable[[Scope], Any]
    input_schema: Schema
    output_schema: Schema


def compile(bundle: Bundle) -> Program:
    """Compile every template and schema of a bundle."""
    needs = {task.id: frozenset(task.needs) for task in bundle.tasks}
    return Program(
        bundle,
        {task.id: _task(task) for task in bundle.tasks},
        {task: frozenset(after) for task, after in dependents(needs).items()},
        template.compile(template.parse(bundle.output)),
        schema.compile(bundle.input_schema),
        schema.compile(bundle.output_schema),
    )


def _task(plan: TaskPlan) -> CompiledTask:
    return CompiledTask(
        plan,
        template.compile(template.parse(plan.input)),
        request.compile(plan.http),
        template.compile(template.parse(plan.http.output)),
        isinstance(plan.http.output, str) and plan.http.output.replace(" ", "") == "{{response.body}}",
        schema.compile(plan.input_schema),
        schema.compile(plan.output_schema),
    )


def matches(status: int, codes: tuple[str, ...]) -> bool:
    """Is a status one of these codes (`200`, `2xx`)?"""
    exact, group = str(status), f"{status // 100}xx"
    return any(code in (exact, group) for code in codes)
