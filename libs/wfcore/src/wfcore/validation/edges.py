"""Who waits for whom: `dependsOn` and every read of another task's output make an edge."""

import itertools
from collections.abc import Iterator, Mapping

from msgspec import Struct

from wfcore import graph, template
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.validation.entries import Entry
from wfcore.validation.findings import Findings


class Edge(Struct, frozen=True):
    """`task` waits for `need`, and this is where it says so; with an offset, in an expression."""

    task: str
    need: str
    pointer: str
    offset: int | None = None

    def __str__(self) -> str:
        how = "reads it" if self.offset is not None else "names it"
        return f"{self.task} needs {self.need} ({self.pointer} {how})"


def edges_of(findings: Findings, entries: Mapping[str, Entry]) -> list[Edge]:
    """All edges between tasks of the workflow; tells those of `dependsOn` that lead nowhere."""
    return [
        edge
        for id_, entry in entries.items()
        for edge in (*_explicit(findings, id_, entry, entries), *_read(id_, entry, entries))
    ]


def _explicit(findings: Findings, id_: str, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[Edge]:
    for index, need in enumerate(entry.written.depends_on):
        pointer = f"{entry.pointer}/dependsOn/{index}"
        if need in entries:
            yield Edge(id_, need, pointer)
        else:
            tell_no_such_task(findings, need, entries, pointer)


def _read(id_: str, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[Edge]:
    """A task that is read but not there is told by the check of the expression itself."""
    for need, places in template.tasks_read(entry.input.template).items():
        if need in entries:
            yield Edge(id_, need, *places[0])


def tell_no_such_task(
    findings: Findings, id_: str, entries: Mapping[str, Entry], pointer: str, *, at_key: bool = False
) -> None:
    """Say that the workflow has no task of that id."""
    close = nearest(id_, entries)
    fix = (
        Fix(f"write `{close}`", pointer, close, "rename" if at_key else "set")
        if close
        else Fix("remove it", pointer, edit="remove")
    )
    message = f"this workflow has no task `{id_}`{did_you_mean(id_, entries)}"
    findings.add("WF-313", message, pointer, seen=id_, fix=fix, at_key=at_key)


def check_acyclic(findings: Findings, needs: Mapping[str, frozenset[str]], edges: list[Edge]) -> bool:
    """Whether the tasks have an order; tells a circle whole, with what made each of its edges."""
    circle = graph.cycle(needs)
    if circle is None:
        return True
    steps = [next(edge for edge in edges if (edge.task, edge.need) == step) for step in itertools.pairwise(circle)]
    message = f"the tasks wait for each other: {' -> '.join(circle)}: {', '.join(map(str, steps))}"
    fix = Fix("take one of these edges away", steps[0].pointer)
    findings.add("WF-401", message, steps[0].pointer, seen=list(circle), fix=fix, offset=steps[0].offset)
    return False
