"""What `workflow-cli dev` was asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Options:
    """The flags of `dev`. Ports are wishes: a taken one moves, and that is said."""

    data: Path
    workflows: tuple[Path, ...]
    demo: bool = False
    port: int = 8080
    nats_url: str | None = None
    """A NATS server that is there already; None starts one."""
    database_url: str | None = None
    """A PostgreSQL that is there already; None starts one. Holds a password: never printed as it is."""
    reset: bool = False
    json: bool = False
    verbose: bool = False
    namespace: str | None = None
    """Of definitions and addresses that name none; None is `default`, or the demo's."""
