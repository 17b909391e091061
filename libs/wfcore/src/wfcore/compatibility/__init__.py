"""Does what one side gives fit what the other side takes?

This question is asked at every edge of a workflow before it goes live: the planner wants a proof that each value that
a task may be given is one that it accepts. Only a proof says yes, only a counterexample says no, and what lies between
is called undecided and named, for such an edge is then checked while it runs.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from wfcore import jsontext
from wfcore import schema as schemas
from wfcore.compatibility import library
from wfcore.compatibility.answer import Answer, Finding, Gap
from wfcore.compatibility.rules import RULES, Rule
from wfcore.compatibility.sides import is_small
from wfcore.compatibility.walk import TooManyStepsError, Walk
from wfcore.jsontext import JsonTextError, JsonValue
from wfcore.schema import JsonSchema, Schema
from wfcore.schema.places import children, pointer

__all__ = ["RULES", "Answer", "Finding", "Rule", "covers"]


def covers(producer: JsonSchema, consumer: JsonSchema) -> Answer:
    """Whether the consumer accepts every value that the producer may give, pruned as `Schema.prune` prunes.

    `RULES` says what the findings' rules mean. Raises SchemaError where one of the two is no schema we take.
    """
    giver, taker = schemas.compile(producer), schemas.compile(consumer)
    for source in (giver.source, taker.source):
        if (keyword := _moves_references(source)) is not None:
            message = f"{keyword} inside a schema makes references mean other things"
            return Answer("undecided", (Finding("", "condition", message),), None, keyword)
    walk = Walk(giver.closed, taker.source)
    try:
        gaps = walk.gaps([walk.giver.root], [walk.taker.root])
        if not gaps or (is_small([giver.source], _EMPTY) and library.is_empty(giver.source)):
            return Answer("yes")
    except (TooManyStepsError, RecursionError):
        message = "the two schemas are too large to be compared in reasonable time"
        gaps = [Gap((), "too-large", "allOf", message, walk.some([walk.giver.root], 60))]
    findings = _findings(gaps)
    anything = Gap((), "too-large", "", "", walk.some([walk.giver.root], 60))
    for tried in (gaps, [anything]):
        if (shown := _counterexample(giver, taker, tried)) is not _FITS:
            return Answer("no", findings, shown)
    return Answer("undecided", findings, None, gaps[0].keyword)


def _counterexample(giver: Schema, taker: Schema, gaps: Sequence[Gap]) -> JsonValue:
    """The shortest of the first few that show it, or `_FITS`."""
    found: list[JsonValue] = []
    most = max(_WORK // _size(giver.source), _ENOUGH)
    tried = itertools.chain.from_iterable(gap.candidates() for gap in gaps)
    for count, value in enumerate(itertools.islice(tried, min(most, _TRIED))):
        if (given := _refused(giver, taker, value)) is not _FITS:
            found.append(given)
        if found and (count >= _ENOUGH_TRIED or len(found) >= _ENOUGH):
            break
    return min(found, key=lambda value: len(jsontext.encode(value)), default=_FITS)


_FITS: Any = object()
_TRIED, _ENOUGH_TRIED, _ENOUGH = 400, 60, 12
"""Candidates that are looked at, fewer once there is a counterexample among them, and fewer once there are several."""
_EMPTY = 400
"""Size of a giver that is asked whether it gives anything at all."""
_WORK = 60_000
"""Candidates times schemas of the giver that are looked at."""


def _refused(giver: Schema, taker: Schema, value: JsonValue) -> Any:
    """What the giver makes of a value if the taker then refuses it; `_FITS` where this is no counterexample."""
    try:
        if not giver.accepts(value):
            return _FITS
        given, _ = giver.prune(value)
        jsontext.encode(given)
    except JsonTextError:
        return _FITS
    is_counterexample = giver.accepts(given) and not taker.accepts(given)
    return given if is_counterexample else _FITS


def _findings(gaps: list[Gap]) -> tuple[Finding, ...]:
    found: dict[tuple[str, str], Finding] = {}
    for gap in gaps:
        place = pointer(gap.path)
        found.setdefault((place, gap.rule), Finding(place, gap.rule, gap.message))
    return tuple(found.values())


def _size(schema: JsonSchema) -> int:
    """How many schemas stand in one, itself included."""
    return 1 + sum(_size(child) for _, child in children(schema))


def _moves_references(schema: JsonSchema) -> str | None:
    """`$id` below the root and `$dynamicRef` change what references mean; nobody else here follows them."""
    if isinstance(schema, dict) and "$dynamicRef" in schema:
        return "$dynamicRef"
    for _, child in children(schema):
        if isinstance(child, dict) and "$id" in child:
            return "$id"
        if (keyword := _moves_references(child)) is not None:
            return keyword
    return None
