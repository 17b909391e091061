"""Ids of executions: UUIDv7, so that they sort by time and carry it."""

from __future__ import annotations

import os
import time
import uuid


def execution_id() -> str:
    """A new UUIDv7 as text (RFC 9562): 48 bits of unix milliseconds, then 74 random bits."""
    bits = int.from_bytes(os.urandom(10), "big")
    value = (time.time_ns() // 1_000_000) << 80 | bits
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def now() -> int:
    """Unix microseconds."""
    return time.time_ns() // 1000
