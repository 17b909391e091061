"""How definitions are described to clients: the shapes, and how they are filled."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from wf_gateway.outlining import Outline
from wf_gateway.problems import FieldError
from wf_gateway.published import Published
from wfcore.bundle import Bundle
from wfcore.definition import WorkflowTaskSpec, read_definitions
from wfcore.diagnostics import Diagnostic
from wfcore.events import rfc3339
from wfcore.messages import Condition, DefinitionRecord, SourceVerdict, Verdict
from wfcore.schema import Schema


class WorkflowItem(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A workflow in a list."""

    namespace: str
    name: str
    ready: bool
    published: bool
    version: str | None = None
    """Of what serves calls now; None where nothing does."""
    label: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    reason: str = ""


class Finding(Struct, frozen=True, omit_defaults=True):
    """A diagnostic as clients see it."""

    code: str
    severity: str
    message: str
    pointer: str
    docs: str
    position: str | None = None
    fix: str | None = None


class Address(Struct, frozen=True):
    """An address of a workflow's own."""

    method: str
    path: str


class DeclaredError(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What callers hear where a failure meets the condition; the first rule that holds counts."""

    code: str
    status: int
    title: str
    when: str
    suggested_action: str = ""


class WorkflowDetail(Struct, frozen=True, omit_defaults=True, kw_only=True, rename="camel"):
    """Everything about a workflow: what serves, how its newest definition stands and why."""

    namespace: str
    name: str
    ready: bool
    published: bool
    paused: bool = False
    version: str | None = None
    release: str | None = None
    label: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    origin: str | None = None
    conditions: list[Condition] = []
    diagnostics: list[Finding] = []
    input_schema: Any = None
    output_schema: Any = None
    examples: tuple[dict[str, Any], ...] = ()
    tasks: list[Outline] = []
    groups: list[list[str]] = []
    """Tasks that may run together, in order, of the newest definition."""
    critical_path: list[str] = []
    urls: dict[str, str] = {}
    route: Address | None = None
    errors: list[DeclaredError] = []
    used_by: list[str] = []
    """Workflows of the namespace that run this one inside them."""


class TaskItem(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A task."""

    namespace: str
    name: str
    ready: bool
    kind: str = ""
    """http: it calls an upstream. transform: it is made of data alone."""
    version: str = ""
    description: str = ""
    lifecycle: str = ""
    method: str = ""
    upstream: str = ""
    input_schema: Any = None
    output_schema: Any = None
    used_by: list[str] = []
    conditions: list[Condition] = []
    diagnostics: list[Finding] = []


class MissingInput(Struct, frozen=True):
    """An input that has to be given."""

    name: str
    type: str
    description: str


class InputCheck(Struct, frozen=True, rename="camel"):
    """Whether an input would be accepted."""

    valid: bool
    missing_inputs: list[MissingInput]
    invalid_inputs: list[FieldError]


class Listing(Struct, frozen=True):
    """A page of a list; `next` is the cursor of the following one."""

    items: list[Any]
    next: str | None = None


class ValidationFailure(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One error that keeps a definition from being published; `object` is absent where a file cannot be read."""

    object: str | None = None
    origin: str
    since: str
    code: str
    message: str
    pointer: str
    docs: str
    position: str | None = None
    fix: str | None = None


class ValidationFailures(Struct, frozen=True):
    """Everything that is refused now, oldest first."""

    items: list[ValidationFailure]


def failures(verdict: Verdict | SourceVerdict) -> list[ValidationFailure]:
    """The errors of an object or of a file."""
    return [
        ValidationFailure(
            object=f"{verdict.kind} {verdict.namespace}/{verdict.name}" if isinstance(verdict, Verdict) else None,
            origin=verdict.origin,
            since=rfc3339(verdict.at),
            code=each.code,
            message=each.message,
            pointer=each.pointer,
            docs=each.docs,
            position=str(each.position) if each.position else None,
            fix=each.fix.title if each.fix else None,
        )
        for each in verdict.diagnostics
        if each.is_error
    ]


def item(namespace: str, name: str, found: Published | None, verdict: Verdict | None) -> WorkflowItem:
    bundle = found.bundle if found else None
    ready = next((c for c in verdict.conditions if c.type == "Ready"), None) if verdict else None
    return WorkflowItem(
        namespace,
        name,
        verdict.ready if verdict else False,
        found is not None,
        bundle.version if bundle else None,
        bundle.label if bundle else "",
        bundle.description if bundle else "",
        bundle.categories if bundle else (),
        bundle.tags if bundle else (),
        "" if ready is None or ready.status == "True" else f"{ready.reason}: {ready.message}",
    )


def address(bundle: Bundle) -> Address | None:
    return None if bundle.route is None else Address(bundle.route.method, bundle.route.path)


def declared_errors(bundle: Bundle) -> list[DeclaredError]:
    return [
        DeclaredError(rule.code, rule.status, rule.title, rule.when, rule.suggested_action) for rule in bundle.errors
    ]


def finding(diagnostic: Diagnostic) -> Finding:
    return Finding(
        diagnostic.code,
        diagnostic.severity,
        diagnostic.message,
        diagnostic.pointer,
        diagnostic.docs,
        str(diagnostic.position) if diagnostic.position else None,
        diagnostic.fix.title if diagnostic.fix else None,
    )


def task_spec(record: DefinitionRecord | None) -> WorkflowTaskSpec | None:
    if record is None:
        return None
    read = read_definitions(record.text, default_namespace=record.namespace).definitions
    return read[0].spec if read and isinstance(read[0].spec, WorkflowTaskSpec) else None


def sorted_out(given: Any, schema: Schema, source: Any) -> tuple[list[MissingInput], list[FieldError]]:
    """Violations as missing and as invalid inputs."""
    declared = source.get("properties", {}) if isinstance(source, dict) else {}
    missing, invalid = [], []
    for violation in schema.violations(given):
        name = violation.pointer.strip("/")
        if violation.keyword == "required" and name in declared:
            kind = declared[name].get("type", "any") if isinstance(declared[name], dict) else "any"
            shown = " or ".join(kind) if isinstance(kind, list) else str(kind)
            missing.append(MissingInput(name, shown, str(declared[name].get("description", ""))))
        else:
            invalid.append(FieldError(violation.pointer, violation.keyword, violation.message))
    return missing, invalid
