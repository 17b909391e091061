"""The scope of an expression: an object schema that lists, by name, the schemas of all that may be read.

A scope can list hundreds of tasks. Only the one schema that a path chooses is looked into, so the cost of a path does
not grow with its scope. `$parent` and `$root` are scopes themselves, listed in this one.
"""

from typing import Literal as OneOf

from msgspec import Struct

from wfcore.schema import JsonSchema, Missing
from wfcore.schema.walking import Place, place

_SCOPES = frozenset({"$parent", "$root"})
_MAX_DEPTH = 16
"""Deeper than scopes are ever nested."""
Kind = OneOf["scope", "tasks", "task"]


class Level(Struct, frozen=True):
    """What lists schemas instead of being one: a scope, its `tasks`, and each of these (`output`, `status`, `error`).

    Which tasks are over at the moment is chance, so here a name is chosen by whoever writes the expression.
    """

    schema: JsonSchema
    definitions: dict[str, JsonSchema]
    """Of the nearest scope that has some: references of listed schemas without own definitions lead there."""
    kind: Kind = "scope"

    def listed(self, name: str) -> "Listed | Missing":
        """Look a name up."""
        names = self.schema.get("properties", {}) if isinstance(self.schema, dict) else {}
        if name not in names:
            return Missing(tuple(sorted(names)))
        assert isinstance(self.schema, dict)
        return Listed(self._entry(name, names[name]), name not in self.schema.get("required", ()))

    def enclosing_with(self, name: str, *, task: bool) -> str | None:
        """How the nearest enclosing scope is written that has such a root or task."""
        level, path = self, ""
        for _ in range(_MAX_DEPTH):
            outer = level.listed("$parent")
            if isinstance(outer, Missing) or not isinstance(outer.entry, Level):
                return None
            level, path = outer.entry, f"{path}.$parent".removeprefix(".")
            names = level.listed("tasks") if task else None
            among = names.entry if isinstance(names, Listed) else level
            if isinstance(among, Level) and (among is level) != task and isinstance(among.listed(name), Listed):
                return path
        return None

    def _entry(self, name: str, schema: JsonSchema) -> "Level | Place":
        if self.kind == "tasks":
            return Level(schema, self.definitions, "task")
        if self.kind == "scope" and name == "tasks":
            return Level(schema, self.definitions, "tasks")
        if self.kind == "scope" and name in _SCOPES:
            return scope_level(schema, self.definitions)
        return place(schema, self.definitions)


class Listed(Struct, frozen=True):
    """The next level, or the place where listing ends; `optional` where it may be absent."""

    entry: Level | Place
    optional: bool


def scope_level(scope: JsonSchema, definitions: dict[str, JsonSchema] | None = None) -> Level:
    """The level of a whole scope, inside another one with these definitions."""
    own = scope.get("$defs") if isinstance(scope, dict) else None
    return Level(scope, own if own is not None else definitions or {})
