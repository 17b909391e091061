"""What the worst case needs to know of a workflow: its calls, who waits for whom, how often and how long."""

from collections.abc import Mapping

from wfcore import worst_case
from wfcore.validation.blocks import Block, Entry
from wfcore.validation.edges import Needs
from wfcore.validation.inferring import Learned, LearnedScope
from wfcore.validation.lists import MAX_ITEMS, Items
from wfcore.validation.proven import WorkflowTypes
from wfcore.validation.references import Callee
from wfcore.worst_case import Call, Choice, Each, Inner, Instant, Task, Work


class Costs:
    """Builds the tree of one workflow. `places` then has the pointer of each task by its path in the tree."""

    def __init__(self, needs: Mapping[Block, Needs]) -> None:
        self._needs = needs
        self.places: dict[str, str] = {}

    def block(self, block: Block, learned: LearnedScope, prefix: str = "") -> worst_case.Block:
        """The tree of a scope."""
        return worst_case.Block(
            {id_: self._task(block, entry, learned.tasks[id_], prefix + id_) for id_, entry in block.entries.items()}
        )

    def _task(self, block: Block, entry: Entry, learned: Learned, path: str) -> Task:
        self.places[path] = entry.pointer
        work = self._work(entry, learned, path)
        limits = [] if isinstance(work, Call | Instant) or entry.written.timeout is None else [entry.written.timeout]
        if entry.callee is not None and isinstance(entry.callee.types, WorkflowTypes):
            limits.append(entry.callee.types.timeout)
        then = None
        if entry.written.fallback is not None and entry.written.fallback.task_ref is not None:
            then = _call(entry.stand_in, None)
        return Task(work, self._needs[block][entry.id], min(limits, default=None), then)

    def _work(self, entry: Entry, learned: Learned, path: str) -> Work:
        if entry.callee is not None and isinstance(entry.callee.types, WorkflowTypes):
            return Inner(entry.callee.types.cost)
        if entry.calls:
            return _call(entry.callee, entry.written.timeout)
        inside = list(zip(entry.inner, learned.inner, strict=True))
        if entry.written.for_each is not None and inside:
            ((body, found),) = inside
            most = most_items(learned.items) if learned.items is not None else None
            return Each(self.block(body, found, f"{path}."), most, entry.written.for_each.max_parallel)
        if entry.written.switch is not None:
            return Choice(
                tuple(self.block(branch, found, f"{path}[{at}].") for at, (branch, found) in enumerate(inside))
            )
        return Instant()


def most_items(items: Items) -> int | None:
    """How many items there can be; None where nothing says so. Of what is wrong anyway nothing is said twice."""
    if items.most is not None:
        return min(items.most, MAX_ITEMS)
    return None if items.known else 1


def _call(callee: Callee | None, timeout: float | None) -> Call | Instant:
    task = callee.task if callee is not None else None
    if task is not None and task.http is None:
        return Instant()
    return Call(timeout if timeout is not None or task is None else task.timeout)
