"""Templates, conditions and transforms in a scope of which not everything is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from wfcore import expression, template, transform
from wfcore.bundle import TransformPlan
from wfcore.dryrun.knowledge import PartObject, Unresolved, collected, first_lacking
from wfcore.expression import ABSENT, Expression
from wfcore.template import Template
from wfcore.template.tree import Array, Constant, Hole, Node, Object, Text, Whole


class Fill(Protocol):
    """What a template gives in a scope, unresolved where it is. Raises EvaluationError."""

    def __call__(self, scope: PartObject) -> Any: ...


def filler(written: Any) -> Fill:
    """Make the function that fills a template as far as its scope is known."""
    parsed = template.parse(written)
    reads = tuple(read for _, read in template.reads(parsed))
    fill = template.compile(parsed)

    def go(scope: PartObject) -> Any:
        return fill(scope) if first_lacking(scope, reads) is None else _filled(parsed.root, scope)

    return go


def _filled(node: Node, scope: PartObject) -> Any:
    match node:
        case Constant(value):
            return value
        case Whole(hole):
            return _unresolved(node, hole.string, scope) or expression.compile(hole.expression)(scope)
        case Text(parts):
            string = next(part.string for part in parts if isinstance(part, Hole))
            return _unresolved(node, string, scope) or template.compile(Template(string, node))(scope)
        case Object(fields):
            made = ((key, _filled(field, scope)) for key, field in fields)
            return collected({key: value for key, value in made if value is not ABSENT})
        case Array(items):
            return collected([value for item in items if (value := _filled(item, scope)) is not ABSENT])


def _unresolved(node: Node, string: str, scope: PartObject) -> Unresolved | None:
    reads = (read for _, read in template.reads(Template(string, node)))
    found = first_lacking(scope, reads)
    return None if found is None else Unresolved(string.strip(), found.lacks)


def condition(text: str) -> Callable[[PartObject], bool | Unresolved]:
    """Make the function that judges a condition as far as its scope is known. It raises EvaluationError."""
    parsed: Expression = expression.parse(text)
    reads, holds = parsed.reads(), expression.compile_condition(parsed)

    def go(scope: PartObject) -> bool | Unresolved:
        found = first_lacking(scope, reads)
        return holds(scope) if found is None else Unresolved(text, found.lacks)

    return go


def transformed(plan: TransformPlan) -> Callable[[PartObject], Any]:
    """Make the function that runs a transform where all that it reads is known. It raises EvaluationError."""
    parsed = transform.parse({"from": plan.source, "steps": list(plan.steps)})
    reads = tuple(read for _, read in transform.reads(parsed))
    run = transform.compile(parsed)
    written = plan.source.strip() if isinstance(plan.source, str) else "from"

    def go(scope: PartObject) -> Any:
        found = first_lacking(scope, reads)
        return run(scope) if found is None else Unresolved(written, found.lacks)

    return go
