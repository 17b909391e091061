"""Large values under their hash."""

import hashlib
import random

import pytest

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfservice import blobs
from wfservice.testing import MemoryBus

BUCKET = subjects.BUNDLES


def drawn(size: int) -> tuple[str, bytes]:
    """Bytes that cannot be compressed, and their name."""
    data = random.Random(size).randbytes(size)
    return hashlib.sha256(data).hexdigest(), data


@pytest.mark.parametrize("size", [0, 1, blobs.PIECE_BYTES - 20, 3 * blobs.PIECE_BYTES + 1])
async def test_what_is_put_comes_back(size: int):
    """Of any size, in pieces that the bus carries."""
    bus, (name, data) = MemoryBus(), drawn(size)
    await blobs.put(bus, BUCKET, name, data)
    assert await blobs.get(bus, BUCKET, name) == data
    assert all(len(entry.value) <= blobs.PIECE_BYTES + 2 for entry in bus.bucket(BUCKET).entries.values())


async def test_the_same_value_is_stored_once():
    """Putting what is there already writes nothing."""
    bus, (name, data) = MemoryBus(), drawn(3_000_000)
    await blobs.put(bus, BUCKET, name, data)
    revision = bus.bucket(BUCKET).revision
    await blobs.put(bus, BUCKET, name, data)
    assert bus.bucket(BUCKET).revision == revision


async def test_whoever_sees_the_head_sees_the_whole():
    """The head is written last: a writer that dies half-way leaves nothing that can be found."""
    bus, (name, data) = MemoryBus(), drawn(3_000_000)
    await blobs.put(bus, BUCKET, name, data)
    entries = bus.bucket(BUCKET).entries
    assert entries[name].revision == max(entry.revision for entry in entries.values())


async def test_what_is_damaged_is_refused():
    """A missing piece, changed bytes or another value under the name: BUNDLE_UNAVAILABLE, never a wrong value."""
    bus, (name, data) = MemoryBus(), drawn(3_000_000)
    held = bus.bucket(BUCKET)
    other, wrong = drawn(10)
    for damage in ("piece", "bytes", "other", "empty"):
        held.entries.clear()
        await blobs.put(bus, BUCKET, name, data)
        match damage:
            case "piece":
                await held.delete(f"{name}.1")
            case "bytes":
                head = held.entries[name].value
                await held.put(name, head[:50] + bytes([head[50] ^ 1]) + head[51:])
            case "other":
                await blobs.put(bus, BUCKET, other, wrong)
                await held.put(name, held.entries[other].value)
            case "empty":
                await held.put(name, b"")
        with pytest.raises(WorkflowError) as refused:
            await blobs.get(bus, BUCKET, name)
        assert refused.value.code == "BUNDLE_UNAVAILABLE", damage
