"""How a message travels: msgpack in the payload, schema, time left and trace in the headers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.messages import Failed
from wfservice import telemetry

_encoder = msgspec.msgpack.Encoder()
_decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}

CLOCK_TOLERANCE = 0.2
"""Seconds by which two clocks may differ before the absolute deadline is doubted."""


def encode(message: Struct) -> bytes:
    """A message's payload."""
    return _encoder.encode(message)


def decode(payload: bytes, type: Any) -> Any:
    """The message in a payload; decoders are made once per type."""
    decoder = _decoders.get(type)
    if decoder is None:
        decoder = _decoders[type] = msgspec.msgpack.Decoder(type)
    return decoder.decode(payload)


def headers(within: float | None = None) -> dict[str, str]:
    """Headers of a message that is sent now and has `within` seconds."""
    sent = {subjects.SCHEMA_HEADER: subjects.SCHEMA_VERSION}
    if within is not None:
        sent[subjects.BUDGET_HEADER] = str(int(within * 1000))
        sent[subjects.DEADLINE_HEADER] = str(int((time.time() + within) * 1000))
    telemetry.inject(sent)
    return sent


def size(headers: Mapping[str, str] | None) -> int:
    """Bytes that headers take on the wire."""
    if headers is None:
        return 0
    return len("NATS/1.0\r\n\r\n") + sum(
        len(name) + len(": \r\n") + len(said.encode()) for name, said in headers.items()
    )


def seconds_left(received: Mapping[str, str]) -> float | None:
    """How long the sender still waits; None when it did not say.

    The budget survives clocks that differ; the deadline unmasks a message that lay in a buffer.
    """
    budget, deadline = received.get(subjects.BUDGET_HEADER), received.get(subjects.DEADLINE_HEADER)
    if budget is None or deadline is None:
        return None
    try:
        by_budget = int(budget) / 1000
        by_deadline = int(deadline) / 1000 - time.time() + CLOCK_TOLERANCE
    except ValueError:
        return None
    return min(by_budget, by_deadline)


def refuse_other_major(received: Mapping[str, str]) -> None:
    """Raise when the message is of a release that this one cannot understand."""
    version = received.get(subjects.SCHEMA_HEADER, subjects.SCHEMA_VERSION)
    if version.split(".")[0] != subjects.SCHEMA_VERSION.split(".")[0]:
        raise WorkflowError(
            f"message of schema {version}, this service speaks {subjects.SCHEMA_VERSION}", code="UNSUPPORTED_SCHEMA"
        )


def refusal(error: Exception, subject: str) -> WorkflowError:
    """What an asker is told of an exception in a handler; details of a bug stay here."""
    if isinstance(error, WorkflowError):
        return error
    if isinstance(error, msgspec.MsgspecError):
        return WorkflowError(f"message not understood: {error}", code="UNSUPPORTED_SCHEMA")
    return WorkflowError(f"{type(error).__name__} in {subject}")


def failure_headers(error: WorkflowError) -> dict[str, str]:
    """Headers that mark a reply as a Failed message."""
    return {subjects.SCHEMA_HEADER: subjects.SCHEMA_VERSION, subjects.ERROR_HEADER: error.code}


def failed(error: WorkflowError) -> Failed:
    """What the asker is told of a failure."""
    return Failed(error.code, error.message, error.info.retryable)
