"""What is written down while tasks are gone through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from wfcore.bundle import TaskPlan
from wfcore.dryrun.knowledge import shown
from wfcore.dryrun.model import Fault, TaskStatus, TaskTold
from wfcore.events import Failure
from wfcore.expression import ABSENT
from wfcore.plan.planning import kind_of
from wfcore.run.state import path_of

MOST_TOLD = 1_000
"""Tasks; a list of a thousand items has more than anybody reads."""


class Note:
    """All that is known of one task, or of its fallback, until it is told. `inside` has those of the tasks in it."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields
        self.inside: list[Note] = []

    def add(self, **fields: Any) -> None:
        """Values as they are: what is unresolved in them is told as such."""
        self.fields |= {name: None if value is ABSENT else shown(value) for name, value in fields.items()}

    def end(self, status: TaskStatus, because: str = "") -> None:
        """How it stands in the end."""
        self.fields |= {"status": status, "because": because}

    def fails(self, failure: Failure) -> None:
        """Why its work failed."""
        self.fields["error"] = Fault(failure.code, failure.message)


class Notes:
    """Of all tasks: those of a scope in the order of the definition, what is inside a task behind it."""

    def __init__(self) -> None:
        self._level: list[Note] = []
        self._kept = 0
        self.omitted = 0
        self.any_unresolved = False

    def begin(self, tasks: Iterable[TaskPlan], path: str) -> dict[str, Note]:
        """The notes of a scope that is entered, by the ids of its tasks."""
        return {task.id: self._begin(task, path_of(path, task.id)) for task in tasks}

    def _begin(self, task: TaskPlan, path: str) -> Note:
        note = Note(path=path, kind=kind_of(task.work), task_ref=task.ref, status="unreached")
        if self._kept < MOST_TOLD:
            self._kept += 1
            self._level.append(note)
        else:
            self.omitted += 1
        return note

    @contextmanager
    def inside(self, note: Note) -> Iterator[None]:
        """Scopes that are entered in here lie inside the task of the note."""
        around, self._level = self._level, note.inside
        try:
            yield
        finally:
            self._level = around

    def told(self) -> list[TaskTold]:
        """What there is to tell."""
        return list(_told(self._level))


def _told(notes: list[Note]) -> Iterator[TaskTold]:
    for note in notes:
        yield TaskTold(**note.fields)
        yield from _told(note.inside)
