"""What type a filled template has: the shapes it spells out around the types of its expressions."""

from msgspec.structs import replace

from wfcore import expression
from wfcore import schema as schemas
from wfcore.expression import Inferred, Problem
from wfcore.expression.types import is_bounded
from wfcore.schema import JsonSchema
from wfcore.schema.building import array_of, object_of, tuple_of
from wfcore.template.tree import Array, Constant, Hole, Node, Object, Template, Text, Whole, spliced

_MOST_PARTS = 10_000
"""Schemas inside a schema. Tasks that each give twice what the one before gave would double them without end."""


def infer(template: Template, scope: JsonSchema) -> Inferred:
    """Infer what the template gives in a scope: one object schema whose properties are the roots.

    A key whose whole value may be absent is not required. Problems carry the pointer and offset of their place, and a
    fix that is the whole corrected string; so do doubts. What grew out of all proportion keeps no more than its kind.
    """
    problems: list[Problem] = []
    doubts: list[Problem] = []
    schema, absent = _Filled(scope, problems, doubts).type_of(template.root)
    if not is_bounded(schema, _MOST_PARTS):
        schema = {"type": sorted(schemas.types_of(schema))}
    return Inferred(schema, absent, problems, doubts)


class _Filled:
    """The types of the nodes of one template, and what was found wrong with them."""

    def __init__(self, scope: JsonSchema, problems: list[Problem], doubts: list[Problem]) -> None:
        self._scope = scope
        self._problems = problems
        self._doubts = doubts

    def type_of(self, node: Node) -> tuple[JsonSchema, bool]:
        """The schema of a node's value, and whether there may be none."""
        match node:
            case Constant(value):
                return {"const": value}, False
            case Whole(hole):
                found = expression.infer(hole.expression, self._scope)
                self._tell(hole, found)
                return found.schema, found.absent
            case Text(parts):
                for part in parts:
                    if isinstance(part, Hole):
                        self._tell(part, expression.infer(part.expression, self._scope, "text"))
                return {"type": "string"}, False
            case Object(fields):
                typed = {key: self.type_of(field) for key, field in fields}
                return object_of((key, schema, not absent) for key, (schema, absent) in typed.items()), False
            case Array(items):
                return _array([self.type_of(item) for item in items]), False

    def _tell(self, hole: Hole, found: Inferred) -> None:
        self._problems.extend(_placed(problem, hole) for problem in found.problems)
        self._doubts.extend(_placed(doubt, hole) for doubt in found.doubts)


def _array(items: list[tuple[JsonSchema, bool]]) -> JsonSchema:
    """Exact element by element, unless one may be left out and move those behind it."""
    shapes, certain = [schema for schema, _ in items], sum(not absent for _, absent in items)
    return tuple_of(shapes) if certain == len(items) else array_of(schemas.union(shapes), certain, len(items))


def _placed(problem: Problem, hole: Hole) -> Problem:
    fix = spliced(hole.string, hole.offset, hole.expression.text, problem.fix)
    return replace(problem, pointer=hole.pointer, offset=hole.offset + problem.offset, fix=fix)
