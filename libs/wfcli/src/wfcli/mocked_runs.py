"""Run a workflow without any server: the real machine, in a time of its own, with mocks for answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from wfcli import calling, planning
from wfcli.calling import Answer
from wfcli.terminal.paint import Paint
from wfcore import events, jsontext, mocking, program
from wfcore.bundle import Bundle
from wfcore.diagnostics import Diagnostic
from wfcore.errors import ERRORS, WorkflowError
from wfcore.events import Failure, TaskSummary
from wfcore.expression import EvaluationError
from wfcore.program import Program
from wfcore.run import End
from wfcore.run.failures import rule_that_holds, seen_by_expressions
from wfservice import ids

_LATER = "WF-9"
"""Codes of what is known, but not executed yet: a gateway would refuse it, so whoever tries a workflow should know."""


@dataclass(frozen=True, kw_only=True)
class MockedRun:
    """What `run` shows: the answer as a gateway gives it, the tasks by their paths, and what a gateway would refuse."""

    answer: Answer
    tasks: list[dict[str, Any]]
    warnings: list[Diagnostic]


def run(workflow: str, paths: Sequence[Path], given: bytes, mocks: bytes, *, namespace: str = "default") -> MockedRun:
    """Run one workflow of these files and folders with mocks only.

    Raises calling.BadInput for mocks that stand in for nothing, and what `planning.prepare` raises.
    """
    prepared = planning.prepare(workflow, paths, namespace=namespace)
    warnings = [each for each in prepared.checked.diagnostics if each.code.startswith(_LATER)]
    try:
        stand_ins = mocking.read(prepared.bundle, jsontext.decode(mocks, what="mocks"), own=mocking.own(prepared.types))
    except WorkflowError as error:
        raise calling.BadInput(error.message) from error
    except jsontext.JsonTextError as error:
        raise calling.BadInput(str(error)) from error
    body, status = _run(program.compile(prepared.bundle), given, stand_ins)
    answer = calling.understood(msgspec.json.encode(body), status)
    if answer.ok:
        answer = replace(answer, summary=f"{body['status']} · {len(body['tasks'])} tasks · mocked: nothing was called")
    return MockedRun(answer=answer, tasks=body.get("tasks") or [], warnings=warnings)


def _run(compiled: Program, given: bytes, mocks: mocking.Mocks) -> tuple[dict[str, Any], int]:
    """The envelope or the problem, and its HTTP status."""
    execution, at = ids.execution_id(), ids.now()
    try:
        input = jsontext.decode(given, what="input")
        if wrong := compiled.input_schema.violations(input):
            errors = [{"pointer": each.pointer, "code": each.keyword, "detail": each.message} for each in wrong]
            detail = f"{len(wrong)} violation{'' if len(wrong) == 1 else 's'} of the input schema"
            return _problem("INPUT_INVALID", detail, errors=errors)
        end = mocking.play(compiled, input, mocks, execution=execution, at=at)
    except mocking.NoMock as missing:
        return _problem(missing.code, missing.message, failedTask=missing.path)
    except EvaluationError as error:
        return _problem("EXPRESSION_ERROR", f"the `when` of a mock, `{error.text}`: {error.message}")
    except jsontext.JsonTextError as error:
        return _problem(error.code, str(error))
    if end.failure is None:
        return _envelope(compiled.bundle, execution, end), 200
    return _failed(compiled.bundle, end, end.failure)


def _envelope(bundle: Bundle, execution: str, end: End) -> dict[str, Any]:
    assert end.output is not None
    return {
        "executionId": execution,
        "namespace": bundle.namespace,
        "workflow": bundle.workflow,
        "version": bundle.version,
        "release": bundle.release,
        "status": end.status,
        "output": msgspec.Raw(end.output),
        "tasks": list(map(_task, end.tasks)),
        "timings": {
            "totalMs": end.timings.total_us // 1000,
            "engineMs": end.timings.engine_us // 1000,
            "upstreamMs": end.timings.upstream_us // 1000,
        },
        "traceId": None,
    }


def _task(summary: TaskSummary) -> dict[str, Any]:
    error = summary.error
    return {
        "id": summary.id,
        "taskRef": summary.task_ref,
        "status": summary.status,
        "attempts": summary.attempts,
        "effect": summary.effect,
        "startedAt": None if summary.started_at is None else events.rfc3339(summary.started_at),
        "durationMs": summary.duration_us // 1000,
        "waitMs": summary.wait_us // 1000,
        "error": None if error is None else {"code": error.code, "message": error.message},
    }


def _failed(bundle: Bundle, end: End, failure: Failure) -> tuple[dict[str, Any], int]:
    told, status = _problem(
        failure.code,
        failure.message if failure.task is None else f"task `{failure.task}` failed: {failure.message}",
        effects=end.effects,
        failedTask=failure.task,
        tasks=list(map(_task, end.tasks)),
    )
    seen = {"task": failure.task or "", "error": seen_by_expressions(failure)}
    rule = rule_that_holds(program.rules(bundle.errors), seen)
    if rule is None:
        return told, status
    own = {"title": rule.title, "status": rule.status, "code": rule.code, "fix": rule.suggested_action or told["fix"]}
    return told | own, rule.status


def _problem(code: str, detail: str, **more: Any) -> tuple[dict[str, Any], int]:
    info = ERRORS[code]
    told = {"type": f"/errors/{code}", "title": info.title, "status": info.status, "detail": detail, "code": code}
    return told | {"effects": "none", "fix": info.fix} | more, info.status


def tasks_as_text(tasks: Sequence[dict[str, Any]], paint: Paint) -> str:
    """One line for each task: its path, how it ended, how often it was called."""
    return "\n".join(_lines(tasks, paint))


def _lines(tasks: Sequence[dict[str, Any]], paint: Paint) -> Iterator[str]:
    width = max((len(task["id"]) for task in tasks), default=0)
    colours = {"succeeded": paint.good, "failed": paint.bad}
    for task in tasks:
        status = colours.get(task["status"], paint.quiet)(task["status"].ljust(9))
        more = [task["taskRef"]] if task["taskRef"] else []
        more += [f"called {task['attempts']} times"] if task["attempts"] > 1 else []
        if task["error"]:
            said = task["error"]["message"]
            more.append(said if task["status"] == "failed" else f"fell back: {said}")
        line = f"  {task['id']:<{width}}  {status}"
        yield f"{line}  {paint.quiet(', '.join(more))}" if more else line
