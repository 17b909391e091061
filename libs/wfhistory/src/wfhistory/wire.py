"""Reading batches from the bus without looking into what the events carry.

Most data goes from the wire into the log unread, and a body that cannot be read harms nobody else's events.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from wfcore.events import Event
from wfcore.messages import HistoryBatch, Told
from wfhistory.failures import UNREADABLE, DataRefused


class _Event(Event, frozen=True, omit_defaults=True):
    data: Raw


class _Batch(HistoryBatch, frozen=True, omit_defaults=True):
    events: list[_Event] = []  # type: ignore[assignment]


class _Closed(Struct, frozen=True):
    """A batch of which nothing inside has been read."""

    sender: str
    number: int
    events: list[Raw] = []
    told: list[Raw] = []


class Refused(Struct, frozen=True):
    """A part of a message that is no part of any batch: its bytes and what is wrong with them."""

    part: bytes
    reason: str


_BATCH = msgspec.msgpack.Decoder(_Batch)
_CLOSED = msgspec.msgpack.Decoder(_Closed)
_EVENT = msgspec.msgpack.Decoder(_Event)
_TOLD = msgspec.msgpack.Decoder(Told)


def read_batch(message: bytes) -> tuple[HistoryBatch, list[Refused]]:
    """The batch that a message holds, and what of it is not readable. Raises DataRefused where nothing is."""
    try:
        return _BATCH.decode(message), []
    except UNREADABLE:
        return _piecemeal(message)


def _piecemeal(message: bytes) -> tuple[HistoryBatch, list[Refused]]:
    try:
        closed = _CLOSED.decode(message)
    except UNREADABLE as error:
        raise DataRefused(f"not a history batch: {error}") from error
    events: list[Event] = []
    told: list[Told] = []
    unreadable: list[Refused] = []
    for part in closed.events:
        try:
            events.append(_EVENT.decode(part))
        except UNREADABLE as error:
            unreadable.append(Refused(bytes(part), f"not an event: {error}"))
    for part in closed.told:
        try:
            told.append(_TOLD.decode(part))
        except UNREADABLE as error:
            unreadable.append(Refused(bytes(part), f"not a Told: {error}"))
    return HistoryBatch(closed.sender, closed.number, events, told), unreadable
