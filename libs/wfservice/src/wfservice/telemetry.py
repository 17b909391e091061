"""What a service tells about itself: log lines, metrics, spans.

Spans are recorded only where an OTLP endpoint is set (`OTEL_EXPORTER_OTLP_ENDPOINT`); the trace id travels either
way, so that an answer, a log line and the history name the same one.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

import structlog
from opentelemetry import context, propagate, trace
from prometheus_client import Counter, Gauge, Histogram

SHED = Counter("wf_bus_shed_total", "Messages refused because too many were under way", ["subject"])
LATE = Counter("wf_bus_late_total", "Messages dropped because their sender had given up", ["subject"])
BUS_ERRORS = Counter("wf_bus_errors_total", "Faults that the bus reported", ["kind"])
RECONNECTS = Counter("wf_bus_reconnects_total", "Connections made anew")
RUNS = Counter("wf_runs_total", "Runs that ended here", ["workflow", "status"])
RUNS_IN_FLIGHT = Gauge("wf_runs_in_flight", "Runs under way")
RUN_SECONDS = Histogram("wf_run_seconds", "How long runs take", ["workflow"])
CALLS = Counter("wf_calls_total", "HTTP calls to upstreams", ["upstream", "outcome"])
ASKED_AGAIN = Counter("wf_asked_again_total", "Runs asked again elsewhere")
JOURNAL_WAITING = Gauge("wf_journal_waiting", "Events not yet acknowledged by the stream")
VALIDATION_FAILURES = Counter(
    "workflow_validation_failures_total", "Diagnostics that kept an object back", ["code", "kind", "source"]
)
LOOP_LAG = Histogram(
    "wf_loop_lag_seconds", "How late the event loop turns", buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)
)

_tracer = trace.get_tracer("workflow.io")
_recorded = False
_trace: ContextVar[str] = ContextVar("traceparent", default="")
"""W3C traceparent of the work under way. Spans cost ten times as much, so they are made only where they are kept."""

_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")


def configure(service: str, level: str = "info") -> None:
    """Set up logs and traces of this process. JSON lines on stderr, text on a terminal."""
    human = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _with_trace,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _record(service)


def _record(service: str) -> None:
    # Imported here: the exporter costs start-up time that most starts need not pay.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _recorded
    provider = TracerProvider(resource=Resource.create({"service.name": f"workflow-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _recorded = True


@contextmanager
def span(name: str, received: Mapping[str, str] | None = None) -> Iterator[None]:
    """Work with a name. It continues the trace of `received` headers, else the one under way, else begins one."""
    if _recorded:
        came_from = None if received is None else propagate.extract(dict(received))
        with _tracer.start_as_current_span(name, context=came_from):
            yield
        return
    sent = (received or {}).get("traceparent", "") or _trace.get()
    token = _trace.set(sent if _TRACEPARENT.match(sent) else _new_trace())
    try:
        yield
    finally:
        _trace.reset(token)


def inject(headers: dict[str, str]) -> None:
    """Name the trace under way in headers that go out."""
    if _recorded:
        propagate.inject(headers)
    elif parent := _trace.get():
        headers["traceparent"] = parent


def continued(received: Mapping[str, str]) -> Token[Any]:
    """Take over the trace of a message, without a span of its own; give the token to `left` afterwards."""
    if _recorded:
        return context.attach(propagate.extract(dict(received)))
    return _trace.set(received.get("traceparent", ""))


def left(token: Token[Any]) -> None:
    """End what `continued` began."""
    if _recorded:
        context.detach(token)
    else:
        _trace.reset(token)


def trace_id() -> str | None:
    """The id of the current trace as 32 hex digits; None outside of one."""
    if not _recorded:
        return _trace.get()[3:35] or None
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else None


def _new_trace() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def _with_trace(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    found = trace_id()
    if found:
        event["trace_id"] = found
    return event
