"""How a workflow will run, known before it does: parallel groups, critical path, worst case, and pictures of it."""

import msgspec

from wfcore.plan.dot import as_dot
from wfcore.plan.mermaid import as_mermaid
from wfcore.plan.model import (
    CriticalPath,
    Edge,
    Estimate,
    Fallback,
    Node,
    Plan,
    Scope,
    Step,
    WorstCase,
    nodes,
)
from wfcore.plan.planning import NO_HISTORY, plan

__all__ = [
    "NO_HISTORY",
    "CriticalPath",
    "Edge",
    "Estimate",
    "Fallback",
    "Node",
    "Plan",
    "Scope",
    "Step",
    "WorstCase",
    "as_dot",
    "as_json",
    "as_mermaid",
    "nodes",
    "plan",
]


def as_json(plan: Plan) -> bytes:
    """The plan as one JSON object, for machines."""
    return msgspec.json.encode(plan)
