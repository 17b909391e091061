"""Transforms of a definition, inline or as a task: parsed, typed, their problems told."""

from msgspec import Struct

from wfcore import template, transform
from wfcore.expression import Read
from wfcore.schema import JsonSchema
from wfcore.transform import Transform, TransformError
from wfcore.validation import templates
from wfcore.validation.findings import Findings
from wfcore.validation.templates import Typed


class ParsedTransform(Struct, frozen=True):
    """A transform and what it reads around it; None where it could not be read."""

    transform: Transform | None
    pointer: str
    reads: tuple[tuple[str, Read], ...]


def parse_transform(findings: Findings, pointer: str) -> ParsedTransform:
    """The transform at `pointer`; tells what is wrong with it."""
    try:
        parsed = transform.parse(findings.written(pointer), pointer=pointer)
    except TransformError as error:
        templates.tell(findings, error.problems)
        return ParsedTransform(None, pointer, ())
    return ParsedTransform(parsed, pointer, (*template.reads(parsed.source), *transform.reads(parsed)))


def infer_transform(
    findings: Findings,
    parsed: ParsedTransform,
    scope: JsonSchema,
    told: frozenset[str] = frozenset(),
    unknown: frozenset[str] = frozenset(),
) -> Typed:
    """What comes out of a transform; `told` and `unknown` are as in `templates.judged`."""
    if parsed.transform is None:
        return Typed({}, False, frozenset({parsed.pointer}))
    return templates.judged(findings, transform.infer(parsed.transform, scope), told, unknown)
