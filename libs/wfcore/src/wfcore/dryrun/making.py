"""What is compiled for a walk: each part of the bundle once, however many items it is used for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from wfcore import program, schema
from wfcore.bundle import CallPlan, WorkflowPlan
from wfcore.events import Failure
from wfcore.mocking.answering import mockable_call
from wfcore.program import CompiledCall
from wfcore.run.failures import in_words_of
from wfcore.schema import Schema

_Made = TypeVar("_Made")


class Maker:
    """Remembers by the identity of the written part, which the bundle keeps alive."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, int], Any] = {}

    def once(self, make: Callable[[Any], _Made], written: Any) -> _Made:
        """`make(written)`, made at its first use."""
        key = (make, id(written))
        if key not in self._made:
            self._made[key] = make(written)
        made: _Made = self._made[key]
        return made

    def call(self, plan: CallPlan) -> CompiledCall:
        """A call that also takes an answer which is its output already."""
        return self.once(_call, plan)

    def schema(self, written: Any) -> Schema:
        """A compiled schema."""
        return self.once(schema.compile, written)

    def in_its_words(self, plan: WorkflowPlan, path: str, failure: Failure) -> Failure:
        """A failure inside a workflow as those around it hear of it."""
        return in_words_of(self.once(program.rules, plan.errors), path, failure)


def _call(plan: CallPlan) -> CompiledCall:
    return mockable_call(program.compiled_call(plan))
