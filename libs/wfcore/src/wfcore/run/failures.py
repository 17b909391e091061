"""What a failure is called, and what may have been done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from wfcore.bundle import ErrorRule
from wfcore.errors import CODE_OF_CALL, ERRORS, WorkflowError, normalized, normalized_code
from wfcore.events import CallFailed, CallSucceeded, Effect, Failure, NormalizedError, OriginalError, RunStatus
from wfcore.expression import EvaluationError
from wfcore.jsontext import JsonTextError
from wfcore.program import CompiledCall, CompiledRule
from wfcore.schema import Schema, Violation

STATUS_OF: dict[str, RunStatus] = {
    "DEADLINE_EXCEEDED": "timedOut",
    "DEADLINE_NOT_STARTED": "timedOut",
    "CANCELLED": "cancelled",
    "ABANDONED": "abandoned",
}
"""How a run ends that fails with this code; with any other it is `failed`."""


def effect_of(task: CompiledCall, fact: CallFailed) -> Effect:
    """What a failed call may have done: unsent nothing, refused (4xx) nothing, the rest possibly."""
    if task.plan.safety == "safe" or not fact.sent:
        return "none"
    refused = fact.reason == "status" and fact.status is not None and 400 <= fact.status < 500
    return "none" if refused else "possible"


def failure_of_call(task: str, fact: CallFailed) -> Failure:
    """Why a task failed whose call failed."""
    code = CODE_OF_CALL[fact.reason]
    meaning = normalized_code(code) if fact.status is None else normalized(fact.status)
    return Failure(
        code,
        fact.message,
        task,
        OriginalError(fact.status, fact.headers, fact.body, fact.message),
        meaning,
    )


def failure_from(task: str | None, error: Exception, fact: CallSucceeded | None = None) -> Failure:
    """Why a task (without one: the run) failed, from an error of ours; `fact` is an answer that could not be used."""
    code = error.code if isinstance(error, WorkflowError) else "EXPRESSION_ERROR"
    if isinstance(error, JsonTextError) and error.code == "TOO_LARGE":
        code = "RESULT_TOO_LARGE"
    assert code in ERRORS, code
    original = None if fact is None else OriginalError(fact.status, fact.headers, fact.body)
    return Failure(code, str(error), task, original, None if task is None else normalized_code(code))


REFUSED = (WorkflowError, EvaluationError, JsonTextError)
"""What data can do to us: the run goes on to tell it. Everything else is a fault of ours."""


def accepted(path: str, takes: Schema, value: Any, *, checked: bool) -> Any:
    """What a task sees of the input it is given: no more than the schema declares of what it takes.

    Where the input is not proven to fit it is `checked`. Raises WorkflowError where it does not.
    """
    if checked and (wrong := takes.violations(value)):
        message = f"input of task `{path}` does not fit its schema: {first_of(wrong)}"
        raise WorkflowError(message, code="INPUT_MISMATCH")
    return takes.prune(value)[0]


def declared(whose: str, gives: Schema, value: Any) -> Any:
    """The answer of a workflow as its author declares it, and no more. Raises WorkflowError where it does not fit."""
    if wrong := gives.violations(value):
        message = f"the answer of {whose} does not fit its outputSchema: {first_of(wrong)}"
        raise WorkflowError(message, code="OUTPUT_INVALID")
    return gives.prune(value)[0]


def first_of(wrong: list[Violation]) -> str:
    """The first few violations, in a sentence."""
    return "; ".join(f"{breach.pointer or '/'}: {breach.message}" for breach in wrong[:5])


def rule_that_holds(
    rules: Iterable[CompiledRule],
    seen: Mapping[str, Any],
    broken: Callable[[ErrorRule, EvaluationError], None] | None = None,
) -> ErrorRule | None:
    """The first rule of a workflow whose condition holds for a failure, seen as `{task, error}`.

    One that cannot be judged hides no failure: it does not hold, and `broken` is told.
    """
    for rule, holds in rules:
        try:
            if holds(seen):
                return rule
        except EvaluationError as error:
            if broken is not None:
                broken(rule, error)
    return None


def in_words_of(rules: Iterable[CompiledRule], path: str, failure: Failure) -> Failure:
    """A failure inside the workflow at this path as those around it hear of it."""
    task = (failure.task or "").removeprefix(f"{path}.")
    rule = rule_that_holds(rules, {"task": task, "error": seen_by_expressions(failure)})
    if rule is None:
        return failure
    return replace(failure, normalized_error=NormalizedError(rule.code, rule.title, rule.suggested_action))


def seen_by_expressions(failure: Failure) -> dict[str, Any]:
    """What `tasks.<id>.error` and `error` in error rules hold: code, title, message, and status where there is one."""
    meaning, original = failure.normalized_error, failure.original_error
    seen = {
        "code": meaning.code if meaning else failure.code,
        "title": meaning.title if meaning else failure.message,
        "message": failure.message,
    }
    status = original.status if original is not None else None
    return seen if status is None else {**seen, "status": status}
