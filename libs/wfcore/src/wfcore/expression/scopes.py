"""The scope of an expression: an object schema that lists, by name, the schemas of all that may be read.

A scope can list hundreds of tasks. Only the one schema that a path chooses is looked into, with those definitions of
the scope that it refers to, so the cost of a path does not grow with its scope.
"""

from wfcore.expression.tree import Path, Step
from wfcore.schema import Found, JsonSchema, Missing
from wfcore.schema.places import children

_LEVELS = {"tasks": 2}
"""How many names behind a root still choose a schema: `tasks.<id>.output`. Behind other roots it is none."""
_DEFINITION = "#/$defs/"


def listed_levels(root: str) -> int:
    """Return how many steps behind a root choose among schemas rather than look into one."""
    return _LEVELS.get(root, 0)


def chooses_one(path: Path) -> bool:
    """Whether a path names all it must: which tasks are over at the moment is chance, so only one can be read."""
    levels = listed_levels(path.root)
    names = path.steps[:levels]
    return len(names) == levels and all(isinstance(step, Step) and isinstance(step.key, str) for step in names)


def listed(level: JsonSchema, name: str | int) -> Found | Missing:
    """Look a name up in the scope or a level of it."""
    if not isinstance(level, dict) or name not in level.get("properties", {}):
        return Missing(tuple(sorted(level.get("properties", {}) if isinstance(level, dict) else ())))
    return Found(level["properties"][name], name not in level.get("required", ()))


def alone(schema: JsonSchema, scope: JsonSchema) -> JsonSchema:
    """Return a listed schema so that it stands on its own: with the definitions of the scope that it needs.

    One that carries definitions already is taken as a document of its own.
    """
    offered = scope.get("$defs", {}) if isinstance(scope, dict) else {}
    if not offered or not isinstance(schema, dict) or "$defs" in schema:
        return schema
    needed: dict[str, JsonSchema] = {}
    waiting: list[JsonSchema] = [schema]
    while waiting:
        inner = waiting.pop()
        waiting += [child for _, child in children(inner)]
        name = _defined_name(inner)
        if name is not None and name in offered and name not in needed:
            needed[name] = offered[name]
            waiting.append(offered[name])
    return {**schema, "$defs": needed} if needed else schema


def _defined_name(schema: JsonSchema) -> str | None:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if not isinstance(reference, str) or not reference.startswith(_DEFINITION):
        return None
    return reference.removeprefix(_DEFINITION).replace("~1", "/").replace("~0", "~")
