"""Every service that `dev` starts, and what it is told. The compose file says the same; a test compares them."""

from collections.abc import Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
DRAIN_SECONDS = 35.0
"""How long a service may take to end its work: the 30 s ceiling of a run and a little more, as services have it."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """One kind of process: `python -m module`."""

    name: str
    module: str
    needs_database: bool = False

    @property
    def prefix(self) -> str:
        """How its own settings begin: `WORKFLOW_OPERATOR_WATCHER`."""
        return "WORKFLOW_" + self.name.replace("-", "_").upper()


GATEWAY = Service(name="gateway", module="wf_gateway", needs_database=True)
PLANNER = Service(name="planner", module="wf_planner")
EXECUTOR = Service(name="executor", module="wf_executor")
OPERATOR_WATCHER = Service(name="operator-watcher", module="wf_operator_watcher")
HISTORY_WRITER = Service(name="history-writer", module="wf_history_writer", needs_database=True)

SERVICES = (GATEWAY, PLANNER, EXECUTOR, OPERATOR_WATCHER, HISTORY_WRITER)

STOP_ORDER = (
    (GATEWAY.name,),  # takes nothing new and answers what is under way, for which it needs all others
    (EXECUTOR.name, PLANNER.name, OPERATOR_WATCHER.name),
    (HISTORY_WRITER.name,),  # writes what the others told in the end
    ("testapi",),
    ("nats",),
    ("postgres",),
)

# What all of them import. Read once by the process they are forked from; what starts threads cannot be among it.
LIBRARIES = (
    "wfservice.runtime",
    "wfservice.asking",
    "wfservice.journal",
    "wfservice.blobs",
    "wfcore.definition",
    "wfcore.validation",
    "wfhistory.store",
    "aiohttp",
    "fastapi",
    "uvicorn",
    "httptools",
    "watchfiles",
)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the services of one machine have in common."""

    nats_url: str
    database_url: str
    gateway_port: int
    health_ports: Mapping[str, int]
    directories: str
    """Files and folders with definitions, separated as in PATH."""
    namespace: str


def settings(service: Service, around: Surroundings) -> dict[str, str]:
    """The settings of a service, as environment variables."""
    told = {
        "WORKFLOW_NATS_URL": around.nats_url,
        f"{service.prefix}_HEALTH_PORT": str(around.health_ports[service.name]),
    }
    if service.needs_database:
        told["WORKFLOW_DATABASE_URL"] = around.database_url
    if service is GATEWAY:
        told["WORKFLOW_GATEWAY_PORT"] = str(around.gateway_port)
        told["WORKFLOW_GATEWAY_DEFAULT_NAMESPACE"] = around.namespace
    if service is OPERATOR_WATCHER:
        told["WORKFLOW_OPERATOR_WATCHER_DIRECTORIES"] = around.directories
        told["WORKFLOW_OPERATOR_WATCHER_DEFAULT_NAMESPACE"] = around.namespace
    return told
