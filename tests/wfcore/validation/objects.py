"""Small definitions to validate: an upstream, a task that calls it, a workflow that uses the task."""

import yaml
from tests.wfcore.definitions import validations

from wfcore.definition import read_definitions
from wfcore.diagnostics import Diagnostic
from wfcore.schema import JsonSchema
from wfcore.validation import Validation

ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
USER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
LISTS = {
    "type": "object",
    "required": ["ids", "users", "id"],
    "properties": {
        "id": {"type": "integer"},
        "nick": {"type": "string"},
        "ids": {"type": "array", "maxItems": 20, "items": {"type": "integer"}},
        "more": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
        "users": {"type": "array", "maxItems": 3, "items": USER},
    },
}
"""An input with lists of numbers and of objects, and things that may be absent."""

FIRST = {"id": "first", "input": {"id": "{{input.id}}"}}
SECOND = {"id": "second", "input": {"id": "{{tasks.first.output.id}}"}}

KINDS = ("taskRef", "workflowRef", "transform", "forEach", "switch")


def an_object(kind: str, name: str, spec: dict) -> dict:
    return {"apiVersion": "workflow.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def an_upstream(url: str = "https://users.example.com", **spec: object) -> dict:
    return an_object("Upstream", "users", {"url": url, **spec})


def a_task(
    name: str = "get-user", takes: JsonSchema = ID, gives: JsonSchema = USER, http: dict | None = None, **spec: object
) -> dict:
    call = {"upstream": "users", "path": "/users", **(http or {})}
    return an_object("WorkflowTask", name, {"inputSchema": takes, "outputSchema": gives, "http": call, **spec})


def a_workflow(
    *tasks: dict, output: object = None, takes: JsonSchema = ID, name: str = "profile", **spec: object
) -> dict:
    """Entries that say nothing else run `get-user`."""
    return an_object("Workflow", name, {"inputSchema": takes, "tasks": running(*tasks), "output": output or {}, **spec})


def running(*tasks: dict) -> list[dict]:
    """The entries, of which those that say nothing else run `get-user`."""
    return [task if any(kind in task for kind in KINDS) else {"taskRef": "get-user", **task} for task in tasks]


def each(id_: str, *tasks: dict, items: str = "{{input.ids}}", name: str = "number", **entry: object) -> dict:
    """A forEach, by default over the input's `ids` as `number`, four at a time."""
    loop = {"items": items, "as": name, "maxParallel": 4, **entry.pop("forEach", {})}  # type: ignore[dict-item]
    return {"id": id_, "forEach": loop, "tasks": running(*tasks), **entry}


def check(*objects: dict) -> Validation:
    """Validate the last object against all of them."""
    reading = read_definitions(yaml.safe_dump_all(objects, sort_keys=False))
    assert reading.diagnostics == []
    return validations(reading)[objects[-1]["metadata"]["name"]]


def check_workflow(*tasks: dict, **spec: object) -> Validation:
    return check(an_upstream(), a_task(), a_workflow(*tasks, **spec))


def only(validation: Validation) -> Diagnostic:
    (fault,) = validation.diagnostics
    return fault


def codes(validation: Validation) -> list[str]:
    return [each.code for each in validation.diagnostics]
