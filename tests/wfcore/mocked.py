"""A run of definitions whose calls are answered by the mocks of their tasks: the real machine, no server, no clock."""

import heapq
import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from tests.wfcore.definitions import Known
from tests.wfcore.programs import answered, started

from wfcore import expression, program, publishing, run, worst_case
from wfcore.bundle import Bundle
from wfcore.definition import Definition, WorkflowTaskSpec
from wfcore.diagnostics import ObjectRef, render
from wfcore.errors import ERRORS
from wfcore.events import CallFailed, CallSucceeded, Granted
from wfcore.jsontext import decode, encode
from wfcore.run import AskGrant, Call, Command, End, Happened, Run, TaskState, Wake
from wfcore.run.failures import seen_by_expressions
from wfcore.validation import validate

CALL_TAKES = 1_000
"""Microseconds."""

Fails = Mapping[str, int]
"""Which calls fail, and with which status of the upstream: by the path of their task inside the run, with `:fallback`
behind it for the call that stands in."""


class Problem(NamedTuple):
    """What a caller is told of a run that failed."""

    status: int
    code: str
    title: str


class Ended(NamedTuple):
    """How a run ended. `tasks` has the status of each task, by its path inside the run."""

    status: str
    output: Any
    problem: Problem | None
    tasks: dict[str, str]


Answers = Mapping[str, Any]
"""What calls give instead of their task's mock: by the path of their task inside the run, or by its name."""


def run_mocked(
    known: Known, workflow: ObjectRef, input: Any, *, fails: Fails | None = None, answers: Answers | None = None
) -> Ended:
    """Validate, publish and run a workflow. Fails where it is refused, or where a call has neither answer nor mock."""
    made = assembled(known, workflow)
    checked = program.compile(made).input_schema.violations(input)
    assert not checked, checked
    end = _played(_answers_are_outputs(made), input, _World(known, workflow.namespace, fails or {}, answers or {}))
    output = None if end.output is None else decode(end.output, what="the answer")
    return Ended(end.status, output, _told(made, end), {task.id: task.status for task in end.tasks})


def assembled(known: Known, workflow: ObjectRef) -> Bundle:
    """The bundle of a sound workflow."""
    definition = known.get(workflow)
    assert definition is not None, f"there is no {workflow}"
    found = validate(definition, known)
    assert found.types is not None, "\n".join(render(each, None) for each in found.diagnostics)
    return publishing.assemble(definition, found.types, known)


def _answers_are_outputs(made: Bundle) -> Bundle:
    """The same workflow, with calls whose answer is the task's output as it stands: what a mock writes down."""
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(made))
    for call in _calls_in(plain):
        call["http"]["output"] = "{{response.body}}"
    return msgspec.convert(plain, Bundle)


def _calls_in(plain: Any) -> list[dict[str, Any]]:
    if isinstance(plain, list):
        return [call for each in plain for call in _calls_in(each)]
    if not isinstance(plain, dict):
        return []
    inside = [call for each in plain.values() for call in _calls_in(each)]
    return [plain, *inside] if plain.get("type") == "call" and "task_ref" in plain else inside


class _World:
    """Answers calls."""

    def __init__(self, known: Known, namespace: str, fails: Fails, answers: Answers) -> None:
        self._known = known
        self._namespace = namespace
        self._fails = fails
        self._answers = answers

    def answer(self, call: Call, task: TaskState) -> CallSucceeded | CallFailed:
        status = self._fails.get(worst_case.fallback(call.task) if task.falls_back else call.task)
        if status is not None:
            return CallFailed("status", True, f"the upstream answered {status}", status)
        for name in (call.task, call.work.plan.task_ref):
            if name in self._answers:
                return answered(encode(self._answers[name]))
        return answered(encode(self._mock(call.work.plan.task_ref, task.input)))

    def _mock(self, name: str, input: Any) -> Any:
        task: Definition | None = self._known.get(ObjectRef("WorkflowTask", self._namespace, name))
        assert task is not None
        assert isinstance(task.spec, WorkflowTaskSpec)
        for mock in task.spec.mocks:
            if mock.when is None or expression.compile(expression.parse(mock.when))({"input": input}) is True:
                return mock.output
        raise AssertionError(f"task `{name}` has no mock for {input}")


def _played(made: Bundle, input: Any, world: _World) -> End:
    now, order = 0, itertools.count()
    due: list[tuple[int, int, Happened]] = []
    step = run.begin(program.compile(made), started(int(made.timeout * 1e6)), input, execution="x1", attempt=1, at=now)
    while not (ends := [command for command in step.commands if isinstance(command, End)]):
        for command in step.commands:
            for happened in _following(command, step.run, world, now):
                heapq.heappush(due, (happened.at, next(order), happened))
        now, _, happened = heapq.heappop(due)
        step = run.advance(step.run, happened)
    return ends[0]


def _following(command: Command, state: Run, world: _World, now: int) -> list[Happened]:
    match command:
        case Call(task, number):
            return [Happened(now + CALL_TAKES, world.answer(command, state.tasks[task]), task, number)]
        case Wake(task, at, fact):
            return [Happened(at, fact, task)]
        case AskGrant():
            return [Happened(now, Granted("executor", "asker"))]
    return []


def _told(made: Bundle, end: End) -> Problem | None:
    """The first rule of the workflow that holds, else what the engine says."""
    if end.failure is None:
        return None
    scope = {"task": end.failure.task or "", "error": seen_by_expressions(end.failure)}
    for rule, holds in program.rules(made.errors):
        if holds(scope):
            return Problem(rule.status, rule.code, rule.title)
    usual = ERRORS[end.failure.code]
    return Problem(usual.status, end.failure.code, usual.title)
