"""From a proven definition to what is published: its bundle, and the conditions that say how it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wfcore.bundle import LANGUAGE_VERSION, Bundle, Http, Retry, TaskPlan, release, safety
from wfcore.definition import Definition, TaskEntry, UpstreamSpec, WorkflowSpec, WorkflowTaskSpec
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.events import rfc3339
from wfcore.messages import Condition
from wfcore.schema import normalise
from wfcore.template import parse, reads
from wfcore.validation import Catalogue, Validation, WorkflowTypes

DEFAULT_ATTEMPTS = 2
"""Where a task does not say: calls that may be repeated are tried twice; of unsafe ones only what was never sent."""


def assemble(workflow: Definition, types: WorkflowTypes, catalogue: Catalogue) -> Bundle:
    """Everything that a sound workflow needs to run, in one piece."""
    spec = workflow.spec
    assert isinstance(spec, WorkflowSpec)
    namespace = workflow.ref.namespace
    used = _read_by(spec)
    referenced: dict[str, str] = {}
    origins: dict[str, str] = {}
    plans = []
    for entry in spec.tasks:
        task, upstream = _resolved(entry, namespace, catalogue)
        referenced[task.ref.name] = task.version
        origins[upstream.ref.name] = _url(upstream)
        plans.append(_plan(entry, task, upstream, types, used.get(entry.id, ())))
    return Bundle(
        namespace=namespace,
        workflow=workflow.ref.name,
        version=workflow.version,
        release=release(workflow.version, referenced, origins),
        language=LANGUAGE_VERSION,
        timeout=spec.timeout,
        max_parallel=spec.max_parallel,
        input_schema=normalise(spec.input_schema),
        output_schema=normalise(types.output),
        checks_output=spec.output_schema is not None,
        output=spec.output,
        tasks=tuple(plans),
        label=spec.version,
        description=spec.description,
        categories=spec.categories,
        tags=spec.tags,
        examples=tuple({"name": e.name, "description": e.description, "input": e.input} for e in spec.examples),
    )


def _resolved(entry: TaskEntry, namespace: str, catalogue: Catalogue) -> tuple[Definition, Definition]:
    """The task that an entry names and its upstream; both are there, or the workflow were not sound."""
    assert entry.task_ref is not None
    task = catalogue.get(ObjectRef("WorkflowTask", namespace, entry.task_ref))
    assert task is not None
    assert isinstance(task.spec, WorkflowTaskSpec)
    assert task.spec.http is not None
    assert task.spec.http.upstream is not None
    upstream = catalogue.get(ObjectRef("Upstream", namespace, task.spec.http.upstream))
    assert upstream is not None
    return task, upstream


def _url(upstream: Definition) -> str:
    assert isinstance(upstream.spec, UpstreamSpec)
    return upstream.spec.url.rstrip("/")


def _plan(
    entry: TaskEntry,
    task: Definition,
    upstream: Definition,
    types: WorkflowTypes,
    used: tuple[tuple[str | int, ...], ...],
) -> TaskPlan:
    spec = task.spec
    assert isinstance(spec, WorkflowTaskSpec)
    assert isinstance(upstream.spec, UpstreamSpec)
    http = spec.http
    assert http is not None
    return TaskPlan(
        id=entry.id,
        task_ref=task.ref.name,
        task_version=task.version,
        needs=tuple(sorted(types.needs[entry.id])),
        input=entry.input,
        http=Http(
            upstream=upstream.ref.name,
            base_url=_url(upstream),
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
        ),
        input_schema=normalise(spec.input_schema),
        output_schema=normalise(spec.output_schema),
        timeout=types.timeouts[entry.id],
        attempt_timeout=spec.attempt_timeout,
        retry=Retry(
            max_attempts=spec.retry.max_attempts or DEFAULT_ATTEMPTS,
            initial_interval=spec.retry.initial_interval,
            multiplier=spec.retry.multiplier,
            max_interval=spec.retry.max_interval,
            retry_on=spec.retry.retry_on,
        ),
        safety=safety(http.method, spec.retry.idempotent),
        check_input=entry.id in types.undecided,
        strict=spec.validate == "strict",
        reads=used,
    )


def _read_by(spec: WorkflowSpec) -> dict[str, tuple[tuple[str | int, ...], ...]]:
    """For each task the paths of its output that the workflow reads, exact to the last key."""
    found: dict[str, set[tuple[str | int, ...]]] = {}
    for value in (*(entry.input for entry in spec.tasks), spec.output):
        for _, read in reads(parse(value)):
            if read.root == "tasks" and read.path[1:2] == ("output",):
                found.setdefault(str(read.path[0]), set()).add(read.path[2:])
    return {task: tuple(sorted(paths, key=repr)) for task, paths in found.items()}


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
