"""One step under way: the parts of a run, thawed, until `frozen` makes a run of them again.

It keeps the books and decides nothing. What has to be done next stands in `agenda`, so that however long a chain of
tasks ends at one instant, nothing here calls itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from wfcore import events
from wfcore.events import Event, Failure, TaskCompleted, TaskStatus, TaskSummary
from wfcore.program import Block, CompiledCall
from wfcore.run.commands import Command
from wfcore.run.state import Ended, Run, ScopeState, TaskState, is_inside, path_of


class Ready(NamedTuple):
    """All that the task needs has ended."""

    task: str


class Worked(NamedTuple):
    """The work of the task gave this value. `recorded` is None where it is the body of the last call, as received."""

    task: str
    value: Any
    recorded: events.Body | None
    cut: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class Failed(NamedTuple):
    """The work of the task failed."""

    task: str
    failure: Failure


class ScopeEnded(NamedTuple):
    """All tasks of the scope have ended, and none was fatal."""

    scope: str


Due = Ready | Worked | Failed | ScopeEnded


class Turn:
    """A run while one fact is taken in."""

    def __init__(self, run: Run, at: int) -> None:
        self.run = run
        self.at = at
        self.because = 0
        self.seq = run.seq
        self.tasks = dict(run.tasks)
        self.scopes = dict(run.scopes)
        self.items = dict(run.items)
        self.queue = set(run.queue)
        self.ended, self.begun = run.ended, run.begun
        self.licence, self.licence_seq = run.licence, run.licence_seq
        self.failure, self.status, self.lacks = run.failure, run.status, run.lacks
        self.open_calls = run.open_calls
        self.busy_since, self.busy_us = run.busy_since, run.busy_us
        self.value_bytes, self.failed_bytes = run.value_bytes, run.failed_bytes
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.agenda: deque[Due] = deque()

    def frozen(self) -> Run:
        """The run as it stands after this step."""
        return replace(
            self.run,
            seq=self.seq,
            licence=self.licence,
            licence_seq=self.licence_seq,
            tasks=self.tasks,
            scopes=self.scopes,
            items=self.items,
            queue=frozenset(self.queue),
            ended=self.ended,
            begun=self.begun,
            status=self.status,
            failure=self.failure,
            lacks=self.lacks,
            open_calls=self.open_calls,
            busy_since=self.busy_since,
            busy_us=self.busy_us,
            value_bytes=self.value_bytes,
            failed_bytes=self.failed_bytes,
        )

    def log(self, data: Struct, task: str | None = None, call: int | None = None) -> None:
        """Write an event; the first of a step is the reason of those behind it."""
        self.seq += 1
        because = self.because
        if not because:
            self.because = self.seq
        run = self.run
        self.events.append(
            Event(run.execution, run.attempt, self.seq, self.at, type(data).__name__, data, because, task, call)
        )

    # --- tasks ----------------------------------------------------------------------------

    def set(self, path: str, **changes: Any) -> TaskState:
        """Change the state of a task."""
        before = self.tasks[path]
        after = self.tasks[path] = replace(before, **changes)
        if after.waits == "slot":
            self.queue.add(path)
        elif before.waits == "slot":
            self.queue.discard(path)
        return after

    def scope_of(self, path: str) -> ScopeState:
        """The scope in which a task stands."""
        return self.scopes[self.tasks[path].scope]

    def seen_by(self, path: str, **own: Any) -> dict[str, Any]:
        """What a reusable task may read: what is its own, and of the run around it only which one it is."""
        around = self.scope_of(path).values
        return {**own, "execution": around["execution"], "workflow": around["workflow"]}

    def complete(
        self,
        path: str,
        status: TaskStatus,
        output: events.Body | None = None,
        cut: tuple[str, ...] = (),
        warnings: tuple[str, ...] = (),
    ) -> None:
        """The task is over."""
        self.set(path, status=status)
        summary = self.summary(path)
        self.log(TaskCompleted(summary, output, cut, warnings), path)
        self.ended = Ended(_briefly(summary), self.ended)
        self.forget(path)

    def forget(self, path: str) -> None:
        """The task is no longer under way."""
        del self.tasks[path]
        self.queue.discard(path)
        self.items.pop(path, None)

    def settle(self, path: str, scope: str, seen: dict[str, Any]) -> None:
        """Let the other tasks of the scope see how one ended, and find those that waited for it."""
        before, id = self.scopes[scope], path[len(scope) + 1 if scope else 0 :]
        done = {**before.values["tasks"], id: seen}
        after = self.scopes[scope] = replace(
            before, values={**before.values, "tasks": done}, unended=before.unended - 1
        )
        for follower in after.block.followers.get(id, ()):
            if all(need in done for need in after.block.tasks[follower].plan.needs):
                self.agenda.append(Ready(path_of(scope, follower)))
        if not after.unended:
            self.agenda.append(ScopeEnded(scope))

    # --- scopes ---------------------------------------------------------------------------

    def open(self, path: str, block: Block, values: dict[str, Any], owner: str | None, index: int = 0) -> None:
        """Begin with the tasks of a scope."""
        self.scopes[path] = ScopeState(block, values, len(block.tasks), owner, index)
        self.begun += len(block.tasks)
        for id, task in block.tasks.items():
            inner = path_of(path, id)
            self.tasks[inner] = TaskState(task, path, ready_at=self.at)
            if not task.plan.needs:
                self.agenda.append(Ready(inner))
        if not block.tasks:
            self.agenda.append(ScopeEnded(path))

    def owners(self, path: str) -> Iterator[str]:
        """The tasks around a task, from the inside out."""
        owner = self.scope_of(path).owner
        while owner is not None:
            yield owner
            owner = self.scope_of(owner).owner

    def inside(self, container: str) -> list[str]:
        """The tasks under way inside a task, or with the empty path all of them; in the order of their paths."""
        return sorted(path for path in self.tasks if is_inside(path, container))

    def close(self, container: str) -> None:
        """Forget all that is inside a task. What had begun there is cancelled, from the inside out."""
        for path in reversed(self.inside(container)):
            if self.tasks[path].started_at is None:
                self.forget(path)
            else:
                self.complete(path, "cancelled")
        for scope in [scope for scope in self.scopes if scope and (scope == container or is_inside(scope, container))]:
            del self.scopes[scope]

    def is_stopped(self, path: str) -> bool:
        """Whether nothing new starts here any more: the run failed, or a task around this one."""
        return self.failure is not None or any(self.tasks[owner].failing for owner in self.owners(path))

    # --- calls ----------------------------------------------------------------------------

    def call_opened(self) -> None:
        if not self.open_calls:
            self.busy_since = self.at
        self.open_calls += 1

    def call_closed(self) -> None:
        self.open_calls -= 1
        if not self.open_calls:
            self.busy_us += self.at - self.busy_since

    def fail_around(self, owner: str, failure: Failure) -> None:
        """What is inside a task fails it. That goes before all else that is due: nothing in there begins any more,
        and what fails in there at the same instant does not fail the task, or its fallback, once more."""
        self.agenda.appendleft(Failed(owner, failure))

    def end_of(self, path: str) -> int | None:
        """When the time of a task is over, that of the tasks around it counted."""
        ends = [self.tasks[each].ends_at for each in (path, *self.owners(path))]
        return min((end for end in ends if end is not None), default=None)

    def summary(self, path: str) -> TaskSummary:
        """How a task under way stands."""
        state = self.tasks[path]
        started = state.started_at
        shows_error = state.status in ("failed", "unknown") or (state.falls_back and state.status == "succeeded")
        ended = state.status not in ("pending", "running")
        return TaskSummary(
            path,
            state.task.plan.ref,
            state.status,
            state.calls,
            started,
            self.at - started if started is not None and ended else 0,
            0 if started is None else started - state.ready_at,
            state.effect,
            state.error if shows_error else None,
        )


def _briefly(summary: TaskSummary) -> TaskSummary:
    """A summary as the run keeps it: what the upstream said of a failure is in the log, and may be large."""
    error = summary.error
    if error is None or error.original_error is None or not error.original_error.body.data:
        return summary
    held = error.original_error
    bodiless = replace(held, body=events.Body(b"", held.body.size, "truncated"))
    return replace(summary, error=replace(error, original_error=bodiless))


def acting(state: TaskState) -> CompiledCall | None:
    """The call that a task makes at the moment: its own, or that of its fallback; None where it makes none."""
    fallback = state.task.fallback
    work = fallback.work if state.falls_back and fallback is not None else state.task.work
    return work if isinstance(work, CompiledCall) else None


def is_safe(state: TaskState) -> bool:
    """Whether the open call of a task may be dropped."""
    call = acting(state)
    return call is not None and call.plan.safety == "safe"
