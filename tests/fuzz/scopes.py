"""What the expressions of a workflow under way can read, scope by scope, while a workflow is made up."""

from __future__ import annotations

from random import Random
from typing import Any

from wfcore import schema as schemas
from wfcore import template
from wfcore.compatibility import covers
from wfcore.expression import Inferred
from wfcore.schema import JsonSchema, alone
from wfcore.template import TemplateError
from wfcore.validation import templates

from .shapes import NoDocument, a_document
from .terms import LIST, NUMBER, OBJECT, TEXT, TRUTH, Pool, Term

_STATUS = {"enum": ["succeeded", "failed", "skipped"]}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["code", "title", "message"],
    "properties": {"code": _TEXT, "title": _TEXT, "message": _TEXT, "status": {"type": "integer"}},
}
_KEYS = ("id", "name", "tier", "list", "flag", "sum", "note")


class Frame:
    """One scope: the workflow, the body of a forEach, a branch; or what a task sees of its input."""

    def __init__(self, rng: Random, input_schema: JsonSchema, parent: Frame | None = None, **names: JsonSchema) -> None:
        self.rng = rng
        self.parent = parent
        self.input = input_schema
        roots: dict[str, Any] = {name: alone(shape) for name, shape in names.items()}
        roots |= {"input": alone(input_schema), "tasks": templates.exactly({})}
        if parent is not None:
            roots |= {"$parent": parent.scope, "$root": parent.root.scope}
        self.scope: dict[str, Any] = templates.scope(**roots)
        self.names = tuple(names)
        self.ids: list[str] = []
        self.pool = Pool(rng, self.scope)
        self.pool.read([*names, "input"])
        self.pool.read(["execution.id", "execution.startedAt", "workflow.name"], 0)
        self.pool.read(self._outer(), 2)
        self.pool.grow(20)

    @property
    def root(self) -> Frame:
        return self if self.parent is None else self.parent.root

    def _outer(self) -> list[str]:
        """Some of what the scopes around offer."""
        found, way, at = [], "", self.parent
        while at is not None:
            way = f"{way}.$parent".removeprefix(".")
            for prefix in {way, "$root"} if at.parent is None else {way}:
                found += [f"{prefix}.{name}" for name in at.names]
                found += [f"{prefix}.tasks.{id_}.{last}" for id_ in at.ids for last in ("output", "?output", "status")]
            at = at.parent
        return self.rng.sample(found, min(len(found), 8))

    def learn(self, id_: str, output: JsonSchema, *, absent: bool, error: bool) -> None:
        """A task was added, and this is what it gives."""
        properties = {"output": output, "status": _STATUS, **({"error": _ERROR} if error else {})}
        required = ["status"] if absent else ["output", "status"]
        tasks = self.scope["properties"]["tasks"]
        tasks["properties"][id_] = {"type": "object", "required": required, "properties": properties}
        tasks["required"].append(id_)
        self.ids.append(id_)
        self.pool.read([f"tasks.{id_}.{'?' if absent else ''}output"])
        self.pool.read([f"tasks.{id_}.status", *([f"tasks.{id_}.?error.?code"] if error else [])], 0)
        self.pool.grow(14)

    # --- templates

    def infer(self, value: Any) -> Inferred | None:
        """What a template gives; None where something is wrong or in doubt."""
        try:
            inferred = template.infer(template.parse(value), self.scope)
        except TemplateError:
            return None
        return None if inferred.problems or inferred.doubts else inferred

    def value(self, depth: int = 2) -> Any:
        """A template of any shape."""
        dice = self.rng.random()
        if depth and dice < 0.2:
            return {key: self.value(depth - 1) for key in self.rng.sample(_KEYS, self.rng.choice((1, 2, 3)))}
        if depth and dice < 0.25:
            return [self.value(depth - 1) for _ in range(self.rng.choice((1, 2)))]
        if dice < 0.35:
            return self.text()
        if dice < 0.4:
            return constant(a_document(self.rng, self.rng.choice(({"type": "integer"}, {"enum": ["a", None, True]}))))
        term = self.pool.some(*self.rng.choice(((), (), (), (TEXT,), (NUMBER,), (OBJECT,), (LIST,))), absent=True)
        return whole(term.text) if term is not None else "none"

    def text(self) -> str:
        """Text with expressions in it."""
        terms = [self.pool.some(TEXT, NUMBER, TRUTH) for _ in range(self.rng.choice((1, 2)))]
        return "a " + " / ".join(whole(term.text) for term in terms if term is not None)

    def condition(self) -> str | None:
        """A condition that is not always the same."""
        for _ in range(6):
            term = self.pool.some(TRUTH)
            if term is not None and not _is_constant(term):
                return term.text
        return None

    def giving(self, wanted: JsonSchema, depth: int = 4) -> Any:
        """A template whose value fits a schema, as far as can be seen here."""
        kinds = schemas.types_of(wanted)
        if OBJECT in kinds and isinstance(wanted, dict) and "properties" in wanted and depth:
            required = wanted.get("required", ())
            return {
                name: self.giving(shape, depth - 1)
                for name, shape in wanted["properties"].items()
                if name in required or self.rng.random() < 0.5
            }
        found = [term for term in self.pool.all() if not term.absent and schemas.types_of(term.schema) <= kinds]
        found = [term for term in found if not _is_constant(term)] or found
        for term in self.rng.sample(found, min(4, len(found))):
            if schemas.compile(alone(wanted)).source == {} or _covers(term.schema, wanted):
                return whole(term.text)
        try:
            return constant(a_document(self.rng, wanted))
        except NoDocument:
            return "none"


def _covers(given: JsonSchema, wanted: JsonSchema) -> bool:
    return covers(given, wanted).verdict == "yes"


def _is_constant(term: Term) -> bool:
    return not term.reads or (
        isinstance(term.schema, dict) and ("const" in term.schema or len(term.schema.get("enum", "ab")) == 1)
    )


def whole(text: str) -> str:
    """A template that is this expression."""
    return f"{{{{ {text} }}}}" if text.startswith("{") or text.endswith("}") else f"{{{{{text}}}}}"


def constant(value: Any) -> Any:
    """A value as a template says it: no literal null, no braces that mean something."""
    if value is None:
        return "{{null}}"
    if isinstance(value, dict):
        return {key: constant(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [constant(inner) for inner in value]
    return value.replace("{{", "<").replace("}}", ">") if isinstance(value, str) else value
