"""A Workflow with all it refers to: names, edges, types and times, in this order.

Each step goes on with what the steps before could establish, so that one fault is told once and hides no other.
"""

from collections.abc import Mapping

from wfcore import schema as shapes
from wfcore.definition import WorkflowSpec
from wfcore.definition.fields import MAX_TASKS
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.schema import JsonSchema
from wfcore.validation import failures, routes, schemas, timing
from wfcore.validation.assembly import Assembly, count_tasks, unsafe_tasks
from wfcore.validation.blocks import Block, blocks_of
from wfcore.validation.costs import Costs
from wfcore.validation.edges import Needs, needs_of, orders, tell_no_such_task
from wfcore.validation.findings import Findings
from wfcore.validation.inferring import Inference, LearnedScope, Outcome
from wfcore.validation.proven import WorkflowTypes
from wfcore.validation.references import References
from wfcore.validation.timing import Times
from wfcore.validation.types import check_fits


def check_workflow(findings: Findings, spec: WorkflowSpec, references: References) -> WorkflowTypes | None:
    """Tell what is wrong with a workflow; its types where nothing is."""
    takes = schemas.compiled(findings, spec.input_schema, "/spec/inputSchema", of_input=True)
    if takes is not None:
        schemas.check_examples(findings, spec.examples, takes)
    timing.check_ceiling(findings, spec.timeout, "/spec/timeout")
    root = blocks_of(findings, spec, references)
    _check_count(findings, root)
    needs = needs_of(findings, root)
    input_schema = spec.input_schema if takes is not None else None
    learned = Inference(findings, input_schema, orders(root, needs)).workflow(root)
    output = _output(findings, spec, learned.outcome)
    _check_required_fields(findings, spec, root, learned)
    failures.check_rules(findings, spec.errors)
    unsafe = tuple(unsafe_tasks(root))
    routes.check_route(findings, spec.route, input_schema, unsafe)
    times = _times(findings, spec, root, learned, needs)
    if findings.refused or findings.missing or needs is None or times is None:
        return None
    return WorkflowTypes(
        input=spec.input_schema,
        output=output,
        body=Assembly(needs, spec.max_parallel).scope(root, learned, times.tree),
        timeout=spec.timeout,
        bound=times.bound,
        cost=times.tree,
        count=count_tasks(root),
        unsafe=unsafe,
    )


def _times(
    findings: Findings, spec: WorkflowSpec, root: Block, learned: LearnedScope, needs: Mapping[Block, Needs] | None
) -> Times | None:
    if needs is None:
        return None
    costs = Costs(needs)
    tree = costs.block(root, learned)
    return timing.times_of(findings, spec, tree, costs.places)


def _check_count(findings: Findings, root: Block) -> None:
    count = count_tasks(root)
    if count > MAX_TASKS:
        message = f"a workflow has at most {MAX_TASKS} tasks, those of its sub-workflows counted; this one has {count}"
        findings.add("WF-701", message, "/spec/tasks", seen=count, fix=Fix("let it do less in one run", "/spec/tasks"))


def _output(findings: Findings, spec: WorkflowSpec, found: Outcome) -> JsonSchema:
    """Check what the workflow answers; its schema, as declared or else as inferred."""
    declared: JsonSchema | None = spec.output_schema
    if declared is not None and schemas.compiled(findings, declared, "/spec/outputSchema") is None:
        return declared
    if found.absent:
        message = "the whole output may be absent; give it a default with orValue(…)"
        findings.add("WF-504", message, "/spec/output", seen=spec.output)
    elif declared is not None and found.known:
        check_fits(findings, found.schema, declared, "WF-606", "`output` does not fit outputSchema", "/spec/output")
    return found.schema if declared is None else declared


def _check_required_fields(findings: Findings, spec: WorkflowSpec, root: Block, learned: LearnedScope) -> None:
    for id_, fields in spec.required_fields.items():
        pointer = f"/spec/requiredFields/{id_}"
        if id_ not in root.entries:
            tell_no_such_task(findings, id_, root, pointer, at_key=True)
            continue
        outcome = learned.tasks[id_].outcome
        for index, field in enumerate(fields):
            if outcome.known:
                _check_required_field(findings, outcome.schema, id_, field, f"{pointer}/{index}")


def _check_required_field(findings: Findings, schema: JsonSchema, id_: str, field: str, pointer: str) -> None:
    if "object" in shapes.types_of(schema):
        inside = shapes.property_of(schema, field)
        if not isinstance(inside, shapes.Missing):
            return
        close = nearest(field, inside.declared)
        fix = Fix(f"write `{close}`", pointer, close, "set") if close else Fix("remove it", pointer, edit="remove")
        message = f"the output of `{id_}` has no field `{field}`{did_you_mean(field, inside.declared)}"
    else:
        kinds = " or ".join(sorted(shapes.types_of(schema)))
        fix = Fix("remove it", pointer, edit="remove")
        message = f"the output of `{id_}` is {kinds} and has no fields, so no `{field}`"
    findings.add("WF-314", message, pointer, seen=field, fix=fix)
