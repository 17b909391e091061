"""If it deploys, it works: everything about a definition that can be proven before the first call.

`validate` looks at one definition and at what it refers to. It decides nothing about publishing: it says what is
wrong, what is missing, and for a sound workflow which types, edges and times hold.
"""

from msgspec import Struct

from wfcore.definition import Definition, UpstreamSpec, WorkflowSpec, WorkflowTaskSpec
from wfcore.diagnostics import Diagnostic, ObjectRef, Severity, place
from wfcore.validation.findings import Findings
from wfcore.validation.proven import EntryTypes, FallbackTypes, ScopeTypes, TaskTypes, WorkflowTypes
from wfcore.validation.references import Catalogue, KeepsVersions, References
from wfcore.validation.task import check_task
from wfcore.validation.upstream import check_upstream
from wfcore.validation.workflow import check_workflow

__all__ = [
    "Catalogue",
    "EntryTypes",
    "FallbackTypes",
    "KeepsVersions",
    "ScopeTypes",
    "TaskTypes",
    "Validation",
    "WorkflowTypes",
    "validate",
]


class Validation(Struct, frozen=True):
    """What was found out about one definition."""

    diagnostics: list[Diagnostic]
    types: WorkflowTypes | None
    """Of a workflow without errors of which nothing is missing; else None."""
    missing: list[ObjectRef]
    """What it refers to and what is not there or not sound: a later object may cure it. Each has a warning."""
    looked_up: frozenset[ObjectRef]
    """Every reference that was followed, found or not: when one of them changes, the answer may change."""

    @property
    def refused(self) -> bool:
        """Whether there is an error: something that no other object can cure."""
        return any(diagnostic.is_error for diagnostic in self.diagnostics)


def validate(definition: Definition, catalogue: Catalogue, *, unexecuted: Severity = "error") -> Validation:
    """Check one definition against the others. `unexecuted` is as in `read_definitions`."""
    findings = Findings(definition, unexecuted)
    types = _types(findings, References(catalogue, _types))
    diagnostics = sorted(findings.diagnostics, key=place)
    return Validation(
        diagnostics,
        types if isinstance(types, WorkflowTypes) else None,
        findings.missing,
        frozenset(findings.looked_up),
    )


def _types(findings: Findings, references: References) -> TaskTypes | WorkflowTypes | None:
    match findings.definition.spec:
        case UpstreamSpec() as upstream:
            check_upstream(findings, upstream)
        case WorkflowTaskSpec() as task:
            return check_task(findings, task, references)
        case WorkflowSpec() as workflow:
            return check_workflow(findings, workflow, references)
    return None
