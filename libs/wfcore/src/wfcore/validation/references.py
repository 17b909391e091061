"""Following a name to the object it means.

What is not there yet may arrive with the next apply, in any order, so a missing object is a warning and keeps the
definition from being published, not from being accepted.
"""

from collections.abc import Callable, Iterable
from typing import Protocol

from wfcore.definition import Definition
from wfcore.diagnostics import Fix, ObjectRef, did_you_mean, nearest
from wfcore.validation.findings import Findings

_WHAT = {"WorkflowTask": "task", "Upstream": "upstream"}
_MISSING = {"WorkflowTask": "WF-301", "Upstream": "WF-302"}


class Catalogue(Protocol):
    """All definitions there are: what a reference is looked up in."""

    def get(self, ref: ObjectRef) -> Definition | None:
        """The definition of that name, or None."""

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        """The names of all objects of a kind in a namespace."""


class References:
    """Looks names up, and remembers which of the objects found are sound themselves."""

    def __init__(self, catalogue: Catalogue, check: Callable[[Findings, "References"], None]) -> None:
        self._catalogue = catalogue
        self._check = check
        self._checked: dict[ObjectRef, Findings] = {}

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

    def check_sound(self, findings: Findings, found: Definition, pointer: str) -> bool:
        """Whether the object has no errors of its own and lacks nothing; tells it otherwise."""
        its = self._findings_of(found)
        findings.looked_up |= its.looked_up
        what = f"{_WHAT[found.ref.kind]} `{found.ref.name}`"
        for ref in its.missing:
            message = f"the {what} needs {ref}, which does not exist or has errors"
            findings.lack(_MISSING[ref.kind], ref, message, pointer, Fix(f"apply {ref}", pointer))
        if its.refused:
            first = next(each for each in its.diagnostics if each.is_error)
            message = f"the {what} has errors of its own, the first is {first.code}: {first.message}"
            findings.lack("WF-303", found.ref, message, pointer, Fix(f"correct {found.ref}", pointer))
        return not its.refused

    def _findings_of(self, found: Definition) -> Findings:
        its = self._checked.get(found.ref)
        if its is None:
            its = self._checked[found.ref] = Findings(found)
            self._check(its, self)
        return its
