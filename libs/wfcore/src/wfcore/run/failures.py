"""What a failure is called, and what may have been done."""

from __future__ import annotations

from wfcore.errors import CODE_OF_CALL, ERRORS, WorkflowError, normalized, normalized_code
from wfcore.events import CallFailed, CallSucceeded, Effect, Failure, OriginalError, RunStatus
from wfcore.program import CompiledTask

STATUS_OF: dict[str, RunStatus] = {
    "DEADLINE_EXCEEDED": "timedOut",
    "DEADLINE_NOT_STARTED": "timedOut",
    "CANCELLED": "cancelled",
    "ABANDONED": "abandoned",
}
"""How a run ends that fails with this code; with any other it is `failed`."""


def effect_of(task: CompiledTask, fact: CallFailed) -> Effect:
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
    assert code in ERRORS, code
    original = None if fact is None else OriginalError(fact.status, fact.headers, fact.body)
    return Failure(code, str(error), task, original, None if task is None else normalized_code(code))
