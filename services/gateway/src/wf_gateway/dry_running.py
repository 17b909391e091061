"""Trying a workflow without a single call: asked of the planner, which knows the newest definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct
from starlette.requests import Request
from starlette.responses import Response

from wf_gateway import problems, requests
from wf_gateway.looking_back import History
from wf_gateway.problems import FieldError
from wfcore import jsontext, subjects
from wfcore.diagnostics import Diagnostic, did_you_mean
from wfcore.errors import WorkflowError
from wfcore.messages import DryRunTold, DryRunWorkflow
from wfhistory.envelope import Call, Execution, Task
from wfservice.bus import Bus, NoResponders

WAIT_SECONDS = 10.0
"""For the planner. A dry run is milliseconds of work, but for one with thousands of items."""


class DryRunAsked(Struct, frozen=True, omit_defaults=True):
    """What to try a workflow with."""

    input: Any = None
    """As for a run; without it an empty object."""
    mocks: dict[str, Any] = {}
    """By path or id of a task: `{"output": …}`, `{"status": 404, "body": …, "headers": {…}}` or `{"fail": code}`."""
    recorded: str | None = None
    """Id of an execution: where `mocks` says nothing its calls are answered as they were then."""


class DryRunning:
    """Answers POST …/test."""

    def __init__(self, bus: Bus, history: History, default_namespace: str) -> None:
        """Needs a planner on the bus."""
        self._bus = bus
        self._history = history
        self._default = default_namespace

    async def test(self, request: Request) -> Response:
        """How the newest definition would run with this input."""
        asked = _read(requests.value(await requests.body(request)))
        namespace, name = request.path_params.get("namespace", self._default), request.path_params["name"]
        recorded = {} if asked.recorded is None else recorded_mocks(await self._history.found(asked.recorded))
        question = DryRunWorkflow(
            namespace,
            name,
            jsontext.encode({} if asked.input is None else asked.input),
            jsontext.encode(asked.mocks),
            msgspec.json.encode(recorded),
        )
        return _answer(await self._ask(question), namespace, name, request.url.path)

    async def _ask(self, question: DryRunWorkflow) -> DryRunTold:
        try:
            told: DryRunTold = await self._bus.request(subjects.DRY_RUN, question, DryRunTold, within=WAIT_SECONDS)
        except (NoResponders, TimeoutError) as error:
            raise WorkflowError("no planner answers", code="PLANNER_UNAVAILABLE") from error
        return told


def _read(given: Any) -> DryRunAsked:
    known = DryRunAsked.__struct_fields__
    if not isinstance(given, dict):
        raise WorkflowError("the body is an object with `input`, `mocks` and `recorded`", code="PARAMETER_INVALID")
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known)
            raise WorkflowError(f"unknown field `{name}`{hint}; the input goes under `input`", code="PARAMETER_INVALID")
    try:
        return msgspec.convert(given, DryRunAsked)
    except msgspec.ValidationError as error:
        raise WorkflowError(f"the body is not as it should be: {error}", code="PARAMETER_INVALID") from error


def _answer(told: DryRunTold, namespace: str, name: str, instance: str) -> Response:
    if not told.found:
        said = f"there is no workflow `{name}` in namespace `{namespace}`"
        raise WorkflowError(said, code="WORKFLOW_NOT_FOUND")
    if told.breaches:
        count = "1 violation" if len(told.breaches) == 1 else f"{len(told.breaches)} violations"
        fields = [FieldError(each.pointer, each.keyword, each.message) for each in told.breaches]
        detail = f"{count} of the input schema of `{name}`"
        return problems.respond(problems.problem("INPUT_INVALID", detail, errors=fields, instance=instance))
    if told.dry_run is None:
        fields = [_field(each) for each in told.diagnostics]
        detail = f"workflow `{name}` cannot be run as it is defined now"
        return problems.respond(problems.problem("WORKFLOW_INVALID", detail, errors=fields, instance=instance))
    return Response(told.dry_run, 200, {"Cache-Control": "no-store"}, "application/json")


def _field(each: Diagnostic) -> FieldError:
    where = f" ({each.position})" if each.position else ""
    return FieldError(each.pointer, each.code, f"{each.message}{where}")


# --- what was recorded ----------------------------------------------------------------------------


def recorded_mocks(execution: Execution) -> dict[str, Any]:
    """The answers that the calls of an execution got, as mocks. A body that was not kept whole is no answer."""
    return dict(mock for task in execution.tasks for mock in _mocks(task))


def _mocks(task: Task) -> Iterator[tuple[str, dict[str, Any]]]:
    calls = task.calls or []
    if not calls:
        return
    # With an error and yet a success: the fallback took over, and where it called, its answer was the last one.
    fell_back = task.status == "succeeded" and task.error is not None
    for name, call in ((task.id, calls[0] if fell_back else calls[-1]), (f"{task.id}:fallback", calls[-1])):
        mock = _mock(call)
        if mock is not None and (fell_back or name == task.id):
            yield name, mock


def _mock(call: Call) -> dict[str, Any] | None:
    if call.status is None:
        return None
    body = call.response_body
    answer = {"status": call.status, "headers": call.response_headers}
    if body is None or isinstance(body, Raw):
        return answer | {"body": body}
    return answer | {"body": body["text"]} if "text" in body else None
