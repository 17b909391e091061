"""What type an expression has, told by the JSON Schemas of what it reads.

A path is followed through the schema as it will be followed through the data, so whatever would break in a run is
a problem here.
"""

from msgspec import Struct

from wfcore import schema as schemas
from wfcore.expression import scopes
from wfcore.expression.problem import Problem
from wfcore.expression.refusals import Refusals
from wfcore.expression.tree import Default, Expression, Literal, Path, Step
from wfcore.schema import JsonSchema
from wfcore.schema.places import ANNOTATIONS

ANY_TYPE = schemas.types_of({})


class Inferred(Struct, frozen=True):
    """The schema of a value. `absent` says that there may be none at all; after a problem the schema is `{}`.

    `doubts` are places that the schemas say too little about: valid data may break there, or not.
    """

    schema: JsonSchema
    absent: bool
    problems: list[Problem]
    doubts: list[Problem] = []


class _Broken(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def infer(expression: Expression, scope: JsonSchema) -> Inferred:
    """Infer what `expression` gives in a scope: one object schema whose properties are the roots.

    References in the scope lead into its `$defs`, those of a listed schema with `$defs` of its own into these.
    Stops at the first problem of a path, as behind it nothing is known.
    """
    match expression.body:
        case Literal(value):
            return Inferred({"const": value}, False, [])
        case Path() as path:
            doubts: list[Problem] = []
            try:
                schema, absent = _follow(path, scope, Refusals(expression.text, path), doubts)
            except _Broken as broken:
                return Inferred({}, False, [broken.problem])
            return Inferred(schema, absent, [], doubts)


def _follow(path: Path, scope: JsonSchema, refusals: Refusals, doubts: list[Problem]) -> tuple[JsonSchema, bool]:
    """Return the schema at the end of the path, and whether it may lead nowhere; add what it takes on trust."""
    levels = scopes.listed_levels(path.root)
    schema, absent, marked = _root(path, scope, refusals), False, False
    for level, step in enumerate(path.steps):
        if isinstance(step, Default):
            if not marked:
                raise _Broken(refusals.needless_default(step))
            schema = schemas.union([scopes.alone(schema, scope), {"const": step.value}]) if absent else schema
            absent = marked = False
            continue
        if absent and not step.optional:
            raise _Broken(refusals.through_absent(step))
        if level < levels:
            found = scopes.listed(schema, step.key)
        else:
            found = _inside(scopes.alone(schema, scope), step, refusals)
        if isinstance(found, schemas.Missing):
            raise _Broken(refusals.unknown_step(step, found.declared))
        if found.optional and not step.optional:
            raise _Broken(refusals.optional(step))
        if isinstance(found, _Trusted) and not doubts and not step.optional:
            doubts.append(refusals.unproven(step))
        schema, absent, marked = found.schema, absent or found.optional, marked or step.optional
    return schemas.union([scopes.alone(schema, scope)]), absent


def _root(path: Path, scope: JsonSchema, refusals: Refusals) -> JsonSchema:
    found = scopes.listed(scope, path.root)
    if isinstance(found, schemas.Missing):
        raise _Broken(refusals.unknown_root(found.declared))
    if not scopes.chooses_one(path):
        raise _Broken(refusals.incomplete())
    return found.schema


class _Trusted(schemas.Found, frozen=True):
    """What may or may not be there: no schema says."""


def _inside(schema: JsonSchema, step: Step, refusals: Refusals) -> schemas.Found | schemas.Missing:
    """Look one step further. What says nothing may hold anything there, and nobody can promise that it does."""
    if _says_nothing(schema):
        return _Trusted({}, step.optional)
    key = step.key
    types, wanted = schemas.types_of(schema), "array" if isinstance(key, int) else "object"
    others = types - {wanted}
    if wanted not in types:
        raise _Broken(refusals.never_a_container(step, others))
    if others and not step.optional:
        raise _Broken(refusals.not_always_a_container(step, others))
    match schemas.item_of(schema, key) if isinstance(key, int) else schemas.property_of(schema, key):
        case schemas.Missing() as missing:
            return missing
        case schemas.Found(schema=inside, optional=optional):
            return schemas.Found(inside, optional or bool(others))
        case schemas.Unknown():
            return _Trusted({}, step.optional)


def _says_nothing(schema: JsonSchema) -> bool:
    return schema is True or (isinstance(schema, dict) and schema.keys() <= ANNOTATIONS)
