"""Templates and expressions of a definition: parsed, typed against what is in scope, their problems told."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from wfcore import expression, template
from wfcore.diagnostics import Fix, Severity
from wfcore.expression import ExpressionError, Inferred, Problem, Read
from wfcore.schema import JsonSchema
from wfcore.schema.building import tuple_of
from wfcore.schema.rooting import rooted
from wfcore.source import JsonValue, join, quoted
from wfcore.template import Template, TemplateError
from wfcore.template.tree import Constant, Hole, Whole
from wfcore.validation.findings import Findings

CODES = {
    "syntax": "WF-501",
    "unsupported": "WF-501",
    "unknown-name": "WF-502",
    "unknown-field": "WF-503",
    "optional-as-value": "WF-504",
    "null-as-value": "WF-505",
    "not-text": "WF-506",
    "type": "WF-507",
    "not-boolean": "WF-508",
    "not-json": "WF-509",
    "never-equal": "WF-510",
    "unproven": "WF-605",
}
"""The code of each kind of problem that an expression can have."""

_TEXT = {"type": "string"}


def scope(**roots: JsonSchema) -> dict[str, Any]:
    """What a template may read: the given roots, and the two that are everywhere."""
    return exactly({**roots, "execution": EXECUTION, "workflow": WORKFLOW})


def exactly(properties: dict[str, JsonSchema]) -> dict[str, Any]:
    """An object that always has these properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


EXECUTION = exactly({"id": _TEXT, "startedAt": {"type": "string", "format": "date-time"}, "traceId": _TEXT})
WORKFLOW = exactly({"name": _TEXT, "version": _TEXT})


class Parsed(Struct, frozen=True):
    """A template, what it reads, and the pointers of its texts that could not be read: null stands in their place."""

    template: Template
    vague: frozenset[str]
    reads: tuple[tuple[str, Read], ...]


class Typed(Struct, frozen=True):
    """The type of a template. At the pointers in `vague` nothing is known, because something there is wrong."""

    schema: JsonSchema
    absent: bool
    vague: frozenset[str]


def parse(findings: Findings, value: JsonValue, pointer: str) -> Parsed:
    """The template at `pointer`; tells what is wrong with it, and goes on with the rest."""
    vague: frozenset[str] = frozenset()
    try:
        parsed = template.parse(value, pointer=pointer)
    except TemplateError as error:
        tell(findings, error.problems)
        vague = frozenset(problem.pointer for problem in error.problems)
        parsed = template.parse(_without(value, pointer, vague), pointer=pointer)
    return Parsed(parsed, vague, tuple(template.reads(parsed)))


def parse_expression(findings: Findings, text: str, pointer: str) -> Parsed:
    """The bare expression at `pointer`, as a template that is nothing else; tells what is wrong with it."""
    bare = text.strip()
    if bare.startswith("{{") and bare.endswith("}}"):
        fix = Fix("write it without {{ }}", pointer, bare[2:-2].strip(), "set")
        findings.add("WF-501", "this field is an expression already: no {{ }} around it", pointer, seen=text, fix=fix)
        return Parsed(Template(text, Constant(None)), frozenset({pointer}), ())
    try:
        parsed = Template(text, Whole(Hole(expression.parse(text), pointer, 0, text)))
    except ExpressionError as error:
        tell(findings, [Problem(pointer, error.offset, error.message, error.kind, text, fix=error.fix)])
        return Parsed(Template(text, Constant(None)), frozenset({pointer}), ())
    return Parsed(parsed, frozenset(), tuple(template.reads(parsed)))


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

    `is_unknown` names what has no type yet because it is broken, missing or judged elsewhere: nothing is told there.
    """
    unknown = frozenset(pointer for pointer, read in parsed.reads if is_unknown(read))
    return judged(findings, template.infer(parsed.template, scope), parsed.vague, unknown)


def judged(findings: Findings, inferred: Inferred, told: frozenset[str], unknown: frozenset[str]) -> Typed:
    """What was inferred, its problems told: none at the pointers where something was `told` already, and no doubts
    where something `unknown` is read."""
    problems = [problem for problem in inferred.problems if problem.pointer not in told]
    tell(findings, problems)
    vague = told | unknown | {problem.pointer for problem in problems}
    tell(findings, [doubt for doubt in inferred.doubts if doubt.pointer not in vague])
    return Typed(rooted(_spelled_out(inferred.schema)), inferred.absent, vague)


def _spelled_out(schema: JsonSchema) -> JsonSchema:
    """What holds no expression is inferred as one constant; part by part, a fault has the place of its part."""
    match schema:
        case {"const": dict(fields)}:
            return exactly({name: _spelled_out({"const": value}) for name, value in fields.items()})
        case {"const": list(items)}:
            return tuple_of([_spelled_out({"const": value}) for value in items])
        case {"type": "object", "properties": dict(properties)}:
            spelled = {name: _spelled_out(inner) for name, inner in properties.items()}
            return {**schema, "properties": spelled} if isinstance(schema, dict) else schema
    return schema


def tell(findings: Findings, problems: Iterable[Problem]) -> None:
    """Problems of expressions and templates as diagnostics."""
    for problem in problems:
        if problem.kind == "unknown-name" and problem.seen == "secrets":
            _tell_unexecuted(findings, problem)
            continue
        fix = None
        if problem.fix is not None:
            fix = Fix(f"write {quoted(problem.fix)}", problem.pointer, problem.fix, "set")
        severity: Severity = "warning" if problem.kind == "unproven" else "error"
        findings.add(
            CODES[problem.kind],
            problem.message,
            problem.pointer,
            seen=problem.seen,
            fix=fix,
            severity=severity,
            offset=problem.offset,
        )


def _tell_unexecuted(findings: Findings, problem: Problem) -> None:
    message = "`secrets` is not executed yet"
    severity = findings.unexecuted
    findings.add("WF-901", message, problem.pointer, seen="secrets", severity=severity, offset=problem.offset)
