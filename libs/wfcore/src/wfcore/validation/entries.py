"""The tasks of a workflow one by one: their ids, and the WorkflowTasks that they name."""

import re

from msgspec import Struct

from wfcore.definition import Definition, TaskEntry, WorkflowSpec, WorkflowTaskSpec
from wfcore.diagnostics import Fix
from wfcore.validation import templates, timing
from wfcore.validation.findings import Findings
from wfcore.validation.references import References
from wfcore.validation.templates import Parsed

_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_ROOTS = frozenset(
    [
        "body",
        "error",
        "execution",
        "headers",
        "index",
        "input",
        "item",
        "response",
        "secrets",
        "task",
        "tasks",
        "workflow",
    ]
)
_CEL_WORDS = frozenset(
    [
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("namespace", "null", "package", "return", "true", "var", "void", "while"),
    ]
)


class Entry(Struct, frozen=True):
    """A task of the workflow together with what could be found out about it."""

    written: TaskEntry
    pointer: str
    task: WorkflowTaskSpec | None
    """None where nothing sound of that name is there."""
    input: Parsed

    @property
    def written_timeout(self) -> float | None:
        """Seconds, as the entry says, else as its task does."""
        from_task = self.task.timeout if self.task else None
        return self.written.timeout if self.written.timeout is not None else from_task


def entries_of(findings: Findings, spec: WorkflowSpec, references: References) -> dict[str, Entry]:
    """The tasks by id; tells bad ids and names that lead nowhere. Of two with one id the first counts."""
    entries: dict[str, Entry] = {}
    for index, written in enumerate(spec.tasks):
        pointer = f"/spec/tasks/{index}"
        _check_id(findings, written.id, f"{pointer}/id", entries)
        task = _task(findings, written, f"{pointer}/taskRef", references)
        timing.check_ceiling(findings, written.timeout, f"{pointer}/timeout")
        parsed = templates.parse(findings, written.input, f"{pointer}/input")
        entries.setdefault(written.id, Entry(written, pointer, task, parsed))
    return entries


def _check_id(findings: Findings, id_: str, pointer: str, before: dict[str, Entry]) -> None:
    if id_ in before:
        message = f"the id `{id_}` is already that of {before[id_].pointer}"
        findings.add("WF-312", message, pointer, seen=id_, fix=Fix("give it another id", pointer))
    elif id_ in _CEL_WORDS or id_ in _ROOTS:
        why = "a reserved word" if id_ in _CEL_WORDS else "a name that expressions already use"
        fix = Fix(f"for example `{id_}Task`", pointer, f"{id_}Task", "set")
        findings.add("WF-311", f"`{id_}` is {why}", pointer, seen=id_, fix=fix)
    elif not _ID.fullmatch(id_):
        message = f"`{id_}` cannot stand in an expression: an id is a small letter, then letters, digits and `_`"
        findings.add("WF-311", message, pointer, seen=id_, fix=_better_id(id_, pointer))


def _better_id(id_: str, pointer: str) -> Fix | None:
    """`get-user` -> `getUser`."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", id_) if word]
    joined = "".join(word[0].upper() + word[1:] for word in words)
    better = joined[:1].lower() + joined[1:]
    return Fix(f"for example `{better}`", pointer, better, "set") if _ID.fullmatch(better) else None


def _task(findings: Findings, written: TaskEntry, pointer: str, references: References) -> WorkflowTaskSpec | None:
    found = references.find(findings, "WorkflowTask", written.task_ref, pointer) if written.task_ref else None
    if found is None or not isinstance(found.spec, WorkflowTaskSpec):
        return None
    _check_lifecycle(findings, found, found.spec, pointer)
    return found.spec if references.check_sound(findings, found, pointer) else None


def _check_lifecycle(findings: Findings, found: Definition, task: WorkflowTaskSpec, pointer: str) -> None:
    name = found.ref.name
    if task.lifecycle == "draft":
        fix = Fix(f"give {found.ref} `lifecycle: active`", pointer)
        findings.lack("WF-304", found.ref, f"the task `{name}` is a draft, which no workflow runs yet", pointer, fix)
    elif task.lifecycle != "active":
        message = f"the task `{name}` is {task.lifecycle}: it still runs, but look for its successor"
        findings.add("WF-305", message, pointer, seen=task.lifecycle, severity="warning")
