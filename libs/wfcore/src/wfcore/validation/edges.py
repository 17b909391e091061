"""Who waits for whom: `dependsOn` and every read of another task's output make an edge.

An edge lies within one scope. What stands inside a forEach or a switch and reads a task of a scope around it makes the
forEach or switch wait.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from wfcore import graph
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.expression import Read
from wfcore.validation.blocks import Block, Entry, target
from wfcore.validation.findings import Findings

Needs = Mapping[str, frozenset[str]]


class Edge(Struct, frozen=True):
    """`task` waits for `need`, and this is where it says so; with an offset, in an expression."""

    task: str
    need: str
    pointer: str
    offset: int | None = None

    def __str__(self) -> str:
        how = "reads it" if self.offset is not None else "names it"
        return f"{self.task} needs {self.need} ({self.pointer} {how})"


class _Reach(NamedTuple):
    """A task that something reads, so many scopes further out than where it stands."""

    levels: int
    need: str
    pointer: str
    offset: int


def needs_of(findings: Findings, root: Block) -> dict[Block, Needs] | None:
    """What each task of each scope waits for; None after telling that some wait for each other."""
    needs: dict[Block, Needs] = {}
    sound = True
    for block in _all(root):
        edges = _edges(findings, block)
        found: dict[str, set[str]] = {id_: set() for id_ in block.entries}
        for edge in edges:
            found[edge.task].add(edge.need)
        needs[block] = {id_: frozenset(wanted) for id_, wanted in found.items()}
        sound = _check_acyclic(findings, needs[block], edges) and sound
    return needs if sound else None


def orders(root: Block, needs: Mapping[Block, Needs] | None) -> dict[Block, tuple[str, ...]]:
    """The tasks of each scope, those that others wait for first; as they were written where there is no order."""
    return {
        block: tuple(itertools.chain.from_iterable(graph.groups(needs[block]))) if needs else tuple(block.entries)
        for block in _all(root)
    }


def _all(block: Block) -> Iterator[Block]:
    yield block
    for entry in block.entries.values():
        for inner in entry.inner:
            yield from _all(inner)


def _edges(findings: Findings, block: Block) -> list[Edge]:
    """All edges between tasks of a scope; tells those of `dependsOn` that lead nowhere."""
    edges: list[Edge] = []
    for id_, entry in block.entries.items():
        edges += _named(findings, block, entry)
        for reach in _reaches(block, entry):
            if reach.levels == 0 and reach.need in block.entries:
                edges.append(Edge(id_, reach.need, reach.pointer, reach.offset))
    return edges


def _named(findings: Findings, block: Block, entry: Entry) -> Iterator[Edge]:
    for index, need in enumerate(entry.written.depends_on):
        pointer = f"{entry.pointer}/dependsOn/{index}"
        if need in block.entries:
            yield Edge(entry.id, need, pointer)
        else:
            tell_no_such_task(findings, need, block, pointer)


def _reaches(block: Block, entry: Entry) -> Iterator[_Reach]:
    """The tasks that an entry and all that is inside it reads. One that is not there the expression's check tells."""
    yield from _tasks_in(block, entry.reads)
    for inner in entry.inner:
        found = itertools.chain.from_iterable(_reaches(inner, each) for each in inner.entries.values())
        outputs = _tasks_in(inner, inner.output.reads if inner.output else ())
        for reach in itertools.chain(found, outputs):
            if reach.levels > 0:
                yield reach._replace(levels=reach.levels - 1)


def _tasks_in(block: Block, reads: Iterable[tuple[str, Read]]) -> Iterator[_Reach]:
    for pointer, read in reads:
        found = target(block, read)
        if found.block is not None and found.task is not None:
            yield _Reach(found.levels, found.task, pointer, read.offset)


def tell_no_such_task(findings: Findings, id_: str, block: Block, pointer: str, *, at_key: bool = False) -> None:
    """Say that a scope has no task of that id."""
    close = nearest(id_, block.entries)
    fix = (
        Fix(f"write `{close}`", pointer, close, "rename" if at_key else "set")
        if close
        else Fix("remove it", pointer, edit="remove")
    )
    where = "this workflow" if block.parent is None else "this scope"
    outside = any(id_ in outer.entries for outer in block.around)
    hint = f"; `{id_}` of a scope around it is waited for by `{block.owner}`" if outside else ""
    message = f"{where} has no task `{id_}`{hint or did_you_mean(id_, block.entries)}"
    findings.add("WF-313", message, pointer, seen=id_, fix=fix, at_key=at_key)


def _check_acyclic(findings: Findings, needs: Needs, edges: list[Edge]) -> bool:
    """Whether the tasks have an order; tells a circle whole, with what made each of its edges."""
    circle = graph.cycle(needs)
    if circle is None:
        return True
    made = {(edge.task, edge.need): edge for edge in reversed(edges)}
    steps = [made[step] for step in itertools.pairwise(circle)]
    message = f"the tasks wait for each other: {' -> '.join(circle)}: {', '.join(map(str, steps))}"
    fix = Fix("take one of these edges away", steps[0].pointer)
    findings.add("WF-401", message, steps[0].pointer, seen=list(circle), fix=fix, offset=steps[0].offset)
    return False
