"""Schemas that a definition brings along, and the sample values that must fit them."""

from collections.abc import Sequence

from wfcore import schema
from wfcore.definition import Example, Mock
from wfcore.diagnostics import Fix
from wfcore.schema import Schema, SchemaError
from wfcore.source import JsonValue
from wfcore.validation.findings import Findings


def compiled(findings: Findings, written: JsonValue, pointer: str, *, of_input: bool = False) -> Schema | None:
    """The schema, ready to use, or None after telling what is wrong with it."""
    try:
        ready = schema.compile(written)
    except SchemaError as error:
        for problem in error.problems:
            findings.add("WF-601", problem.message, pointer + problem.pointer)
        return None
    if of_input and not _takes_objects(written):
        message = "an input is always an object, so its schema needs `type: object`"
        fix = Fix("write `type: object`", f"{pointer}/type", "object", "set")
        findings.add("WF-601", message, f"{pointer}/type", seen=written.get("type"), fix=fix)
        return None
    return ready


def _takes_objects(written: JsonValue) -> bool:
    types = written.get("type", "object") if isinstance(written, dict) else "object"
    return types == "object" or (isinstance(types, list) and "object" in types)


def check_examples(findings: Findings, examples: Sequence[Example], ready: Schema) -> None:
    """Each example is an input that runs as it stands."""
    for index, example in enumerate(examples):
        pointer = f"/spec/examples/{index}/input"
        for violation in ready.violations(example.input):
            message = f"the example `{example.name}` does not fit inputSchema: {violation.message}"
            findings.add("WF-607", message, pointer + violation.pointer)


def check_mocks(findings: Findings, mocks: Sequence[Mock], ready: Schema) -> None:
    """Each mock answers what the task promises."""
    for index, mock in enumerate(mocks):
        for violation in ready.violations(mock.output):
            message = f"the mock does not fit outputSchema: {violation.message}"
            findings.add("WF-607", message, f"/spec/mocks/{index}/output{violation.pointer}")
