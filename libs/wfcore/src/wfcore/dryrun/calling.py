"""A call that does not leave: what it would send, and what its mock gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wfcore import template, worst_case
from wfcore.bundle import CallPlan
from wfcore.dryrun.filling import condition
from wfcore.dryrun.knowledge import PartObject, Unresolved, first_lacking
from wfcore.dryrun.making import Maker
from wfcore.dryrun.notes import Note
from wfcore.dryrun.requests import reads_of, written
from wfcore.events import CallFailed
from wfcore.expression import Read
from wfcore.mocking import Mocked, Mocks
from wfcore.program import CompiledCall
from wfcore.result import output_of
from wfcore.run.failures import REFUSED, failure_from, failure_of_call


class _NotKnown(Exception):
    """Whether a mock holds cannot be told."""

    def __init__(self, value: Unresolved) -> None:
        super().__init__(value.because)
        self.value = value


class Caller:
    """Answers the calls of one walk. `used` has the names of the mocks that it needed."""

    def __init__(self, mocks: Mocks, make: Maker) -> None:
        self.used: set[str] = set()
        self._mocks = mocks
        self._make = make

    def call(self, plan: CallPlan, value: Any, scope: PartObject, place: str, note: Note) -> Any:
        """The output of a call, a Failure, or Unresolved where nothing stands in. Raises what data can do to us.

        `place` is the path of its task, with `:fallback` where it stands in itself.
        """
        path, call = worst_case.task_of(place), self._make.call(plan)
        own = PartObject({"input": value, "execution": scope["execution"], "workflow": scope["workflow"]})
        note.fields["request"] = written(call, own, self._make.once(reads_of, plan.http))
        try:
            found = self._mocks.answer(place, plan, value, self._holds)
        except _NotKnown as unknown:
            return unknown.value
        if found is None:
            return _nothing(place, self._mocks.has_own(plan))
        self.used.add(found.name)
        note.fields["mock"] = found.source
        return self._answered(call, plan, own, path, found, note)

    def _answered(
        self, call: CompiledCall, plan: CallPlan, own: PartObject, path: str, found: Mocked, note: Note
    ) -> Any:
        fact = found.answer
        if isinstance(fact, CallFailed):
            return failure_of_call(path, fact)
        lacks = None if found.is_output else first_lacking(own, self._make.once(_reads, plan.http.output))
        if lacks is not None:
            return Unresolved(str(plan.http.output), lacks.lacks)
        try:
            output = output_of(call, fact, own)
        except REFUSED as error:
            return failure_from(path, error, fact)
        note.fields |= {"pruned": output.cut, "warnings": output.warnings}
        return output.value

    def _holds(self, when: str, input: Any) -> bool:
        holds = self._make.once(condition, when)(PartObject({"input": input}))
        if isinstance(holds, Unresolved):
            raise _NotKnown(holds)
        return holds


def _reads(written: Any) -> Iterable[Read]:
    return tuple(read for _, read in template.reads(template.parse(written)))


def _nothing(place: str, has_own: bool) -> Unresolved:
    """Why there is no output: what to mock is named as expressions name it, and by its path where that says more."""
    id = worst_case.task_of(place).rpartition(".")[2]
    where = "" if id == place else f" of `{place}`"
    why = "no mock holds" if has_own else "there is no mock"
    return Unresolved(f"tasks.{id}.output", f"tasks.{id}.output{where}, for which {why}")
