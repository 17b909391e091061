"""What a call's answer means: the task's output, or whether and when to try again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from wfcore import events, jsontext
from wfcore.bundle import CallPlan, Reads
from wfcore.errors import WorkflowError
from wfcore.events import CallFailed, CallSucceeded
from wfcore.expression import ABSENT
from wfcore.program import CompiledCall, Scope, matches
from wfcore.schema import Violation

MOST_CUT_TOLD = 100
"""So many pointers of pruned values are recorded one by one."""


class Output(NamedTuple):
    """A task's output. `recorded` is None where it is the body of the call, as received."""

    value: Any
    recorded: events.Body | None
    cut: tuple[str, ...]
    warnings: tuple[str, ...]


def output_of(task: CompiledCall, answer: CallSucceeded, seen: Scope) -> Output:
    """Decode, map, check and prune. `seen` is what the task may read beside the response.

    Raises WorkflowError where the answer cannot be used.
    """
    body = _decode(answer)
    value = body
    if not task.output_is_body:
        response = {"status": answer.status, "headers": answer.headers, "body": body}
        value = task.output({**seen, "response": response})
        if value is ABSENT:
            value = None
    wrong = task.output_schema.violations(value)
    fatal = _fatal(task, value, wrong)
    if fatal:
        raise WorkflowError(
            f"the answer of task `{task.plan.task_ref}` breaks its outputSchema: {'; '.join(fatal[:5])}",
            code="RESPONSE_MISMATCH",
        )
    pruned, cut = task.output_schema.prune(value)
    same = task.output_is_body and pruned is body and answer.body.data != b""
    recorded = None if same else events.body(jsontext.encode(pruned))
    return Output(pruned, recorded, _bounded(cut), tuple(map(_said, wrong)))


def _fatal(task: CompiledCall, value: Any, wrong: Sequence[Violation]) -> list[str]:
    """What of the breaches must not be passed on. The words are told of some breaches only, so all are looked at."""
    fatal = [_said(each) for each in wrong if task.plan.strict or _is_read(each.pointer, task.plan.reads)]
    if fatal or not wrong or not task.plan.reads:
        return fatal
    places = task.output_schema.breaches(value)
    if places is None:
        return [f"{_said(wrong[0])} (the answer is too large to tell whether what is read is sound)"]
    return [f"{place or '/'}: breaks the schema" for place in places if _is_read(place, task.plan.reads)]


def _said(breach: Violation) -> str:
    return f"{breach.pointer or '/'}: {breach.message}"


def _bounded(cut: Sequence[str]) -> tuple[str, ...]:
    """The first pointers of what was cut, and how many more there are: a log line is no place for 200,000."""
    more = len(cut) - MOST_CUT_TOLD
    return tuple(cut) if more <= 0 else (*cut[:MOST_CUT_TOLD], f"… {more} more")


def _decode(answer: CallSucceeded) -> Any:
    """The body as a value: JSON decoded, text as it is, nothing as null."""
    data = answer.body.data
    if not data:
        return None
    kind = next((v for k, v in answer.headers.items() if k.lower() == "content-type"), "application/json")
    kind = kind.split(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return jsontext.decode(data, what="answer")
        except jsontext.JsonTextError as error:
            raise WorkflowError(f"the answer is not usable JSON: {error}", code="RESPONSE_MALFORMED") from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise WorkflowError(f"the answer ({kind}) is not UTF-8 text", code="RESPONSE_MALFORMED") from error


def _is_read(pointer: str, reads: Reads) -> bool:
    """Does a breach at this pointer touch what the workflow reads? A read of the whole touches all."""
    at = [piece.replace("~1", "/").replace("~0", "~") for piece in pointer.split("/")[1:]]
    return any(all(a is None or str(a) == b for a, b in zip(read, at, strict=False)) for read in reads)


def pause_before_retry(plan: CallPlan, failed: CallFailed, calls: int, seed: str) -> int | None:
    """Microseconds until the next call, or None when there is none.

    Unsafe calls are tried again only where it is proven that nothing was sent. Full jitter, drawn from
    the seed so that a replay decides the same; Retry-After is honoured up to the longest interval.
    """
    retry = plan.retry
    if failed.sent and plan.safety == "unsafe":
        return None
    if calls >= retry.max_attempts or not _retried(failed, retry.retry_on):
        return None
    asked = _retry_after(failed)
    if asked is not None:
        return int(asked * 1_000_000) if asked <= retry.max_interval else None
    longest = min(retry.max_interval, retry.initial_interval * retry.multiplier ** (calls - 1))
    drawn = int.from_bytes(hashlib.blake2b(f"{seed}/{calls}".encode(), digest_size=7).digest(), "big") / (1 << 56)
    return int(longest * drawn * 1_000_000)


def _retried(failed: CallFailed, retry_on: tuple[str, ...]) -> bool:
    match failed.reason:
        case "connection" | "cut":
            return "connection" in retry_on
        case "timeout":
            return "timeout" in retry_on
        case "status" if failed.status is not None:
            return matches(failed.status, retry_on)
    return False


def _retry_after(failed: CallFailed) -> float | None:
    value = next((v for k, v in failed.headers.items() if k.lower() == "retry-after"), "")
    return float(value) if value.isascii() and value.isdigit() else None
