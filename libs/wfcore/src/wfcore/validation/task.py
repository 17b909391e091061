"""A WorkflowTask by itself: its schemas, its request, its times and the upstream it names."""

from wfcore import durations
from wfcore.definition import HttpCall, WorkflowTaskSpec
from wfcore.diagnostics import Fix
from wfcore.expression import Read
from wfcore.schema import JsonSchema
from wfcore.source import tokens
from wfcore.validation import request, schemas, templates
from wfcore.validation.findings import Findings
from wfcore.validation.references import References
from wfcore.validation.rooted import alone
from wfcore.validation.timing import check_ceiling
from wfcore.validation.types import check_fits, judges_fields_together, not_requiring, without

_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_HEADERS = {"type": "object", "additionalProperties": {"type": "string"}}
_OUTPUT = "/spec/http/output"
_UPSTREAM = "/spec/http/upstream"


def check_task(findings: Findings, spec: WorkflowTaskSpec, references: References) -> None:
    """Tell what is wrong with a task and with the upstream it calls."""
    takes = schemas.compiled(findings, spec.input_schema, "/spec/inputSchema", of_input=True)
    gives = schemas.compiled(findings, spec.output_schema, "/spec/outputSchema")
    _check_times(findings, spec)
    if gives is not None:
        schemas.check_mocks(findings, spec.mocks, gives)
    if spec.http is None:
        return
    _check_upstream(findings, spec.http, references)
    input_schema = spec.input_schema if takes is not None else None
    request.check_request(
        findings, spec.http, None if input_schema is None else templates.scope(input=alone(input_schema))
    )
    _check_output(findings, spec.http, input_schema, spec.output_schema if gives is not None else None)


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


def _check_output(findings: Findings, http: HttpCall, takes: JsonSchema | None, gives: JsonSchema | None) -> None:
    """Only what does not come from the answer's body can be proven now; the body is checked when it arrives."""
    parsed = templates.parse(findings, http.output, _OUTPUT)
    if takes is None:
        return
    response = templates.exactly({"status": _STATUS, "headers": _HEADERS, "body": {}})
    typed = templates.infer(findings, parsed, templates.scope(input=alone(takes), response=response), _is_body)
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
