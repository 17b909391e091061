"""The scopes of a workflow and the tasks in them, parsed once: what every later check walks over.

A scope is the workflow itself, the body of a forEach or a branch of a switch. Each has its own `tasks`; what stands
around it is reached through `$parent` and `$root`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from wfcore.definition import Branch, TaskEntry, WorkflowSpec
from wfcore.diagnostics import Fix
from wfcore.expression import Read
from wfcore.validation import naming, templates, timing
from wfcore.validation.findings import Findings
from wfcore.validation.references import Callee, References
from wfcore.validation.templates import Parsed
from wfcore.validation.transforms import ParsedTransform, parse_transform

MAX_NESTING = 5


class Block:
    """One scope. `owner` is the id of the entry of the scope around it that it is inside of."""

    def __init__(self, pointer: str, parent: Block | None = None, owner: str = "", names: Sequence[str] = ()) -> None:
        self.pointer = pointer
        self.parent = parent
        self.owner = owner
        self.names = tuple(names)
        """What can be read besides `tasks` and the roots: the item of a forEach, and its index."""
        self.entries: dict[str, Entry] = {}
        self.when: Parsed | None = None
        """Of a branch; its names are those of the scope around."""
        self.output: Parsed | None = None

    @property
    def root(self) -> Block:
        """The outermost scope of the workflow."""
        return self if self.parent is None else self.parent.root

    @property
    def depth(self) -> int:
        """How many scopes are around this one."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def around(self) -> Iterator[Block]:
        """The scopes around it, from the nearest on."""
        if self.parent is not None:
            yield self.parent
            yield from self.parent.around


class Entry(Struct, frozen=True):
    """One task with its templates and what it refers to. None: not written, or nothing sound of that name is there."""

    written: TaskEntry
    pointer: str
    when: Parsed | None
    input: Parsed | None
    """Of what calls a task or a workflow."""
    callee: Callee | None
    items: Parsed | None
    transform: ParsedTransform | None
    fallback: Parsed | None
    """Its output, or the input of its task."""
    stand_in: Callee | None
    """The task of the fallback."""
    inner: tuple[Block, ...]

    @property
    def id(self) -> str:
        return self.written.id

    @property
    def calls(self) -> bool:
        """Whether it names a task or a workflow."""
        return self.written.task_ref is not None or self.written.workflow_ref is not None

    @property
    def reads(self) -> Iterator[tuple[str, Read]]:
        """All that it reads in the scope where it stands, with the pointer of the text."""
        for parsed in (self.when, self.input, self.items, self.transform, self.fallback):
            yield from parsed.reads if parsed else ()
        for branch in self.inner:
            yield from branch.when.reads if branch.when else ()


class Target(NamedTuple):
    """What a read means: a name of a scope so many levels up, and the path behind the name. No scope: no such level."""

    block: Block | None
    levels: int
    name: str
    path: tuple[str | int | None, ...]

    @property
    def task(self) -> str | None:
        """The id behind `tasks`."""
        return self.path[0] if self.name == "tasks" and self.path and isinstance(self.path[0], str) else None


def target(block: Block, read: Read) -> Target:
    """Follow `$parent` and `$root` to the scope that is meant."""
    at: Block | None = block
    names, levels = (read.root, *read.path), 0
    while names and names[0] in ("$parent", "$root"):
        if at is not None:
            levels += at.depth if names[0] == "$root" else 1
            at = at.root if names[0] == "$root" else at.parent
        names = names[1:]
    return Target(at, levels, str(names[0]), names[1:]) if names else Target(None, levels, "", ())


def blocks_of(findings: Findings, spec: WorkflowSpec, references: References) -> Block:
    """The tree of a workflow; tells bad ids, names that lead nowhere, texts that cannot be read."""
    reader = _Reader(findings, references)
    root = Block("/spec")
    reader.fill(root, spec.tasks)
    root.output = templates.parse(findings, spec.output, "/spec/output")
    return root


class _Reader:
    def __init__(self, findings: Findings, references: References) -> None:
        self._findings = findings
        self._references = references

    def fill(self, block: Block, tasks: Sequence[TaskEntry]) -> None:
        """Read the tasks of a scope. Of two with one id the first counts."""
        before: dict[str, str] = {}
        for index, written in enumerate(tasks):
            pointer = f"{block.pointer}/tasks/{index}"
            naming.check_id(self._findings, written.id, f"{pointer}/id", before)
            entry = self._entry(block, written, pointer)
            before.setdefault(written.id, pointer)
            block.entries.setdefault(written.id, entry)

    def _entry(self, block: Block, written: TaskEntry, pointer: str) -> Entry:
        findings = self._findings
        timing.check_ceiling(findings, written.timeout, f"{pointer}/timeout")
        callee = self._references.callee(findings, written, pointer)
        calls = written.task_ref is not None or written.workflow_ref is not None
        stand_in = self._stand_in(written, pointer)
        each = written.for_each
        return Entry(
            written,
            pointer,
            when=self._condition(written.when, f"{pointer}/when"),
            input=templates.parse(findings, written.input, f"{pointer}/input") if calls else None,
            callee=callee,
            items=templates.parse(findings, each.items, f"{pointer}/forEach/items") if each else None,
            transform=parse_transform(findings, f"{pointer}/transform") if written.transform else None,
            fallback=self._fallback(written, f"{pointer}/fallback"),
            stand_in=stand_in,
            inner=self._inner(block, written, pointer),
        )

    def _condition(self, text: str | None, pointer: str) -> Parsed | None:
        return None if text is None else templates.parse_expression(self._findings, text, pointer)

    # -- what is inside

    def _inner(self, block: Block, written: TaskEntry, pointer: str) -> tuple[Block, ...]:
        if written.for_each is None and written.switch is None:
            return ()
        if block.depth == MAX_NESTING:
            message = f"`{written.id}` is nested deeper than {MAX_NESTING} levels"
            fix = Fix("move what is inside into a workflow of its own", pointer)
            self._findings.add("WF-701", message, pointer, seen=block.depth + 1, fix=fix)
            return ()
        if written.for_each is not None:
            return (self._body(block, written, pointer),)
        return tuple(
            self._branch(block, written.id, branch, f"{pointer}/switch/{index}")
            for index, branch in enumerate(written.switch or ())
        )

    def _body(self, block: Block, written: TaskEntry, pointer: str) -> Block:
        assert written.for_each is not None
        name = written.for_each.as_
        around = {each.names[0] for each in (block, *block.around) if each.names}
        naming.check_item_name(self._findings, name, f"{pointer}/forEach/as", around)
        body = Block(pointer, block, written.id, (name, "index"))
        self.fill(body, written.tasks)
        body.output = self._output(written.output, written.tasks, f"{pointer}/output")
        return body

    def _branch(self, block: Block, owner: str, written: Branch, pointer: str) -> Block:
        branch = Block(pointer, block, owner)
        branch.when = self._condition(written.when, f"{pointer}/when")
        self.fill(branch, written.tasks)
        if written.output is None:
            fix = _with_output_of(written.tasks, f"{pointer}/output")
            self._findings.add("WF-202", "nothing says what comes out: add `output`", f"{pointer}/output", fix=fix)
        else:
            branch.output = templates.parse(self._findings, written.output, f"{pointer}/output")
        return branch

    def _output(self, written: object, tasks: Sequence[TaskEntry], pointer: str) -> Parsed | None:
        """What comes out; of a forEach with only one task that of the task, else nobody can guess."""
        if written is not None:
            return templates.parse(self._findings, written, pointer)
        if len(tasks) != 1:
            message = f"{len(tasks)} tasks leave open what comes out: add `output`"
            self._findings.add("WF-202", message, pointer, fix=_with_output_of(tasks, pointer))
        return None

    # -- what stands in

    def _stand_in(self, written: TaskEntry, pointer: str) -> Callee | None:
        fallback, place = written.fallback, f"{pointer}/fallback"
        if fallback is None and written.on_error == "fallback":
            message = "`onError: fallback` needs a `fallback` with an `output` or a `taskRef`"
            self._findings.add("WF-202", message, place, fix=Fix("add `fallback:`", place))
        if fallback is not None and written.on_error != "fallback":
            message = "`fallback` means something only beside `onError: fallback`"
            fix = Fix("write `onError: fallback`", f"{pointer}/onError", "fallback", "set")
            self._findings.add("WF-216", message, place, seen=written.on_error, fix=fix, at_key=True)
        if fallback is None or fallback.task_ref is None:
            return None
        return self._references.task(self._findings, fallback.task_ref, f"{place}/taskRef")

    def _fallback(self, written: TaskEntry, pointer: str) -> Parsed | None:
        if written.fallback is None:
            return None
        if written.fallback.task_ref is not None:
            return templates.parse(self._findings, written.fallback.input, f"{pointer}/input")
        return templates.parse(self._findings, written.fallback.output, f"{pointer}/output")


def _with_output_of(tasks: Sequence[TaskEntry], pointer: str) -> Fix:
    """Most likely what comes out is what the last task gives."""
    if not tasks:
        return Fix("add `output:`", pointer)
    last = tasks[-1]
    always = last.when is None and last.on_error != "skip" and last.switch is None
    better = f"{{{{tasks.{last.id}.{'output' if always else '?output'}}}}}"
    return Fix(f'for example `output: "{better}"`', pointer, better, "set")
