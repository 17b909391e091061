"""A Workflow with all it refers to: names, edges, types and times, in this order.

Each step goes on with what the steps before could establish, so that one fault is told once and hides no other.
"""

from collections.abc import Mapping

from msgspec import Struct

from wfcore import template
from wfcore.definition import WorkflowSpec
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.expression import Read
from wfcore.schema import JsonSchema
from wfcore.validation import schemas, templates, timing
from wfcore.validation.edges import check_acyclic, edges_of, tell_no_such_task
from wfcore.validation.entries import Entry, entries_of
from wfcore.validation.findings import Findings
from wfcore.validation.inputs import check_input
from wfcore.validation.references import References
from wfcore.validation.rooted import alone
from wfcore.validation.templates import Parsed, Typed
from wfcore.validation.types import check_fits

_STATUS = {"enum": ["succeeded", "failed", "skipped"]}


class WorkflowTypes(Struct, frozen=True):
    """What validation found out about a sound workflow."""

    input: JsonSchema
    task_inputs: dict[str, JsonSchema]
    task_outputs: dict[str, JsonSchema]
    output: JsonSchema
    """As declared, else as inferred."""
    needs: dict[str, frozenset[str]]
    """Explicit and inferred edges: what each task waits for."""
    timeouts: dict[str, float]
    """Seconds, after the default shares."""
    undecided: frozenset[str] = frozenset()
    """Tasks whose input could not be proven to fit: it is checked in each run before the send."""


def check_workflow(findings: Findings, spec: WorkflowSpec, references: References) -> WorkflowTypes | None:
    """Tell what is wrong with a workflow; its types where nothing is."""
    takes = schemas.compiled(findings, spec.input_schema, "/spec/inputSchema", of_input=True)
    if takes is not None:
        schemas.check_examples(findings, spec.examples, takes)
    timing.check_ceiling(findings, spec.timeout, "/spec/timeout")
    entries = entries_of(findings, spec, references)
    edges = edges_of(findings, entries)
    needs = {id_: frozenset(edge.need for edge in edges if edge.task == id_) for id_ in entries}
    times = _times(findings, spec, entries, needs) if check_acyclic(findings, needs, edges) else {}
    typing = _Typing(findings, alone(spec.input_schema) if takes is not None else None, entries)
    undecided = frozenset(id_ for id_, entry in entries.items() if not typing.input_is_proven(entry))
    output = typing.output(spec)
    _check_required_fields(findings, spec, entries)
    tasks = {id_: entry.task for id_, entry in entries.items() if entry.task is not None}
    if findings.refused or findings.missing or len(tasks) < len(entries):
        return None
    return WorkflowTypes(
        input=spec.input_schema,
        task_inputs={id_: task.input_schema for id_, task in tasks.items()},
        task_outputs={id_: task.output_schema for id_, task in tasks.items()},
        output=output,
        needs=needs,
        timeouts=times,
        undecided=undecided,
    )


def _times(
    findings: Findings, spec: WorkflowSpec, entries: Mapping[str, Entry], needs: dict[str, frozenset[str]]
) -> dict[str, float]:
    written = {id_: time for id_, entry in entries.items() if (time := entry.written_timeout) is not None}
    return timing.timeouts(findings, spec.timeout, needs, written)


class _Typing:
    """The templates of a workflow against the types of what they read."""

    def __init__(self, findings: Findings, input_schema: JsonSchema | None, entries: Mapping[str, Entry]) -> None:
        self._findings = findings
        self._input = input_schema
        self._entries = entries

    def input_is_proven(self, entry: Entry) -> bool:
        """Check what a task is given; False where it could not be decided."""
        typed = self._typed(entry.input)
        return entry.task is None or check_input(self._findings, entry, typed, entry.task.input_schema, self._input)

    def output(self, spec: WorkflowSpec) -> JsonSchema:
        """Check what the workflow answers; its schema, as declared or else as inferred."""
        typed = self._typed(templates.parse(self._findings, spec.output, "/spec/output"))
        inferred: JsonSchema = typed.schema
        declared: JsonSchema | None = spec.output_schema
        if declared is not None and schemas.compiled(self._findings, declared, "/spec/outputSchema") is None:
            return declared
        if typed.absent:
            message = "the whole output may be absent; give it a default with orValue(…)"
            self._findings.add("WF-504", message, "/spec/output", seen=spec.output)
        elif declared is not None and not typed.vague:
            what = "`output` does not fit outputSchema"
            check_fits(self._findings, inferred, declared, "WF-606", what, "/spec/output")
        return inferred if declared is None else declared

    def _typed(self, parsed: Parsed) -> Typed:
        read = template.tasks_read(parsed.template)
        # The others are there only by name, for the message about a name that is not: walking all schemas of a large
        # workflow for each expression would cost seconds.
        known = {id_: _task_schema(entry) if id_ in read else {} for id_, entry in self._entries.items()}
        scope = templates.scope(input={} if self._input is None else self._input, tasks=templates.exactly(known))
        return templates.infer(self._findings, parsed, scope, self._is_unknown)

    def _is_unknown(self, read: Read) -> bool:
        """Whether it reads something of which nothing is known: a broken input schema, a task that is not there."""
        if read.root == "tasks":
            entry = self._entries.get(str(read.path[0])) if read.path else None
            return entry is not None and entry.task is None
        return read.root == "input" and self._input is None


def _task_schema(entry: Entry) -> JsonSchema:
    """What `tasks.<id>` holds. Of an unknown task anything can be read, so that it causes no second complaint."""
    return templates.exactly({"output": alone(entry.task.output_schema) if entry.task else {}, "status": _STATUS})


def _check_required_fields(findings: Findings, spec: WorkflowSpec, entries: Mapping[str, Entry]) -> None:
    for id_, fields in spec.required_fields.items():
        pointer = f"/spec/requiredFields/{id_}"
        if id_ not in entries:
            tell_no_such_task(findings, id_, entries, pointer, at_key=True)
            continue
        task = entries[id_].task
        known = _fields_of(task.output_schema) if task else None
        for index, field in enumerate(fields):
            if known is not None and field not in known:
                place, close = f"{pointer}/{index}", nearest(field, known)
                fix = Fix(f"write `{close}`", place, close, "set") if close else Fix("remove it", place, edit="remove")
                message = f"the output of `{id_}` has no field `{field}`{did_you_mean(field, known)}"
                findings.add("WF-314", message, place, seen=field, fix=fix)


def _fields_of(schema: JsonSchema) -> set[str] | None:
    """The properties a schema spells out; None where it has others too, or says them in another way."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return None
    hidden = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"} & schema.keys()
    return None if hidden or schema.get("additionalProperties", False) is not False else set(schema["properties"])
