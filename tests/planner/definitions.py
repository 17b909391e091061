"""Definitions as people write them, each as short as it gets."""

from typing import Any

import msgspec


def written(kind: str, name: str, spec: dict[str, Any], namespace: str = "shop") -> str:
    """One object as JSON, which is YAML."""
    metadata = {"name": name, "namespace": namespace}
    return msgspec.json.encode(
        {"apiVersion": "workflow.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    ).decode()


def upstream(name: str = "api", url: str = "http://127.0.0.1:9", **spec: Any) -> str:
    return written("Upstream", name, {"url": url, "privateAddresses": True} | spec)


def schema(required: str = "", **properties: Any) -> dict[str, Any]:
    """An object schema; a property is a type's name or a schema."""
    fields = {name: {"type": said} if isinstance(said, str) else said for name, said in properties.items()}
    return {"type": "object", "required": required.split(), "properties": fields}


def task(name: str, path: str = "/things/{{input.id}}", method: str = "GET", **spec: Any) -> str:
    """A task that takes an `id` and gives a `name`."""
    return written(
        "WorkflowTask",
        name,
        {
            "inputSchema": schema("id", id="integer"),
            "outputSchema": schema("name", name="string"),
            "http": {"upstream": "api", "method": method, "path": path},
        }
        | spec,
    )


def workflow(name: str, *tasks: dict[str, Any], output: Any = None, **spec: Any) -> str:
    """A workflow that takes an `id`."""
    composed = (
        output if output is not None else {entry["id"]: f"{{{{tasks.{entry['id']}.output.name}}}}" for entry in tasks}
    )
    return written(
        "Workflow",
        name,
        {"inputSchema": schema("id", id="integer"), "tasks": list(tasks), "output": composed} | spec,
    )


def entry(id: str, task_ref: str, given: Any = "{{input.id}}", **more: Any) -> dict[str, Any]:
    """A task of a workflow."""
    return {"id": id, "taskRef": task_ref, "input": {"id": given}} | more
