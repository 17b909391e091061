"""What type an expression has, told by the JSON Schemas of what it reads."""

from typing import Literal as OneOf

from msgspec import Struct

from wfcore.expression import narrowing, types
from wfcore.expression.checking import Checker, Known
from wfcore.expression.problem import Problem
from wfcore.expression.refusals import Refusals
from wfcore.expression.scopes import scope_level
from wfcore.expression.tree import Expression
from wfcore.expression.types import ANY_TYPE
from wfcore.schema import JsonSchema
from wfcore.schema.walking import place

__all__ = ["ANY_TYPE", "Inferred", "Wanted", "infer", "kept"]

Wanted = OneOf["anything", "text", "condition"]
"""What the place of an expression takes: any value or none, what can be printed into text, or a boolean."""


class Inferred(Struct, frozen=True):
    """The schema of a value. `absent` says that there may be none at all; after a problem the schema is `{}`.

    `doubts` are places that the schemas say too little about: valid data may break there, or not.
    """

    schema: JsonSchema
    absent: bool
    problems: list[Problem]
    doubts: list[Problem] = []


def infer(expression: Expression, scope: JsonSchema, wanted: Wanted = "anything") -> Inferred:
    """Infer what `expression` gives in a scope: one object schema whose properties are the roots.

    References in the scope lead into its `$defs`, those of a listed schema with `$defs` of its own into these. If
    there is no problem and no doubt, the expression gives a value of the inferred schema for all data that is valid
    in the scope. Left out of this promise: arithmetic that leaves the numbers JSON carries exactly (±2^53) or the
    years 1 to 9999, and the limits on work and size.
    """
    refusals, body = Refusals(expression.text), expression.body
    checker = Checker(refusals, scope_level(scope))
    match wanted:
        case "condition":
            found = checker.condition(body, Known())
        case "text":
            found = checker.text(body, Known())
        case _:
            found = checker.check(body, Known(), "whole")
    if not refusals.problems:
        _refuse_internal(refusals, expression, found)
    if refusals.problems:
        return Inferred({}, False, _in_order(refusals.problems), _in_order(refusals.doubts))
    return Inferred(found.alone(), found.absent, [], _in_order(refusals.doubts))


def kept(condition: Expression, variable: str, schema: JsonSchema) -> JsonSchema:
    """The schema of those values, called `variable` in the condition, for which it holds."""
    return narrowing.kept(condition.body, variable, place(schema)).alone()


def _refuse_internal(refusals: Refusals, expression: Expression, found: types.Typed) -> None:
    """Timestamps and durations have no JSON: as a result they are written as strings."""
    if types.INTERNAL.isdisjoint(types.mentioned(found.place)):
        return
    message = f"`{refusals.written(expression.body)}` is or holds a timestamp or duration, which JSON has no value for"
    whole = found.types() <= types.INTERNAL and not found.optional
    fix = refusals.around(expression.body, "string(", ")") if whole else None
    refusals.tell("not-json", expression.body, f"{message}: use string(…)", fix=fix)


def _in_order(problems: list[Problem]) -> list[Problem]:
    """By their place; what was told twice counts once."""
    distinct = {(problem.offset, problem.kind, problem.seen): problem for problem in reversed(problems)}
    return sorted(distinct.values(), key=lambda problem: problem.offset)
