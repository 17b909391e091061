"""How a workflow will run, as the planner tells it to whoever asks: from its newest definition, live or not."""

from wfcore import plan as plans
from wfcore import publishing
from wfcore.definition import Definition
from wfcore.messages import Explanation, Verdict
from wfcore.schema import JsonSchema
from wfcore.validation import Catalogue, Validation, WorkflowTypes


def explanation(
    verdict: Verdict, definition: Definition | None, validation: Validation | None, catalogue: Catalogue
) -> Explanation:
    """Plan, types and verdict of a workflow; the verdict alone where it is not sound."""
    if definition is None or validation is None or validation.types is None:
        return Explanation(True, verdict)
    types = validation.types
    plan = plans.plan(publishing.assemble(definition, types, catalogue))
    critical, worst = plan.critical_path, plan.worst_case
    return Explanation(
        found=True,
        verdict=verdict,
        groups=[list(group) for group in plan.scope.groups],
        critical_path=[step.path for step in critical.steps] if critical is not None else [],
        critical_ms=critical.total_ms if critical is not None else 0,
        worst_ms=worst.total_ms if worst is not None else None,
        plan=plans.as_json(plan),
        types={"input": types.input, "output": types.output, "tasks": _outputs(types)},
    )


def _outputs(types: WorkflowTypes) -> dict[str, JsonSchema]:
    """What `tasks.<id>.output` of each task is."""
    return {id: entry.output for id, entry in types.body.tasks.items()}
