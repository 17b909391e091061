"""What a bus must do, the real one and the one of tests alike."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest
from msgspec import Struct

from tests.wfservice.scratch import SCRATCH, Thing
from tests.wfservice.waiting import until
from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.messages import Grant, HistoryBatch
from wfservice import blobs
from wfservice.bus import Delivery, Mirror, NoResponders, RemoteFailure, on

from .conftest import Connect


class Asked(Struct, frozen=True):
    number: int


class Large(Struct, frozen=True):
    data: bytes


class Answered(Struct, frozen=True):
    double: int


def subject() -> str:
    return f"wf.v1.test.{uuid.uuid4().hex}"


async def test_a_request_gets_its_reply(connect: Connect):
    """What is asked on a subject is answered by the function that serves it."""
    asker, server, where = await connect(), await connect(), subject()

    async def double(asked: Asked) -> Answered:
        return Answered(asked.number * 2)

    await server.serve([on(where, Asked, double)])
    assert await asker.request(where, Asked(21), Answered, within=5) == Answered(42)


async def test_nobody_listening_is_told_at_once(connect: Connect):
    """No responders is an answer, long before the time is over."""
    bus = await connect()
    with pytest.raises(NoResponders):
        async with asyncio.timeout(5):
            await bus.request(subject(), Asked(1), Answered, within=60)


async def test_silence_ends_when_the_time_is_over(connect: Connect):
    """A handler that does not answer costs the asker no more than the time it gave."""
    asker, server, where = await connect(), await connect(), subject()

    async def silent(_: Asked) -> None:
        return None

    await server.serve([on(where, Asked, silent)])
    with pytest.raises(TimeoutError):
        await asker.request(where, Asked(1), Answered, within=0.05)


async def test_requests_are_handled_side_by_side(connect: Connect):
    """A handler that waits does not hold up the next message."""
    asker, server, where = await connect(), await connect(), subject()
    together = asyncio.Barrier(5)

    async def meet(asked: Asked) -> Answered:
        async with asyncio.timeout(10):
            await together.wait()
        return Answered(asked.number)

    await server.serve([on(where, Asked, meet)])
    replies = await asyncio.gather(*(asker.request(where, Asked(n), Answered, within=20) for n in range(5)))
    assert [reply.double for reply in replies] == [0, 1, 2, 3, 4]


async def test_a_full_handler_says_so(connect: Connect):
    """Above its limit a handler refuses at once with OVERLOADED, and takes again when one has ended."""
    asker, server, where = await connect(), await connect(), subject()
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold(asked: Asked) -> Answered:
        entered.set()
        await leave.wait()
        return Answered(asked.number)

    await server.serve([on(where, Asked, hold, at_once=1)])
    first = asyncio.create_task(asker.request(where, Asked(1), Answered, within=20))
    await entered.wait()
    with pytest.raises(RemoteFailure) as refused:
        await asker.request(where, Asked(2), Answered, within=20)
    assert refused.value.code == "OVERLOADED"
    leave.set()
    assert (await first).double == 1
    assert (await asker.request(where, Asked(3), Answered, within=20)).double == 3


async def test_a_failure_travels_with_its_code(connect: Connect):
    """A handler's WorkflowError reaches the asker with code and sentence; a bug as INTERNAL, without its details."""
    asker, server, where, other = await connect(), await connect(), subject(), subject()

    async def refuse(_: Asked) -> Answered:
        raise WorkflowError("the thing is paused", code="PAUSED")

    async def broken(_: Asked) -> Answered:
        raise RuntimeError("secret detail")

    await server.serve([on(where, Asked, refuse), on(other, Asked, broken)])
    with pytest.raises(RemoteFailure, match="the thing is paused") as told:
        await asker.request(where, Asked(1), Answered, within=5)
    assert told.value.code == "PAUSED"
    with pytest.raises(RemoteFailure) as bug:
        await asker.request(other, Asked(1), Answered, within=5)
    assert bug.value.code == "INTERNAL"
    assert "secret detail" not in bug.value.message


async def test_a_message_of_another_shape_is_refused(connect: Connect):
    """What cannot be understood is answered UNSUPPORTED_SCHEMA, not with silence."""
    asker, server, where = await connect(), await connect(), subject()

    async def take(_: Asked) -> Answered:
        return Answered(0)

    await server.serve([on(where, Asked, take)])
    with pytest.raises(RemoteFailure) as refused:
        await asker.request(where, Grant(True), Answered, within=5)
    assert refused.value.code == "UNSUPPORTED_SCHEMA"


async def test_a_queue_group_shares_the_work(connect: Connect):
    """Of a queue group exactly one member gets each message; every plain listener gets all."""
    asker, one, two, where = await connect(), await connect(), await connect(), subject()
    seen: dict[str, list[int]] = {"one": [], "two": [], "plain": []}

    def listener(name: str):
        async def hear(asked: Asked) -> None:
            seen[name].append(asked.number)

        return hear

    await one.serve([on(where, Asked, listener("one"), queue="group")])
    await two.serve([on(where, Asked, listener("two"), queue="group"), on(where, Asked, listener("plain"))])
    for number in range(40):
        await asker.publish(where, Asked(number))
    await until(lambda: len(seen["plain"]) == 40 and len(seen["one"] + seen["two"]) == 40)
    assert sorted(seen["one"] + seen["two"]) == list(range(40))


async def test_drain_lets_work_end_and_takes_none(connect: Connect):
    """Drain returns after the last reply has been sent; what comes later finds nobody."""
    asker, server, where = await connect(), await connect(), subject()
    entered, leave = asyncio.Event(), asyncio.Event()

    async def hold(asked: Asked) -> Answered:
        entered.set()
        await leave.wait()
        return Answered(asked.number)

    await server.serve([on(where, Asked, hold)])
    reply = asyncio.create_task(asker.request(where, Asked(7), Answered, within=20))
    await entered.wait()
    await server.unserve()
    draining = asyncio.create_task(server.drain(20))
    with pytest.raises(NoResponders):
        await asker.request(where, Asked(8), Answered, within=20)
    leave.set()
    assert (await reply).double == 7
    await draining


async def test_a_bucket_keeps_and_compares(connect: Connect):
    """put, get, delete; update only from the revision that the writer has seen."""
    bucket = (await connect()).bucket(SCRATCH)
    key = f"test.{uuid.uuid4().hex}"
    assert await bucket.get(key) is None
    first = await bucket.update(key, b"a", 0)
    assert first is not None
    assert await bucket.update(key, b"x", 0) is None
    second = await bucket.update(key, b"b", first)
    assert second is not None
    assert await bucket.update(key, b"x", first) is None
    found = await bucket.get(key)
    assert found is not None
    assert (found.value, found.revision) == (b"b", second)
    await bucket.delete(key)
    assert await bucket.get(key) is None


async def test_a_mirror_holds_what_is_there_and_what_comes(connect: Connect):
    """Values from before and after `follow` are here, with their listeners told; deleted ones are gone."""
    writer, reader = await connect(), await connect()
    bucket, mark = writer.bucket(SCRATCH), uuid.uuid4().hex
    from wfservice.bus.wire import encode

    await bucket.put(f"test.{mark}-a", encode(Thing("a", mark, 1)))
    mirror = Mirror(reader, SCRATCH, Thing)
    told: list[str] = []
    mirror.listen(lambda key, value, _: told.append(f"{key[-1]}{'+' if value else '-'}"))
    await mirror.follow()
    assert mirror.get(f"test.{mark}-a") == Thing("a", mark, 1)
    await bucket.put(f"test.{mark}-b", encode(Thing("b", mark, 2)))
    await bucket.delete(f"test.{mark}-a")
    await until(lambda: mirror.get(f"test.{mark}-a") is None and mirror.get(f"test.{mark}-b") is not None)
    assert [t for t in told if t[0] in "ab"][-3:] == ["a+", "b+", "a-"]
    await mirror.close()


async def test_a_blob_is_found_under_its_hash(connect: Connect):
    """Large values travel in compressed pieces and come back as they were; a missing one is told."""
    import hashlib
    import random

    bus = await connect()
    data = random.Random(1).randbytes(2_500_000)
    name = hashlib.sha256(data).hexdigest()
    await blobs.put(bus, subjects.BUNDLES, name, data)
    assert await blobs.get(bus, subjects.BUNDLES, name) == data
    with pytest.raises(WorkflowError) as missing:
        await blobs.get(bus, subjects.BUNDLES, "0" * 64)
    assert missing.value.code == "BUNDLE_UNAVAILABLE"


async def test_a_stream_hands_over_until_acknowledged(connect: Connect):
    """Each id is stored once; what is refused comes again; what is acknowledged does not."""
    bus = await connect()
    mark = uuid.uuid4().hex
    from wfservice.bus.wire import decode

    seen: list[tuple[int, int]] = []

    async def handle(group: Sequence[Delivery]) -> None:
        for delivery in group:
            batch = decode(delivery.data, HistoryBatch)
            if batch.sender == mark:
                seen.append((batch.number, delivery.tries))
                if batch.number == 2 and delivery.tries == 1:
                    await delivery.nak(0.01)
                    continue
            await delivery.ack()

    for number in (1, 2, 2):
        await bus.append(subjects.HISTORY_BATCH, HistoryBatch(mark, number), id=f"{mark}.{number}")
    await bus.consume(subjects.HISTORY, subjects.HISTORY_WRITER, handle)
    await until(lambda: (2, 2) in seen)
    assert sorted(seen) == [(1, 1), (2, 1), (2, 2)]
    async with asyncio.timeout(10):
        while await bus.pending(subjects.HISTORY, subjects.HISTORY_WRITER):
            await asyncio.sleep(0.01)


async def test_a_reply_that_is_too_large_is_told_at_once(connect: Connect):
    """A reply above 8 MiB becomes a typed refusal, not a silence that looks like a timeout."""
    asker, server, where = await connect(), await connect(), subject()

    async def too_much(_: Asked) -> Large:
        return Large(bytes(9 << 20))

    await server.serve([on(where, Asked, too_much)])
    with pytest.raises(RemoteFailure) as refused:
        async with asyncio.timeout(30):
            await asker.request(where, Asked(1), Large, within=600)
    assert refused.value.code == "RESULT_TOO_LARGE"


async def test_a_message_that_is_too_large_does_not_leave(connect: Connect):
    """What the bus cannot carry is refused where it is sent; the connection goes on."""
    asker, server, where = await connect(), await connect(), subject()

    async def take(large: Large) -> Answered:
        return Answered(len(large.data))

    await server.serve([on(where, Large, take)])
    for send in (
        asker.request(where, Large(bytes(9 << 20)), Answered, within=60),
        asker.publish(where, Large(bytes(9 << 20))),
    ):
        with pytest.raises(WorkflowError) as refused:
            await send
        assert refused.value.code == "RESULT_TOO_LARGE"
    assert await asker.request(where, Large(bytes(1 << 20)), Answered, within=20) == Answered(1 << 20)


async def test_what_its_sender_has_given_up_is_not_done(connect: Connect):
    """A message whose deadline has passed is dropped by the receiver, however it came to be late."""
    asker, server, where = await connect(), await connect(), subject()
    seen: list[int] = []

    async def act(asked: Asked) -> Answered:
        seen.append(asked.number)
        return Answered(asked.number)

    await server.serve([on(where, Asked, act)])
    with pytest.raises(TimeoutError):
        await asker.request(where, Asked(1), Answered, within=-1)
    await asker.request(where, Asked(2), Answered, within=20)
    assert seen == [2]
