"""Every task of the test API runs through an executor, with its own example, against the real upstream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
import yaml

from testapi import DEFINITIONS
from wfcore import errors, publishing, schema, subjects
from wfcore.definition import Definition, WorkflowTaskSpec, read_definitions
from wfcore.diagnostics import ObjectRef
from wfcore.messages import RunEnded
from wfcore.validation import validate
from wfservice.bus.nats import NatsBus

from ..testapi_tests import running
from .house import Desk, a_run, desk, executor, publish

EXPECTED_STATUS = "workflow.io/expected-status"


class Known:
    """All definitions by name."""

    def __init__(self, definitions: Iterable[Definition]) -> None:
        self._held = {definition.ref: definition for definition in definitions}

    def get(self, ref: ObjectRef) -> Definition | None:
        return self._held.get(ref)

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        return [ref.name for ref in self._held if (ref.kind, ref.namespace) == (kind, namespace)]


def read(text: str) -> list[Definition]:
    """The definitions of a text, which has to be without fault."""
    reading = read_definitions(text)
    assert [str(diagnostic) for diagnostic in reading.diagnostics] == []
    return reading.definitions


@lru_cache
def tasks() -> dict[str, Definition]:
    """The 100 tasks by name."""
    texts = [path.read_text() for path in sorted((DEFINITIONS / "tasks").glob("*.yaml"))]
    return {definition.ref.name: definition for text in texts for definition in read(text)}


@lru_cache
def examples() -> dict[str, Any]:
    """An input for each task."""
    found: dict[str, Any] = json.loads((DEFINITIONS / "examples.json").read_text())
    return found


def workflow_of(task: Definition) -> Definition:
    """A workflow of this one task, with its input passed through property by property."""
    spec = task.raw
    taken: Any = spec.get("inputSchema", {"type": "object", "properties": {}})
    required = taken.get("required", [])
    given = {name: f"{{{{input.{'' if name in required else '?'}{name}}}}}" for name in taken.get("properties", {})}
    (workflow,) = read(
        yaml.safe_dump(
            {
                "apiVersion": "workflow.io/v1",
                "kind": "Workflow",
                "metadata": {"name": f"only-{task.ref.name}", "namespace": task.ref.namespace},
                "spec": {
                    "inputSchema": taken,
                    "tasks": [{"id": "only", "taskRef": task.ref.name, "input": given}],
                    "output": "{{tasks.only.output}}",
                },
            },
            sort_keys=False,
        )
    )
    return workflow


class House(NamedTuple):
    """One executor, one asker, one upstream for all tasks."""

    desk: Desk
    upstream: Definition

    async def run(self, name: str) -> RunEnded:
        """Prove the workflow of one task, publish it and run it with the task's example."""
        task = tasks()[name]
        workflow = workflow_of(task)
        known = Known([self.upstream, task, workflow])
        validation = validate(workflow, known)
        assert [str(each) for each in validation.diagnostics if each.is_error] == []
        assert validation.types is not None, validation.missing
        hash = await publish(self.desk.bus, publishing.assemble(workflow, validation.types, known))
        return await self.desk.answer(a_run(hash, examples()[name]))


@pytest_asyncio.fixture(scope="module")
async def house(nats_url: str) -> AsyncIterator[House]:
    """Everything that a task needs to run."""
    ours, theirs = await NatsBus.connect(nats_url, "executor"), await NatsBus.connect(nats_url, "asker")
    await theirs.ensure(subjects.STREAMS, subjects.BUCKETS)
    with running.testapi() as (url, _):
        upstream = yaml.safe_load((DEFINITIONS / "upstream.yaml").read_text())
        upstream["spec"]["url"] = url
        (where,) = read(yaml.safe_dump(upstream))
        async with desk(theirs) as asking, executor(ours, nats_url):
            yield House(asking, where)
    for bus in (ours, theirs):
        await bus.drain(2)


def test_there_are_a_hundred():
    """The tasks below are all that the test API has, and each has an example."""
    assert len(tasks()) == 100
    assert tasks().keys() == examples().keys()


@pytest.mark.parametrize("name", tasks())
async def test_a_task_runs_through_the_executor(house: House, name: str):
    """Its output fits its outputSchema, or it fails with the status it promises and that status's normalized code."""
    task = tasks()[name]
    assert isinstance(task.spec, WorkflowTaskSpec)
    ended = await house.run(name)
    expected = task.metadata.annotations.get(EXPECTED_STATUS)
    if expected is None:
        assert (ended.status, ended.failure) == ("succeeded", None)
        output = json.loads(ended.output or b"")
        assert schema.compile(task.spec.output_schema).violations(output) == []
    else:
        assert ended.status == "failed"
        assert ended.failure is not None
        assert ended.failure.original_error is not None
        assert ended.failure.original_error.status == int(expected)
        assert ended.failure.normalized_error == errors.normalized(int(expected))
