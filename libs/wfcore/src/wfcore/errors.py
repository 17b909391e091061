"""Everything that can go wrong at run time, in one registry: status, who may try again, what may have happened.

Codes of definitions (`WF-nnn`) stand in `wfcore.diagnostics`. Each code here has its page, docs/errors/<code>.md.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from wfcore.events import NormalizedError

EffectsRule = Literal["none", "tasks", "possible"]
"""none: nothing was done. tasks: as the tasks say. possible: nobody can know."""


class ErrorInfo(NamedTuple):
    """How a code is told over HTTP."""

    status: int
    title: str
    fix: str
    effects: EffectsRule = "none"
    retryable: bool = False


class WorkflowError(Exception):
    """A failure with a code of the registry, a sentence for people and fields for machines."""

    code = "INTERNAL"

    def __init__(self, message: str, *, code: str | None = None, **details: object) -> None:
        """Keep the sentence and the fields; `code` overrides that of the class."""
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.details = details

    @property
    def info(self) -> ErrorInfo:
        return ERRORS[self.code]


ERRORS: dict[str, ErrorInfo] = {
    # --- the request -------------------------------------------------------------------------
    "WORKFLOW_NOT_FOUND": ErrorInfo(404, "No such workflow", "Check the name, or apply the workflow first."),
    "TASK_NOT_FOUND": ErrorInfo(404, "No such task", "Check the name, or apply the task first."),
    "EXECUTION_NOT_FOUND": ErrorInfo(404, "No such execution", "Check the id; executions are kept for 30 days."),
    "ROUTE_NOT_FOUND": ErrorInfo(404, "No such address", "See /docs for every address of this server."),
    "METHOD_NOT_ALLOWED": ErrorInfo(405, "Method not allowed", "Use one of the methods named in Allow."),
    "MALFORMED_JSON": ErrorInfo(400, "The body is not JSON", "Send one JSON document."),
    "TOO_DEEP": ErrorInfo(400, "The body is nested too deeply", "Nest at most 100 levels."),
    "NUMBER_OUT_OF_RANGE": ErrorInfo(
        400, "A number cannot be kept exactly", "Send integers beyond 2^53 as text, and no NaN or infinity."
    ),
    "INVALID_TEXT": ErrorInfo(400, "The body is not valid UTF-8 text", "Send UTF-8 without byte order mark."),
    "DUPLICATE_KEY": ErrorInfo(400, "An object names a key twice", "Send each key once."),
    "INPUT_INVALID": ErrorInfo(422, "The input breaks the workflow's schema", "Mend what `errors` lists."),
    "UNSUPPORTED_MEDIA_TYPE": ErrorInfo(415, "Unsupported content type", "Send `Content-Type: application/json`."),
    "BODY_TOO_LARGE": ErrorInfo(413, "The body is too large", "Send at most 1 MiB."),
    "PARAMETER_INVALID": ErrorInfo(400, "A parameter is not valid", "See /docs for the parameters of this address."),
    "WORKFLOW_INVALID": ErrorInfo(409, "The workflow has errors", "Mend what `errors` lists, then apply it again."),
    "NO_MOCK": ErrorInfo(422, "A call has no mock", "Add `mocks` to the task, or give a mock for it."),
    # --- the engine --------------------------------------------------------------------------
    "PAUSED": ErrorInfo(503, "The workflow is paused", "Try again when it is resumed.", retryable=True),
    "OVERLOADED": ErrorInfo(503, "Too many calls at once", "Try again after Retry-After.", retryable=True),
    "DRAINING": ErrorInfo(503, "This server is going away", "Try again: another one answers.", retryable=True),
    "BUS_UNAVAILABLE": ErrorInfo(503, "The bus is not reachable", "Try again after Retry-After.", retryable=True),
    "NO_EXECUTOR": ErrorInfo(503, "No executor took the run", "Try again after Retry-After.", retryable=True),
    "UNSUPPORTED_SCHEMA": ErrorInfo(503, "Services of different releases", "Finish the rollout.", retryable=True),
    "BUNDLE_UNAVAILABLE": ErrorInfo(503, "The compiled workflow is not at hand", "Try again.", retryable=True),
    "ABANDONED": ErrorInfo(503, "The run was given up before it acted", "Try again.", retryable=True),
    "CANCELLED": ErrorInfo(499, "The caller went away", "Nothing to do.", "tasks"),
    "EXECUTOR_LOST": ErrorInfo(
        503,
        "The executor died after it was allowed to act",
        "Look before you repeat: effects are possible.",
        "possible",
    ),
    "HISTORY_UNAVAILABLE": ErrorInfo(503, "The history is not reachable", "Try again.", retryable=True),
    "PLANNER_UNAVAILABLE": ErrorInfo(503, "No planner answers", "Try again.", retryable=True),
    "DEADLINE_EXCEEDED": ErrorInfo(504, "No time was left", "Raise the timeout or mend the slow task.", "tasks"),
    "DEADLINE_NOT_STARTED": ErrorInfo(504, "Too little time was left to begin a task", "Raise the timeout.", "tasks"),
    "INTERNAL": ErrorInfo(500, "A fault of the engine", "Report it with the execution id.", "tasks"),
    # --- expressions and values --------------------------------------------------------------
    "EXPRESSION_ERROR": ErrorInfo(500, "An expression could not be evaluated", "Mend the expression.", "tasks"),
    "INPUT_MISMATCH": ErrorInfo(500, "A task's input breaks its schema", "Mend the mapping.", "tasks"),
    "OUTPUT_INVALID": ErrorInfo(500, "The answer breaks the workflow's outputSchema", "Mend the mapping.", "tasks"),
    "TOO_MANY_ITEMS": ErrorInfo(500, "A list has more items than may be worked on", "Bound the list.", "tasks"),
    "TOO_MANY_TASKS": ErrorInfo(500, "A run has more tasks than it may have", "Bound its lists.", "tasks"),
    "TASK_TIMEOUT": ErrorInfo(504, "A task with others inside had no time left", "Raise its timeout.", "tasks"),
    "RESULT_TOO_LARGE": ErrorInfo(502, "The answer is too large", "Select less: at most 4 MiB.", "tasks"),
    # --- upstreams ---------------------------------------------------------------------------
    "UPSTREAM_ERROR": ErrorInfo(502, "An upstream answered with an error", "See `error`.", "tasks"),
    "UPSTREAM_UNAVAILABLE": ErrorInfo(502, "An upstream is not reachable", "Check the upstream.", "tasks", True),
    "UPSTREAM_CUT": ErrorInfo(502, "An upstream cut the connection", "Check the upstream.", "tasks"),
    "UPSTREAM_TIMEOUT": ErrorInfo(504, "An upstream did not answer in time", "Check the upstream.", "tasks"),
    "RESPONSE_TOO_LARGE": ErrorInfo(502, "An upstream answered too much", "Ask for less: at most 2 MiB.", "tasks"),
    "RESPONSE_MALFORMED": ErrorInfo(
        502, "An upstream's answer is not what its content type says", "See `error`.", "tasks"
    ),
    "RESPONSE_MISMATCH": ErrorInfo(
        502, "An upstream's answer breaks its outputSchema", "Mend schema or upstream.", "tasks"
    ),
    "DESTINATION_FORBIDDEN": ErrorInfo(
        502, "The address of an upstream is not allowed", "Set `privateAddresses: true` if it is yours.", "tasks"
    ),
}

CODE_OF_CALL = {
    "status": "UPSTREAM_ERROR",
    "connection": "UPSTREAM_UNAVAILABLE",
    "timeout": "UPSTREAM_TIMEOUT",
    "cut": "UPSTREAM_CUT",
    "too-large": "RESPONSE_TOO_LARGE",
    "forbidden": "DESTINATION_FORBIDDEN",
    "cancelled": "CANCELLED",
}
"""From the reason of a CallFailed to the code of its task."""

_TRY_LATER = "Try again later."
_BY_STATUS: dict[int, NormalizedError] = {
    400: NormalizedError("BAD_REQUEST", "The upstream did not understand the request", "Check the task's input."),
    401: NormalizedError("UNAUTHORIZED", "The upstream wants credentials", "Check the credentials of the upstream."),
    402: NormalizedError("PAYMENT_REQUIRED", "The upstream wants a payment", "Check the payment data."),
    403: NormalizedError("FORBIDDEN", "The upstream refuses this caller", "Check the rights of the credentials."),
    404: NormalizedError("NOT_FOUND", "The upstream does not know this thing", "Check the id."),
    405: NormalizedError("METHOD_NOT_ALLOWED", "The upstream refuses this method", "Check the task's method."),
    408: NormalizedError("REQUEST_TIMEOUT", "The upstream waited too long for the request", _TRY_LATER),
    409: NormalizedError("CONFLICT", "The thing is in another state", "Fetch the current state and decide again."),
    410: NormalizedError("GONE", "The thing exists no longer", "Stop asking for it."),
    412: NormalizedError("PRECONDITION_FAILED", "The thing has changed", "Fetch the current state and decide again."),
    413: NormalizedError("PAYLOAD_TOO_LARGE", "The request is too large for the upstream", "Send less."),
    415: NormalizedError("UNSUPPORTED_MEDIA_TYPE", "The upstream refuses this content type", "Check `bodyType`."),
    422: NormalizedError("UNPROCESSABLE", "The upstream refuses these values", "Check the task's input."),
    429: NormalizedError("RATE_LIMITED", "The upstream is asked too often", _TRY_LATER),
    500: NormalizedError("SERVER_ERROR", "The upstream failed", _TRY_LATER),
    501: NormalizedError("NOT_IMPLEMENTED", "The upstream cannot do this", "Check the task."),
    502: NormalizedError("BAD_GATEWAY", "Something behind the upstream failed", _TRY_LATER),
    503: NormalizedError("UNAVAILABLE", "The upstream is not available", _TRY_LATER),
    504: NormalizedError("GATEWAY_TIMEOUT", "Something behind the upstream is too slow", _TRY_LATER),
}
_BY_CLASS: dict[int, NormalizedError] = {
    1: NormalizedError("UNEXPECTED_STATUS", "The upstream answered with an interim status", "Check the upstream."),
    2: NormalizedError(
        "UNEXPECTED_STATUS", "The upstream answered with an unexpected success", "Check `successCodes`."
    ),
    3: NormalizedError(
        "REDIRECTED", "The upstream points elsewhere", "Use the new address: redirects are not followed."
    ),
    4: NormalizedError("CLIENT_ERROR", "The upstream refuses the request", "Check the task's input."),
    5: NormalizedError("SERVER_ERROR", "The upstream failed", _TRY_LATER),
}
_NEVER = NormalizedError("UNEXPECTED_STATUS", "The upstream answered with no known status", "Check the upstream.")


def normalized(status: int) -> NormalizedError:
    """What an error status of any upstream means to a caller; by its class where the status itself is rare."""
    return _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, _NEVER)


def normalized_code(code: str) -> NormalizedError:
    """What a failure without an HTTP status means to a caller."""
    info = ERRORS[code]
    return NormalizedError(code, info.title, info.fix)
