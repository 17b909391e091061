"""Does what one side gives fit what the other side takes?

This question is asked at every edge of a workflow before it goes live: the planner wants a proof that each value that
a task may be given is one that it accepts. Only a proof says yes, only a counterexample says no, and what lies between
is called undecided and named, for such an edge is then checked while it runs.
"""

from wfcore import jsontext
from wfcore import schema as schemas
from wfcore.compatibility import library
from wfcore.compatibility.answer import Answer, Finding, Gap
from wfcore.compatibility.walk import TooManyStepsError, Walk
from wfcore.jsontext import JsonTextError, JsonValue
from wfcore.schema import JsonSchema, Schema
from wfcore.schema.places import children, pointer

__all__ = ["Answer", "Finding", "covers"]


def covers(producer: JsonSchema, consumer: JsonSchema) -> Answer:
    """Whether the consumer accepts every value that the producer may give, pruned as `Schema.prune` prunes.

    Rules of findings: required-missing, type-widened, enum-widened, nullable, bound-loosened, multiple-of,
    pattern-differs, format-differs, unique-items, closed-object, alternatives, condition, too-large. Raises
    SchemaError where one of the two is no schema we take.
    """
    giver, taker = schemas.compile(producer), schemas.compile(consumer)
    for source in (giver.source, taker.source):
        if (keyword := _moves_references(source)) is not None:
            message = f"{keyword} inside a schema makes references mean other things"
            return Answer("undecided", (Finding("", "condition", message),), None, keyword)
    walk = Walk(giver.closed, taker.source)
    try:
        gaps = walk.gaps([walk.giver.root], [walk.taker.root])
    except TooManyStepsError:
        gaps = [Gap((), "too-large", "allOf", "the two schemas are too large to be compared in reasonable time", [])]
    tried = [value for gap in gaps for value in gap.candidates] + walk.sampler.values([walk.giver.root])
    counterexamples = [given for value in tried if (given := _refused(giver, taker, value)) is not _FITS]
    findings = _findings(gaps)
    if counterexamples:
        shortest = min(counterexamples, key=lambda value: len(jsontext.encode(value)))
        return Answer("no", findings or (_seen(taker, shortest),), shortest)
    if gaps and not library.is_empty(giver.source):
        return Answer("undecided", findings, None, gaps[0].keyword)
    return Answer("yes")


_FITS = object()


def _refused(giver: Schema, taker: Schema, value: JsonValue) -> JsonValue:
    """What the giver makes of a value if the taker then refuses it; `_FITS` where this is no counterexample."""
    try:
        if not giver.accepts(value):
            return _FITS  # type: ignore[return-value]
        given, _ = giver.prune(value)
        jsontext.encode(given)
    except JsonTextError:
        return _FITS  # type: ignore[return-value]
    is_counterexample = giver.accepts(given) and not taker.accepts(given)
    return given if is_counterexample else _FITS  # type: ignore[return-value]


def _findings(gaps: list[Gap]) -> tuple[Finding, ...]:
    found: dict[tuple[str, str], Finding] = {}
    for gap in gaps:
        place = pointer(gap.path)
        found.setdefault((place, gap.rule), Finding(place, gap.rule, gap.message))
    return tuple(found.values())


def _seen(taker: Schema, value: JsonValue) -> Finding:
    violation = taker.violations(value, 1)[0]
    return Finding(violation.pointer, "condition", violation.message)


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
