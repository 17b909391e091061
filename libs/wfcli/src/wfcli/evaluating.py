"""Try an expression out: over a document as its scope and, with a schema, through the checker that publishing uses."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from wfcli.terminal.paint import Paint
from wfcore import expression, jsontext, schema, source
from wfcore.diagnostics import Diagnostic, Fix, Position, render
from wfcore.expression import ABSENT, EvaluationError, ExpressionError, Problem
from wfcore.source import JsonValue
from wfcore.validation.templates import CODES

_FAILED = "EXPRESSION_ERROR"
"""What a run that meets such data fails with."""
_NAMED = "expression"
"""Stands where a diagnostic names its file."""


class BadDocument(Exception):
    """A file that is no JSON or YAML document of the wanted shape. The text says which and why."""


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """The value of an expression, or all that is wrong with it. `value` is ABSENT where an optional leads nowhere."""

    text: str
    value: Any = None
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not any(diagnostic.is_error for diagnostic in self.diagnostics)


def document(path: Path) -> dict[str, JsonValue]:
    """The object in a JSON or YAML file. Raises BadDocument, and OSError where the file cannot be read."""
    text = source.decode(path.read_bytes(), str(path))
    if isinstance(text, Diagnostic):
        raise BadDocument(render(text, None))
    read = source.read(text, file=str(path))
    faults = [*read.diagnostics, *(fault for each in read.documents for fault in each.diagnostics)]
    if errors := [fault for fault in faults if fault.is_error]:
        raise BadDocument(render(errors[0], text))
    if len(read.documents) != 1 or not isinstance(data := read.documents[0].data, dict):
        raise BadDocument(f"{path}: one object is needed, its keys are the names that the expression sees")
    return data


def evaluate(text: str, scope: dict[str, JsonValue], types: dict[str, JsonValue] | None = None) -> Evaluated:
    """Evaluate an expression whose roots are the keys of `scope`.

    With `types`, a JSON Schema of the scope, it is checked first, and so is the scope. Raises BadDocument where
    `types` is no usable schema.
    """
    try:
        parsed = expression.parse(text)
    except ExpressionError as error:
        return Evaluated(
            text=text, diagnostics=[_told(text, CODES[error.kind], error.message, error.offset, error.fix)]
        )
    diagnostics = [] if types is None else [*_unfit(text, parsed, types), *_breaches(scope, types)]
    if any(diagnostic.is_error for diagnostic in diagnostics):
        return Evaluated(text=text, diagnostics=diagnostics)
    try:
        value = expression.compile(parsed)(scope)
    except EvaluationError as error:
        diagnostics.append(_told(text, _FAILED, error.message, error.offset))
        return Evaluated(text=text, diagnostics=diagnostics)
    return Evaluated(text=text, value=value, diagnostics=diagnostics)


def value_as_text(evaluated: Evaluated, paint: Paint) -> str:
    """The value as JSON."""
    return paint.quiet("absent") if evaluated.value is ABSENT else _pretty(evaluated.value)


def faults_as_text(evaluated: Evaluated, paint: Paint) -> str:
    """Every fault and warning with a caret under its place; empty where there is none."""
    return "\n\n".join(_painted(each, evaluated.text, paint) for each in evaluated.diagnostics)


def as_json(evaluated: Evaluated) -> str:
    """One object: `ok`, `value` (left out where it is absent), `diagnostics`."""
    told: dict[str, Any] = {"ok": evaluated.ok}
    if evaluated.ok and evaluated.value is not ABSENT:
        told["value"] = evaluated.value
    return _pretty(told | {"diagnostics": msgspec.to_builtins(evaluated.diagnostics)})


def _unfit(text: str, parsed: expression.Expression, types: dict[str, JsonValue]) -> Iterable[Diagnostic]:
    """What the checker has to say: errors, and warnings where the schema says too little."""
    try:
        schema.compile(types)
    except schema.SchemaError as error:
        raise BadDocument(f"the schema cannot be used: {error}") from error
    inferred = expression.infer(parsed, types)
    yield from (_problem(text, problem) for problem in inferred.problems)
    yield from (msgspec.structs.replace(_problem(text, doubt), severity="warning") for doubt in inferred.doubts)


def _problem(text: str, problem: Problem) -> Diagnostic:
    return _told(text, CODES[problem.kind], problem.message, problem.offset, problem.fix)


def _breaches(scope: dict[str, JsonValue], types: dict[str, JsonValue]) -> Iterable[Diagnostic]:
    """Where the data is not what the schema says. The checker knows nothing about such data."""
    for breach in schema.compile(types).violations(scope):
        yield Diagnostic(code="WF-607", message=f"the data: {breach.message}", pointer=breach.pointer)


def _told(text: str, code: str, message: str, offset: int, fix: str | None = None) -> Diagnostic:
    before = text[:offset]
    position = Position(_NAMED, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)
    cure = None if fix is None else Fix(f"write `{fix}`", "", fix, "set")
    return Diagnostic(code=code, message=message, position=position, fix=cure)


def _painted(diagnostic: Diagnostic, text: str, paint: Paint) -> str:
    first, *rest = render(diagnostic, text).split("\n")
    mark = f"{diagnostic.severity} {diagnostic.code}"
    colour = paint.bad if diagnostic.is_error else paint.warning
    return "\n".join([first.replace(mark, colour(mark), 1), *rest])


def _pretty(value: Any) -> str:
    return msgspec.json.format(jsontext.encode(value), indent=2).decode()
