"""What a history writer is told."""

from typing import Annotated

from msgspec import Meta

from wfservice.runtime import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the history writer: WORKFLOW_HISTORY_WRITER_<FIELD>."""

    database_url: str
    """Where the history is kept: postgresql://user:password@host:port/database."""
    group_seconds: Annotated[float, Meta(ge=0)] = 0.1
    """The least time between two commits: what comes meanwhile is written together, which costs far less CPU."""
    group_messages: Annotated[int, Meta(ge=1, le=1000)] = 256
    """Messages of one commit at most; each holds at most 512 KiB."""
    executions_days: Annotated[int, Meta(ge=1)] = 30
    """How long executions and their tasks are kept."""
    bodies_days: Annotated[int, Meta(ge=1)] = 7
    """How long event logs are kept, and with them every input, output, request and response."""
    upkeep_seconds: Annotated[float, Meta(gt=0)] = 3600.0
    """How often days are made ahead and old ones dropped."""
    lag_seconds: Annotated[float, Meta(gt=0)] = 1.0
    """How often `wf_history_lag` is measured."""
