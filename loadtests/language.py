"""What the language costs, against what it may cost: expressions, proofs, comparisons, long lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from wfcli.validating import Files
from wfcore import compatibility, events, expression, program, publishing, run, transform
from wfcore.bundle import BlockPlan, Bundle, CallPlan, EachPlan, Http, Retry, TaskPlan
from wfcore.definition import read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.events import CallSucceeded, WorkflowStarted
from wfcore.run import Call, Happened
from wfcore.validation import validate

ITEMS = [{"id": f"o-{n}", "total": n % 200, "tier": "gold" if n % 3 else "basic"} for n in range(1000)]
"""The 1,000 items of a list."""

_SECOND = 1_000_000


class Part(NamedTuple):
    """`act` does `units` of what the name says; one may take `aim` microseconds."""

    name: str
    act: Callable[[], Any]
    units: int
    aim: float


def parts() -> Iterator[Part]:
    """Everything that has an aim."""
    holds = expression.compile_condition(expression.parse("input.age >= 18 && input.tier == 'gold'"))
    caller = {"input": {"age": 30, "tier": "gold"}}
    yield Part("a simple condition", lambda: holds(caller), 1, 3)

    listed = {"input": {"items": ITEMS}}
    read = expression.compile(expression.parse("input.items.filter(x, x.total > 100).map(x, x.id)"))
    yield Part("filter and map over 1,000 items", lambda: read(listed), 1, 1_500)
    steps = [{"filter": "item.total > 100"}, {"map": "{{item.id}}"}]
    shaped = transform.compile(transform.parse({"from": "{{input.items}}", "steps": steps}))
    yield Part("the same as a transform", lambda: shaped(listed), 1, 1_500)

    yield Part("100 tasks read, proven and compiled", _hundred_tasks(), 1, 300_000)

    given, wider, other = (_a_large_schema(edge) for edge in (100, 101, 99))
    yield Part("65 kB of schema against itself", lambda: compatibility.covers(given, given), 1, 100_000)
    yield Part("65 kB of schema, one bound wider", lambda: compatibility.covers(given, wider), 1, 100_000)
    yield Part("65 kB of schema, one bound narrower", lambda: compatibility.covers(given, other), 1, 100_000)

    each = program.compile(_for_each())
    yield Part("run machine over 1,000 items, per event", lambda: _played(each), _played(each), 20)


def _hundred_tasks() -> Callable[[], Any]:
    """A chain of a hundred tasks of four kinds, each reading the one before."""
    text = yaml.safe_dump_all([_UPSTREAM, *(_a_task(kind) for kind in range(4)), _a_workflow(100)])
    ref = ObjectRef("Workflow", "default", "hundred")

    def work() -> None:
        files = Files()
        for definition in read_definitions(text).definitions:
            files.add(definition)
        workflow = files.definitions[ref]
        found = validate(workflow, files)
        assert found.types is not None, found.diagnostics
        program.compile(publishing.assemble(workflow, found.types, files))

    return work


_UPSTREAM = {
    "apiVersion": "workflow.io/v1",
    "kind": "Upstream",
    "metadata": {"name": "shop"},
    "spec": {"url": "https://shop.example.com"},
}


def _a_task(kind: int) -> dict[str, Any]:
    fields = {f"f{n}": {"type": "integer", "minimum": 0, "maximum": 1000} for n in range(10)}
    whole = {"type": "object", "required": [*fields], "properties": fields}
    http = {"upstream": "shop", "method": "GET", "path": "/things/{{input.id}}"}
    spec = {
        "inputSchema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        "outputSchema": whole,
        "http": http,
        "timeout": "100ms",
    }
    return {"apiVersion": "workflow.io/v1", "kind": "WorkflowTask", "metadata": {"name": f"task-{kind}"}, "spec": spec}


def _a_workflow(count: int) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = [{"id": "t0", "taskRef": "task-0", "input": {"id": "{{input.id}}"}}]
    for n in range(1, count):
        before = f"tasks.t{n - 1}.output"
        chosen = f"{{{{{before}.f{n % 10} > 10 ? {before}.f1 + 1 : {before}.f2}}}}"
        tasks.append({"id": f"t{n}", "taskRef": f"task-{n % 4}", "input": {"id": chosen}})
    spec = {
        "timeout": "30s",
        "inputSchema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        "tasks": tasks,
        "output": {"last": f"{{{{tasks.t{count - 1}.output.f0}}}}"},
    }
    return {"apiVersion": "workflow.io/v1", "kind": "Workflow", "metadata": {"name": "hundred"}, "spec": spec}


def _a_large_schema(edge: int) -> dict[str, Any]:
    """About 65 kB as JSON: an object of objects, as of a billing service. `edge` is one bound in it."""

    def part(n: int) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["id", "state"],
            "properties": {
                "id": {"type": "string", "pattern": f"^p{n}_[a-z0-9]{{8}}$", "maxLength": 40},
                "state": {"enum": ["open", "paid", "void", f"own-{n}"]},
                "amount": {"type": "integer", "minimum": 0, "maximum": edge if n == 60 else 100},
                "when": {"type": ["string", "null"], "format": "date-time"},
                "lines": {
                    "type": "array",
                    "maxItems": 50,
                    "items": {
                        "type": "object",
                        "required": ["sku"],
                        "properties": {"sku": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
                    },
                },
            },
        }

    parts = {f"part{n}": part(n) for n in range(126)}
    return {"type": "object", "required": [*parts], "properties": parts}


def _for_each() -> Bundle:
    call = CallPlan("get", "v", Http("u", "http://u", "GET", "/x"), True, True, 5.0, None, Retry(1), "safe")
    body = BlockPlan((TaskPlan("get", (), call, input={"id": "{{item.id}}"}),), "{{tasks.get.output}}")
    each = TaskPlan("each", (), EachPlan("{{input.items}}", "item", 16, body, 1000))
    whole = BlockPlan((each,), "{{size(tasks.each.output)}}")
    return Bundle("default", "listed", "v", "r", "1", 30.0, 16, True, True, False, whole)


def _played(compiled: program.Program) -> int:
    """A whole run over the items; how many events it wrote."""
    end = 30 * _SECOND
    started = WorkflowStarted("default", "listed", "v", "r", "b", events.body(b"{}"), "e", "a", end, end)
    answer = CallSucceeded(200, {"content-type": "application/json"}, events.body(b'{"n":1}'))
    step = run.begin(compiled, started, {"items": ITEMS}, execution="e", attempt=1, at=0)
    count, at = len(step.events), 0
    calls = [command for command in step.commands if isinstance(command, Call)]
    while calls:
        call, at = calls.pop(), at + 1000
        step = run.advance(step.run, Happened(at, answer, call.task, call.call))
        count += len(step.events)
        calls += [command for command in step.commands if isinstance(command, Call)]
    assert step.run.status == "succeeded"
    return count
