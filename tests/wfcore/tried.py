"""Workflows of a text, tried out: dry runs and mocked runs of what would be published."""

import json
from typing import Any, NamedTuple

from tests.wfcore.definitions import Known

from wfcore import dryrun, mocking, program, publishing
from wfcore.bundle import Bundle
from wfcore.definition import read_definitions
from wfcore.diagnostics import render
from wfcore.dryrun import DryRun
from wfcore.mocking import Mocks, OwnMocks
from wfcore.run import End
from wfcore.validation import validate

EXECUTION = {"id": "x1", "startedAt": "1970-01-01T00:00:00.000Z", "traceId": ""}
"""What expressions see of a run that is played from the beginning of time."""


class Tried(NamedTuple):
    """A sound workflow, and the mocks that its tasks have themselves."""

    bundle: Bundle
    own: OwnMocks

    def mocks(self, given: Any = None, *, recorded: Any = None, own: bool = True) -> Mocks:
        return mocking.read(self.bundle, given, recorded=recorded, own=self.own if own else {})

    def dry(self, input: Any, mocks: Any = None, *, own: bool = True, recorded: Any = None) -> "Told":
        told = dryrun.dry_run(self.bundle, input, self.mocks(mocks, own=own, recorded=recorded), execution=EXECUTION)
        return Told(told, json.loads(dryrun.as_json(told)))

    def play(self, input: Any, mocks: Any = None) -> End:
        return mocking.play(program.compile(self.bundle), input, self.mocks(mocks), execution="x1")


class Told(NamedTuple):
    """A dry run, and how it is told."""

    run: DryRun
    json: dict[str, Any]

    def task(self, path: str) -> dict[str, Any]:
        (found,) = [task for task in self.json["tasks"] if task["path"] == path]
        return found  # type: ignore[no-any-return]

    @property
    def statuses(self) -> dict[str, str]:
        return {task["path"]: task["status"] for task in self.json["tasks"]}

    @property
    def output(self) -> Any:
        return self.json["output"]


def tried(text: str, workflow: str | None = None) -> Tried:
    """A workflow of a text; without a name the last one."""
    known = Known(read_definitions(text, default_namespace="shop", unexecuted="warning").definitions)
    found = [ref for ref in known.definitions if ref.kind == "Workflow" and workflow in (None, ref.name)]
    definition = known.definitions[found[-1]]
    validation = validate(definition, known, unexecuted="warning")
    assert validation.types is not None, "\n".join(render(each, None) for each in validation.diagnostics)
    bundle = publishing.assemble(definition, validation.types, known)
    return Tried(bundle, mocking.own(validation.types))
