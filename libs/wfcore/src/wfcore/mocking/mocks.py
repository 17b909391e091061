"""Which mock answers a call: first those of whoever tries the workflow, then recorded answers, then the task's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from wfcore import expression
from wfcore.bundle import Bundle, CallPlan
from wfcore.definition import Definition, WorkflowTaskSpec
from wfcore.definition.model import Mock
from wfcore.diagnostics import did_you_mean
from wfcore.errors import WorkflowError
from wfcore.mocking import places
from wfcore.mocking.answering import FAILURES, Answer, as_failure, as_output, as_response, is_output
from wfcore.validation import ScopeTypes, WorkflowTypes

MockSource = Literal["request", "recorded", "task"]
OwnMocks = Mapping[tuple[str, str], tuple[Mock, ...]]
"""The `mocks` of tasks, by name and version of the task."""


class Mocked(NamedTuple):
    """The answer of a call, who gave it, and under which name."""

    answer: Answer
    source: MockSource
    name: str

    @property
    def is_output(self) -> bool:
        """Whether it is the task's output already, and not what its output is made of."""
        return is_output(self.answer)


class _Given(NamedTuple):
    name: str
    place: str
    source: MockSource
    answer: Callable[[CallPlan], Answer]


class Mocks:
    """All that stands in for the calls of one workflow. Made by `read`."""

    def __init__(self, given: list[_Given], own: OwnMocks) -> None:
        """`given` in the order in which they are asked."""
        self._own = own
        self._given: dict[str, list[_Given]] = {}
        for each in given:
            self._given.setdefault(places.unnumbered(each.place), []).append(each)
        self.names = frozenset(each.name for each in given if each.source == "request")
        """Of the mocks that came with the request."""

    def answer(
        self, path: str, call: CallPlan, input: Any, holds: Callable[[str, Any], bool] | None = None
    ) -> Mocked | None:
        """What the call at this path (with `:fallback` where it stands in) gets; None where nothing was said about it.

        `holds` tells whether the `when` of a task's mock holds for an input. Raises EvaluationError where one cannot
        be judged.
        """
        for each in self._given.get(places.unnumbered(path), ()):
            if places.is_at(each.place, path):
                return Mocked(each.answer(call), each.source, each.name)
        decides = holds or _holds
        for mock in self._own.get((call.task_ref, call.task_version), ()):
            if mock.when is None or decides(mock.when, input):
                return Mocked(as_output(mock.output), "task", call.task_ref)
        return None

    def has_own(self, call: CallPlan) -> bool:
        """Whether the task of a call has mocks, be it that none holds."""
        return bool(self._own.get((call.task_ref, call.task_version)))


def _holds(when: str, input: Any) -> bool:
    return expression.compile_condition(expression.parse(when))({"input": input})


def own(types: WorkflowTypes) -> OwnMocks:
    """The mocks of all tasks that a workflow uses, in the versions that it uses."""
    return {(task.ref.name, task.version): _mocks(task) for task in _tasks(types.body)}


def _tasks(scope: ScopeTypes) -> Iterator[Definition]:
    for entry in scope.tasks.values():
        if entry.task is not None:
            yield entry.task
        if entry.fallback is not None:
            yield entry.fallback.task
        for inner in entry.inner:
            yield from _tasks(inner)


def _mocks(task: Definition) -> tuple[Mock, ...]:
    return task.spec.mocks if isinstance(task.spec, WorkflowTaskSpec) else ()


# --- reading --------------------------------------------------------------------------------------


def read(bundle: Bundle, given: Any = None, *, recorded: Any = None, own: OwnMocks | None = None) -> Mocks:
    """Read mocks as they come with a request: `{"<path or id of a task>": {"output": …}, …}`.

    A path holds for all items (`stock.check`) or names one (`stock[0].check`), the fallback of a task is
    `user:fallback`, an id alone means every task of that id. `recorded` is the same from an earlier execution, of
    which only what fits this workflow is taken. Raises WorkflowError (PARAMETER_INVALID).
    """
    known = places.places(bundle)
    callable_ = frozenset(places.calls(known))
    mocks = [
        _Given(name, place, "request", _answer(name, mock))
        for name, mock in _object({} if given is None else given, "mocks").items()
        for place in _places(name, known, callable_)
    ]
    remembered = [
        _Given(name, name, "recorded", _answer(name, mock))
        for name, mock in _object({} if recorded is None else recorded, "recorded").items()
        if places.unnumbered(name) in callable_
    ]
    # An exact path goes before one for all items.
    exact = sorted(mocks, key=lambda each: (-places.numbers(each.place), each.name != each.place))
    return Mocks(exact + remembered, own or {})


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused(f"`{what}` is an object: the path of a task, and what stands in for it")
    return value


def _places(name: str, known: Mapping[str, Any], callable_: frozenset[str]) -> list[str]:
    """Where the calls are that a name means. Refuses a name that means none."""
    plain = places.unnumbered(name)
    if plain in callable_:
        return [name]
    if plain in known:
        inside = [path for path in callable_ if path.startswith((f"{plain}.", f"{plain}:"))]
        hint = f"; mock what it calls: {', '.join(f'`{path}`' for path in sorted(inside)[:8])}" if inside else ""
        raise _refused(f"mocks: task `{name}` calls nothing itself{hint}")
    found = places.with_id(name, callable_)
    if not found:
        ids = {path.rpartition(".")[2] for path in callable_}
        raise _refused(f"mocks: there is no task `{name}`{did_you_mean(plain, {*callable_, *ids})}")
    return found


_FIELDS = ("output", "status", "body", "headers", "fail")


def _answer(name: str, mock: Any) -> Callable[[CallPlan], Answer]:
    """What a mock answers to a call. Refuses what is no mock."""
    shapes = '{"output": …}, {"status": 404, "body": …, "headers": {…}} or {"fail": "UPSTREAM_TIMEOUT"}'
    if not isinstance(mock, dict) or not mock:
        raise _refused(f"mocks: that of `{name}` is no mock: write {shapes}")
    for field in mock:
        if field not in _FIELDS:
            raise _refused(f"mocks: that of `{name}` has an unknown field `{field}`{did_you_mean(field, _FIELDS)}")
    if len(mock.keys() & {"output", "status", "fail"}) != 1 or (mock.keys() & {"output", "fail"} and len(mock) > 1):
        raise _refused(f"mocks: that of `{name}` is one of {shapes}")
    if "output" in mock:
        output = as_output(mock["output"])
        return lambda call: output
    if "fail" in mock:
        return _fail(name, mock["fail"])
    return _response(name, mock["status"], mock.get("headers", {}), mock.get("body"))


def _fail(name: str, code: Any) -> Callable[[CallPlan], Answer]:
    if code not in FAILURES:
        hint = did_you_mean(str(code), FAILURES)
        raise _refused(f"mocks: `{name}` cannot fail with `{code}`{hint}; an answer with an error has a `status`")
    failure = as_failure(code)
    return lambda call: failure


def _response(name: str, status: Any, headers: Any, body: Any) -> Callable[[CallPlan], Answer]:
    if type(status) is not int or not 100 <= status <= 599:
        raise _refused(f"mocks: the status of `{name}` is a number from 100 to 599")
    if not isinstance(headers, dict) or not all(isinstance(text, str) for text in headers.values()):
        raise _refused(f"mocks: the headers of `{name}` are an object of text")
    return lambda call: as_response(status, headers, body, call.http.success_codes)


def _refused(message: str) -> WorkflowError:
    return WorkflowError(message, code="PARAMETER_INVALID")
