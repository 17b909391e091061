"""What the proof says: yes, no with a counterexample, or undecided with what hides the answer."""

import itertools
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from wfcore.compatibility.rules import Rule
from wfcore.jsontext import JsonValue


class Finding(Struct, frozen=True):
    """One place where the giver's values may not fit. `pointer` leads into the value; `rule` is a stable id."""

    pointer: str
    rule: Rule
    message: str


class Answer(Struct, frozen=True):
    """The verdict of `covers`.

    `counterexample` (for "no") is a value that the giver's schema accepts, that pruning leaves as it is, and that the
    taker's schema refuses. `hidden_by` (for "undecided") is the keyword of the first place without a proof.
    """

    verdict: Literal["yes", "no", "undecided"]
    findings: tuple[Finding, ...] = ()
    counterexample: JsonValue = None
    hidden_by: str | None = None


Candidates: TypeAlias = Callable[[], Sequence[JsonValue]]
"""Values that may be counterexamples, made when somebody asks: most places without a proof are passed over."""


class Gap(Struct, frozen=True):
    """A place that the proof could not close, with values at that place that may show why."""

    path: tuple[str | int, ...]
    rule: Rule
    keyword: str
    message: str
    candidates: Candidates

    def made(self, make: Callable[[JsonValue], JsonValue], most: int = 4) -> Candidates:
        """Candidates for what this place stands in: `make` puts a value of ours there, None where it cannot."""
        return lambda: [value for inner in self.candidates()[:most] if (value := make(inner)) is not None]


def just(value: JsonValue) -> Candidates:
    """One value that is known already."""
    return lambda: [value]


def together(gaps: Sequence[Gap], most: int = 60, more: Candidates = list) -> Candidates:
    """The candidates of several places, at most so many, and more."""

    def candidates() -> list[JsonValue]:
        found = itertools.chain.from_iterable(gap.candidates() for gap in gaps)
        return [*itertools.islice(found, most), *more()]

    return candidates
