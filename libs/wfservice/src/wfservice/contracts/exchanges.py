"""Who says what to whom: which message travels on which subject of `wfcore.subjects`, and what answers it."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from wfcore import messages, subjects


class Exchange(NamedTuple):
    """One subject: the message on it, the replies, and who shares the work. `source` names it in `wfcore.subjects`."""

    source: str
    subject: str
    message: type[Struct]
    replies: tuple[type[Struct], ...] = ()
    queue: str | None = None


REQUESTS = (
    Exchange(
        "RUN_START",
        subjects.RUN_START,
        messages.StartRun,
        (messages.RunEnded, messages.Accepted, messages.Busy),
        subjects.EXECUTORS,
    ),
    Exchange("EXPLAIN", subjects.EXPLAIN, messages.ExplainWorkflow, (messages.Explanation,), subjects.PLANNERS),
    Exchange("DRY_RUN", subjects.DRY_RUN, messages.DryRunWorkflow, (messages.DryRunTold,), subjects.PLANNERS),
    Exchange("executor_ping", subjects.executor_ping("{executor}"), messages.Ping, (messages.Heartbeat,)),
    Exchange("executor_events", subjects.executor_events("{executor}"), messages.EventsSince, (messages.EventLog,)),
    Exchange("may_act", subjects.may_act("{asker}"), messages.MayAct, (messages.Grant,)),
)
"""Each may also be answered by Failed, marked by a header."""

TELLINGS = (
    Exchange("executor_cancel", subjects.executor_cancel("{executor}"), messages.CancelRun),
    Exchange("run_ended", subjects.run_ended("{asker}"), messages.RunEnded),
    Exchange("results_heard", subjects.results_heard("{executor}"), messages.ResultsHeard),
    Exchange("heartbeat", subjects.heartbeat("{asker}"), messages.Heartbeat),
)
"""Nobody answers these."""

STREAMED = (
    Exchange("HISTORY_BATCH", subjects.HISTORY_BATCH, messages.HistoryBatch),
    Exchange("DEAD_LETTER", subjects.DEAD_LETTER, messages.DeadLetter),
)
"""Kept in a stream until somebody acknowledges them."""

KEPT: dict[subjects.Bucket, type[Struct] | None] = {
    subjects.DEFINITIONS: messages.DefinitionRecord,
    subjects.BUNDLES: None,  # pieces of compressed bundles: bytes that mean nothing alone
    subjects.LIVE: messages.LivePointer,
    subjects.VERDICTS: messages.Verdict,
    subjects.SOURCES: messages.SourceVerdict,
    subjects.VERSIONS: messages.DefinitionRecord,
}
"""What each bucket holds under its keys."""
