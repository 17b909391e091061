"""From a proven definition to what is published: its bundle, and the conditions that say how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wfcore import bundle
from wfcore.bundle import (
    LANGUAGE_VERSION,
    BlockPlan,
    BranchPlan,
    Bundle,
    CallPlan,
    EachPlan,
    ErrorRule,
    FallbackPlan,
    Http,
    Reads,
    Retry,
    Route,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    Work,
    WorkflowPlan,
    release,
    safety,
)
from wfcore.definition import Definition, TaskEntry, UpstreamSpec, WorkflowSpec, WorkflowTaskSpec
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.events import rfc3339
from wfcore.messages import Condition
from wfcore.schema import normalise
from wfcore.usage import body_output, usage
from wfcore.validation import Catalogue, EntryTypes, ScopeTypes, Validation, WorkflowTypes

DEFAULT_ATTEMPTS = 2
"""Where a task does not say: calls that may be repeated are tried twice; of unsafe ones only what was never sent."""


def assemble(workflow: Definition, types: WorkflowTypes, catalogue: Catalogue) -> Bundle:
    """Everything that a sound workflow needs to run, in one piece."""
    spec = workflow.spec
    assert isinstance(spec, WorkflowSpec)
    assembly = _Assembly(catalogue)
    body = assembly.block(spec.tasks, spec.output, types.body)
    return Bundle(
        namespace=workflow.ref.namespace,
        workflow=workflow.ref.name,
        version=workflow.version,
        release=release(workflow.version, assembly.referenced, assembly.origins),
        language=LANGUAGE_VERSION,
        timeout=spec.timeout,
        max_parallel=spec.max_parallel,
        input_schema=normalise(spec.input_schema),
        output_schema=normalise(types.output),
        checks_output=spec.output_schema is not None,
        body=body,
        label=spec.version,
        description=spec.description,
        categories=spec.categories,
        tags=spec.tags,
        examples=tuple({"name": e.name, "description": e.description, "input": e.input} for e in spec.examples),
        errors=_rules(spec),
        route=None if spec.route is None else Route(spec.route.method, spec.route.path),
    )


def _rules(spec: WorkflowSpec) -> tuple[ErrorRule, ...]:
    return tuple(ErrorRule(r.when, r.status, r.code, r.title, r.suggested_action) for r in spec.errors)


class _Assembly:
    """One bundle in the making, and what it turned out to rest on."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.referenced: set[tuple[str, str]] = set()
        """Kind and name of each task and workflow, with its version."""
        self.origins: set[tuple[str, str]] = set()

    def block(self, tasks: Sequence[TaskEntry], output: Any, types: ScopeTypes) -> BlockPlan:
        read = usage(tasks, output)
        return BlockPlan(tuple(self._task(entry, types.tasks[entry.id], read[entry.id]) for entry in tasks), output)

    def _task(self, entry: TaskEntry, types: EntryTypes, read: Reads) -> TaskPlan:
        holds_others = bool(types.inner)
        return TaskPlan(
            id=entry.id,
            needs=tuple(sorted(types.needs)),
            work=self._work(entry, types, read),
            input=entry.input if entry.task_ref or entry.workflow_ref else None,
            when=entry.when,
            on_error=entry.on_error,
            fallback=self._fallback(entry, types, read),
            timeout=_limit(entry, types) if holds_others else None,
            check_input=types.undecided,
        )

    def _work(self, entry: TaskEntry, types: EntryTypes, read: Reads) -> Work:
        if types.task is not None:
            return self._of_task(types.task, types.timeout, read)
        if entry.for_each is not None:
            body = self.block(entry.tasks, body_output(entry), types.inner[0])
            each = entry.for_each
            return EachPlan(each.items, each.as_, each.max_parallel, body, types.most)
        if entry.switch is not None:
            branches = zip(entry.switch, types.inner, strict=True)
            return SwitchPlan(
                tuple(BranchPlan(b.when, self.block(b.tasks, b.output, inside)) for b, inside in branches)
            )
        if types.workflow is not None:
            return self._inside(types.workflow, types.inner[0])
        assert entry.transform is not None
        written = entry.transform.written()
        return TransformPlan(written["from"], tuple(written["steps"]))

    def _inside(self, workflow: Definition, types: ScopeTypes) -> WorkflowPlan:
        spec = workflow.spec
        assert isinstance(spec, WorkflowSpec)
        self.referenced.add((f"Workflow/{workflow.ref.name}", workflow.version))
        output = types.output if spec.output_schema is None else spec.output_schema
        return WorkflowPlan(
            workflow=workflow.ref.name,
            version=workflow.version,
            body=self.block(spec.tasks, spec.output, types),
            input_schema=normalise(spec.input_schema),
            output_schema=normalise(output),
            checks_output=spec.output_schema is not None,
            errors=_rules(spec),
        )

    def _fallback(self, entry: TaskEntry, types: EntryTypes, read: Reads) -> FallbackPlan | None:
        if entry.fallback is None:
            return None
        if types.fallback is None:
            return FallbackPlan(output=entry.fallback.output)
        work = self._of_task(types.fallback.task, types.fallback.timeout, read)
        return FallbackPlan(call=work, input=entry.fallback.input, check_input=types.fallback.undecided)

    def _of_task(self, task: Definition, timeout: float, read: Reads) -> CallPlan | TransformPlan:
        spec = task.spec
        assert isinstance(spec, WorkflowTaskSpec)
        self.referenced.add((f"WorkflowTask/{task.ref.name}", task.version))
        if spec.transform is not None:
            written, takes = spec.transform.written(), normalise(spec.input_schema)
            return TransformPlan(written["from"], tuple(written["steps"]), task.ref.name, task.version, takes)
        return CallPlan(
            task_ref=task.ref.name,
            task_version=task.version,
            http=self._http(task.ref.namespace, spec),
            input_schema=normalise(spec.input_schema),
            output_schema=normalise(spec.output_schema),
            timeout=timeout,
            attempt_timeout=spec.attempt_timeout,
            retry=Retry(
                max_attempts=spec.retry.max_attempts or DEFAULT_ATTEMPTS,
                initial_interval=spec.retry.initial_interval,
                multiplier=spec.retry.multiplier,
                max_interval=spec.retry.max_interval,
                retry_on=spec.retry.retry_on,
            ),
            safety=_safety(spec),
            strict=spec.validate == "strict",
            reads=read,
        )

    def _http(self, namespace: str, spec: WorkflowTaskSpec) -> Http:
        http = spec.http
        assert http is not None
        assert http.upstream is not None
        upstream = self._catalogue.get(ObjectRef("Upstream", namespace, http.upstream))
        assert upstream is not None  # or the workflow were not sound
        assert isinstance(upstream.spec, UpstreamSpec)
        base_url = upstream.spec.url.rstrip("/")
        self.origins.add((upstream.ref.name, base_url))
        return Http(
            upstream=upstream.ref.name,
            base_url=base_url,
            method=http.method,
            path=http.path,
            query=dict(http.query),
            headers=dict(http.headers),
            body=http.body,
            has_body=http.body is not None,
            body_type=http.body_type,
            success_codes=http.success_codes,
            output=http.output,
            private_addresses=upstream.spec.private_addresses,
            max_response_bytes=upstream.spec.limits.max_response_bytes,
        )


def _safety(spec: WorkflowTaskSpec) -> bundle.Safety:
    assert spec.http is not None
    return safety(spec.http.method, spec.retry.idempotent)


def _limit(entry: TaskEntry, types: EntryTypes) -> float | None:
    """Seconds that all inside a task may take together: what the entry says, and what a workflow says of itself."""
    said = [entry.timeout]
    if types.workflow is not None:
        assert isinstance(types.workflow.spec, WorkflowSpec)
        said.append(types.workflow.spec.timeout)
    return min((each for each in said if each is not None), default=None)


def conditions(
    definition: Definition | None,
    validation: Validation | None,
    diagnostics: Sequence[Diagnostic],
    before: Mapping[str, Condition],
    at: int,
) -> list[Condition]:
    """How an object stands, as Kubernetes writes it. `definition` is None where it does not read without errors."""
    stands: list[tuple[str, bool | None, str, str]] = []
    workflow = definition is not None and isinstance(definition.spec, WorkflowSpec)
    if definition is None or validation is None:
        stands.append(("Ready", False, "Invalid", _first(diagnostics)))
    elif validation.refused:
        typed = any(d.is_error and d.code.startswith("WF-6") for d in validation.diagnostics)
        stands.append(("Ready", False, "Invalid", _first(diagnostics)))
        if workflow:
            stands.append(("ReferencesResolved", not validation.missing, "Checked", _names(validation)))
            stands.append(
                ("SchemasCompatible", False if typed else None, "Incompatible" if typed else "NotChecked", "")
            )
            stands.append(("Published", False, "Invalid", "the last good version, if any, goes on serving"))
    elif validation.missing:
        stands.append(("Ready", False, "ReferenceMissing", _names(validation)))
        stands.append(("ReferencesResolved", False, "ReferenceMissing", _names(validation)))
        if workflow:
            stands.append(("SchemasCompatible", None, "NotChecked", ""))
            stands.append(("Published", False, "ReferenceMissing", "published as soon as they are there"))
    else:
        stands.append(("Ready", True, "Valid", ""))
        if workflow:
            undecided = sum(d.code == "WF-605" for d in validation.diagnostics)
            proven = "Proven" if not undecided else "CheckedAtRunTime"
            stands.append(("ReferencesResolved", True, "Found", ""))
            stands.append(("SchemasCompatible", True, proven, ""))
            stands.append(("Published", True, "Published", ""))
    return [_condition(type, holds, reason, message, before, at) for type, holds, reason, message in stands]


def _first(diagnostics: Sequence[Diagnostic]) -> str:
    """The first error, and how many more there are."""
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]
    if not errors:
        return "the definition cannot be read"
    return f"{errors[0].code}: {errors[0].message}" + (f" (and {len(errors) - 1} more)" if errors[1:] else "")


def _names(validation: Validation) -> str:
    return "waits for " + ", ".join(str(ref) for ref in validation.missing) if validation.missing else ""


def _condition(
    type: str, holds: bool | None, reason: str, message: str, before: Mapping[str, Condition], at: int
) -> Condition:
    status = "Unknown" if holds is None else "True" if holds else "False"
    held = before.get(type)
    since = held.last_transition_time if held is not None and held.status == status else rfc3339(at)
    return Condition(type, status, reason, message, since)  # type: ignore[arg-type]
