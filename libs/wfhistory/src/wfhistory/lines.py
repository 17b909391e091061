"""How an event stands in the log: a msgpack array per event, without the execution and attempt that its piece names.

The data of an event is copied as it travelled, so events of a newer release are kept whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from wfcore.events import TYPES, Event, Unknown


class Line(Struct, frozen=True, array_like=True, omit_defaults=True):
    """One event. New fields are only ever added at the end."""

    seq: int
    at: int
    type: str
    data: msgspec.Raw
    because: int = 0
    task: str | None = None
    call: int | None = None


_ENCODER = msgspec.msgpack.Encoder()
_LINES = msgspec.msgpack.Decoder(list[Line])
_DATA = {name: msgspec.msgpack.Decoder(kind) for name, kind in TYPES.items()}
_ANY = msgspec.msgpack.Decoder()


def encoded(data: Any) -> bytes:
    """The data of an event as msgpack."""
    return _ENCODER.encode(data)


def write_lines(lines: list[Line]) -> bytes:
    """The bytes of a piece."""
    return _ENCODER.encode(lines)


def read_lines(pieces: Iterable[bytes]) -> list[Line]:
    """The log that these pieces hold, each seq once, in order."""
    lines = {line.seq: line for piece in pieces for line in _LINES.decode(piece)}
    return [lines[seq] for seq in sorted(lines)]


def event(execution: str, attempt: int, line: Line) -> Event:
    """The event with its data in the type that `type` names; Unknown where it cannot be read as that."""
    return Event(execution, attempt, line.seq, line.at, line.type, _read(line), line.because, line.task, line.call)


def _read(line: Line) -> Any:
    decoder = _DATA.get(line.type)
    try:
        return Unknown(_ANY.decode(line.data)) if decoder is None else decoder.decode(line.data)
    except (msgspec.MsgspecError, ValueError):
        return Unknown(None)
