"""What type a filled template has: the shapes it spells out around the types of its expressions."""

from msgspec.structs import replace

from wfcore import expression
from wfcore import schema as schemas
from wfcore.expression import ANY_TYPE, Inferred, Problem
from wfcore.schema import JsonSchema
from wfcore.template.definitions import Definitions
from wfcore.template.tree import Array, Constant, Hole, Node, Object, Template, Text, Whole, spliced


def infer(template: Template, scope: JsonSchema) -> Inferred:
    """Infer what the template gives in a scope: one object schema whose properties are the roots.

    A key whose whole value may be absent is not required. Problems carry the pointer and offset of their place, and a
    fix that is the whole corrected string; so do doubts.
    """
    found: list[Problem] = []
    schema, absent = _inferred(template.root, scope, found)
    problems = [problem for problem in found if problem.kind != "unproven"]
    doubts = [problem for problem in found if problem.kind == "unproven"]
    return Inferred(schema, absent, problems, doubts)


def _inferred(node: Node, scope: JsonSchema, problems: list[Problem]) -> tuple[JsonSchema, bool]:
    match node:
        case Constant(value):
            return {"const": value}, False
        case Whole(hole):
            found = expression.infer(hole.expression, scope)
            problems.extend(_placed(problem, hole) for problem in (*found.problems, *found.doubts))
            return found.schema, found.absent
        case Text(parts):
            for part in parts:
                if isinstance(part, Hole):
                    problems.extend(_placed(problem, part) for problem in _in_text(part, scope))
            return {"type": "string"}, False
        case Object(fields):
            return _object({key: _inferred(field, scope, problems) for key, field in fields}), False
        case Array(items):
            return _array([_inferred(item, scope, problems) for item in items]), False


def _object(fields: dict[str, tuple[JsonSchema, bool]]) -> JsonSchema:
    definitions = Definitions()
    return definitions.around(
        {
            "type": "object",
            "properties": {key: definitions.move(schema) for key, (schema, _) in fields.items()},
            "required": [key for key, (_, absent) in fields.items() if not absent],
        }
    )


def _array(items: list[tuple[JsonSchema, bool]]) -> JsonSchema:
    """Exact element by element, unless one may be left out and move those behind it."""
    definitions = Definitions()
    certain = sum(not absent for _, absent in items)
    bounds = {"type": "array", "minItems": certain, "maxItems": len(items)}
    if certain < len(items):
        either = definitions.move(schemas.union(schema for schema, _ in items))
        return definitions.around({**bounds, "items": either})
    shapes = [definitions.move(schema) for schema, _ in items]
    return definitions.around({**bounds, "prefixItems": shapes, "items": False})


def _in_text(hole: Hole, scope: JsonSchema) -> list[Problem]:
    """Text holds strings, numbers and booleans. What says nothing about its type is a doubt: the run finds out."""
    found = expression.infer(hole.expression, scope)
    if found.problems:
        return [_with_text_default(problem) for problem in found.problems]
    source, types = hole.expression.text, schemas.types_of(found.schema)
    if found.absent:
        message = f"`{source}` may be absent, and text needs a value: give a default with orValue(…)"
        return [Problem("", 0, message, "optional-as-value", source, (), f"{source}.orValue('')")]
    if types == ANY_TYPE:
        message = f"`{source}` has no declared type, and null, arrays and objects have no text"
        return found.doubts or [Problem("", 0, message, "unproven", source)]
    problems: list[Problem] = [*found.doubts]
    if "null" in types:
        problems.append(Problem("", 0, f"`{source}` may be null, which has no text", "null-as-value", source))
    if shapes := sorted(types & {"array", "object"}):
        message = f"`{source}` may be {' or '.join(shapes)}, which has no text"
        problems.append(Problem("", 0, message, "not-text", source))
    return problems


def _with_text_default(problem: Problem) -> Problem:
    """Inside text `.?` alone is not enough: the corrected expression needs a default as well."""
    if problem.kind not in ("optional-as-value", "null-as-value") or problem.fix is None or problem.fix.endswith(")"):
        return problem
    return replace(problem, fix=f"{problem.fix}.orValue('')")


def _placed(problem: Problem, hole: Hole) -> Problem:
    fix = spliced(hole.string, hole.offset, hole.expression.text, problem.fix)
    return replace(problem, pointer=hole.pointer, offset=hole.offset + problem.offset, fix=fix)
