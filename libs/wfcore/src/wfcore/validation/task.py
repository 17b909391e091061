"""A WorkflowTask by itself: its schemas, its request or transform, its times and the upstream it names."""

from typing import Any

from wfcore import durations
from wfcore.definition import HttpCall, WorkflowTaskSpec
from wfcore.diagnostics import Fix
from wfcore.expression import Read
from wfcore.schema import JsonSchema, Schema
from wfcore.schema.rooting import alone
from wfcore.source import tokens
from wfcore.validation import request, schemas, templates
from wfcore.validation.conditions import check_condition
from wfcore.validation.findings import Findings
from wfcore.validation.proven import TaskTypes
from wfcore.validation.references import References
from wfcore.validation.timing import check_ceiling
from wfcore.validation.transforms import infer_transform, parse_transform
from wfcore.validation.types import check_fits, judges_fields_together, not_requiring, without

_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_HEADERS = {"type": "object", "additionalProperties": {"type": "string"}}
_OUTPUT = "/spec/http/output"
_UPSTREAM = "/spec/http/upstream"
_TRANSFORM = "/spec/transform"


def check_task(findings: Findings, spec: WorkflowTaskSpec, references: References) -> TaskTypes:
    """Tell what is wrong with a task and with the upstream it calls; what it takes and gives."""
    takes = schemas.compiled(findings, spec.input_schema, "/spec/inputSchema", of_input=True)
    gives = schemas.compiled(findings, spec.output_schema, "/spec/outputSchema")
    _check_times(findings, spec)
    scope = templates.scope(input=alone(spec.input_schema)) if takes is not None else None
    output_schema = spec.output_schema
    if spec.http is not None:
        _check_upstream(findings, spec.http, references)
        request.check_request(findings, spec.http, scope)
        _check_output(findings, spec.http, scope, spec.output_schema if gives is not None else None)
    elif spec.transform is not None and scope is not None and gives is not None:
        output_schema = _transformed(findings, spec, scope)
    _check_mocks(findings, spec, gives, scope)
    return TaskTypes(spec.input_schema, output_schema)


def _transformed(findings: Findings, spec: WorkflowTaskSpec, scope: dict[str, Any]) -> JsonSchema:
    """What a transform gives: as declared, or else as inferred."""
    typed = infer_transform(findings, parse_transform(findings, _TRANSFORM), scope)
    if spec.output_schema in ({}, True):
        return typed.schema
    if not typed.vague:
        what = "what the transform gives does not fit outputSchema"
        check_fits(findings, typed.schema, spec.output_schema, "WF-606", what, _TRANSFORM)
    declared: JsonSchema = spec.output_schema
    return declared


def _check_mocks(
    findings: Findings, spec: WorkflowTaskSpec, gives: Schema | None, scope: dict[str, Any] | None
) -> None:
    if gives is not None:
        schemas.check_mocks(findings, spec.mocks, gives)
    for index, mock in enumerate(spec.mocks):
        if mock.when is not None:
            pointer = f"/spec/mocks/{index}/when"
            parsed = templates.parse_expression(findings, mock.when, pointer)
            if scope is not None:
                check_condition(findings, templates.infer(findings, parsed, scope), mock.when, pointer)


def _check_upstream(findings: Findings, http: HttpCall, references: References) -> None:
    found = references.find(findings, "Upstream", http.upstream, _UPSTREAM) if http.upstream else None
    if found is not None:
        references.check_sound(findings, found, _UPSTREAM)


def _check_times(findings: Findings, spec: WorkflowTaskSpec) -> None:
    check_ceiling(findings, spec.timeout, "/spec/timeout")
    check_ceiling(findings, spec.attempt_timeout, "/spec/attemptTimeout")
    if spec.timeout is None or spec.attempt_timeout is None or spec.attempt_timeout <= spec.timeout:
        return
    one, all_ = durations.written(spec.attempt_timeout), durations.written(spec.timeout)
    message = f"one try may take {one}, but `timeout` gives all tries together {all_}"
    fix = Fix(f"write `{all_}`", "/spec/attemptTimeout", all_, "set")
    findings.add("WF-704", message, "/spec/attemptTimeout", seen=one, fix=fix)


def _is_body(read: Read) -> bool:
    return read.root == "response" and read.path[:1] in ((), ("body",))


def _check_output(findings: Findings, http: HttpCall, scope: dict[str, Any] | None, gives: JsonSchema | None) -> None:
    """Only what does not come from the answer's body can be proven now; the body is checked when it arrives."""
    parsed = templates.parse(findings, http.output, _OUTPUT)
    if scope is None:
        return
    response = templates.exactly({"status": _STATUS, "headers": _HEADERS, "body": {}})
    typed = templates.infer(
        findings, parsed, templates.exactly({**scope["properties"], "response": response}), _is_body
    )
    given, unknown = typed.schema, {next(tokens(place.removeprefix(_OUTPUT)), "") for place in typed.vague}
    if gives is None or "" in unknown:
        return
    if unknown:
        if not (isinstance(given, dict) and "properties" in given and isinstance(gives, dict)):
            return
        if judges_fields_together(gives):
            return
        given, gives = without(given, unknown), not_requiring(gives, unknown)
    check_fits(findings, given, gives, "WF-606", "`output` does not fit outputSchema", _OUTPUT)
