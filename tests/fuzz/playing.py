"""One run of an accepted workflow on the pure machine, and everything about it that breaks a promise.

The world around the run is drawn from a seed: answers that are valid for the outputSchema of the task, now and then a
failure or an answer that breaks its schema, how long each call takes, in which order things come back. What is drawn
for a call depends on the seed and the path of the task alone, so a smaller workflow meets the same answers.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Iterator, Mapping
from random import Random
from typing import Any, Literal, NamedTuple

from wfcore import jsontext, program, run
from wfcore import schema as schemas
from wfcore.bundle import Bundle
from wfcore.events import Body, CallFailed, CallSucceeded, Granted, WorkflowStarted, body
from wfcore.expression import EvaluationError
from wfcore.program import Program
from wfcore.run import AskGrant, Call, End, Happened, Step, Wake
from wfcore.run.failures import seen_by_expressions
from wfcore.validation import EntryTypes, ScopeTypes, WorkflowTypes

from .shapes import NoDocument, a_document

SECOND = 1_000_000
_MOST_FACTS = 20_000
_BROKEN_PROMISES = frozenset(
    {
        "EXPRESSION_ERROR",
        "INPUT_MISMATCH",
        "OUTPUT_INVALID",
        "RESPONSE_MISMATCH",
        "RESPONSE_MALFORMED",
        "INTERNAL",
        "TOO_MANY_ITEMS",
        "TOO_MANY_TASKS",
        "DEADLINE_EXCEEDED",
    }
)
"""No run of an accepted workflow may show one of these, but for what the world did and `EXCEPTIONS`."""

EXCEPTIONS: tuple[tuple[str, str], ...] = (
    ("beyond ±2^53", "docs/language.md, Values: integers are exact up to ±2^53, a result beyond is an error"),
    ("no finite number", "docs/language.md, Values: a result that is no finite number is an error"),
    ("outside the years 1 to 9999", "times outside the calendar are the one thing no schema can exclude"),
    ("did more than", "docs/language.md, Limits: the work of one expression is bounded"),
    ("makes at most", "docs/language.md, Limits: lists.range() is bounded"),
    ("would be longer than", "docs/language.md, Limits: the length of a string is bounded"),
    ("cannot be a piece of a path", "the value decides: an empty piece would address another resource"),
    ("would hold a line break", "the value decides: a line break would make two headers of one"),
)
"""What data can still do to an accepted workflow: a piece of the message, and why no proof excludes it."""


Reason = Literal["status", "timeout", "connection", "cut"]
_REASONS: tuple[Reason, ...] = ("status", "status", "timeout", "connection", "cut")


class Fault(NamedTuple):
    """A promise that was broken."""

    kind: str
    """Of faults of one kind one is enough while shrinking."""
    what: str


class Played(NamedTuple):
    """How a run ended, and what was wrong with it."""

    faults: list[Fault]
    status: str
    facts: int
    input: Any
    answers: list[tuple[str, str]]
    """By the path of the task and the number of the call, what came back."""


def play(bundle: Bundle, types: WorkflowTypes, seed: str) -> Played:
    """Run a workflow once, with the world that the seed draws."""
    return _World(program.compile(bundle), types, seed).play()


class _World:
    """Time, upstreams and the asker of one run."""

    def __init__(self, compiled: Program, types: WorkflowTypes, seed: str) -> None:
        self._program = compiled
        self._types = types
        self._seed = seed
        chance = Random(f"{seed}/world")
        self._extreme = chance.random() < 0.35
        self._failing = chance.choice((0.0, 0.0, 0.0, 0.1, 0.3))
        self._breaking = chance.choice((0.0, 0.0, 0.0, 0.0, 0.1))
        self._pace = chance.choice(("longest", "any", "any", "instant"))
        self._due: list[tuple[int, int, int, Happened]] = []
        self._order = chance
        self._broken: set[str] = set()
        """Tasks that were given an answer which breaks its schema, or no JSON."""
        self._checked: set[tuple[str, str]] = set()
        self._facts = 0
        self._faults: list[Fault] = []
        self._answers: list[tuple[str, str]] = []
        self._end: End | None = None
        self._at = 0

    def play(self) -> Played:
        bundle, faults = self._program.bundle, self._faults
        written = _text(a_document(Random(f"{self._seed}/input"), bundle.input_schema, extreme=self._extreme))
        value = jsontext.decode(written, what="input")
        deadline = int(bundle.timeout * SECOND)
        started = WorkflowStarted(
            bundle.namespace,
            bundle.workflow,
            bundle.version,
            bundle.release,
            "hash",
            Body(),
            "e",
            "a",
            deadline,
            deadline,
        )
        try:
            step = run.begin(self._program, started, value, execution="x", attempt=1, at=0)
            self._takes(step)
            while self._end is None and self._due and self._facts < _MOST_FACTS:
                self._at, *_, fact = heapq.heappop(self._due)
                self._facts += 1
                step = run.advance(step.run, fact)
                self._takes(step)
        except NoDocument:
            raise
        except Exception as error:
            faults.append(Fault(f"exception {type(error).__name__} {_where(error)}", repr(error)))
        else:
            self._look_at_end()
        status = "none" if self._end is None else self._end.status
        return Played(faults, status, self._facts, value, self._answers)

    # --- what the run asks for

    def _takes(self, step: Step) -> None:
        for command in step.commands:
            match command:
                case Call():
                    self._answer(command)
                case AskGrant():
                    later = self._at + self._order.choice((0, 0, 1000))
                    self._push(Happened(later, Granted("e", "a")))
                case Wake(task, at, fact):
                    self._push(Happened(at, fact, task))
                case End():
                    self._end = command
        self._check_tasks(step)

    def _push(self, happened: Happened) -> None:
        heapq.heappush(self._due, (happened.at, self._order.getrandbits(30), len(self._answers), happened))

    def _answer(self, call: Call) -> None:
        rng = Random(f"{self._seed}/{call.task}/{call.call}")
        limit = int(call.timeout * SECOND)
        took = {"longest": limit, "instant": 0, "any": rng.choice((limit, rng.randint(0, limit)))}[self._pace]
        fact: CallSucceeded | CallFailed
        if rng.random() < self._failing:
            fact, took = self._failure(rng, limit, took)
        else:
            fact = self._success(rng, call)
        self._answers.append((f"{call.task} call {call.call}", _told(fact)))
        self._push(Happened(self._at + took, fact, call.task, call.call))

    def _failure(self, rng: Random, limit: int, took: int) -> tuple[CallFailed, int]:
        reason = rng.choice(_REASONS)
        if reason == "timeout":
            return CallFailed("timeout", True, "too slow"), limit
        if reason == "status":
            status = rng.choice((400, 404, 409, 429, 500, 503))
            said = {"retry-after": rng.choice(("0", "1"))} if status in (429, 503) and rng.random() < 0.4 else {}
            return CallFailed("status", True, f"HTTP {status}", status, said, body(b"{}")), took
        return CallFailed(reason, reason == "cut", "gone"), took

    def _success(self, rng: Random, call: Call) -> CallSucceeded:
        extreme = self._extreme and rng.random() < 0.7
        document = a_document(rng, call.work.plan.output_schema, extreme=extreme)
        if rng.random() < self._breaking:
            self._broken.add(call.task)
            if rng.random() < 0.3:
                return CallSucceeded(200, {"Content-Type": "application/json"}, body(b'{"id": '))
            document = _broken(rng, document)
        sent = {"data": document} if call.work.plan.http.output == "{{response.body.data}}" else document
        return CallSucceeded(rng.choice((200, 201)), {"Content-Type": "application/json"}, body(_text(sent)))

    # --- what is promised

    def _look_at_end(self) -> None:
        end, faults = self._end, self._faults
        if end is None:
            faults.append(Fault("does not end", f"nothing is due any more after {self._facts} facts"))
            return
        bound = self._types.bound.seconds
        if self._at > int(bound * SECOND) + 1000:
            faults.append(Fault("takes longer", f"{self._at / SECOND} s, and the worst case was said to be {bound} s"))
        for summary in end.tasks:
            if summary.error is not None:
                self._judge(summary.error.code, summary.error.message, summary.id)
        if end.failure is not None:
            self._judge(end.failure.code, end.failure.message, end.failure.task or "")
            self._check_rules(end)
        if end.output is not None:
            answer = jsontext.decode(end.output, what="answer")
            wrong = self._program.output_schema.violations(answer)
            if wrong and not self._broken:
                faults.append(Fault("answer", f"breaks the published schema: {wrong[:2]}"))

    def _judge(self, code: str, message: str, task: str) -> None:
        if code not in _BROKEN_PROMISES or any(piece in message for piece, _ in EXCEPTIONS):
            return
        if code in ("RESPONSE_MISMATCH", "RESPONSE_MALFORMED") and self._is_broken(task):
            return
        if code == "EXPRESSION_ERROR" and self._is_broken(task):
            return  # `http.output` reads an answer that is not what it should be
        where = re.sub(r"\d+", "#", task)
        self._faults.append(Fault(f"{code} {_shape(message)}", f"task `{where}`: {message}"))

    def _is_broken(self, task: str) -> bool:
        return any(each == task or each.startswith((f"{task}.", f"{task}[")) for each in self._broken)

    def _check_rules(self, end: End) -> None:
        assert end.failure is not None
        values = {"task": end.failure.task or "", "error": seen_by_expressions(end.failure)}
        for rule in program.rules(self._program.bundle.errors):
            try:
                rule.holds(values)
            except EvaluationError as error:
                self._faults.append(Fault("error rule", f"`{rule.rule.when}` of {values}: {error}"))

    def _check_tasks(self, step: Step) -> None:
        """Each output that the expressions can see has the type that was inferred for it."""
        if self._broken:
            return  # where nobody reads, a broken part is passed on with a warning
        for path, scope in step.run.scopes.items():
            types = _types_of(self._types.body, path)
            for id_, seen in scope.values["tasks"].items():
                if types is None or (path, id_) in self._checked:
                    continue
                self._checked.add((path, id_))
                self._check_task(f"{path}.{id_}", seen, types.tasks[id_])

    def _check_task(self, path: str, seen: Mapping[str, Any], types: EntryTypes) -> None:
        if "output" not in seen:
            if not types.absent:
                self._faults.append(Fault("no output", f"task `{path}` has none, and its type says that it has"))
            return
        wrong = schemas.compile(types.output).violations(seen["output"])
        if wrong:
            self._faults.append(
                Fault("output type", f"task `{path}` gave {json.dumps(seen['output'])[:300]}: {wrong[:2]}")
            )


def _types_of(body: ScopeTypes, path: str) -> ScopeTypes | None:
    """The types of a scope; None inside a switch, where the path does not tell the branch."""
    at = body
    for name in re.split(r"[.]", re.sub(r"\[\d+\]", "", path)) if path else ():
        inner = at.tasks[name].inner
        if len(inner) != 1:
            return None
        at = inner[0]
    return at


def _text(value: Any) -> bytes:
    """JSON as an upstream might write it: whole numbers may carry a fraction of zero."""
    return json.dumps(value, ensure_ascii=False).encode()


def _told(fact: CallSucceeded | CallFailed) -> str:
    if isinstance(fact, CallSucceeded):
        return f"{fact.status} {fact.body.data.decode()}"
    return f"failed: {fact.reason} {fact.status or ''}"


def _broken(rng: Random, value: Any) -> Any:
    """A document that is most likely not valid any more."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        name = rng.choice(sorted(value))
        if rng.random() < 0.5:
            return {key: inner for key, inner in value.items() if key != name}
        return {**value, name: _broken(rng, value[name])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        return [*value[:-1], _broken(rng, value[-1])]
    return rng.choice((None, 1.5, "wrong", [], {}, True, [None] * 2000))


def _shape(message: str) -> str:
    """A message without what differs from run to run."""
    return re.sub(r"`[^`]*`|\d+|'[^']*'|\"[^\"]*\"", "#", message)[:120]


def _where(error: BaseException) -> str:
    """The last place in our code that an exception went through."""
    places = [f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{frame.f_code.co_name}" for frame in _frames(error)]
    return places[-1] if places else ""


def _frames(error: BaseException) -> Iterator[Any]:
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
