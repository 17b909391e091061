"""The parts that every execution passes through, each alone: microseconds, and as a multiple of a calibration loop.

The multiples compare between machines and days; the microseconds do not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from loadtests import baseline, composition, language
from loadtests.language import Part
from loadtests.parts import DEFINITIONS, NAMESPACE, WORKFLOW
from loadtests.timing import Timing
from wfcli.validating import Files
from wfcore import compatibility, events, jsontext, program, publishing, recording, run
from wfcore.definition import read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.events import CallSucceeded, Event, WorkflowStarted
from wfcore.program import CompiledCall, Program
from wfcore.run import Call, Happened
from wfcore.validation import validate

_TRIES = 7
_TRY_SECONDS = 0.02
_AT_ONCE = 64
_SECOND = 1_000_000
_USER = "u-7"


def measure() -> list[Timing]:
    """All parts; takes about ten seconds."""
    parts = [*(Part(name, act, units, 0) for name, act, units in _parts()), *language.parts()]
    return [_timing(part) for part in parts]


def _timing(part: Part) -> Timing:
    """The best of some tries: whatever disturbs only ever adds. The loop takes turns with the part: a machine that
    slows down slows both."""
    part.act()
    unit = taken = float("inf")
    for _ in range(_TRIES):
        unit, taken = min(unit, _microseconds(_calibration)), min(taken, _microseconds(part.act))
    taken /= part.units
    return Timing(name=part.name, microseconds=taken, calibrated=taken / unit, aim=part.aim or None)


def _calibration() -> int:
    """Some of what interpreters do all day."""
    made: dict[str, int] = {}
    for number in range(100):
        made[f"k{number % 10}"] = made.get("k1", 0) + number
    return len(made)


def _microseconds(act: Callable[[], Any]) -> float:
    """The mean over one try, in time of the processor: what others take of it meanwhile does not count."""
    calls, at_once, began = 0, 1, time.thread_time()
    while (taken := time.thread_time() - began) < _TRY_SECONDS:
        for _ in range(at_once):
            act()
        calls += at_once
        # Reading the clock costs as much as a short part.
        at_once = min(2 * at_once, _AT_ONCE) if taken < _TRY_SECONDS / 4 else at_once
    return taken / calls * 1_000_000


def _parts() -> Iterator[tuple[str, Callable[[], Any], int]]:
    """Name, what to do, and how many units of the name that is."""
    files, compiled = _catalogue(), _program()
    log, final = _run(compiled)
    yield "run machine, per event", lambda: _run(compiled), len(log)
    yield "recording, per event", lambda: [recording.event(event) for event in log], len(log)
    yield "encoding the log, per event", lambda: msgspec.msgpack.encode(log), len(log)
    yield "template: the answer of the workflow", lambda: compiled.body.output(final), 1
    yield "template: the input of a task", lambda: compiled.body.tasks["offers"].input(final), 1
    request, scope = _call_of(compiled, "offers").request, {"input": {"tier": "gold", "city": "Oslo"}}
    yield "request of a task", lambda: request(scope), 1
    text = _answer("/accounts/a-7/orders")
    value, taken = jsontext.decode(text), _call_of(compiled, "orders").output_schema
    yield f"jsontext.decode, {len(text)} bytes", lambda: jsontext.decode(text), 1
    yield f"jsontext.encode, {len(text)} bytes", lambda: jsontext.encode(value), 1
    yield "schema check of an answer", lambda: taken.accepts(value), 1
    yield "look whether it must be pruned", lambda: taken.needs_pruning(value), 1
    giver, taker = _call_of(compiled, "user").output_schema.source, compiled.output_schema.source
    yield "covers, equal schemas", lambda: compatibility.covers(giver, giver), 1
    narrow, wide = {"type": "integer", "minimum": 1, "maximum": 9}, {"type": ["number", "null"], "minimum": 0}
    yield "covers, number to wider number", lambda: compatibility.covers(narrow, wide), 1
    yield "covers, a definite no", lambda: compatibility.covers(giver, taker), 1
    workflow = files.definitions[ObjectRef("Workflow", NAMESPACE, WORKFLOW)]
    yield "validation of the workflow", lambda: validate(workflow, files), 1


def _catalogue() -> Files:
    files = Files()
    for source in DEFINITIONS.glob("*.yaml"):
        text = source.read_text().replace("UPSTREAM", "http://127.0.0.1:9")
        for definition in read_definitions(text, file=source.name, default_namespace=NAMESPACE).definitions:
            files.add(definition)
    return files


def _program() -> Program:
    """The workflow of the bench as an executor holds it."""
    files = _catalogue()
    workflow = files.definitions[ObjectRef("Workflow", NAMESPACE, WORKFLOW)]
    types = validate(workflow, files).types
    assert types is not None
    return program.compile(publishing.assemble(workflow, types, files))


def _call_of(compiled: Program, task: str) -> CompiledCall:
    work = compiled.body.tasks[task].work
    assert isinstance(work, CompiledCall)
    return work


def _answer(target: str) -> bytes:
    return msgspec.json.encode(composition.upstream_answer(target))


def _run(compiled: Program) -> tuple[list[Event], Any]:
    """One whole run, its calls answered at once. Its log, and the scope at its end."""
    given = msgspec.json.encode({"userId": _USER})
    started = WorkflowStarted(
        NAMESPACE, WORKFLOW, "v", "r", "b", events.body(given), "executor", "asker", 9 * _SECOND, 9 * _SECOND
    )
    step = run.begin(compiled, started, msgspec.json.decode(given), execution="e", attempt=1, at=0)
    log, at, calls = step.events, 0, _calls(step)
    while calls:
        call, at = calls.pop(), at + 1000
        body = _answer(call.request.url.removeprefix("http://127.0.0.1:9"))
        fact = CallSucceeded(200, {"content-type": "application/json"}, events.body(body))
        step = run.advance(step.run, Happened(at, fact, call.task, call.call))
        log = log + step.events
        calls += _calls(step)
    assert step.run.status == "succeeded"
    return log, step.run.scopes[""].values


def _calls(step: run.Step) -> list[Call]:
    return [command for command in step.commands if isinstance(command, Call)]


def table(timings: Sequence[Timing]) -> str:
    """For people."""
    width = max(len(timing.name) for timing in timings)
    head = f"{'one part alone':{width}}  {'µs':>10}  {'x calibration':>13}  {'aim, µs':>9}"
    return "\n".join(
        [head, *(f"{t.name:{width}}  {t.microseconds:10.2f}  {t.calibrated:13.2f}  {_aim(t)}" for t in timings)]
    )


def _aim(timing: Timing) -> str:
    if timing.aim is None:
        return ""
    return f"{timing.aim:9g}  {'met' if timing.microseconds <= timing.aim else 'MISSED'}"


def told(timings: Sequence[Timing], *, store: bool, path: Path = baseline.STORED) -> int:
    """Show the parts and compare them with the stored ratios, or store theirs. 1 where something became slower."""
    print(table(timings))
    if store:
        baseline.store(timings, path)
        return 0
    slower = baseline.regressions(timings, baseline.stored(path))
    print("\n".join(["slower than stored:", *slower] if slower else ["nothing is slower than stored"]))
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(told(measure(), store="--store" in sys.argv[1:]))
