"""Mocks as the answers of upstreams, which is all that a run knows of the world."""

from collections.abc import Callable
from typing import Any

from wfcore import jsontext
from wfcore.errors import CODE_OF_CALL
from wfcore.events import CallFailed, CallSucceeded, body
from wfcore.program import (
    Block,
    CompiledBranch,
    CompiledCall,
    CompiledEach,
    CompiledFallback,
    CompiledSwitch,
    CompiledTask,
    CompiledTransform,
    CompiledWorkflow,
    Program,
    Reader,
    Scope,
    Work,
    matches,
)

Answer = CallSucceeded | CallFailed

_IS_OUTPUT = ":output"
"""Header of an answer that is the task's output already. No header from outside can have this name."""

FAILURES = {code: reason for reason, code in CODE_OF_CALL.items() if reason not in ("status", "cancelled")}
"""What `fail` may say."""
_UNSENT = ("connection", "forbidden")


def as_output(value: Any) -> CallSucceeded:
    """The answer that makes this value the task's output, checked and pruned as any other."""
    return CallSucceeded(200, {_IS_OUTPUT: ""}, body(jsontext.encode(value)))


def is_output(answer: Answer) -> bool:
    """Whether an answer was made by `as_output`."""
    return _IS_OUTPUT in answer.headers


def as_response(status: int, headers: dict[str, str], value: Any, success: tuple[str, ...]) -> Answer:
    """What the upstream said: text where the content type is not JSON, else JSON."""
    kind = next((text for name, text in headers.items() if name.lower() == "content-type"), None)
    if kind is None:
        headers = {**headers, "Content-Type": "application/json"} if value is not None else headers
    is_text = isinstance(value, str) and kind is not None and "json" not in kind.lower()
    data = b"" if value is None else value.encode() if is_text else jsontext.encode(value)
    if matches(status, success):
        return CallSucceeded(status, headers, body(data))
    return CallFailed("status", True, f"the upstream answered {status}", status, headers, body(data))


def as_failure(code: str) -> CallFailed:
    """No answer, for this reason. `code` is one of FAILURES."""
    reason = FAILURES[code]
    return CallFailed(reason, reason not in _UNSENT, "the mock says so")  # type: ignore[arg-type]


# --- programs that understand such answers --------------------------------------------------------


def mockable(program: Program) -> Program:
    """The same program, whose calls also take an answer that is their output already."""
    return program._replace(body=_block(program.body))


def _block(block: Block) -> Block:
    return block._replace(tasks={id: _task(task) for id, task in block.tasks.items()})


def _task(task: CompiledTask) -> CompiledTask:
    return task._replace(work=_work(task.work), fallback=_fallback(task.fallback))


def _fallback(fallback: CompiledFallback | None) -> CompiledFallback | None:
    if fallback is None or not isinstance(fallback.work, CompiledCall):
        return fallback
    return fallback._replace(work=mockable_call(fallback.work))


def _work(work: Work) -> Work:
    match work:
        case CompiledCall():
            return mockable_call(work)
        case CompiledTransform():
            return work
        case CompiledEach() | CompiledWorkflow():
            return work._replace(body=_block(work.body))
        case CompiledSwitch(branches):
            return CompiledSwitch(tuple(CompiledBranch(each.holds, _block(each.body)) for each in branches))


def mockable_call(call: CompiledCall) -> CompiledCall:
    """The same call, which also takes an answer that is its output already."""
    return call._replace(output=_either(call.output), output_is_body=False)


def _either(mapped: Reader) -> Callable[[Scope], Any]:
    def read(scope: Scope) -> Any:
        response = scope["response"]
        return response["body"] if _IS_OUTPUT in response["headers"] else mapped(scope)

    return read
