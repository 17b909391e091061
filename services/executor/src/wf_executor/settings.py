"""What an executor is told."""

from typing import Annotated

from msgspec import Meta

from wfservice.runtime import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the executor: WORKFLOW_EXECUTOR_<FIELD>."""

    runs_at_once: Annotated[int, Meta(ge=1)] = 256
    """Runs under way together; more are refused as busy, which is safe to ask again."""
    bundles_kept: Annotated[int, Meta(ge=1)] = 256
    """Compiled bundles in memory: those used longest ago are forgotten."""
    connect_seconds: Annotated[float, Meta(gt=0)] = 1.0
    """How long a connection to an upstream may take."""
    idle_connection_seconds: Annotated[float, Meta(gt=0)] = 4.0
    """How long an idle connection is kept: below that of upstreams (uvicorn 5 s), else they close while we send."""
