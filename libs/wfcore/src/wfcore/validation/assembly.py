"""What was found out about a sound workflow, put together for those who build on it."""

from collections.abc import Iterator, Mapping

from wfcore import worst_case
from wfcore.bundle import safety
from wfcore.definition import WorkflowTaskSpec
from wfcore.validation.blocks import Block, Entry
from wfcore.validation.costs import most_items
from wfcore.validation.edges import Needs
from wfcore.validation.inferring import Learned, LearnedScope
from wfcore.validation.proven import EntryTypes, FallbackTypes, ScopeTypes, WorkflowTypes
from wfcore.validation.references import Callee
from wfcore.worst_case import Call, Choice, Each, Task, Work


class Assembly:
    """Puts the scopes of one workflow together."""

    def __init__(self, needs: Mapping[Block, Needs], slots: int) -> None:
        self._needs = needs
        self._slots = slots

    def scope(self, block: Block, learned: LearnedScope, cost: worst_case.Block) -> ScopeTypes:
        """What is known of a scope and of all inside it."""
        tasks = {
            id_: self._entry(block, entry, learned.tasks[id_], cost.tasks[id_]) for id_, entry in block.entries.items()
        }
        return ScopeTypes(tasks, learned.outcome.schema, learned.outcome.absent)

    def _entry(self, block: Block, entry: Entry, learned: Learned, cost: Task) -> EntryTypes:
        callee = entry.callee
        each = learned.items
        return EntryTypes(
            needs=self._needs[block][entry.id],
            output=learned.outcome.schema,
            absent=learned.outcome.absent,
            timeout=self._seconds(cost),
            undecided=not learned.decided,
            task=callee.definition if callee is not None and callee.task is not None else None,
            workflow=callee.definition if callee is not None and callee.task is None else None,
            inner=self._inner(entry, learned, cost),
            fallback=_fallback(entry, learned, cost),
            item=each.item if each is not None else None,
            most=most_items(each) if each is not None else None,
        )

    def _seconds(self, cost: Task) -> float:
        """Of a call its own, of a container the worst case of all inside it."""
        if isinstance(cost.work, Call):
            return cost.work.seconds or 0.0
        return worst_case.bound(worst_case.Block({"": Task(cost.work, limit=cost.limit)}), self._slots).seconds

    def _inner(self, entry: Entry, learned: Learned, cost: Task) -> tuple[ScopeTypes, ...]:
        if entry.callee is not None and isinstance(entry.callee.types, WorkflowTypes):
            return (entry.callee.types.body,)
        scopes = _bodies(cost.work)
        return tuple(
            self.scope(block, found, scope)
            for block, found, scope in zip(entry.inner, learned.inner, scopes, strict=True)
        )


def _bodies(work: Work) -> tuple[worst_case.Block, ...]:
    match work:
        case Each(body=body):
            return (body,)
        case Choice(bodies=bodies):
            return bodies
    return ()


def _fallback(entry: Entry, learned: Learned, cost: Task) -> FallbackTypes | None:
    if entry.stand_in is None:
        return None
    seconds = cost.then.seconds if isinstance(cost.then, Call) else None
    return FallbackTypes(entry.stand_in.definition, seconds or 0.0, not learned.fallback_decided)


def count_tasks(block: Block) -> int:
    """Tasks in all scopes and sub-workflows; a forEach counts its body once."""
    return sum(
        1
        + sum(count_tasks(inner) for inner in entry.inner)
        + (entry.callee.types.count if entry.callee and isinstance(entry.callee.types, WorkflowTypes) else 0)
        for entry in block.entries.values()
    )


def unsafe_tasks(block: Block, prefix: str = "") -> Iterator[str]:
    """The paths of all tasks that may change something upstream."""
    for id_, entry in block.entries.items():
        path = prefix + id_
        if not all(_is_safe(callee) for callee in (entry.callee, entry.stand_in)):
            yield path
        if entry.callee is not None and isinstance(entry.callee.types, WorkflowTypes):
            yield from (f"{path}.{inner}" for inner in entry.callee.types.unsafe)
        for inner in entry.inner:
            yield from unsafe_tasks(inner, f"{path}.")


def _is_safe(callee: Callee | None) -> bool:
    spec = callee.definition.spec if callee is not None else None
    if not isinstance(spec, WorkflowTaskSpec) or spec.http is None:
        return True
    return safety(spec.http.method, spec.retry.idempotent) == "safe"
