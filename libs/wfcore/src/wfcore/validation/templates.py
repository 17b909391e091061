"""Templates of a definition: parsed, typed against what is in scope, their problems told as diagnostics."""

from collections.abc import Callable

from msgspec import Struct

from wfcore import template
from wfcore.diagnostics import Fix, Severity
from wfcore.expression import Problem, Read
from wfcore.schema import JsonSchema
from wfcore.source import JsonValue, join, quoted
from wfcore.template import Template, TemplateError
from wfcore.validation.findings import Findings
from wfcore.validation.rooted import rooted

_CODES = {
    "syntax": "WF-501",
    "unknown-name": "WF-502",
    "unknown-field": "WF-503",
    "optional-as-value": "WF-504",
    "null-as-value": "WF-505",
    "not-text": "WF-506",
    "type": "WF-507",
    "unproven": "WF-605",
}

_TEXT = {"type": "string"}


def scope(**roots: JsonSchema) -> JsonSchema:
    """What a template may read: the given roots, and the two that are everywhere."""
    return rooted(exactly({**roots, "execution": EXECUTION, "workflow": WORKFLOW}))


def exactly(properties: dict[str, JsonSchema]) -> JsonSchema:
    """An object that always has these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


EXECUTION = exactly({"id": _TEXT, "startedAt": {"type": "string", "format": "date-time"}, "traceId": _TEXT})
WORKFLOW = exactly({"name": _TEXT, "version": _TEXT})


class Parsed(Struct, frozen=True):
    """A template, and the pointers of its texts that could not be read: null stands in their place."""

    template: Template
    vague: frozenset[str]


class Typed(Struct, frozen=True):
    """The type of a template. At the pointers in `vague` nothing is known, because something there is wrong."""

    schema: JsonSchema
    absent: bool
    vague: frozenset[str]


def parse(findings: Findings, value: JsonValue, pointer: str) -> Parsed:
    """The template at `pointer`; tells what is wrong with it, and goes on with the rest."""
    try:
        return Parsed(template.parse(value, pointer=pointer), frozenset())
    except TemplateError as error:
        for problem in error.problems:
            _tell(findings, problem)
        vague = frozenset(problem.pointer for problem in error.problems)
    return Parsed(template.parse(_without(value, pointer, vague), pointer=pointer), vague)


def _without(value: JsonValue, pointer: str, vague: frozenset[str]) -> JsonValue:
    """The value with null in place of what could not be read."""
    if pointer in vague:
        return None
    if isinstance(value, dict):
        return {key: _without(each, join(pointer, key), vague) for key, each in value.items()}
    if isinstance(value, list):
        return [_without(each, join(pointer, index), vague) for index, each in enumerate(value)]
    return value


def _nothing_is_unknown(read: Read) -> bool:
    return False


def infer(
    findings: Findings, parsed: Parsed, scope: JsonSchema, is_unknown: Callable[[Read], bool] = _nothing_is_unknown
) -> Typed:
    """The type of a template; tells where it reads what is not there or cannot be used like this.

    `is_unknown` names what has no type yet because it is broken, missing or judged elsewhere: no doubt is told there.
    """
    inferred = template.infer(parsed.template, scope)
    vague = {pointer for pointer, read in template.reads(parsed.template) if is_unknown(read)}
    doubts = [doubt for doubt in inferred.doubts if doubt.pointer not in vague]
    for problem in (*inferred.problems, *doubts):
        _tell(findings, problem)
    vague |= parsed.vague | {problem.pointer for problem in inferred.problems}
    return Typed(rooted(_spelled_out(inferred.schema)), inferred.absent, frozenset(vague))


def _spelled_out(schema: JsonSchema) -> JsonSchema:
    """Objects without expressions are inferred as one constant; key by key, a fault has the place of its key."""
    match schema:
        case {"const": dict(fields)}:
            return exactly({name: _spelled_out({"const": value}) for name, value in fields.items()})
        case {"type": "object", "properties": dict(properties)}:
            spelled = {name: _spelled_out(inner) for name, inner in properties.items()}
            return {**schema, "properties": spelled} if isinstance(schema, dict) else schema
    return schema


def _tell(findings: Findings, problem: Problem) -> None:
    if problem.kind == "unsupported" or (problem.kind == "unknown-name" and problem.seen == "secrets"):
        _tell_unexecuted(findings, problem)
        return
    fix = Fix(f"write {quoted(problem.fix)}", problem.pointer, problem.fix, "set") if problem.fix is not None else None
    code, pointer = _CODES[problem.kind], problem.pointer
    severity: Severity = "warning" if problem.kind == "unproven" else "error"
    findings.add(code, problem.message, pointer, seen=problem.seen, fix=fix, severity=severity, offset=problem.offset)


def _tell_unexecuted(findings: Findings, problem: Problem) -> None:
    message = "`secrets` is not executed yet" if problem.kind == "unknown-name" else problem.message
    findings.add(
        "WF-901",
        message,
        problem.pointer,
        seen=problem.seen,
        severity=findings.unexecuted,
        offset=problem.offset,
    )
