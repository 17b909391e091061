"""Many projects, one after the other: made up, validated, and where they are accepted, run."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from msgspec import Struct, field

from wfcore.bundle import Bundle
from wfcore.definition import Definition
from wfcore.publishing import assemble
from wfcore.validation import WorkflowTypes

from .playing import Fault, Played, play
from .shapes import NoDocument
from .workflows import Checked, Document, a_project

RUNS = 30
"""Of each accepted workflow."""

WILD = 0.2
"""Of the projects this share is disturbed: a piece is missing, or expressions have changed places."""


class Found(NamedTuple):
    """A fault, and all that is needed to see it again."""

    seed: str
    run: str
    fault: Fault
    documents: list[Document]


class Figures(Struct):
    """What was done."""

    made: int = 0
    accepted: int = 0
    tasks: int = 0
    runs: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        share = 100 * self.accepted / max(1, self.made)
        size = self.tasks / max(1, self.accepted)
        ends = ", ".join(f"{status} {count}" for status, count in self.ended.most_common())
        return (
            f"{self.made} workflows, {self.accepted} accepted without a warning ({share:.0f} %), "
            f"{size:.1f} tasks each; {self.runs} runs: {ends}"
        )


def fuzz(seeds: Iterator[str], figures: Figures, *, runs: int = RUNS) -> Iterator[Found]:
    """Go through the seeds; yields every fault."""
    for seed in seeds:
        yield from one(seed, figures, runs=runs)


def one(seed: str, figures: Figures, *, runs: int = RUNS) -> Iterator[Found]:
    """Everything about the project of one seed."""
    rng = Random(seed)
    documents = a_project(rng)
    if rng.random() < WILD:
        documents = _disturbed(rng, documents)
    figures.made += 1
    try:
        checked = Checked(documents)
        accepted = checked.accepted("main")
    except Exception as error:
        fault = Fault(f"validation raised {type(error).__name__}", repr(error))
        yield Found(seed, "", fault, documents)
        return
    if accepted is None:
        figures.refused.update(checked.codes("main"))
        return
    figures.accepted += 1
    figures.tasks += accepted[1].count
    bundle = _published(checked, accepted)
    if isinstance(bundle, Fault):
        yield Found(seed, "", bundle, documents)
        return
    for number in range(runs):
        name = f"{seed}/{number}"
        played = play(bundle, accepted[1], name)
        figures.runs += 1
        figures.ended[played.status] += 1
        for fault in played.faults[:1]:
            yield Found(seed, name, fault, documents)


def _disturbed(rng: Random, documents: list[Document]) -> list[Document]:
    """The same with a piece dropped, or with one expression in the place of another."""
    if rng.random() < 0.3:
        return rng.choice(list(_smaller(documents)))
    spec = documents[-1]["spec"]
    texts = [path for path in _places(spec, ()) if "{{" in str(_at(spec, path)) and isinstance(_at(spec, path), str)]
    if len(texts) < 2:
        return documents
    place, other = rng.sample(texts, 2)
    return [*documents[:-1], {**documents[-1], "spec": _with(spec, place, _at(spec, other))}]


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with something else at a path."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: _with(value[key], tuple(rest), new)}
    return [_with(each, tuple(rest), new) if at == key else each for at, each in enumerate(value)]


def _published(checked: Checked, accepted: tuple[Definition, WorkflowTypes]) -> Bundle | Fault:
    try:
        return assemble(*accepted, checked.known)
    except Exception as error:
        return Fault(f"publishing raised {type(error).__name__}", repr(error))


def still(documents: list[Document], found: Found) -> bool:
    """Whether smaller definitions show the same fault."""
    try:
        accepted = Checked(documents).accepted("main")
    except Exception as error:
        return found.fault.kind == f"validation raised {type(error).__name__}"
    return accepted is not None and replayed(documents, found) is not None


def replayed(documents: list[Document], found: Found) -> Played | None:
    """The run that shows the fault: the same one, or one of a few others. None where there is none."""
    checked = Checked(documents)
    accepted = checked.accepted("main")
    bundle = None if accepted is None else _published(checked, accepted)
    if accepted is None or bundle is None:
        return None
    if isinstance(bundle, Fault):
        return Played([bundle], "", 0, None, []) if bundle.kind == found.fault.kind else None
    for name in (found.run, *(f"{found.run}/{again}" for again in range(3))):
        try:
            played = play(bundle, accepted[1], name)
        except NoDocument:
            return None
        if any(each.kind == found.fault.kind for each in played.faults):
            return played
    return None


# --- smaller ---------------------------------------------------------------------------------------------------------


def shrunk(found: Found, seconds: float = 40.0, now: Callable[[], float] = time.monotonic) -> list[Document]:
    """The definitions with everything dropped that the fault does not need, as far as the time goes."""
    end, documents, before = now() + seconds, found.documents, None
    while documents != before and now() < end:
        before, at = documents, 0
        while now() < end and (candidate := next(islice(_smaller(documents), at, None), None)) is not None:
            if still(candidate, found):
                documents = candidate  # what came next has its place now
            else:
                at += 1
    return documents


def _smaller(documents: list[Document]) -> Iterator[list[Document]]:
    """The same with one piece less, larger pieces first."""
    last = len(documents) - 1
    for at in range(last):
        yield [*documents[:at], *documents[at + 1 :]]
    places = [(at, path) for at, document in enumerate(documents) for path in _places(document["spec"], ())]
    for at, path in sorted(places, key=lambda place: (len(place[1]) > 2, last - place[0], len(place[1]))):
        yield [*documents[:at], {**documents[at], "spec": _without(documents[at]["spec"], path)}, *documents[at + 1 :]]


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from _places(each, (*path, key))


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    key, *rest = path
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if rest or name != key}
        return {**kept, key: _without(value[key], tuple(rest))} if rest else kept
    return [
        _without(each, tuple(rest)) if at == key and rest else each
        for at, each in enumerate(value)
        if rest or at != key
    ]
