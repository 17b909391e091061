"""From a text to definitions: which objects it holds, which of them are refused, and why."""

import hashlib
from collections import Counter
from collections.abc import Iterator

import msgspec
import rfc8785
from msgspec import UNSET, Struct

from wfcore import source
from wfcore.definition.fields import MAX_TASKS
from wfcore.definition.model import KINDS, Metadata, Spec
from wfcore.definition.shape import Walk, told
from wfcore.diagnostics import Diagnostic, Fix, ObjectRef, Severity, did_you_mean, nearest, place
from wfcore.source import Document, JsonValue, Positions

API_VERSION = "workflow.io/v1"

_ENVELOPE = ("apiVersion", "kind", "metadata", "spec", "status")


class Definition(Struct, frozen=True):
    """One object that reads without error.

    `raw` is the spec as the user wrote it; `version` is `sha256:…` over its canonical JSON (RFC 8785), so that
    comments and order do not count. `positions` finds pointers that begin with `/spec` or `/metadata`.
    """

    ref: ObjectRef
    spec: Spec
    raw: dict[str, JsonValue]
    metadata: Metadata
    positions: Positions
    version: str


class Reading(Struct, frozen=True):
    """What a text holds. An object with errors is named in `refused` (where it has a name), not in `definitions`.

    `faulty` are those of the refused whose shape is known all the same: to find out what else is wrong with them.
    """

    definitions: list[Definition]
    diagnostics: list[Diagnostic]
    refused: list[ObjectRef]
    faulty: list[Definition] = []


def read_definitions(
    text: str,
    *,
    file: str | None = None,
    first_line: int = 1,
    default_namespace: str = "default",
    unexecuted: Severity = "error",
) -> Reading:
    """Read every object of a text, YAML or JSON.

    `unexecuted` is the severity of fields that are known but not executed yet. Never raises: each fault is a
    diagnostic, and objects without faults are still read.
    """
    parsed = source.read(text, file=file, first_line=first_line)
    diagnostics = [
        fault for fault in parsed.diagnostics if not any(fault in each.diagnostics for each in parsed.documents)
    ]
    definitions: list[Definition] = []
    refused: list[ObjectRef] = []
    faulty: list[Definition] = []
    for document in parsed.documents:
        if document.data is None and document.complete and not document.diagnostics:
            continue
        ref = _ref(document.data, default_namespace)
        definition, faults = _read_object(document, ref, default_namespace, unexecuted)
        diagnostics.extend(faults)
        if definition and not any(fault.is_error for fault in faults):
            definitions.append(definition)
            continue
        if definition:
            faulty.append(definition)
        if ref:
            refused.append(ref)
    twice = list(_twice(definitions))
    again = {fault.object for fault in twice}
    kept = [definition for definition in definitions if definition.ref not in again]
    return Reading(kept, sorted(diagnostics + twice, key=place), refused + sorted(ref for ref in again if ref), faulty)


def version_of(raw: dict[str, JsonValue]) -> str:
    """The content version of a spec: `sha256:…`."""
    return f"sha256:{hashlib.sha256(rfc8785.dumps(raw)).hexdigest()}"


def _ref(data: JsonValue, default_namespace: str) -> ObjectRef | None:
    """The name of the object, as far as it can be read at all."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if not isinstance(metadata, dict):
        return None
    kind, name, namespace = data.get("kind"), metadata.get("name"), metadata.get("namespace", default_namespace)
    if isinstance(kind, str) and isinstance(name, str) and isinstance(namespace, str) and kind in KINDS:
        return ObjectRef(kind, namespace, name)
    return None


def _read_object(
    document: Document, ref: ObjectRef | None, default_namespace: str, unexecuted: Severity
) -> tuple[Definition | None, list[Diagnostic]]:
    faults = [msgspec.structs.replace(fault, object=ref) for fault in document.diagnostics]
    if not document.complete:
        return None, faults
    walk = Walk(ref, document.positions, unexecuted, blamed={fault.pointer for fault in faults})
    kind = _envelope(walk, document.data)
    if kind is None:
        return None, faults + walk.diagnostics
    metadata = walk.struct(
        Metadata, {"namespace": default_namespace, **_mapping(document.data, "metadata")}, "/metadata"
    )
    raw = document.data["spec"]
    spec = UNSET if _too_many_tasks(walk, raw) else walk.struct(KINDS[kind], raw, "/spec")
    faults += walk.diagnostics
    if ref is None or metadata is UNSET or spec is UNSET:
        return None, faults
    return Definition(ref, spec, raw, metadata, document.positions, version_of(raw)), faults


def _mapping(data: dict[str, JsonValue], key: str) -> dict[str, JsonValue]:
    value = data[key]
    return value if isinstance(value, dict) else {}


def _envelope(walk: Walk, data: JsonValue) -> str | None:
    """Check what stands around the spec; the kind, where the rest can be read."""
    if not isinstance(data, dict):
        walk.complain(
            "WF-204", f"expected an object with `apiVersion`, `kind`, `metadata` and `spec`, found {told(data)}", ""
        )
        return None
    misspelt = {_unknown_at_top(walk, name) for name in data if name not in _ENVELOPE}
    for name in _ENVELOPE[:4]:
        if name not in data:
            fix = Fix(f"add `{name}:`", f"/{name}")
            if name not in misspelt:
                walk.complain("WF-202", f"`{name}` is required and is missing", f"/{name}", fix=fix)
        elif name in ("metadata", "spec") and not isinstance(data[name], dict):
            walk.complain("WF-204", f"expected a mapping, found {told(data[name])}", f"/{name}", seen=data[name])
    if data.get("apiVersion", API_VERSION) != API_VERSION:
        fix = Fix(f"write `{API_VERSION}`", "/apiVersion", API_VERSION, "set")
        message = f"{told(data['apiVersion'])} is not `{API_VERSION}`"
        walk.complain("WF-201", message, "/apiVersion", seen=data["apiVersion"], fix=fix)
    kind = data.get("kind")
    known = isinstance(kind, str) and kind in KINDS
    if "kind" in data and not known:
        close = nearest(str(kind), KINDS)
        fix_kind = Fix(f"write `{close}`", "/kind", close, "set") if close else None
        message = f"{told(kind)} is not a kind of ours{did_you_mean(str(kind), KINDS)}"
        walk.complain("WF-201", message, "/kind", seen=kind, fix=fix_kind)
    readable = known and all(isinstance(data.get(name), dict) for name in ("metadata", "spec"))
    return kind if readable else None


def _unknown_at_top(walk: Walk, name: str) -> str | None:
    """Tell it; returns the field that was meant."""
    close = nearest(name, _ENVELOPE)
    fix = Fix(f"rename it to `{close}`", f"/{name}", close, "rename") if close else None
    message = f"unknown field `{name}`{did_you_mean(name, _ENVELOPE)}"
    walk.complain("WF-203", message, source.join("", name), seen=name, fix=fix, at_key=True)
    return close


def _too_many_tasks(walk: Walk, raw: dict[str, JsonValue]) -> bool:
    """A giant is refused before its parts are looked at one by one."""
    count = _tasks_in(raw)
    if count <= MAX_TASKS:
        return False
    message = f"a workflow has at most {MAX_TASKS} tasks, those inside others counted; this one has {count}"
    fix = Fix("split it into several workflows", "/spec/tasks")
    walk.complain("WF-701", message, "/spec/tasks", seen=count, fix=fix)
    return True


def _tasks_in(raw: dict[str, JsonValue]) -> int:
    """How many tasks a spec lists, in all its scopes. Counts whatever stands where tasks would."""
    count, waiting = 0, [raw]
    while waiting:
        scope = waiting.pop()
        tasks = scope.get("tasks")
        listed = tasks if isinstance(tasks, list) else []
        count += len(listed)
        for entry in listed:
            if isinstance(entry, dict):
                branches = entry.get("switch")
                inside = [entry, *(branches if isinstance(branches, list) else ())]
                waiting += [each for each in inside if isinstance(each, dict)]
    return count


def _twice(definitions: list[Definition]) -> Iterator[Diagnostic]:
    count = Counter(definition.ref for definition in definitions)
    for definition in definitions:
        if count[definition.ref] > 1:
            position = definition.positions.at("/metadata/name")
            message = (
                f"{definition.ref} stands {count[definition.ref]} times in this text; nobody can know which is meant"
            )
            fix = Fix("remove or rename all but one", "/metadata/name")
            yield Diagnostic(
                code="WF-210",
                message=message,
                object=definition.ref,
                pointer="/metadata/name",
                position=position,
                fix=fix,
            )
