"""What the proof says: yes, no with a counterexample, or undecided with what hides the answer."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from wfcore.jsontext import JsonValue


class Finding(Struct, frozen=True):
    """One place where the giver's values may not fit. `pointer` leads into the value; `rule` is a stable id."""

    pointer: str
    rule: str
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


class Gap(Struct, frozen=True):
    """A place that the proof could not close, with values at that place that may show why."""

    path: tuple[str | int, ...]
    rule: str
    keyword: str
    message: str
    candidates: Sequence[JsonValue]
