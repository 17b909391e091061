"""A run without a world: the real machine, in a time of its own, with mocks for answers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Any

from wfcore import events, jsontext, run, worst_case
from wfcore.errors import WorkflowError
from wfcore.events import DeadlinePassed, Granted, WorkflowStarted
from wfcore.mocking.answering import mockable
from wfcore.mocking.mocks import Mocks
from wfcore.program import Program
from wfcore.run import AskGrant, Call, Command, End, Happened, Run, Wake

CALL_TAKES = 1_000
"""Microseconds, in the time of the run."""

_NOBODY = "mocks"


class NoMock(WorkflowError):
    """A call for which nothing stands in. `path` is that of its task, with `:fallback` where it stands in itself."""

    code = "NO_MOCK"

    def __init__(self, path: str, task_ref: str) -> None:
        super().__init__(
            f"task `{path}` calls `{task_ref}`, which has no mock for its input: add `mocks: [{{output: …}}]` to task "
            f'`{task_ref}`, or give {{"{path}": {{"output": …}}}}'
        )
        self.path = path
        self.task_ref = task_ref


def play(program: Program, input: Any, mocks: Mocks, *, execution: str = "mocked", at: int = 0) -> End:
    """Run to the end. Every call takes a millisecond of the run's time, which begins at `at` (unix microseconds).

    Raises NoMock as soon as one is missing, EvaluationError where a mock's `when` cannot be judged.
    """
    now, order = at, count()
    deadline = at + int(program.bundle.timeout * 1_000_000)
    due = [(deadline, next(order), Happened(deadline, DeadlinePassed()))]
    step = run.begin(
        mockable(program), _started(program, input, deadline), input, execution=execution, attempt=1, at=at
    )
    while True:
        for command in step.commands:
            if isinstance(command, End):
                return command
            for happened in _following(command, step.run, mocks, now):
                heapq.heappush(due, (happened.at, next(order), happened))
        now, _, happened = heapq.heappop(due)
        step = run.advance(step.run, happened)


def _started(program: Program, input: Any, deadline: int) -> WorkflowStarted:
    bundle = program.bundle
    return WorkflowStarted(
        namespace=bundle.namespace,
        workflow=bundle.workflow,
        version=bundle.version,
        release=bundle.release,
        bundle="",
        input=events.body(jsontext.encode(input)),
        executor=_NOBODY,
        asker=_NOBODY,
        answer_by=deadline,
        end_by=deadline,
    )


def _following(command: Command, state: Run, mocks: Mocks, now: int) -> Iterator[Happened]:
    """What the world does about a command."""
    match command:
        case Call(path, number):
            task = state.tasks[path]
            place = worst_case.fallback(path) if task.falls_back else path
            found = mocks.answer(place, command.work.plan, task.input)
            if found is None:
                raise NoMock(place, command.work.plan.task_ref)
            yield Happened(now + CALL_TAKES, found.answer, path, number)
        case Wake(path, at, fact):
            yield Happened(at, fact, path)
        case AskGrant():
            yield Happened(now, Granted(_NOBODY, _NOBODY))
