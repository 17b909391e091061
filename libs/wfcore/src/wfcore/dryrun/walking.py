"""Going through a workflow as a run would, and on past what is not known.

The machine in `wfcore.run` waits for an answer that never comes; this goes on without it, and keeps account of what
cannot be told for want of it. A call of which nothing is known is taken to succeed. Where every call has an answer,
both come to the same end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from wfcore import graph
from wfcore.bundle import (
    BlockPlan,
    CallPlan,
    EachPlan,
    FallbackPlan,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    WorkflowPlan,
)
from wfcore.dryrun.calling import Caller
from wfcore.dryrun.filling import condition, filler, transformed
from wfcore.dryrun.knowledge import PartObject, Unresolved, collected, known, lacking
from wfcore.dryrun.making import Maker
from wfcore.dryrun.model import FallbackTold, When
from wfcore.dryrun.notes import Note, Notes
from wfcore.errors import WorkflowError
from wfcore.events import Failure
from wfcore.expression import ABSENT, EvaluationError
from wfcore.run.failures import REFUSED, accepted, declared, failure_from, seen_by_expressions
from wfcore.run.scopes import MOST_ITEMS, MOST_TASKS
from wfcore.run.state import path_of
from wfcore.worst_case import fallback as fallback_of
from wfcore.worst_case import task_of

_SKIPPED = object()


class Walk:
    """One walk. `notes` has what was found, `lacks` whether a part of the answer is missing."""

    def __init__(self, caller: Caller, make: Maker) -> None:
        self.notes = Notes()
        self.lacks = False
        self._caller = caller
        self._make = make
        self._doubts = 0
        self._begun = 0

    def block(self, plan: BlockPlan, scope: PartObject, path: str) -> Any:
        """The output of a scope as far as it is known, or the Failure that ends it. Raises what data can do to us."""
        self._begun += len(plan.tasks)
        if self._begun > MOST_TASKS:
            raise WorkflowError(f"this run has more than {MOST_TASKS} tasks", code="TOO_MANY_TASKS")
        notes = self.notes.begin(plan.tasks, path)
        first: Failure | None = None
        lost: dict[str, str] = {}
        """Tasks that never end, and which failed one is to blame."""
        for task in self._make.once(_in_order, plan):
            id, at = task.id, path_of(path, task.id)
            blamed = next((lost[need] for need in task.needs if need in lost), None)
            if blamed is not None:
                lost[id] = blamed
                notes[id].end("unreached", f"task `{blamed}` fails")
                continue
            seen = self._task(task, scope, at, notes[id])
            if isinstance(seen, Failure):
                first, lost[id] = first or seen, at
            else:
                scope["tasks"][id] = seen
        return first if first is not None else self._make.once(filler, plan.output)(scope)

    # --- one task -----------------------------------------------------------------------------

    def _task(self, task: TaskPlan, scope: PartObject, path: str, note: Note) -> Any:
        """What the others see of a task: an object with its status, Unresolved, or the Failure that ends its scope."""
        runs: bool | Unresolved = True
        try:
            if task.when is not None:
                runs = self._make.once(condition, task.when)(scope)
                note.add(when=When(task.when, runs if isinstance(runs, bool) else _marked(runs)))
            if runs is False:
                note.end("skipped")
                return {"status": "skipped"}
            with self._doubt(isinstance(runs, Unresolved)), self.notes.inside(note):
                value = self._work(task, scope, path, note)
        except REFUSED as error:
            value = failure_from(path, error)
        with self._doubt(isinstance(runs, Unresolved)):
            seen = self._settled(task, scope, path, note, value)
        if isinstance(runs, Unresolved):
            self._leave_open(note, runs)
            return runs
        return seen

    def _settled(self, task: TaskPlan, scope: PartObject, path: str, note: Note, value: Any) -> Any:
        """What a value or a failure means for the rest, as `wfcore.run.tasks` decides it."""
        if isinstance(value, Failure):
            note.fails(value)
            if task.on_error == "fallback" and task.fallback is not None:
                value = self._fall_back(task.fallback, scope, path, note)
            elif task.on_error == "skip":
                self.lacks = self.lacks or not self._doubts
                note.end("failed")
                return {"status": "failed", "error": seen_by_expressions(value)}
        if isinstance(value, Failure):
            note.fails(value)
            note.end("failed")
            return value
        if value is _SKIPPED:
            note.end("skipped")
            return {"status": "skipped"}
        note.add(output=value)
        lacks = lacking(value, ())
        if lacks is None:
            note.end("succeeded")
        else:
            self._leave_open(note, lacks)
        if isinstance(value, Unresolved):
            return value
        return collected({"status": "succeeded"} if value is ABSENT else {"status": "succeeded", "output": value})

    def _fall_back(self, plan: FallbackPlan, scope: PartObject, path: str, note: Note) -> Any:
        own = Note(task_ref=plan.call.task_ref if plan.call is not None else "")
        try:
            match plan.call:
                case None:
                    return self._make.once(filler, plan.output)(scope)
                case CallPlan() as call:
                    return self._call(call, plan, scope, fallback_of(path), own)
                case TransformPlan() as transform:
                    return self._transform(transform, plan, scope, path, own)
        except REFUSED as error:
            return failure_from(path, error)
        finally:
            note.fields["fallback"] = FallbackTold(**own.fields)

    def _leave_open(self, note: Note, lacks: Unresolved) -> None:
        note.end("unresolved", lacks.because)
        self.notes.any_unresolved = True

    @contextmanager
    def _doubt(self, doubtful: bool) -> Iterator[None]:
        """What is found in here may never happen."""
        self._doubts += doubtful
        try:
            yield
        finally:
            self._doubts -= doubtful

    # --- what it does -------------------------------------------------------------------------

    def _work(self, task: TaskPlan, scope: PartObject, path: str, note: Note) -> Any:
        match task.work:
            case CallPlan() as call:
                return self._call(call, task, scope, path, note)
            case TransformPlan() as transform:
                return self._transform(transform, task, scope, path, note)
            case EachPlan() as each:
                return self._each(each, scope, path, note)
            case SwitchPlan() as switch:
                return self._switch(switch, scope, path, note)
            case WorkflowPlan() as workflow:
                return self._workflow(workflow, task, scope, path, note)

    def _given(self, takes: Any, written: Any, scope: PartObject, path: str, note: Note, *, checked: bool) -> Any:
        """What a task gets: as far as it is known, and where all of it is, only what the schema declares."""
        value = self._make.once(filler, written)(scope)
        note.add(input=value)
        if known(value):
            value = accepted(path, self._make.schema(takes), value, checked=checked)
            note.add(input=value)
        return value

    def _call(self, plan: CallPlan, given: TaskPlan | FallbackPlan, scope: PartObject, place: str, note: Note) -> Any:
        path, takes = task_of(place), plan.input_schema
        value = self._given(takes, given.input, scope, path, note, checked=given.check_input)
        return self._caller.call(plan, value, scope, place, note)

    def _transform(
        self, plan: TransformPlan, given: TaskPlan | FallbackPlan, scope: PartObject, path: str, note: Note
    ) -> Any:
        if plan.task_ref:
            value = self._given(plan.input_schema, given.input, scope, path, note, checked=given.check_input)
            scope = isolated(scope, input=value)
        return self._make.once(transformed, plan)(scope)

    def _each(self, plan: EachPlan, scope: PartObject, path: str, note: Note) -> Any:
        items = self._make.once(filler, plan.items)(scope)
        if isinstance(items, Unresolved):
            note.add(items=items)
            one = {plan.name: Unresolved(plan.name, items.lacks), "index": Unresolved("index", items.lacks)}
            self._maybe(plan.body, PartObject({**nested(scope), **one}), f"{path}[]")
            return items
        if not isinstance(items, list):
            raise EvaluationError("`items` is no array", plan.items)
        note.add(items=len(items))
        if len(items) > MOST_ITEMS:
            message = f"task `{path}` has {len(items)} items; at most {MOST_ITEMS} are worked on"
            raise WorkflowError(message, code="TOO_MANY_ITEMS")
        results: list[Any] = []
        for index, item in enumerate(items):
            inside = PartObject({**nested(scope), plan.name: item, "index": index})
            value = self.block(plan.body, inside, f"{path}[{index}]")
            if isinstance(value, Failure):
                return value
            results.append(None if value is ABSENT else value)
        return collected(results)

    def _switch(self, plan: SwitchPlan, scope: PartObject, path: str, note: Note) -> Any:
        open_: Unresolved | None = None
        for at, branch in enumerate(plan.branches):
            holds = True if branch.when is None else self._make.once(condition, branch.when)(scope)
            if isinstance(holds, Unresolved):
                open_ = open_ or holds
            elif not holds:
                continue
            elif open_ is None:
                note.add(branch=at)
                return self.block(branch.body, nested(scope), path)
            self._maybe(branch.body, nested(scope), f"{path}[{at}]")
            if holds is True:
                break
        if open_ is None:
            return _SKIPPED
        note.add(branch=open_)
        return open_

    def _maybe(self, body: BlockPlan, scope: PartObject, path: str) -> None:
        """Go through what may run; what comes of it is not known anyway."""
        with self._doubt(True), suppress(*REFUSED):  # by its output; the faults of its tasks are told with them
            self.block(body, scope, path)

    def _workflow(self, plan: WorkflowPlan, task: TaskPlan, scope: PartObject, path: str, note: Note) -> Any:
        value = self._given(plan.input_schema, task.input, scope, path, note, checked=task.check_input)
        about = {"name": plan.workflow, "version": plan.version}
        inside = PartObject({"input": value, "tasks": PartObject(), "execution": scope["execution"], "workflow": about})
        output = self.block(plan.body, inside, path)
        if isinstance(output, Failure):
            return self._make.in_its_words(plan, path, output)
        if plan.checks_output and known(output):
            return declared(f"workflow `{plan.workflow}`", self._make.schema(plan.output_schema), output)
        return output


def _in_order(plan: BlockPlan) -> list[TaskPlan]:
    """The tasks of a scope, each behind all that it needs."""
    by_id = {task.id: task for task in plan.tasks}
    groups = graph.groups({task.id: frozenset(task.needs) for task in plan.tasks})
    return [by_id[id] for group in groups for id in group]


def nested(around: PartObject) -> PartObject:
    """The roots of a scope inside another one of the same workflow."""
    own = {root: around[root] for root in ("input", "execution", "workflow")}
    return PartObject({**own, "tasks": PartObject(), "$parent": around, "$root": around.get("$root", around)})


def isolated(around: PartObject, **own: Any) -> PartObject:
    """What a reusable task may read: its own, and of the run around it only which one it is."""
    return PartObject({**own, "execution": around["execution"], "workflow": around["workflow"]})


def _marked(value: Unresolved) -> dict[str, str]:
    return {"unresolved": value.text, "because": value.because}
