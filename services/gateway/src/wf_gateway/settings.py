"""What a gateway is told."""

from typing import Annotated

from msgspec import Meta

from wfservice.runtime import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the gateway: WORKFLOW_GATEWAY_<FIELD>."""

    host: str = "127.0.0.1"
    """Address of the users' port. Another than loopback needs `insecure_no_auth`, until roles exist."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8080
    """The users' port."""
    insecure_no_auth: bool = False
    """Serve an address that others can reach although nobody is asked who he is. Only behind a NetworkPolicy."""
    default_namespace: str = "default"
    """Namespace of the short addresses, which name none."""
    database_url: str = ""
    """PostgreSQL of the history. Without it, executions cannot be looked at."""
    runs_at_once: Annotated[int, Meta(ge=1)] = 512
    """Runs waited for together; more are answered 503 with Retry-After at once."""
    cursor_key: str = ""
    """Key that signs cursors of lists, shared by all gateways. Empty: drawn at start, cursors end with the process."""
    docs: str = ""
    """Folder of the documentation, whose `errors/<code>.md` are served. Empty: that of the checkout, if it is one."""
