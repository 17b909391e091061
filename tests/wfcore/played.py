"""A run that a test plays the world for."""

from typing import Any

from wfcore import run
from wfcore.events import CallFailed, Event, Fact, TaskSummary
from wfcore.jsontext import decode
from wfcore.program import Program
from wfcore.run import Call, End, Happened

from .programs import answered, started


class Played:
    """Time moves one millisecond per fact unless it is told."""

    def __init__(self, program: Program, input: Any = None) -> None:
        step = run.begin(program, started(), input if input is not None else {}, execution="x1", attempt=1, at=0)
        self.at = 0
        self.run = step.run
        self.log = list(step.events)
        self.commands = list(step.commands)

    def happens(self, fact: Fact, task: str | None = None, call: int | None = None, *, after: int = 1000) -> "Played":
        self.at += after
        step = run.advance(self.run, Happened(self.at, fact, task, call))
        self.run = step.run
        self.log += step.events
        self.commands = list(step.commands)
        return self

    def succeeds(self, task: str, body: bytes = b"1") -> "Played":
        return self.happens(answered(body), task, self.run.tasks[task].calls)

    def fails(self, task: str, reason: Any = "status", status: int | None = 500, *, sent: bool = True, **headers: str):
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.happens(CallFailed(reason, sent, "broken", status, said), task, self.run.tasks[task].calls)

    @property
    def calls(self) -> list[str]:
        return [command.task for command in self.commands if isinstance(command, Call)]

    @property
    def end(self) -> End:
        (end,) = [command for command in self.commands if isinstance(command, End)]
        return end

    def of(self, kind: type) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]

    def events(self, type: str) -> list[str | None]:
        return [event.task for event in self.log if event.type == type]

    @property
    def answer(self) -> Any:
        """The answer of a run that succeeded, decoded."""
        assert self.end.output is not None, self.end.failure
        return decode(self.end.output, what="answer")

    @property
    def statuses(self) -> dict[str, str]:
        """How every task of a run ended."""
        return {summary.id: summary.status for summary in self.end.tasks}

    def summary(self, task: str) -> TaskSummary:
        return next(summary for summary in self.end.tasks if summary.id == task)

    def event(self, type: str, task: str) -> Event:
        return next(event for event in self.log if (event.type, event.task) == (type, task))
