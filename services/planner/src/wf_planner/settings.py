"""What a planner is told."""

from wfservice.runtime import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the planner: WORKFLOW_PLANNER_<FIELD>. It has none of its own."""
