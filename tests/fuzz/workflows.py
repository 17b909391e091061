"""Random workflows of the whole language, with the tasks, upstreams and sub-workflows they use.

What is chosen for a place fits there as far as the checker can see it, so a good part of the workflows is accepted
without a warning. The generator promises nothing: validation decides.
"""

from __future__ import annotations

from random import Random
from typing import Any

import yaml

from tests.wfcore.definitions import Known
from wfcore import schema as schemas
from wfcore import transform
from wfcore.definition import Definition, WorkflowSpec, read_definitions
from wfcore.expression import Inferred
from wfcore.schema import Found, JsonSchema, Missing
from wfcore.schema.building import array_of
from wfcore.transform import TransformError
from wfcore.validation import Validation, WorkflowTypes, validate

from .scopes import Frame, whole
from .shapes import TOP, a_schema, an_input, an_object, loosened
from .terms import LIST, NUMBER, OBJECT, TEXT, TRUTH, Term

Document = dict[str, Any]
_MOST_NESTING = 5


def written(documents: list[Document]) -> str:
    """The YAML of definitions."""
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=200)


class Checked:
    """Definitions, read and validated."""

    def __init__(self, documents: list[Document]) -> None:
        self.reading = read_definitions(written(documents))
        self.known = Known(self.reading.definitions)

    def validation(self, name: str) -> tuple[Definition, Validation] | None:
        """A workflow and what validation finds; None where it does not read."""
        if self.reading.diagnostics:
            return None
        for definition in self.reading.definitions:
            if definition.ref.name == name and isinstance(definition.spec, WorkflowSpec):
                return definition, validate(definition, self.known)
        return None

    def accepted(self, name: str) -> tuple[Definition, WorkflowTypes] | None:
        """The workflow where it and all it uses pass without a warning."""
        found = self.validation(name)
        if found is None or found[1].types is None or found[1].diagnostics:
            return None
        others = [d for d in self.reading.definitions if d.ref.name != name]
        if any(validate(definition, self.known).diagnostics for definition in others):
            return None
        return found[0], found[1].types

    def codes(self, name: str) -> list[str]:
        """Of what is wrong, each code once."""
        found = [*self.reading.diagnostics]
        for definition in self.reading.definitions:
            found += validate(definition, self.known).diagnostics
        return sorted({diagnostic.code for diagnostic in found})


def a_project(rng: Random) -> list[Document]:
    """The definitions of one workflow, `main`, and of what it uses."""
    author = _Author(rng)
    for number in range(rng.choice((0, 0, 1, 1, 2))):
        author.sub_workflow(f"inner{number}")
    author.workflow("main", rng.choice((2, 3, 4, 5, 6, 8)))
    return author.documents


def _object(kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": "workflow.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


class _Author:
    """Writes the definitions of one project."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._upstream = _object("Upstream", "api", {"url": "https://api.example.com/v1"})
        self._tasks: dict[str, Document] = {}
        self._outputs: dict[str, JsonSchema] = {}
        self._workflows: dict[str, tuple[Document, WorkflowTypes]] = {}
        self._main: list[Document] = []
        self._ids = 0

    @property
    def documents(self) -> list[Document]:
        inner = [document for document, _ in self._workflows.values()]
        return [self._upstream, *self._tasks.values(), *inner, *self._main]

    def sub_workflow(self, name: str) -> None:
        """Keep a small workflow, if it is sound."""
        kept = dict(self._tasks)
        document = self._workflow(name, 2)
        self._main = [document]
        accepted = Checked(self.documents).accepted(name)
        self._main = []
        if accepted is None:
            self._tasks = kept
        else:
            self._workflows[name] = document, accepted[1]

    def workflow(self, name: str, size: int) -> None:
        self._main = [self._workflow(name, size)]

    # --- workflows

    def _workflow(self, name: str, size: int) -> Document:
        rng = self._rng
        frame = Frame(rng, an_input(rng))
        entries = self._entries(frame, size, 0)
        output = self._output(frame)
        spec: Document = {"inputSchema": frame.input, "timeout": "30s", "tasks": entries, "output": output}
        if rng.random() < 0.4:
            spec["maxParallel"] = rng.choice((1, 2, 3, 100))
        inferred = frame.infer(output)
        if inferred is not None and rng.random() < 0.5:
            spec["outputSchema"] = loosened(rng, inferred.schema)
        if rng.random() < 0.4:
            spec["errors"] = [self._rule(frame)]
        fields = self._required_fields(frame)
        if fields and rng.random() < 0.2:
            spec["requiredFields"] = fields
        if rng.random() < 0.1:
            spec["route"] = {"method": "POST", "path": f"/{name}"}
        return _object("Workflow", name, spec)

    def _output(self, frame: Frame) -> Any:
        rng = self._rng
        last = {f"out{at}": frame.value(3) for at in range(rng.choice((1, 2, 3)))}
        for id_ in rng.sample(frame.ids, min(len(frame.ids), 3)):
            last[id_] = whole(f"tasks.{id_}.?output")
        return last if rng.random() < 0.9 else frame.value()

    def _rule(self, frame: Frame) -> Document:
        when = self._rng.choice(
            (
                "error.code == 'NOT_FOUND'",
                "error.?status.orValue(0) >= 500 && task != ''",
                f"task.startsWith('{frame.ids[0]}') || error.title.contains('a')",
                "has(error.status) && error.status == 404",
            )
        )
        return {"when": when, "status": 404, "code": "NO_SUCH_THING", "title": "No such thing"}

    def _required_fields(self, frame: Frame) -> Document:
        fields = {}
        for id_ in frame.ids:
            output = frame.scope["properties"]["tasks"]["properties"][id_]["properties"]["output"]
            if isinstance(output, dict) and output.get("type") == "object" and output.get("properties"):
                fields[id_] = sorted(output["properties"])[:2]
        return fields

    # --- entries

    def _entries(self, frame: Frame, size: int, depth: int) -> list[Document]:
        found = [self._entry(frame, depth) for _ in range(size)]
        return [entry for entry in found if entry is not None] or [self._call(frame, self._id(), depth)]

    def _id(self) -> str:
        self._ids += 1
        return f"t{self._ids}"

    def _entry(self, frame: Frame, depth: int) -> Document | None:
        id_, before = self._id(), list(frame.ids)
        nested = (self._each, self._each, self._switch) if depth < _MOST_NESTING else ()
        kinds = (self._call, self._call, self._call, self._call, self._transform, self._workflow_ref, *nested)
        kind = self._rng.choice(kinds)
        entry: Document | None = kind(frame, id_, depth)
        if entry is not None and before and self._rng.random() < 0.1:
            entry["dependsOn"] = [self._rng.choice(before)]
        return entry

    def _finish(self, frame: Frame, entry: Document, output: JsonSchema, *, absent: bool = False) -> Document:
        """Add when, onError and fallback, and let the scope know the task."""
        rng, outputs, error = self._rng, [output], False
        condition = frame.condition() if rng.random() < 0.2 else None
        if condition is not None:
            entry["when"], absent = condition, True
        dice = rng.random()
        if dice < 0.15:
            entry["onError"], absent, error = "skip", True, True
        elif dice < 0.35:
            fallback = self._fallback(frame, output)
            if fallback is not None:
                entry |= {"onError": "fallback", "fallback": fallback[0]}
                outputs.append(fallback[1])
                absent = absent or fallback[2]
        frame.learn(entry["id"], schemas.union(outputs), absent=absent, error=error)
        return entry

    def _fallback(self, frame: Frame, output: JsonSchema) -> tuple[Document, JsonSchema, bool] | None:
        if self._rng.random() < 0.4 and self._tasks:
            name = self._rng.choice(sorted(self._tasks))
            spec = self._tasks[name]["spec"]
            gives = self._gives(name)
            return {"taskRef": name, "input": frame.giving(spec["inputSchema"])}, gives, False
        value = frame.giving(output) if self._rng.random() < 0.5 and output not in ({}, True) else frame.value()
        inferred = frame.infer(value)
        return None if inferred is None else ({"output": value}, inferred.schema, inferred.absent)

    def _call(self, frame: Frame, id_: str, depth: int) -> Document:
        rng = self._rng
        if self._tasks and rng.random() < 0.35:
            name = rng.choice(sorted(self._tasks))
            value = frame.giving(self._tasks[name]["spec"]["inputSchema"])
        else:
            value, takes = self._input(frame)
            made = self._new_transform(takes) if rng.random() < 0.2 else None
            name = made or self._new_task(takes)
        entry = {"id": id_, "taskRef": name, "input": value}
        if rng.random() < 0.1 and "http" in self._tasks[name]["spec"]:
            entry["timeout"] = rng.choice(("60ms", "300ms"))
        return self._finish(frame, entry, self._gives(name))

    def _input(self, frame: Frame) -> tuple[Any, JsonSchema]:
        """What a task is given, and a schema that somebody would write for it."""
        for _ in range(4):
            if self._rng.random() < 0.07 and (term := frame.pool.some(OBJECT)) is not None:
                return whole(term.text), loosened(self._rng, term.schema, TOP)
            names = self._rng.sample(("id", "name", "items", "owner", "note", "size"), self._rng.choice((1, 2, 3)))
            value = {name: frame.value(1) for name in names}
            inferred = {name: frame.infer(each) for name, each in value.items()}
            if all(each is not None for each in inferred.values()):
                return value, self._taking({name: each for name, each in inferred.items() if each is not None})
        return {}, {"type": "object", "properties": {}}

    def _taking(self, given: dict[str, Inferred]) -> JsonSchema:
        """The schema of a task that is given these."""
        takes: Document = {
            "type": "object",
            "properties": {name: loosened(self._rng, each.schema) for name, each in given.items()},
        }
        required = [name for name, each in given.items() if not each.absent and self._rng.random() < 0.9]
        return {**takes, "required": required} if required else takes

    def _workflow_ref(self, frame: Frame, id_: str, depth: int) -> Document | None:
        if not self._workflows:
            return self._call(frame, id_, depth)
        name = self._rng.choice(sorted(self._workflows))
        _, types = self._workflows[name]
        entry = {"id": id_, "workflowRef": name, "input": frame.giving(types.input)}
        if self._rng.random() < 0.1:
            entry["timeout"] = "20s"
        return self._finish(frame, entry, types.output)

    def _each(self, frame: Frame, id_: str, depth: int) -> Document | None:
        rng = self._rng
        lists = [term for term in frame.pool.all() if not term.absent and term.kinds <= {LIST} and _most(term.schema)]
        lists = [term for term in lists if term.reads] or lists
        if not lists:
            return self._call(frame, id_, depth)
        term = rng.choice(lists)
        item = schemas.item_of(term.schema)
        name = rng.choice(("item", f"e{depth}"))
        shape = item.schema if isinstance(item, Found) else {}
        inner = Frame(rng, frame.root.input, frame, **{name: shape, "index": {"type": "integer", "minimum": 0}})
        tasks = self._entries(inner, rng.choice((1, 1, 2)), depth + 1)
        each: Document = {"items": whole(term.text)}
        each |= {"as": name} if name != "item" else {}
        each |= {"maxParallel": rng.choice((1, 2, 100))} if rng.random() < 0.3 else {}
        entry: Document = {"id": id_, "forEach": each, "tasks": tasks}
        if len(tasks) > 1 or rng.random() < 0.8:
            entry["output"] = inner.value()
        inferred = inner.infer(entry.get("output", whole(f"tasks.{tasks[0]['id']}.?output")))
        if inferred is None:
            entry["output"] = whole("index")
            inferred = inner.infer(entry["output"])
        assert inferred is not None
        out = schemas.union([inferred.schema, {"type": "null"}]) if inferred.absent else inferred.schema
        return self._finish(frame, entry, array_of(out, 0, _most(term.schema)))

    def _switch(self, frame: Frame, id_: str, depth: int) -> Document | None:
        rng, absent = self._rng, False
        branches, outputs = list[Document](), list[JsonSchema]()
        for _ in range(rng.choice((1, 1, 2, 3))):
            when = frame.condition()
            if when is not None:
                branches.append({"when": when})
        if rng.random() < 0.6:
            branches.append({"default": True})
        else:
            absent = True
        if not branches:
            return self._call(frame, id_, depth)
        for branch in branches:
            inner = Frame(rng, frame.root.input, frame)
            size = rng.choice((0, 1, 1, 2))
            if size:
                branch["tasks"] = self._entries(inner, size, depth + 1)
            for _ in range(4):
                value = inner.value()
                inferred = inner.infer(value)
                if inferred is not None:
                    break
            else:
                value = "none"
                inferred = inner.infer(value)
            assert inferred is not None
            branch["output"] = value
            outputs.append(inferred.schema)
            absent = absent or inferred.absent
        return self._finish(frame, {"id": id_, "switch": branches}, schemas.union(outputs), absent=absent)

    # --- transforms

    def _transform(self, frame: Frame, id_: str, depth: int) -> Document | None:
        made = self._steps(frame)
        if made is None:
            return self._call(frame, id_, depth)
        return self._finish(frame, {"id": id_, "transform": made[0]}, made[1])

    def _steps(self, frame: Frame) -> tuple[Document, JsonSchema] | None:
        """A transform, grown step by step, and what it gives."""
        lists = [term for term in frame.pool.all() if term.kinds <= {LIST} and not term.absent and _of_objects(term)]
        term = self._rng.choice(lists) if lists and self._rng.random() < 0.6 else frame.pool.some(LIST)
        if term is None:
            return None
        made: Document = {"from": whole(term.text), "steps": []}
        gives = self._transformed(frame, made)
        for _ in range(self._rng.choice((1, 2, 3, 4))):
            item = schemas.item_of(gives) if gives is not None else None
            if not isinstance(item, Found):
                break
            step = self._step(frame, item.schema)
            tried = {**made, "steps": [*made["steps"], step]}
            after = self._transformed(frame, tried) if step else None
            if after is not None:
                made, gives = tried, after
        if not made["steps"]:
            del made["steps"]
        return None if gives is None else (made, gives)

    def _transformed(self, frame: Frame, made: Document) -> JsonSchema | None:
        try:
            inferred = transform.infer(transform.parse(made), frame.scope)
        except TransformError:
            return None
        return None if inferred.problems or inferred.doubts else inferred.schema

    def _step(self, frame: Frame, item: JsonSchema) -> Document | None:
        rng = self._rng
        inner = frame.pool.copy_with(item=item, index={"type": "integer", "minimum": 0})
        match rng.choice(("filter", "map", "map", "select", "flatten", "sort", "distinct", "limit")):
            case "filter":
                term = inner.some(TRUTH)
                return None if term is None else {"filter": term.text}
            case "map":
                first, second = inner.some(absent=True), inner.some(absent=True)
                if first is None or second is None:
                    return None
                fields = {"id": whole(first.text), "name": whole(second.text)}
                return {"map": rng.choice((fields, whole(first.text)))}
            case "select":
                none = schemas.property_of(item, "\0")
                declared = none.declared if isinstance(none, Missing) else ()
                return {"select": list(declared[:2])} if declared else None
            case "flatten":
                term = inner.some(LIST)
                return {"flatten": "item"} if term is None else {"flatten": term.text}
            case "sort":
                keys = [inner.some(TEXT, absent=True), inner.some(NUMBER, "null", absent=True)]
                orders = [{"by": key.text, "order": rng.choice(("asc", "desc"))} for key in keys if key is not None]
                return {"sort": orders} if orders else None
            case "distinct":
                term = inner.some()
                return {"distinct": {}} if term is None or rng.random() < 0.4 else {"distinct": {"by": term.text}}
        return {"limit": rng.choice((0, 1, 2, 100))}

    # --- tasks

    def _gives(self, name: str) -> JsonSchema:
        return self._outputs[name]

    def _new_transform(self, takes: JsonSchema) -> str | None:
        frame = Frame(self._rng, takes)
        made = self._steps(frame)
        if made is None or "item" in made[0]["from"] or "execution" in str(made[0]) or "workflow" in str(made[0]):
            return None
        name = f"work-{len(self._tasks)}"
        spec: Document = {"inputSchema": takes, "transform": made[0]}
        if self._rng.random() < 0.5:
            spec["outputSchema"] = loosened(self._rng, made[1])
        self._tasks[name] = _object("WorkflowTask", name, spec)
        self._outputs[name] = spec.get("outputSchema", made[1])
        return name

    def _new_task(self, takes: JsonSchema) -> str:
        rng = self._rng
        name = f"do-{len(self._tasks)}"
        gives = a_schema(rng) if rng.random() < 0.85 else {"type": "array", "maxItems": 3, "items": an_object(rng, 1)}
        spec: Document = {"inputSchema": takes, "outputSchema": gives, "http": self._http(takes, gives)}
        if rng.random() < 0.9:
            spec["timeout"] = rng.choice(("60ms", "100ms", "250ms", "500ms"))
        if rng.random() < 0.2:
            spec["attemptTimeout"] = "60ms"
        if rng.random() < 0.3:
            spec["retry"] = {"maxAttempts": rng.choice((1, 2, 4)), "initialInterval": "20ms", "idempotent": True}
        if rng.random() < 0.1:
            spec["validate"] = "strict"
        self._tasks[name] = _object("WorkflowTask", name, spec)
        self._outputs[name] = gives
        return name

    def _http(self, takes: JsonSchema, gives: JsonSchema) -> Document:
        rng, frame = self._rng, Frame(self._rng, takes)
        method = rng.choice(("GET", "GET", "POST", "PUT", "DELETE"))
        http: Document = {"upstream": "api", "method": method, "path": "/things"}
        scalar = frame.pool.some(TEXT, NUMBER, TRUTH)
        if scalar is not None and rng.random() < 0.5:
            http["path"] += f"/{whole(scalar.text)}"
        parameter = frame.pool.some(TEXT, NUMBER, TRUTH, absent=True)
        if parameter is not None and rng.random() < 0.4:
            http["query"] = {"q": whole(parameter.text), "fixed": "1"}
        if parameter is not None and rng.random() < 0.2:
            http["headers"] = {"X-Thing": whole(parameter.text)}
        if method in ("POST", "PUT"):
            http["body"] = whole("input") if rng.random() < 0.5 else frame.value()
            if scalar is not None and rng.random() < 0.2:
                http["bodyType"] = rng.choice(("form", "text", "multipart", "raw"))
                text = whole(scalar.text)
                http["body"] = text if http["bodyType"] in ("text", "raw") else {"field": text, "more": [text]}
        dice = rng.random()
        if dice < 0.15:
            http["output"] = "{{response.body.data}}"
        elif dice < 0.3 and isinstance(gives, dict) and gives.get("type") == "object" and "properties" in gives:
            required = gives.get("required", ())
            if "additionalProperties" not in gives:
                http["output"] = {
                    key: f"{{{{response.body[{'' if key in required else '?'}'{key}']}}}}"
                    for key in gives["properties"]
                }
        return http


def _of_objects(term: Term) -> bool:
    item = schemas.item_of(term.schema)
    return isinstance(item, Found) and schemas.types_of(item.schema) == {OBJECT}


def _most(schema: JsonSchema) -> int | None:
    if not isinstance(schema, dict):
        return None
    if isinstance(schema.get("const"), list):
        return len(schema["const"])
    return schema.get("maxItems")
