"""Large immutable values under their hash, in a bucket: compressed, in pieces."""

from __future__ import annotations

import hashlib

import zstandard

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfservice.bus import Bus

PIECE_BYTES = 1 << 20


async def put(bus: Bus, bucket: subjects.Bucket, name: str, data: bytes) -> None:
    """Store `data` under its SHA-256. Pieces first, so that whoever sees the head sees the whole."""
    packed = zstandard.compress(data, 3)
    held = bus.bucket(bucket)
    if await held.get(name) is not None:
        return
    pieces = [packed[at : at + PIECE_BYTES] for at in range(0, len(packed), PIECE_BYTES)]
    for number, piece in enumerate(pieces[1:], 1):
        await held.put(f"{name}.{number}", piece)
    await held.put(name, len(pieces).to_bytes(2, "big") + pieces[0])


async def get(bus: Bus, bucket: subjects.Bucket, name: str) -> bytes:
    """Fetch by hash; raises BUNDLE_UNAVAILABLE where it is missing or damaged."""
    held = bus.bucket(bucket)
    head = await held.get(name)
    if head is None:
        raise WorkflowError(f"`{bucket.name}/{name[:12]}…` is not stored", code="BUNDLE_UNAVAILABLE")
    count, packed = int.from_bytes(head.value[:2], "big"), head.value[2:]
    for number in range(1, count):
        piece = await held.get(f"{name}.{number}")
        packed += piece.value if piece else b""
    try:
        data = zstandard.decompress(packed)
    except zstandard.ZstdError as error:
        raise WorkflowError(f"`{name[:12]}…` is damaged: {error}", code="BUNDLE_UNAVAILABLE") from error
    if hashlib.sha256(data).hexdigest() != name:
        raise WorkflowError(f"`{name[:12]}…` is not what its name says", code="BUNDLE_UNAVAILABLE")
    return data
