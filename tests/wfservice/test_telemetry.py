"""One trace from the caller to the executor, recorded where somebody keeps spans, named everywhere."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest_asyncio
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from wfservice import telemetry

CALLER = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}


def test_a_trace_goes_on_through_headers():
    """The caller's trace id is that of the work, of what is sent on, and of what receives it."""
    with telemetry.span("call", CALLER):
        assert telemetry.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736"
        sent: dict[str, str] = {}
        telemetry.inject(sent)
    assert telemetry.trace_id() is None
    token = telemetry.continued(sent)
    assert telemetry.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736"
    telemetry.left(token)
    assert telemetry.trace_id() is None


def test_work_without_a_trace_begins_one():
    """Without a caller's trace, or with nonsense in its place, a new one begins: 32 hex digits, another each time."""
    seen = set()
    for received in (None, {}, {"traceparent": "nonsense"}, {"traceparent": f"00-{'0' * 32}-{'1' * 16}-01"}):
        with telemetry.span("call", received):
            found = telemetry.trace_id()
            assert found is not None
            assert len(bytes.fromhex(found)) == 16
            seen.add(found)
    assert len(seen) == 4


class Collector:
    """Takes OTLP over HTTP and keeps the spans."""

    def __init__(self) -> None:
        self.requests: asyncio.Queue[ExportTraceServiceRequest] = asyncio.Queue()
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        self.requests.put_nowait(ExportTraceServiceRequest.FromString(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def collector() -> AsyncIterator[Collector]:
    """A collector on a free port."""
    made = Collector()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


SENDER_AND_RECEIVER = f"""
from wfservice import telemetry
telemetry.configure("test")
sent = {{}}
with telemetry.span("ask", {CALLER!r}):
    telemetry.inject(sent)
    print(telemetry.trace_id())
token = telemetry.continued(sent)
with telemetry.span("run"):
    print(telemetry.trace_id())
telemetry.left(token)
"""


async def test_spans_are_sent_where_an_endpoint_is_set(collector: Collector):
    """With OTEL_EXPORTER_OTLP_ENDPOINT spans arrive over OTLP: of one trace, each the child of the one before."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SENDER_AND_RECEIVER,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}"},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
        received = await collector.requests.get()
    assert said.decode().split() == ["4bf92f3577b34da6a3ce929d0e0e4736"] * 2
    (resource,) = received.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "workflow-test"
    spans = {span.name: span for scope in resource.scope_spans for span in scope.spans}
    assert {span.trace_id.hex() for span in spans.values()} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert spans["ask"].parent_span_id.hex() == "00f067aa0ba902b7"
    assert spans["run"].parent_span_id == spans["ask"].span_id
