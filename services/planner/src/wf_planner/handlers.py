"""All that a planner listens to."""

from wf_planner.planning import Planner
from wfcore import messages, subjects
from wfservice.bus import Handler, on


def handlers(planner: Planner) -> list[Handler]:
    """The table."""
    return [on(subjects.EXPLAIN, messages.ExplainWorkflow, planner.explain, queue=subjects.PLANNERS)]
