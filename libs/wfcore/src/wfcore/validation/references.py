"""Following a name to the object it means.

What is not there yet may arrive with the next apply, in any order, so a missing object is a warning and keeps the
definition from being published, not from being accepted.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from msgspec import Struct

from wfcore.definition import Definition, TaskEntry, WorkflowSpec, WorkflowTaskSpec
from wfcore.diagnostics import Fix, ObjectRef, did_you_mean, nearest
from wfcore.schema import JsonSchema
from wfcore.schema.rooting import alone
from wfcore.validation import chains
from wfcore.validation.findings import Findings
from wfcore.validation.proven import TaskTypes, WorkflowTypes

_WHAT = {"WorkflowTask": "task", "Workflow": "workflow", "Upstream": "upstream"}
_MISSING = {"WorkflowTask": "WF-301", "Workflow": "WF-307", "Upstream": "WF-302"}


class Catalogue(Protocol):
    """All definitions there are: what a reference is looked up in."""

    def get(self, ref: ObjectRef) -> Definition | None:
        """The definition of that name, or None."""

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        """The names of all objects of a kind in a namespace."""


@runtime_checkable
class KeepsVersions(Protocol):
    """A catalogue that still has earlier versions of its definitions."""

    def version(self, ref: ObjectRef, version: str) -> Definition | None:
        """The definition of that name in that version, or None."""


class Callee(Struct, frozen=True):
    """A sound task or workflow that a task entry calls."""

    definition: Definition
    input: JsonSchema
    """What it takes, as it was written."""
    output: JsonSchema
    """What it gives, ready to be put inside another schema."""
    types: TaskTypes | WorkflowTypes

    @property
    def name(self) -> str:
        """For messages: ``task `get-user` ``."""
        return f"{_WHAT[self.definition.ref.kind]} `{self.definition.ref.name}`"

    @property
    def task(self) -> WorkflowTaskSpec | None:
        """What was written, if it is a task."""
        return self.definition.spec if isinstance(self.definition.spec, WorkflowTaskSpec) else None


class _Checked(Struct, frozen=True):
    findings: Findings
    callee: Callee | None


class References:
    """Looks names up, and remembers what was found out about each of the objects found."""

    def __init__(
        self,
        catalogue: Catalogue,
        check: Callable[[Findings, "References"], TaskTypes | WorkflowTypes | None],
    ) -> None:
        self._catalogue = catalogue
        self._check = check
        self._checked: dict[tuple[ObjectRef, str], _Checked] = {}

    def callee(self, findings: Findings, written: TaskEntry, pointer: str) -> Callee | None:
        """What an entry calls, or None after telling why not."""
        if written.task_ref is not None:
            return self.task(findings, written.task_ref, f"{pointer}/taskRef", written.task_version)
        if written.workflow_ref is not None:
            return self._workflow(findings, written.workflow_ref, f"{pointer}/workflowRef", written.workflow_version)
        return None

    def task(self, findings: Findings, name: str, pointer: str, pin: str | None = None) -> Callee | None:
        """The sound task of that name, or None after telling why not."""
        found = self._pinned(findings, self.find(findings, "WorkflowTask", name, pointer), pin, pointer)
        if found is None or not isinstance(found.spec, WorkflowTaskSpec):
            return None
        _check_lifecycle(findings, found, found.spec, pointer)
        return self.check_sound(findings, found, pointer)

    def _workflow(self, findings: Findings, name: str, pointer: str, pin: str | None) -> Callee | None:
        found = self._pinned(findings, self.find(findings, "Workflow", name, pointer), pin, pointer)
        if found is None or not isinstance(found.spec, WorkflowSpec):
            return None
        if not chains.check_chain(findings, found, pointer, self._catalogue.get):
            return None
        return self.check_sound(findings, found, pointer)

    def find(self, findings: Findings, kind: str, name: str, pointer: str) -> Definition | None:
        """The object of that name in the definition's own namespace, or None after telling that it is missing."""
        ref = ObjectRef(kind, findings.definition.ref.namespace, name)
        findings.looked_up.add(ref)
        found = self._catalogue.get(ref)
        if found is None:
            names = list(self._catalogue.names(kind, ref.namespace))
            close = nearest(name, names)
            fix = Fix(f"write `{close}`", pointer, close, "set") if close else Fix(f"apply {ref}", pointer)
            message = f"there is no {_WHAT[kind]} `{name}` in namespace `{ref.namespace}`{did_you_mean(name, names)}"
            findings.lack(_MISSING[kind], ref, message, pointer, fix)
        return found

    def _pinned(self, findings: Findings, found: Definition | None, pin: str | None, pointer: str) -> Definition | None:
        """The version that is asked for, where it is kept."""
        if found is None or pin is None or found.version == pin:
            return found
        kept = self._catalogue.version(found.ref, pin) if isinstance(self._catalogue, KeepsVersions) else None
        if kept is None:
            place = pointer.replace("Ref", "Version")
            message = f"{found.ref} is now {found.version}, and the pinned {pin} is not kept"
            fix = Fix(f"pin `{found.version}`, after a look at what changed", place, found.version, "set")
            findings.lack("WF-306", found.ref, message, place, fix)
        return kept

    def check_sound(self, findings: Findings, found: Definition, pointer: str) -> Callee | None:
        """The object as something to call, if it has no errors of its own; tells these, and what it lacks."""
        checked = self._found_out(findings, found)
        its = checked.findings
        findings.looked_up |= its.looked_up
        what = f"{_WHAT[found.ref.kind]} `{found.ref.name}`"
        for ref in its.missing:
            message = f"the {what} needs {ref}, which does not exist or has errors"
            findings.lack(_MISSING[ref.kind], ref, message, pointer, Fix(f"apply {ref}", pointer))
        if its.refused:
            first = next(each for each in its.diagnostics if each.is_error)
            message = f"the {what} has errors of its own, the first is {first.code}: {first.message}"
            findings.lack("WF-303", found.ref, message, pointer, Fix(f"correct {found.ref}", pointer))
            return None
        return checked.callee

    def _found_out(self, findings: Findings, found: Definition) -> _Checked:
        key = (found.ref, found.version)
        if key not in self._checked:
            its = Findings(found, findings.unexecuted)
            types = self._check(its, self)
            callee = Callee(found, types.input, alone(types.output), types) if types is not None else None
            self._checked[key] = _Checked(its, callee)
        return self._checked[key]


def _check_lifecycle(findings: Findings, found: Definition, task: WorkflowTaskSpec, pointer: str) -> None:
    name = found.ref.name
    if task.lifecycle == "draft":
        fix = Fix(f"give {found.ref} `lifecycle: active`", pointer)
        findings.lack("WF-304", found.ref, f"the task `{name}` is a draft, which no workflow runs yet", pointer, fix)
    elif task.lifecycle != "active":
        message = f"the task `{name}` is {task.lifecycle}: it still runs, but look for its successor"
        findings.add("WF-305", message, pointer, seen=task.lifecycle, severity="warning")
