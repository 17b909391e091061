"""A mirror stays right whatever happens to the watch beneath it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.wfservice.scratch import Thing
from tests.wfservice.waiting import until
from wfcli.local import nats
from wfcore import subjects
from wfservice.bus import Mirror
from wfservice.bus.nats import NatsBus
from wfservice.bus.wire import encode
from wfservice.testing import MemoryBus

BUCKET = subjects.Bucket("mirrored")
GENEROUS = 60.0


def value(number: int) -> bytes:
    return encode(Thing("service", "instance", number))


class Server:
    """A nats-server that can be away and come back where it was, with what it had."""

    def __init__(self, folder: Path, running: nats.NatsServer) -> None:
        self.folder, self.running, self.port = folder, running, running.port

    async def restart(self) -> None:
        await self.running.stop()
        self.running = await nats.start(self.folder, self.port)
        assert self.running.port == self.port


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server of this test alone."""
    made = Server(tmp_path / "nats", await nats.start(tmp_path / "nats"))
    yield made
    await made.running.stop()


@pytest_asyncio.fixture
async def bus(server: Server) -> AsyncIterator[NatsBus]:
    """A connection with an empty bucket."""
    opened = await NatsBus.connect(server.running.url, "test")
    await opened.ensure([], [BUCKET])
    yield opened
    await opened.drain(2)


def holding(mirror: Mirror[Thing]) -> dict[str, int]:
    return {key: found.number for key, found in mirror.items()}


async def test_a_restarted_server_blinds_nobody(server: Server, bus: NatsBus):
    """NATS goes and comes back with its store: what was there stays, what is written afterwards arrives."""
    bucket = bus.bucket(BUCKET)
    await bucket.put("kept", value(1))
    mirror = Mirror(bus, BUCKET, Thing, check_seconds=0.2)
    told: list[tuple[str, bool]] = []
    mirror.listen(lambda key, found, _: told.append((key, found is not None)))
    await mirror.follow()
    await server.restart()
    await until(lambda: bus.connected, GENEROUS)
    assert holding(mirror) == {"kept": 1}
    await bucket.put("late", value(2))
    await until(lambda: holding(mirror) == {"kept": 1, "late": 2}, GENEROUS)
    assert told == [("kept", True), ("late", True)], "nothing was told twice, nothing as gone"
    await mirror.close()


async def test_a_bucket_made_anew_is_seen(bus: NatsBus):
    """The bucket is deleted and made again: what it no longer holds is told as gone, what it holds now is here."""
    bucket = bus.bucket(BUCKET)
    for number, key in enumerate(("old", "both", "other")):
        await bucket.put(key, value(number))
    mirror = Mirror(bus, BUCKET, Thing, check_seconds=0.2)
    gone: list[str] = []
    mirror.listen(lambda key, found, _: gone.append(key) if found is None else None)
    await mirror.follow()
    await bus._js.delete_key_value(BUCKET.name)
    await bus.ensure([], [BUCKET])
    await bucket.put("both", value(7))
    await bucket.put("new", value(8))
    await until(lambda: holding(mirror) == {"both": 7, "new": 8}, GENEROUS)
    assert set(gone) == {"old", "other"}
    await mirror.close()


async def test_a_bucket_made_anew_with_as_many_changes_is_seen(bus: NatsBus):
    """A new bucket that happens to stand at the old one's revision is not mistaken for it."""
    bucket = bus.bucket(BUCKET)
    await bucket.put("old", value(1))
    mirror = Mirror(bus, BUCKET, Thing, check_seconds=0.2)
    await mirror.follow()
    await bus._js.delete_key_value(BUCKET.name)
    await bus.ensure([], [BUCKET])
    await bucket.put("new", value(2))
    await until(lambda: holding(mirror) == {"new": 2}, GENEROUS)
    await mirror.close()


async def test_a_mirror_waits_for_a_bucket_that_is_not_made_yet(bus: NatsBus):
    """Services start in any order: `follow` returns when the bucket is there."""
    late = subjects.Bucket("made-later")
    mirror = Mirror(bus, late, Thing, check_seconds=0.2)
    import asyncio

    following = asyncio.create_task(mirror.follow())
    await asyncio.sleep(0)
    assert not mirror.complete
    await bus.ensure([], [late])
    await bus.bucket(late).put("a", value(1))
    async with asyncio.timeout(GENEROUS):
        await following
    await until(lambda: holding(mirror) == {"a": 1}, GENEROUS)
    await mirror.close()


async def test_a_value_of_another_release_leaves_the_known_one():
    """What cannot be decoded is not taken; what is known goes on, and later values arrive."""
    bus = MemoryBus()
    bucket = bus.bucket(BUCKET)
    mirror = Mirror(bus, BUCKET, Thing)
    await bucket.put("a", value(1))
    await mirror.follow()
    await bucket.put("a", b"\xc1")
    await bucket.put("b", value(2))
    await until(lambda: holding(mirror) == {"a": 1, "b": 2})
    await mirror.close()


async def test_a_listener_that_fails_on_one_key_hears_the_others():
    """A fault of a listener is its own: the mirror and all other listeners go on."""
    bus = MemoryBus()
    bucket = bus.bucket(BUCKET)
    mirror = Mirror(bus, BUCKET, Thing)
    heard: list[str] = []

    def hear(key: str, _: Thing | None, __: int) -> None:
        heard.append(key)
        if key == "bad":
            raise RuntimeError("a fault of the listener")

    mirror.listen(hear)
    await mirror.follow()
    for key in ("a", "bad", "b"):
        await bucket.put(key, value(1))
    await until(lambda: len(heard) == 3)
    assert heard == ["a", "bad", "b"]
    assert set(holding(mirror)) == {"a", "bad", "b"}
    await mirror.close()


@pytest.mark.parametrize("deleted", [True, False])
async def test_revisions_are_those_of_the_bucket(deleted: bool):
    """`revision` is that of the key, 0 when it is gone; `newest` is that of the last change."""
    bus = MemoryBus()
    bucket = bus.bucket(BUCKET)
    first = await bucket.put("a", value(1))
    mirror = Mirror(bus, BUCKET, Thing)
    await mirror.follow()
    assert (mirror.revision("a"), mirror.newest, mirror.revision("b")) == (first, first, 0)
    if deleted:
        await bucket.delete("a")
    else:
        await bucket.put("b", value(2))
    await until(lambda: mirror.newest == first + 1)
    assert mirror.revision("a") == (0 if deleted else first)
    await mirror.close()
