"""What a service may ask of the bus. The real one and the in-memory one pass the same contract tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from wfcore import subjects
from wfcore.errors import WorkflowError

Reply = TypeVar("Reply")


class TransportLost(WorkflowError):
    """The connection is gone. `sent` is False only where it is proven that nothing left."""

    code = "BUS_UNAVAILABLE"

    def __init__(self, message: str, *, sent: bool) -> None:
        """Keep whether the message may have arrived."""
        super().__init__(message)
        self.sent = sent


class NoResponders(WorkflowError):
    """Nobody listens on this subject: proven not delivered."""

    code = "BUS_UNAVAILABLE"


class RemoteFailure(WorkflowError):
    """The other side failed and said so; `code` is its code."""


class Handler(NamedTuple):
    """One line of a service's table: what it listens to, and what answers."""

    subject: str
    message: Any
    function: Callable[[Any], Awaitable[Struct | None]]
    queue: str | None
    at_once: int
    """How many may be under way together; above it the asker is told OVERLOADED at once."""


def on(
    subject: str,
    message: Any,
    function: Callable[[Any], Awaitable[Struct | None]],
    *,
    queue: str | None = None,
    at_once: int = 256,
) -> Handler:
    """A line of the table: messages of this type on this subject go to this function, its result is the reply."""
    return Handler(subject, message, function, queue, at_once)


class Entry(NamedTuple):
    """A value of a bucket."""

    value: bytes
    revision: int


class Change(NamedTuple):
    """A key that has a new value, or none any more (None)."""

    key: str
    value: bytes | None
    revision: int


class Bucket(Protocol):
    """Keys and values that every service sees alike."""

    async def get(self, key: str) -> Entry | None: ...

    async def put(self, key: str, value: bytes) -> int:
        """Set, whatever was there; returns the revision."""
        ...

    async def update(self, key: str, value: bytes, revision: int) -> int | None:
        """Set if the key is still at this revision (0: not there); None when somebody was faster."""
        ...

    async def delete(self, key: str) -> None: ...

    def watch(self) -> AsyncIterator[Change | None]:
        """All that is there, then None, then every change. Ends, or raises TransportLost, when it goes blind."""
        ...

    async def made(self) -> str:
        """When the bucket was made: another text than before means another bucket under the same name."""
        ...

    async def last_revision(self) -> int:
        """Of the newest change in the bucket; smaller than one seen before when the bucket was made anew."""
        ...


class Delivery(Protocol):
    """A message of a stream that waits for its acknowledgement."""

    data: bytes
    tries: int
    """How often it has been delivered, this time included."""

    async def ack(self) -> None: ...
    async def nak(self, delay: float) -> None: ...
    async def term(self) -> None: ...
    async def in_progress(self) -> None: ...


class Bus(Protocol):
    """Requests, handlers, buckets and streams."""

    @property
    def connected(self) -> bool: ...

    async def request(self, subject: str, message: Struct, reply: type[Reply] | Any, *, within: float) -> Any:
        """Ask and wait for one reply of this type, at most `within` seconds (TimeoutError).

        Raises NoResponders, TransportLost or RemoteFailure as soon as they are known.
        """
        ...

    async def publish(self, subject: str, message: Struct) -> None:
        """Tell whoever listens."""
        ...

    async def serve(self, handlers: Sequence[Handler]) -> None:
        """Listen. Returns when the server knows: a request made after this finds the handlers."""
        ...

    async def unserve(self, *only: str) -> None:
        """Stop listening, to these subjects or to all; what is under way goes on."""
        ...

    def bucket(self, bucket: subjects.Bucket) -> Bucket: ...

    async def append(self, subject: str, message: Struct, *, id: str) -> None:
        """Add to a stream; returns when it is stored. The same id twice is stored once."""
        ...

    async def consume(
        self,
        stream: subjects.Stream,
        durable: str,
        handle: Callable[[Sequence[Delivery]], Awaitable[None]],
        *,
        batch: int = 64,
    ) -> None:
        """Hand over the messages of a stream in groups, one group at a time, until the bus drains."""
        ...

    async def pending(self, stream: subjects.Stream, durable: str) -> int:
        """How many messages of a stream the consumer has not acknowledged."""
        ...

    async def ensure(self, streams: Sequence[subjects.Stream], buckets: Sequence[subjects.Bucket]) -> None:
        """Make or mend streams and buckets; what is right already stays as it is."""
        ...

    async def drain(self, within: float) -> None:
        """Stop listening, let what is under way end, send what is unsent, leave."""
        ...
