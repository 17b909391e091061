"""One call of a workflow: checked, asked for, answered with the truth."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from wf_gateway import answers, problems, requests
from wf_gateway.parameters import ParametersInvalid
from wf_gateway.problems import ErrorPair, FieldError, OriginalError, Problem
from wf_gateway.published import Catalogue, Published
from wfcore import events, recording
from wfcore.asking import Answer
from wfcore.diagnostics import nearest
from wfcore.errors import ERRORS, WorkflowError
from wfcore.events import Effect, Failure
from wfcore.messages import RunEnded, StartRun, Told
from wfservice import ids, telemetry
from wfservice.asking import Asker, Said
from wfservice.journal import Journal

log = structlog.get_logger()

RESERVE = 50_000
"""Kept back from the caller's time for the answer (microseconds)."""

EXECUTION_HEADER = "Wf-Execution-Id"
STATUS_HEADER = "Wf-Status"
"""How the run ended whose output this is, so that a bare answer tells too that a part of it is missing."""

_ANSWERED = ("succeeded", "partial")
"""How a run ends that has an output."""

_TOLD = {"DEADLINE_EXCEEDED": "timedOut", "EXECUTOR_LOST": "lost"}
"""The status of an execution of which no result came, by the code that the caller was told."""


class Asked(NamedTuple):
    """A workflow and what it is given, as bytes and as the value in them."""

    found: Published
    content: bytes
    value: Any


class Executing:
    """Answers calls of workflows."""

    def __init__(
        self, catalogue: Catalogue, asker: Asker, journal: Journal, default_namespace: str, runs_at_once: int
    ) -> None:
        """Needs an asker whose handlers are served."""
        self._catalogue = catalogue
        self._asker = asker
        self._journal = journal
        self._default = default_namespace
        self._runs_at_once = runs_at_once
        self.draining = False

    async def envelope(self, request: Request) -> Response:
        """POST …/execute: the output and how it went."""
        return await self.answer(request, f"POST {request.scope['path']}", partial(self._asked, request), bare=False)

    async def bare(self, request: Request) -> Response:
        """POST /workflows/…: the output alone."""
        return await self.answer(request, f"POST {request.scope['path']}", partial(self._asked, request), bare=True)

    async def answer(
        self, request: Request, name: str, reading: Callable[[], Awaitable[Asked]], *, bare: bool
    ) -> Response:
        """What becomes of a request. `reading` says what is asked of which workflow, `name` names the span."""
        try:
            with telemetry.span(name, request.headers):
                found, content, value = await reading()
                wrong = found.input.violations(value)
                if wrong:
                    return problems.respond(invalid_input(found, wrong))
                self._admit(found)
                return await self._run(found, content, bare=bare)
        except ParametersInvalid as error:
            fields = [FieldError(*wrong) for wrong in error.wrong]
            return problems.of(error, instance=request.url.path, errors=fields)
        except WorkflowError as error:
            return problems.of(error, instance=request.url.path)
        except ClientDisconnect:
            return Response(status_code=499)

    async def _asked(self, request: Request) -> Asked:
        namespace = request.path_params.get("namespace", self._default)
        found = self._catalogue.get(namespace, request.path_params["name"])
        content = await requests.body(request)
        return Asked(found, content, requests.value(content))

    def _admit(self, found: Published) -> None:
        if self.draining:
            raise WorkflowError("this gateway is going away", code="DRAINING")
        if found.pointer.paused:
            raise WorkflowError(f"workflow `{found.pointer.workflow}` (or an upstream of it) is paused", code="PAUSED")
        if self._asker.waiting >= self._runs_at_once:
            raise WorkflowError(f"{self._asker.waiting} runs are under way", code="OVERLOADED")

    async def _run(self, found: Published, content: bytes, *, bare: bool) -> Response:
        started = ids.now()
        execution = ids.execution_id()
        answer_by = started + int(found.bundle.timeout * 1_000_000) - RESERVE
        pointer = found.pointer
        run = StartRun(
            execution=execution,
            attempt=1,
            asker=self._asker.id,
            namespace=pointer.namespace,
            workflow=pointer.workflow,
            bundle=pointer.bundle,
            input=content,
            answer_by=answer_by,
            end_by=answer_by,
        )
        said = await self._asker.ask(run)
        ended = said.answer.result
        told: Problem | None = None
        try:
            if ended is not None and ended.status in _ANSWERED:
                response = self._succeeded(found, ended, bare=bare)
            else:
                told = _failed(found, execution, said)
                response = problems.respond(told, {EXECUTION_HEADER: execution})
        except Exception as error:  # a fault in the telling changes nothing in what was done
            log.exception("answer not told", execution=execution)
            said_so = f"the answer could not be told ({type(error).__name__})"
            told = problems.problem("INTERNAL", said_so, effects=said.answer.effects, execution_id=execution)
            response = problems.respond(told, {EXECUTION_HEADER: execution})
        self._journal.tell(
            Told(
                execution=execution,
                asker=self._asker.id,
                namespace=pointer.namespace,
                workflow=pointer.workflow,
                at=ids.now(),
                http_status=response.status_code,
                status=ended.status if ended is not None else _TOLD.get(said.answer.code, "failed"),
                effects=said.answer.effects,
                duration_us=ids.now() - started,
                code=told.code if told else None,
                trace_id=telemetry.trace_id(),
            )
        )
        return response

    def _succeeded(self, found: Published, ended: RunEnded, *, bare: bool) -> Response:
        output = ended.output or b"null"
        headers = {EXECUTION_HEADER: ended.execution, STATUS_HEADER: ended.status}
        if bare:
            return Response(output, 200, headers, "application/json")
        envelope = answers.Envelope(
            ended.execution,
            found.pointer.namespace,
            found.pointer.workflow,
            found.bundle.version,
            found.bundle.release,
            ended.status,
            msgspec.Raw(output),
            [answers.task(summary) for summary in ended.tasks],
            answers.timings(ended.timings),
            telemetry.trace_id(),
        )
        return Response(msgspec.json.encode(envelope), 200, headers, "application/json")


def invalid_input(found: Published, wrong: list[Any]) -> Problem:
    """Every violation, with its JSON Pointer, and the nearest field name where one seems misspelt."""
    fields = [FieldError(v.pointer, v.keyword, _with_hint(v, found.bundle.input_schema)) for v in wrong]
    count = "1 violation" if len(fields) == 1 else f"{len(fields)} violations"
    return problems.problem("INPUT_INVALID", f"{count} of the input schema of `{found.bundle.workflow}`", errors=fields)


def _with_hint(violation: Any, schema: Any) -> str:
    name = violation.pointer.rpartition("/")[2]
    close = nearest(name, schema.get("properties", {})) if isinstance(schema, dict) else None
    unknown = violation.keyword == "additionalProperties" and close not in (None, name)
    return f"{violation.message}; did you mean `{close}`?" if unknown else str(violation.message)


def _failed(found: Published, execution: str, said: Said) -> Problem:
    """What the caller hears of a run that did not succeed: as the engine says it, or as the workflow's author does."""
    answer, ended = said.answer, said.answer.result
    more: dict[str, Any] = {"execution_id": execution, "trace_id": telemetry.trace_id()}
    if ended is None:
        failure = Failure(answer.code, answer.message)
        told = problems.problem(answer.code, answer.message, effects=_effects(answer), **more)
    else:
        failure = ended.failure or Failure("INTERNAL", f"the run ended {ended.status}")
        told = _of_run(failure, ended, more)
    rule = found.rules.told(failure)
    return told if rule is None else problems.declared(told, rule, found.bundle)


def _of_run(failure: Failure, ended: RunEnded, more: dict[str, Any]) -> Problem:
    """What the engine says of a run that ended without success."""
    tasks = [answers.task(summary) for summary in ended.tasks]
    pair = None
    if failure.normalized_error is not None:
        pair = ErrorPair(_original(failure.original_error), failure.normalized_error)
    code = failure.code if failure.code in ERRORS else "INTERNAL"
    return problems.problem(
        code,
        _sentence(failure, ended),
        effects=ended.effects,
        failed_task=failure.task,
        tasks=tasks,
        error=pair,
        **more,
    )


def _sentence(failure: Failure, ended: RunEnded) -> str:
    if failure.task is None:
        return failure.message
    attempts = next((summary.attempts for summary in ended.tasks if summary.id == failure.task), 0)
    tries = "once" if attempts == 1 else f"{attempts} times"
    return f"task `{failure.task}` failed (called {tries}): {failure.message}"


def _effects(answer: Answer) -> Effect:
    rule = ERRORS[answer.code].effects
    return "none" if rule == "none" else answer.effects


def _original(error: events.OriginalError | None) -> OriginalError | None:
    if error is None:
        return None

    masked = recording.body(error.body)
    said: Any = None
    if masked.data:
        try:
            said = msgspec.json.decode(masked.data)
        except (msgspec.DecodeError, RecursionError):  # no JSON, or brackets for ever
            said = masked.data.decode("utf-8", "replace")
    return OriginalError(error.status, recording.headers(error.headers), said, error.message)
