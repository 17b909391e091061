"""All that a planner listens to."""

from wf_planner.planning import Planner
from wfcore import messages, subjects
from wfservice.bus import Handler, on

DRY_RUNS = 4
"""At once, more are refused: each may be as much work as a run, and publishing goes on beside them."""


def handlers(planner: Planner) -> list[Handler]:
    """The table."""
    return [
        on(subjects.EXPLAIN, messages.ExplainWorkflow, planner.explain, queue=subjects.PLANNERS),
        on(subjects.DRY_RUN, messages.DryRunWorkflow, planner.dry_run, queue=subjects.PLANNERS, at_once=DRY_RUNS),
    ]
