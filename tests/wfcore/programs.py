"""Small workflows, drawn: `a_program("load >> left, load >> right")`."""

from itertools import pairwise
from typing import Any

from wfcore import events, program
from wfcore.bundle import BlockPlan, Bundle, CallPlan, Http, Reads, Retry, TaskPlan, safety
from wfcore.events import Body, CallSucceeded, WorkflowStarted
from wfcore.program import Program

SECOND = 1_000_000
DEADLINE = 10 * SECOND


def a_program(drawing: str, *, max_parallel: int = 16, output: Any = None, **tasks: dict[str, Any]) -> Program:
    """Compile a drawn graph. Keyword arguments change single tasks: `pay={"method": "POST", "retries": 3}`."""
    needs: dict[str, set[str]] = {}
    for part in drawing.split(","):
        chain = [name.strip() for name in part.split(">>")]
        for name in chain:
            needs.setdefault(name, set())
        for before, after in pairwise(chain):
            needs[after].add(before)
    plans = tuple(_task(name, sorted(needs[name]), **tasks.get(name, {})) for name in needs)
    composed = output if output is not None else {name: f"{{{{tasks.{name}.output}}}}" for name in needs}
    return of_body(BlockPlan(plans, composed), max_parallel=max_parallel)


def of_body(body: BlockPlan, *, max_parallel: int = 16) -> Program:
    """Compile a workflow of these tasks."""
    return program.compile(Bundle("shop", "drawn", "v1", "r1", "1", 10.0, max_parallel, {}, {}, False, body))


def _task(
    name: str,
    needs: list[str],
    *,
    method: str = "GET",
    retries: int = 2,
    timeout: float = 5.0,
    attempt_timeout: float | None = None,
    idempotent: bool = False,
    input: Any = None,
    path: str | None = None,
    output: Any = "{{response.body}}",
    output_schema: Any = True,
    input_schema: Any = True,
    reads: Reads = ((),),
    strict: bool = False,
    check_input: bool = False,
    retry_on: tuple[str, ...] = ("connection", "timeout", "429", "502", "503", "504"),
    **how: Any,
) -> TaskPlan:
    return TaskPlan(
        id=name,
        needs=tuple(needs),
        input=input if input is not None else {need: f"{{{{tasks.{need}.output}}}}" for need in needs},
        check_input=check_input,
        work=a_call(
            name,
            method=method,
            retries=retries,
            timeout=timeout,
            attempt_timeout=attempt_timeout,
            idempotent=idempotent,
            path=path,
            output=output,
            output_schema=output_schema,
            input_schema=input_schema,
            reads=reads,
            strict=strict,
            retry_on=retry_on,
        ),
        **how,
    )


def a_call(
    name: str,
    *,
    method: str = "GET",
    retries: int = 2,
    timeout: float = 5.0,
    attempt_timeout: float | None = None,
    idempotent: bool = False,
    path: str | None = None,
    output: Any = "{{response.body}}",
    output_schema: Any = True,
    input_schema: Any = True,
    reads: Reads = ((),),
    strict: bool = False,
    retry_on: tuple[str, ...] = ("connection", "timeout", "429", "502", "503", "504"),
) -> CallPlan:
    """The call of a task of that name."""
    return CallPlan(
        task_ref=f"do-{name}",
        task_version="v1",
        http=Http("upstream", "http://upstream", method, path or f"/{name}", output=output),
        input_schema=input_schema,
        output_schema=output_schema,
        timeout=timeout,
        attempt_timeout=attempt_timeout,
        retry=Retry(retries, retry_on=retry_on),
        safety=safety(method, idempotent),
        strict=strict,
        reads=reads,
    )


def started(deadline: int = DEADLINE) -> WorkflowStarted:
    """The first fact of a run."""
    return WorkflowStarted("shop", "drawn", "v1", "r1", "hash", Body(b"{}", 2), "executor", "asker", deadline, deadline)


def answered(body: bytes = b"1", status: int = 200, **headers: str) -> CallSucceeded:
    """An upstream's good answer."""
    said = {"content-type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return CallSucceeded(status, said, events.body(body))
