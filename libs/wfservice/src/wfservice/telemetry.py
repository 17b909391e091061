"""What a service tells about itself: log lines, metrics, spans.

Spans are recorded only where an OTLP endpoint is set (`OTEL_EXPORTER_OTLP_ENDPOINT`); the trace id travels either
way, so that an answer, a log line and the history name the same one.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
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

tracer = trace.get_tracer("workflow.io")


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
    recorded = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"workflow-{service}"}),
        sampler=DEFAULT_ON if recorded else ALWAYS_OFF,
    )
    if recorded:  # imported here: the exporter costs start-up time that most starts need not pay
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


def trace_id() -> str | None:
    """The id of the current trace as 32 hex digits; None outside of one."""
    found = trace.get_current_span().get_span_context()
    return trace.format_trace_id(found.trace_id) if found.is_valid else None


def _with_trace(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    found = trace_id()
    if found:
        event["trace_id"] = found
    return event
