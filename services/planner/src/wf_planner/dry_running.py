"""Dry runs of definitions: the engine does the work, the planner has what it needs: types and the mocks of tasks."""

from wfcore import dryrun, jsontext, mocking, schema
from wfcore.bundle import Bundle
from wfcore.errors import WorkflowError
from wfcore.messages import DryRunTold, DryRunWorkflow, InputBreach
from wfcore.validation import WorkflowTypes

MOST_BYTES = 4 << 20
"""Of one answer, as of one run."""


def answer(bundle: Bundle, types: WorkflowTypes, asked: DryRunWorkflow) -> DryRunTold:
    """Dry-run a sound workflow.

    Raises WorkflowError: PARAMETER_INVALID for mocks that stand in for nothing, RESULT_TOO_LARGE.
    """
    input = jsontext.decode(asked.input, what="input")
    if breaches := schema.compile(bundle.input_schema).violations(input):
        return DryRunTold(True, breaches=[InputBreach(each.pointer, each.keyword, each.message) for each in breaches])
    mocks = mocking.read(
        bundle,
        jsontext.decode(asked.mocks, what="mocks"),
        recorded=jsontext.decode(asked.recorded, what="recorded"),
        own=mocking.own(types),
    )
    told = dryrun.as_json(dryrun.dry_run(bundle, input, mocks))
    if len(told) > MOST_BYTES:
        raise WorkflowError(f"the dry run has {len(told)} bytes, more than {MOST_BYTES}", code="RESULT_TOO_LARGE")
    return DryRunTold(True, dry_run=told)
