"""Plays a workflow by hand: its tasks one after the other, each call as its definition says.

No engine: it shows that the definitions alone, with nothing added, make the upstream answer.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import yaml
from jsonschema_rs import Draft202012Validator

from testapi import DEFINITIONS
from wfcore import template

Spec = dict[str, Any]


def files() -> list[Path]:
    """Return all YAML files of the definitions."""
    return sorted(DEFINITIONS.rglob("*.yaml"))


@lru_cache
def specs() -> dict[tuple[str, str], Spec]:
    """Return the spec of every object by kind and name."""
    objects = [found for path in files() for found in yaml.safe_load_all(path.read_text())]
    return {(found["kind"], found["metadata"]["name"]): found["spec"] for found in objects}


def workflows() -> dict[str, Spec]:
    """Return the workflows by name."""
    return {name: spec for (kind, name), spec in specs().items() if kind == "Workflow"}


def examples() -> Iterator[tuple[str, str, Any]]:
    """Go through (workflow, name of the example, its input)."""
    for name, spec in workflows().items():
        for example in spec["examples"]:
            yield name, example["name"], example["input"]


def fill(value: Any, scope: Mapping[str, Any]) -> Any:
    """Return the value with its expressions filled in."""
    return template.compile(template.parse(value))(scope)


def faults(schema: Spec, value: Any) -> list[str]:
    """Return in what the value breaks the schema."""
    return [error.message for error in Draft202012Validator(schema, validate_formats=True).iter_errors(value)]


def play(client: httpx.Client, spec: Spec, values: Any) -> Any:
    """Run all tasks of the workflow and return its output; every value is checked against its schema on the way."""
    assert faults(spec["inputSchema"], values) == []
    scope: dict[str, Any] = {"input": values, "tasks": {}}
    waiting = {entry["id"]: entry for entry in spec["tasks"]}
    while waiting:
        entry = waiting.pop(next(name for name, entry in waiting.items() if is_ready(entry, waiting)))
        task = specs()["WorkflowTask", entry["taskRef"]]
        scope["tasks"][entry["id"]] = {"output": run(client, task, fill(entry["input"], scope))}
    return fill(spec["output"], scope)


def is_ready(entry: Spec, waiting: Mapping[str, Any]) -> bool:
    """Say whether nothing that the task needs is still to come."""
    read = template.tasks_read(template.parse(entry["input"]))
    return not {*read, *entry.get("dependsOn", [])} & waiting.keys()


def run(client: httpx.Client, task: Spec, values: Any) -> Any:
    """Make the task's call, as often as its retry policy says, and return its output. Only JSON bodies."""
    assert faults(task["inputSchema"], values) == []
    http, scope = task["http"], {"input": values}
    for _ in range(task.get("retry", {}).get("maxAttempts", 1)):
        query, body = fill(http.get("query", {}), scope), fill(http.get("body", {}), scope)
        sent = {"json": body} if "body" in http else {}
        answer = client.request(http["method"], fill(http["path"], scope), params=query, **sent)
        if answer.is_success:
            assert faults(task["outputSchema"], answer.json()) == []
            return answer.json()
    raise AssertionError(f"{http['method']} {http['path']} answered {answer.status_code}: {answer.text}")
