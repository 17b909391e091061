"""Every subject, queue group, stream and bucket on the bus, in one list.

Tokens are lower case and hold no dots; the version stands second, an id last but one. What is not
named here does not travel.
"""

from typing import NamedTuple

# --- requests -----------------------------------------------------------------------------------

RUN_START = "wf.v1.executor.start"
"""asker → any executor (queue group): run this bundle. Reply: RunEnded where it was quick, else Accepted; or Busy."""

EXPLAIN = "wf.v1.planner.explain"
"""anyone → any planner (queue group): why is this workflow live, or not? Reply: Explanation."""

DRY_RUN = "wf.v1.planner.dry-run"
"""anyone → any planner (queue group): how would this run? No call leaves. Reply: DryRunTold."""

EXECUTORS = "executor"
"""Queue group of the executors."""

PLANNERS = "planner"
"""Queue group of the planners."""


def executor_ping(executor: str) -> str:
    """asker → one executor: are you there? Answered by its heartbeat thread, so a busy loop does not look dead."""
    return f"wf.v1.executor.{executor}.ping"


def executor_cancel(executor: str) -> str:
    """asker → one executor: nobody waits for this run any more."""
    return f"wf.v1.executor.{executor}.cancel"


def executor_events(executor: str) -> str:
    """anyone → one executor: the events so far of a run that is still going."""
    return f"wf.v1.executor.{executor}.events"


def may_act(asker: str) -> str:
    """executor → the asker of its run: may I make calls that are not safe? Reply: Grant."""
    return f"wf.v1.asker.{asker}.may-act"


def run_ended(asker: str) -> str:
    """executor → the asker of its run: how the run ended. Repeated until the asker has said that it heard."""
    return f"wf.v1.asker.{asker}.ended"


def results_heard(executor: str) -> str:
    """asker → one executor: these results have arrived."""
    return f"wf.v1.executor.{executor}.heard"


def heartbeat(asker: str) -> str:
    """executor → an asker, every 500 ms while it runs something for it."""
    return f"wf.v1.asker.{asker}.heartbeat"


def loopback(connection: str) -> str:
    """A connection to itself, once a second: the only proof that it still receives."""
    return f"wf.v1.loopback.{connection}"


# --- streams ------------------------------------------------------------------------------------


class Stream(NamedTuple):
    """A JetStream stream on disk. A full work queue refuses what is new; another forgets what is oldest."""

    name: str
    subjects: tuple[str, ...]
    max_bytes: int
    max_age_seconds: float
    work_queue: bool = True


HISTORY_BATCH = "wf.v1.history.batch"
"""executors and askers → history_writer: HistoryBatch, many executions in one message."""

DEAD_LETTER = "wf.v1.dead.history"
"""history_writer → operators: DeadLetter, what PostgreSQL refused for good."""

HISTORY = Stream("WF_HISTORY", (HISTORY_BATCH,), max_bytes=4 << 30, max_age_seconds=7 * 86400)
DEAD_LETTERS = Stream(
    "WF_DEAD_LETTERS", ("wf.v1.dead.>",), max_bytes=256 << 20, max_age_seconds=30 * 86400, work_queue=False
)

STREAMS = (HISTORY, DEAD_LETTERS)

HISTORY_WRITER = "history-writer-store"
"""Durable consumer of WF_HISTORY, shared by all history writers."""

# --- buckets ------------------------------------------------------------------------------------


class Bucket(NamedTuple):
    """A key-value bucket. Nothing lives only here: each can be rebuilt from its source."""

    name: str
    in_memory: bool = False
    ttl_seconds: float = 0.0


DEFINITIONS = Bucket("definitions")
"""`<kind>.<namespace>.<name>` → DefinitionRecord. Written by operator_watcher, read by planner and gateway."""

BUNDLES = Bucket("bundles")
"""`<hash>.<n>` → piece of a compressed bundle. Written by planner, read by executor and gateway."""

LIVE = Bucket("live")
"""`<namespace>.<workflow>` → LivePointer: the one place that says what is callable. Written by planner."""

VERDICTS = Bucket("verdicts")
"""`<kind>.<namespace>.<name>` → Verdict: what the proofs said about an object. Written by planner."""

SOURCES = Bucket("sources")
"""`<hash of the file's name>` → SourceVerdict: files that cannot be read. Written by operator_watcher."""

VERSIONS = Bucket("versions")
"""`<kind>.<namespace>.<name>.<version>` → DefinitionRecord: what a pinned version means. Written by planner."""

BUCKETS = (DEFINITIONS, BUNDLES, LIVE, VERDICTS, SOURCES, VERSIONS)


def definition_key(kind: str, namespace: str, name: str) -> str:
    """Key of one object in `definitions` and `verdicts`."""
    return f"{kind.lower()}.{namespace}.{name}"


def version_key(kind: str, namespace: str, name: str, version: str) -> str:
    """Key of one version (`sha256:…`) of an object in `versions`."""
    return f"{definition_key(kind, namespace, name)}.{version.removeprefix('sha256:')}"


def live_key(namespace: str, workflow: str) -> str:
    """Key of a workflow's pointer in `live`."""
    return f"{namespace}.{workflow}"


# --- headers ------------------------------------------------------------------------------------

BUDGET_HEADER = "Wf-Budget-Ms"
"""Milliseconds left at the send: survives clocks that differ."""

DEADLINE_HEADER = "Wf-Deadline-Ms"
"""Unix milliseconds of the end: unmasks a message that lay in a reconnect buffer."""

SCHEMA_HEADER = "Wf-Schema"
"""`<major>.<minor>` of the message. An unknown major is refused, unknown fields of a newer minor are ignored."""

SCHEMA_VERSION = "1.0"

ERROR_HEADER = "Nats-Service-Error-Code"
"""Set on a failure reply: its body is a Failed message, not the expected type."""
