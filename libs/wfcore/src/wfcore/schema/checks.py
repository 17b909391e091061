"""Which schemas we take.

A schema comes from whoever writes a definition or an OpenAPI document. It must be JSON Schema 2020-12, refer only to
itself (nothing is ever fetched), match in linear time and be of a size that a person could have meant. Everything
wrong with it is told at once.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema_rs
from jsonschema_rs import Draft202012Validator, RegexOptions
from msgspec import Struct

from wfcore import jsontext
from wfcore.jsontext import JsonTextError
from wfcore.schema.places import IN_PLACE, Document, JsonSchema, children, pointer
from wfcore.schema.wording import violations_of

MAX_BRANCHES = 10_000
"""Schemas inside one schema, and schemas that one value can meet through references."""
MAX_NESTING = 100
MAX_PATTERNS = 1_000
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PATTERNS = RegexOptions(size_limit=5 * 2**20)
"""The linear engine: no look-around, no back-references, and no pattern that compiles into more than 5 MiB."""

_META = Draft202012Validator({"$ref": DIALECT}, offline=True)


class SchemaProblem(Struct, frozen=True):
    """One thing wrong with a schema; `pointer` leads to it inside the schema."""

    pointer: str
    message: str


_NO_JSON = SchemaProblem("", "has no JSON text")


class SchemaError(ValueError):
    """A schema that we do not take, with all its problems."""

    def __init__(self, problems: list[SchemaProblem]) -> None:
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in problems[:5]))
        self.problems = problems


def check_size(schema: JsonSchema) -> None:
    """Raise SchemaError for a schema too big or too deeply nested to be looked at any closer."""
    if not isinstance(schema, dict | bool):
        raise SchemaError([SchemaProblem("", f"a schema is an object or true or false, not {type(schema).__name__}")])
    branches = 0
    level: list[JsonSchema] = [schema]
    for _ in range(MAX_NESTING + 1):
        branches += len(level)
        if branches > MAX_BRANCHES:
            raise SchemaError([SchemaProblem("", f"more than {MAX_BRANCHES:,} schemas inside one: split it up")])
        level = [child for parent in level for _, child in children(parent)]
        if not level:
            return
    raise SchemaError([SchemaProblem("", f"nests deeper than {MAX_NESTING} schemas: name the inner ones in $defs")])


def check_values(schema: JsonSchema) -> None:
    """Raise SchemaError for values that JSON text cannot keep: integers beyond 2^53, NaN, half a surrogate pair."""
    try:
        jsontext.encode(schema)
    except (JsonTextError, TypeError) as error:
        if getattr(error, "code", "") == "TOO_DEEP":
            return  # how deep schemas may nest is said elsewhere, and nobody writes them out for it
        raise SchemaError(list(itertools.islice(_unkept(schema, ()), 100)) or [_NO_JSON]) from None


def _unkept(value: Any, path: tuple[str | int, ...]) -> Iterator[SchemaProblem]:
    """The innermost values that have no JSON text."""
    try:
        jsontext.encode(value)
        return
    except (JsonTextError, TypeError) as error:
        reason = str(error)
    inside: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    found = [problem for step, inner in inside for problem in _unkept(inner, (*path, step))]
    yield from found or [SchemaProblem(pointer(path), reason)]


def check(schema: JsonSchema) -> None:
    """Raise SchemaError with everything that keeps a schema of sound size from being compiled."""
    problems = [*_breaches(schema), *_references(schema)]
    if not problems:
        problems = [*_patterns(schema), *_loops(schema)]
    if problems:
        raise SchemaError(problems)


def build(schema: JsonSchema) -> Draft202012Validator:
    """The validator of a checked schema: formats count, patterns run in linear time, nothing is fetched."""
    try:
        return Draft202012Validator(schema, validate_formats=True, pattern_options=PATTERNS, offline=True)
    except jsonschema_rs.ValidationError as error:
        raise SchemaError([SchemaProblem(pointer(error.instance_path), error.message)]) from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise SchemaError([SchemaProblem("", str(error))]) from None


def _breaches(schema: JsonSchema) -> list[SchemaProblem]:
    return [SchemaProblem(found.pointer, found.message) for found in violations_of(_META, schema, 100)]


def _references(root: JsonSchema) -> Iterator[SchemaProblem]:
    document = Document(root)
    for path, schema in _all(root):
        dialect = schema.get("$schema")
        if isinstance(dialect, str) and dialect.rstrip("#") != DIALECT:
            message = f"only JSON Schema 2020-12 is taken, not {dialect}: write {DIALECT} or leave $schema out"
            yield SchemaProblem(pointer((*path, "$schema")), message)
        for keyword in ("$ref", "$dynamicRef"):
            reference = schema.get(keyword)
            if not isinstance(reference, str):
                continue
            if not reference.startswith("#"):
                message = f"nothing is fetched, so a reference starts with #: copy `{reference}` into $defs"
                yield SchemaProblem(pointer((*path, keyword)), message)
            elif not _stands(document, reference):
                yield SchemaProblem(pointer((*path, keyword)), f"`{reference}` points at nothing in this schema")


def _stands(document: Document, reference: str) -> bool:
    try:
        document.target(reference)
    except (LookupError, TypeError, ValueError):
        return False
    return True


def _patterns(root: JsonSchema) -> Iterator[SchemaProblem]:
    linear: dict[str, bool] = {}
    for path, schema in _all(root):
        found: list[tuple[tuple[str, ...], str]] = [
            (("patternProperties", name), name) for name in schema.get("patternProperties", {})
        ]
        if "pattern" in schema:
            found.append((("pattern",), schema["pattern"]))
        for inside, pattern in found:
            if pattern not in linear:
                linear[pattern] = _is_linear(pattern)
            if len(linear) > MAX_PATTERNS:
                yield SchemaProblem("", f"more than {MAX_PATTERNS:,} patterns in one schema")
                return
            if not linear[pattern]:
                message = (
                    f"pattern {pattern!r} cannot be matched in linear time:"
                    " it is malformed, too big, or uses look-around or back-references"
                )
                yield SchemaProblem(pointer((*path, *inside)), message)


def _is_linear(pattern: str) -> bool:
    try:
        Draft202012Validator({"pattern": pattern}, pattern_options=PATTERNS, offline=True)
    except (jsonschema_rs.ValidationError, ValueError):
        return False
    return True


def _loops(root: JsonSchema) -> Iterator[SchemaProblem]:
    """References that come back to the same value: endless ones, and those that double at every step."""
    document = Document(root)
    met: dict[int, int] = {}
    open_: set[int] = set()

    def weigh(schema: JsonSchema) -> int:
        if not isinstance(schema, dict):
            return 1
        if id(schema) in open_:
            raise RecursionError
        if id(schema) not in met:
            open_.add(id(schema))
            here = [child for path, child in children(schema) if path[0] in IN_PLACE]
            here += [document.target(schema[ref]) for ref in ("$ref", "$dynamicRef") if ref in schema]
            met[id(schema)] = 1 + sum(weigh(child) for child in here)
            open_.discard(id(schema))
        return met[id(schema)]

    for path, schema in _all(root):
        try:
            weight = weigh(schema)
        except RecursionError:
            message = "refers to itself without going into a property or an item: no value could ever be checked"
            yield SchemaProblem(pointer(path), message)
            return
        if weight > MAX_BRANCHES:
            message = f"one value meets more than {MAX_BRANCHES:,} schemas through the references here"
            yield SchemaProblem(pointer(path), message)
            return


def _all(schema: JsonSchema, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if isinstance(schema, dict):
        yield path, schema
        for step, child in children(schema):
            yield from _all(child, path + step)
