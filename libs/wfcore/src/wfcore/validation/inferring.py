"""What every task gives, found out in the order in which they run, and whether each is given what it takes."""

from collections.abc import Mapping

from msgspec import Struct

from wfcore import schema as schemas
from wfcore.expression.types import either_schema
from wfcore.schema import JsonSchema
from wfcore.schema.building import array_of
from wfcore.schema.rooting import alone
from wfcore.validation import branches
from wfcore.validation.blocks import Block, Entry
from wfcore.validation.conditions import check_condition
from wfcore.validation.findings import Findings
from wfcore.validation.inputs import Given, check_input
from wfcore.validation.lists import MAX_ITEMS, Items, items_of
from wfcore.validation.references import Callee
from wfcore.validation.templates import Parsed, Typed, infer
from wfcore.validation.transforms import infer_transform
from wfcore.validation.views import Views, tell_outer_names

_LISTED = ("item", "index")


class Outcome(Struct, frozen=True):
    """What a task or a scope gives. Where it is not `known`, something is missing or wrong and was told."""

    schema: JsonSchema
    absent: bool
    known: bool = True


UNKNOWN = Outcome({}, False, False)


class Learned(Struct, frozen=True):
    """What was found out about one entry."""

    outcome: Outcome
    decided: bool = True
    """Its input is proven to fit."""
    fallback_decided: bool = True
    items: Items | None = None
    inner: tuple["LearnedScope", ...] = ()


class LearnedScope(Struct, frozen=True):
    """What was found out about the tasks of a scope."""

    tasks: dict[str, Learned]
    outcome: Outcome


class Inference:
    """Goes through the scopes of one workflow. `order` has the tasks of each scope, those that are needed first."""

    def __init__(
        self, findings: Findings, input_schema: JsonSchema | None, order: Mapping[Block, tuple[str, ...]]
    ) -> None:
        self._findings = findings
        self._input = None if input_schema is None else alone(input_schema)
        self._views = Views(self._input)
        self._order = order

    def workflow(self, root: Block) -> LearnedScope:
        """Everything about a workflow; tells what does not fit on the way."""
        self._views.enter(root, {})
        return self._scope(root)

    def _scope(self, block: Block) -> LearnedScope:
        tasks: dict[str, Learned] = {}
        for id_ in self._order[block]:
            entry = block.entries[id_]
            learned = tasks[id_] = self._entry(block, entry)
            found = learned.outcome
            if found.known:
                skips = entry.written.on_error == "skip"
                self._views.learn(block, id_, found.schema, absent=found.absent, error=skips)
        return LearnedScope({id_: tasks[id_] for id_ in block.entries}, self._output(block, tasks))

    def _output(self, block: Block, tasks: dict[str, Learned]) -> Outcome:
        """As written, or else that of the only task of a forEach."""
        if block.output is not None:
            return _outcome(self._typed(block, block.output))
        return next(iter(tasks.values())).outcome if block.names and len(tasks) == 1 else UNKNOWN

    def _typed(self, block: Block, parsed: Parsed) -> Typed:
        told = tell_outer_names(self._findings, block, parsed.reads)
        parsed = Parsed(parsed.template, parsed.vague | told, parsed.reads) if told else parsed
        return infer(self._findings, parsed, self._views.of(block), lambda read: self._views.is_unknown(block, read))

    # -- one entry

    def _entry(self, block: Block, entry: Entry) -> Learned:
        written = entry.written
        if entry.when is not None:
            self._condition(block, entry.when, f"{entry.pointer}/when")
        learned = self._work(block, entry)
        outcome, decided = self._with_fallback(block, entry, learned.outcome)
        absent = outcome.absent or written.when is not None or written.on_error == "skip"
        return Learned(
            Outcome(outcome.schema, absent, outcome.known), learned.decided, decided, learned.items, learned.inner
        )

    def _condition(self, block: Block, parsed: Parsed, pointer: str) -> JsonSchema:
        typed = self._typed(block, parsed)
        check_condition(self._findings, typed, str(parsed.template.value), pointer)
        return {} if typed.vague else typed.schema

    def _work(self, block: Block, entry: Entry) -> Learned:
        if entry.input is not None:
            given = Given(entry.written.input, f"{entry.pointer}/input", entry.id)
            decided = self._input_fits(block, entry.input, given, entry.callee)
            return Learned(_outcome_of(entry.callee), decided)
        if entry.transform is not None:
            return Learned(self._transformed(block, entry))
        if entry.items is not None:
            return self._each(block, entry, entry.items)
        return self._choice(block, entry)

    def _input_fits(self, block: Block, parsed: Parsed, given: Given, callee: Callee | None) -> bool:
        typed = self._typed(block, parsed)
        return callee is None or check_input(self._findings, given, typed, callee, self._input)

    def _transformed(self, block: Block, entry: Entry) -> Outcome:
        assert entry.transform is not None
        reads = entry.transform.reads
        told = tell_outer_names(self._findings, block, reads, own=_LISTED)
        unknown = frozenset(pointer for pointer, read in reads if self._views.is_unknown(block, read))
        return _outcome(infer_transform(self._findings, entry.transform, self._views.of(block), told, unknown))

    def _each(self, block: Block, entry: Entry, parsed: Parsed) -> Learned:
        pointer = f"{entry.pointer}/forEach/items"
        items = items_of(self._findings, parsed, self._typed(block, parsed), pointer)
        if not entry.inner:
            return Learned(UNKNOWN, items=items)
        (body,) = entry.inner
        name, index = body.names
        last = MAX_ITEMS if items.most is None else min(items.most, MAX_ITEMS)
        names = {name: alone(items.item), index: {"type": "integer", "minimum": 0, "maximum": max(last - 1, 0)}}
        self._views.enter(body, names, unknown=() if items.known else (name,))
        inside = self._scope(body)
        found = inside.outcome
        item = schemas.union([found.schema, {"type": "null"}]) if found.absent else found.schema
        listed = array_of(item, items.least, last)
        return Learned(Outcome(listed, False, found.known), items=items, inner=(inside,))

    def _choice(self, block: Block, entry: Entry) -> Learned:
        inside: list[LearnedScope] = []
        conditions: list[JsonSchema] = []
        for branch in entry.inner:
            if branch.when is None:
                conditions.append({})
            else:
                conditions.append(self._condition(block, branch.when, f"{branch.pointer}/when"))
            self._views.enter(branch, {})
            inside.append(self._scope(branch))
        written = entry.written.switch or ()
        branches.check_reached(self._findings, written, conditions, f"{entry.pointer}/switch")
        outcomes = [each.outcome for each in inside]
        absent = any(outcome.absent for outcome in outcomes) or not any(branch.default for branch in written)
        known = bool(outcomes) and all(outcome.known for outcome in outcomes)
        either = either_schema([outcome.schema for outcome in outcomes]) if known else {}
        return Learned(Outcome(either, absent, known), inner=tuple(inside))

    def _with_fallback(self, block: Block, entry: Entry, outcome: Outcome) -> tuple[Outcome, bool]:
        """What comes out of the task or of what stands in for it, and whether the input of that is proven."""
        fallback = entry.written.fallback
        if fallback is None or entry.fallback is None or entry.written.on_error != "fallback":
            return outcome, True
        if fallback.task_ref is None:
            other, decided = _outcome(self._typed(block, entry.fallback)), True
        else:
            given = Given(fallback.input, f"{entry.pointer}/fallback/input", entry.id)
            decided = self._input_fits(block, entry.fallback, given, entry.stand_in)
            other = _outcome_of(entry.stand_in)
        known = outcome.known and other.known
        either = either_schema([outcome.schema, other.schema]) if known else {}
        return Outcome(either, outcome.absent or other.absent, known), decided


def _outcome(typed: Typed) -> Outcome:
    return Outcome(typed.schema, typed.absent, not typed.vague)


def _outcome_of(callee: Callee | None) -> Outcome:
    return UNKNOWN if callee is None else Outcome(callee.output, False)
