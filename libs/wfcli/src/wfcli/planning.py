"""How a workflow will run, told from files alone: validated, put together and planned as if it were published."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wfcli.terminal.paint import Paint
from wfcli.validating import Checked, Files, check
from wfcore import durations, schema
from wfcore import plan as plans
from wfcore.bundle import Bundle
from wfcore.definition import Definition, read_definitions
from wfcore.diagnostics import ObjectRef, did_you_mean
from wfcore.plan import CriticalPath, Node, Plan, Scope
from wfcore.publishing import assemble
from wfcore.schema import Violation
from wfcore.validation import WorkflowTypes, validate


class NoSuchWorkflow(Exception):
    """The files hold no workflow of that name. The text names the nearest."""


class NotSound(Exception):
    """The workflow, or something it needs, has errors or is missing; `checked` has what to show."""

    def __init__(self, checked: Checked) -> None:
        super().__init__("only a workflow without errors has a plan")
        self.checked = checked


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan, and what is wrong with the input that was tried with it; None where none was given."""

    plan: Plan
    input: Any = None
    violations: list[Violation] | None = None

    @property
    def ok(self) -> bool:
        return not self.violations


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A sound workflow as it would be published, and what was found on the way."""

    bundle: Bundle
    types: WorkflowTypes
    checked: Checked


def plan(workflow: str, paths: Sequence[Path], *, namespace: str = "default", given: bytes | None = None) -> Planned:
    """Plan one workflow of these files and folders, and check an input against its inputSchema.

    Raises NoSuchWorkflow, NotSound, wfcli.validating.NothingToValidate, and OSError where a file cannot be read.
    """
    bundle = prepare(workflow, paths, namespace=namespace).bundle
    planned = plans.plan(bundle)
    if given is None:
        return Planned(plan=planned)
    value = json.loads(given)
    return Planned(plan=planned, input=value, violations=schema.compile(bundle.input_schema).violations(value))


def prepare(workflow: str, paths: Sequence[Path], *, namespace: str) -> Prepared:
    """Validate and put together one workflow of these files and folders. Raises as `plan` does."""
    checked = check(paths, namespace=namespace)
    files = _files(checked, namespace)
    definition = _find(files, ObjectRef("Workflow", namespace, workflow))
    found = validate(definition, files, unexecuted="warning")
    if found.types is None:
        raise NotSound(checked)
    return Prepared(bundle=assemble(definition, found.types, files), types=found.types, checked=checked)


def _files(checked: Checked, namespace: str) -> Files:
    files = Files()
    for name, text in checked.texts.items():
        for definition in read_definitions(
            text, file=name, default_namespace=namespace, unexecuted="warning"
        ).definitions:
            files.add(definition)
    return files


def _find(files: Files, ref: ObjectRef) -> Definition:
    definition = files.get(ref)
    if definition is not None:
        return definition
    named = [f"{each.namespace}/{each.name}" for each in files.definitions if each.kind == "Workflow"]
    hint = did_you_mean(f"{ref.namespace}/{ref.name}", named)
    raise NoSuchWorkflow(f"these files hold no workflow {ref.namespace}/{ref.name}{hint}")


def as_json(planned: Planned) -> str:
    """The plan; with an input also `input` and `inputProblems`."""
    told = json.loads(plans.as_json(planned.plan))
    if planned.violations is not None:
        problems = [{"pointer": each.pointer, "message": each.message} for each in planned.violations]
        told |= {"input": planned.input, "inputProblems": problems}
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_text(planned: Planned, paint: Paint) -> str:
    """Groups, critical path, worst case, input and the Mermaid text, for people."""
    plan = planned.plan
    limits = f"{_ms(plan.timeout_ms)} at most, {plan.max_parallel} calls at once"
    parts = [f"{paint.strong(f'{plan.namespace}/{plan.workflow}')}  {limits}", "\n".join(_groups(plan.scope, paint))]
    parts.append("\n".join(_times(plan, paint)))
    if planned.violations is not None:
        parts.append("\n".join(_input(planned, paint)))
    parts.append(plans.as_mermaid(plan).rstrip("\n"))
    return "\n\n".join(parts)


def input_problems(planned: Planned) -> str:
    """One line for each thing that is wrong with the input; empty where nothing is."""
    return "\n".join(f"{each.pointer or '/'}: {each.message}" for each in planned.violations or ())


def _groups(scope: Scope, paint: Paint, indent: str = "  ") -> Iterator[str]:
    """The tasks in their groups; what is inside a task stands under it."""
    by_id = {node.id: node for node in scope.nodes}
    for number, group in enumerate(scope.groups, 1):
        for at, id in enumerate(group):
            node = by_id[id]
            count = f"{number:>2}" if at == 0 else "  "
            yield f"{indent}{paint.quiet(count)}  {node.id:<16} {paint.quiet(_what(node))}"
            for inner in node.scopes:
                if node.kind == "switch":
                    yield f"{indent}      {paint.quiet('default' if inner.when is None else f'when {inner.when}')}"
                yield from _groups(inner, paint, f"{indent}    ")


def _what(node: Node) -> str:
    words = [node.kind if node.kind != "call" else f"{node.method} {node.upstream}", node.ref]
    if node.timeout_ms is not None:
        words.append(f"at most {_ms(node.timeout_ms)}")
    if node.kind == "forEach":
        words.append(f"{node.max_items} items at most, {node.max_parallel} at a time")
    if node.when is not None:
        words.append(f"when {node.when}")
    if node.on_error != "fail":
        words.append(f"on error {node.fallback.ref or 'a value' if node.fallback else node.on_error}")
    return ", ".join(word for word in words if word)


def _times(plan: Plan, paint: Paint) -> Iterator[str]:
    if plan.critical_path is None or plan.worst_case is None:
        yield f"  worst case     {paint.warning('unknown')}: nothing bounds {', '.join(plan.unbounded)}"
    else:
        worst = plan.worst_case
        waiting = f", {_ms(worst.waiting_ms)} of it waiting for a free slot" if worst.waiting_ms else ""
        within = f"within {_ms(plan.timeout_ms)}" if worst.fits else paint.bad(f"above {_ms(plan.timeout_ms)}")
        yield f"  critical path  {_ms(plan.critical_path.total_ms)}: {_chain(plan.critical_path)}"
        yield f"  worst case     {_ms(worst.total_ms)}, {within}{waiting}"
    estimate = plan.estimate
    usually = estimate.because if estimate.total_ms is None else _ms(estimate.total_ms)
    yield f"  usually        {paint.quiet(usually)}"


def _chain(critical: CriticalPath) -> str:
    steps = [
        f"{step.path} {_ms(step.timeout_ms)}" + (f" x {step.rounds}" if step.rounds > 1 else "")
        for step in critical.steps
    ]
    return " -> ".join(steps) or "no calls"


def _input(planned: Planned, paint: Paint) -> Iterator[str]:
    verdict = paint.good("fits its inputSchema") if planned.ok else paint.bad("does not fit its inputSchema")
    yield f"  input          {json.dumps(planned.input, ensure_ascii=False)}"
    yield f"                 {verdict}"
    yield from (f"                 {each.pointer or '/'}: {each.message}" for each in planned.violations or ())


def _ms(milliseconds: int) -> str:
    return durations.written(milliseconds / 1000)
