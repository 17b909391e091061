"""Write the tasks of the test API out of its OpenAPI document: `python -m testapi.definitions`.

A task per operation, a file per family, and `examples.json` with an input for each task that works as it stands.
With `--check` nothing is written: exit code 1 and the names of the files that are not what they should be.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from testapi import DEFINITIONS
from testapi.app import shop
from testapi.schemas import Schema, an_object, inline

NAMESPACE = "test"
UPSTREAM = "testapi"
TIMEOUT = "2s"
BODY_TYPES = {
    "application/json": None,
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
    "text/plain": "text",
}
HEADING = "# Generated from the OpenAPI document: change the operation, then run `python -m testapi.definitions`.\n"


def files(document: dict[str, Any]) -> dict[str, str]:
    """Return every generated file by its path inside the folder of definitions."""
    families: dict[str, list[dict[str, Any]]] = {}
    examples = {}
    for method, path, operation in operations(document):
        task = task_of(method, path, operation, document["components"]["schemas"])
        families.setdefault(operation["tags"][0], []).append(task)
        examples[operation["operationId"]] = operation["x-workflow"]["example"]
    texts = {f"tasks/{family}.yaml": HEADING + as_yaml(tasks) for family, tasks in families.items()}
    return texts | {"examples.json": json.dumps(examples, indent=2, sort_keys=True) + "\n"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Go through (method, path, operation)."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def task_of(method: str, path: str, operation: dict[str, Any], components: dict[str, Schema]) -> dict[str, Any]:
    """Return the WorkflowTask that calls the operation."""
    facts = operation["x-workflow"]
    http, inputs = call_of(method, path, operation, components)
    metadata: dict[str, Any] = {"name": operation["operationId"], "namespace": NAMESPACE}
    if "expectedStatus" in facts:
        metadata["annotations"] = {"workflow.io/expected-status": str(facts["expectedStatus"])}
    spec = {
        "description": " ".join(operation["description"].split()),
        "inputSchema": inputs,
        "outputSchema": output_of(operation, components),
        "http": http,
        "timeout": facts.get("timeout", TIMEOUT),
    }
    if "retry" in facts:
        spec["retry"] = facts["retry"]
    return {"apiVersion": "workflow.io/v1", "kind": "WorkflowTask", "metadata": metadata, "spec": spec}


def call_of(
    method: str, path: str, operation: dict[str, Any], components: dict[str, Schema]
) -> tuple[dict[str, Any], Schema]:
    """Return the call with its templates, and the schema of the one object that fills them."""
    http: dict[str, Any] = {"upstream": UPSTREAM, "method": method, "path": path}
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for parameter in operation.get("parameters", []):
        name = camel(parameter["name"])
        needed = parameter.get("required", False)
        described = {"description": parameter["description"]} if "description" in parameter else {}
        properties[name] = inline(parameter["schema"], components) | described
        required += [name] if needed else []
        match parameter["in"]:
            case "path":
                http["path"] = http["path"].replace(f"{{{parameter['name']}}}", template(name))
            case "query":
                http.setdefault("query", {})[parameter["name"]] = template(name, needed)
            case "header":
                http.setdefault("headers", {})[parameter["name"]] = template(name, needed)
    if "requestBody" in operation:
        [(media_type, content)] = operation["requestBody"]["content"].items()
        body = inline(content["schema"], components)
        if body.get("type") == "object" and "properties" in body and not body["properties"].keys() & properties.keys():
            http["body"] = {name: template(name, name in body.get("required", [])) for name in body["properties"]}
            properties |= body["properties"]
            required += body.get("required", [])
        else:
            http["body"] = template("body")
            properties["body"] = body
            required.append("body")
        if body_type := BODY_TYPES[media_type]:
            http["bodyType"] = body_type
    return http, an_object(properties, required)


def output_of(operation: dict[str, Any], components: dict[str, Schema]) -> Schema:
    """Return the schema of what a success answers; without content, or without success, that is null."""
    for status, response in operation["responses"].items():
        if status.startswith("2") and "content" in response:
            [content] = response["content"].values()
            schema: Schema = inline(content["schema"], components)
            return schema
    return {"type": "null"}


def template(name: str, needed: bool = True) -> str:
    """Return the expression that reads a property of the input."""
    return f"{{{{input.{name}}}}}" if needed else f"{{{{input.?{name}}}}}"


def camel(name: str) -> str:
    """Return a header's or parameter's name as a property: `X-Shop-Region` is `xShopRegion`."""
    first, *others = re.split(r"[^A-Za-z0-9]+", name)
    return first[:1].lower() + first[1:] + "".join(word.capitalize() for word in others)


class Writer(yaml.SafeDumper):
    """Writes expressions in double quotes, lists indented, and nothing as an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out, however often it is used."""
        return True

    def text(self, value: str) -> yaml.Node:
        """Quote expressions, as the language asks for."""
        return self.represent_scalar("tag:yaml.org,2002:str", value, style='"' if "{{" in value else None)


Writer.add_representer(str, Writer.text)


def as_yaml(tasks: list[dict[str, Any]]) -> str:
    """Return the tasks as one YAML text of several documents."""
    return yaml.dump_all(
        tasks,
        Dumper=Writer,
        sort_keys=False,
        default_flow_style=None,
        width=140,
        allow_unicode=True,
        explicit_start=True,
    )


def stale(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Return the paths of the files that are missing, differ, or should not be there."""
    found = {f"tasks/{path.name}" for path in folder.glob("tasks/*")}
    changed = {path for path, text in wanted.items() if text_of(folder / path) != text}
    return sorted(changed | (found - wanted.keys()))


def text_of(path: Path) -> str | None:
    """Return what the file holds, None where there is none."""
    return path.read_text() if path.is_file() else None


def write(folder: Path, wanted: dict[str, str]) -> None:
    """Make the folder hold exactly these files; what is written by hand beside them stays."""
    (folder / "tasks").mkdir(parents=True, exist_ok=True)
    for path in stale(folder, wanted):
        if path in wanted:
            (folder / path).write_text(wanted[path])
        else:
            (folder / path).unlink()


def main() -> int:
    """Write the files, or with `--check` say which are stale."""
    parser = argparse.ArgumentParser(prog="testapi.definitions", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    parser.add_argument("--folder", type=Path, default=DEFINITIONS, help="default: %(default)s")
    options = parser.parse_args()
    wanted = files(shop().openapi())
    if not options.check:
        write(options.folder, wanted)
        return 0
    for path in (outdated := stale(options.folder, wanted)):
        print(f"{options.folder / path} is stale: run `python -m testapi.definitions`", file=sys.stderr)
    return 1 if outdated else 0


if __name__ == "__main__":
    sys.exit(main())
