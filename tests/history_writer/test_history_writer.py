"""Nothing that reached the stream is lost, nothing is stored twice, and poison harms nobody else."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import pytest_asyncio
from msgspec import Raw, Struct
from msgspec.structs import replace

from tests.history_writer.conftest import Database, Running, settings
from tests.wfhistory.runs import a_run, new_id, told
from wf_history_writer import upkeep
from wfcore import subjects
from wfcore.messages import DeadLetter, HistoryBatch
from wfhistory.store import Store
from wfservice.bus import Delivery
from wfservice.bus.nats import NatsBus

DEADLINE_SECONDS = 60.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once it is true; far beyond any reasonable time the test has failed."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not await condition():
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    opened = await Store.open(database.url)
    yield opened
    await opened.close()


async def send(bus: NatsBus, number: int, *executions: str, sender: str = "executor-1") -> HistoryBatch:
    batch = HistoryBatch(
        sender, number, [e for one in executions for e in a_run(one)], [told(one) for one in executions]
    )
    await bus.append(subjects.HISTORY_BATCH, batch, id=f"{sender}.{number}")
    return batch


async def stored(store: Store, executions: Sequence[str]) -> set[str]:
    keys = [UUID(one) for one in executions]
    rows = await store.fetch(
        "SELECT execution::text FROM executions WHERE execution = ANY($1) AND told_at IS NOT NULL", keys
    )
    return {row["execution"] for row in rows}


async def all_acknowledged(bus: NatsBus) -> bool:
    return await bus.pending(subjects.HISTORY, subjects.HISTORY_WRITER) == 0


async def letters(bus: NatsBus) -> list[DeadLetter]:
    """All dead letters so far."""
    count = await bus.pending(subjects.DEAD_LETTERS, "test")
    found: list[DeadLetter] = []

    async def read(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            found.append(msgspec.msgpack.decode(delivery.data, type=DeadLetter))
            await delivery.ack()

    if count:
        await bus.consume(subjects.DEAD_LETTERS, "test", read)

        async def read_all() -> bool:
            return len(found) >= count

        await until(read_all)
    return found


async def test_what_is_sent_is_stored_and_then_acknowledged(writer: Running, bus: NatsBus, store: Store):
    """Every run of every batch is a row by the time the stream is empty."""
    runs = [new_id() for _ in range(30)]
    for number in range(10):
        await send(bus, number, *runs[number * 3 : number * 3 + 3])
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, runs) == set(runs)
    assert writer.service.ready() is None


async def test_the_lag_is_measured(writer: Running, bus: NatsBus):
    """`wf_history_lag` comes to 0 when everything is stored."""
    upkeep.LAG.set(-1)
    await send(bus, 1, new_id())

    async def none_left() -> bool:
        return upkeep.LAG.collect()[0].samples[0].value == 0 and await all_acknowledged(bus)

    await until(none_left)


async def test_one_refused_event_is_set_aside_alone(writer: Running, bus: NatsBus, store: Store):
    """The offending event goes to the dead letters, once, however often it comes; all others are stored."""
    runs = [new_id() for _ in range(5)]
    events = [event for one in runs for event in a_run(one)]
    place = next(i for i, e in enumerate(events) if e.execution == runs[2] and e.type == "CallSucceeded")
    events[place] = replace(events[place], seq=2**40)
    batch = HistoryBatch("executor-1", 1, events, [told(one) for one in runs])
    for repeat in range(3):
        await bus.append(subjects.HISTORY_BATCH, batch, id=f"repeat-{repeat}")
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, runs) == set(runs)
    pieces = await store.fetch("SELECT sum(last - first + 1) AS n FROM events WHERE execution = $1", UUID(runs[2]))
    assert pieces[0]["n"] == len(a_run(runs[2])) - 1
    (letter,) = await letters(bus)
    assert msgspec.msgpack.decode(letter.batch, type=HistoryBatch).events[0].seq == 2**40
    assert letter.reason


class Loose(Struct):
    """A batch with parts that are none."""

    sender: str
    number: int
    events: list[Raw]
    told: list[Raw]


class Nonsense(Struct):
    is_this: str = "a batch?"


async def test_messages_that_cannot_be_read_are_set_aside(writer: Running, bus: NatsBus, store: Store):
    """No batch at all, and parts that are no events: both are dead letters, and what stands beside them is stored."""
    run = new_id()
    bad, nothing = msgspec.msgpack.encode({"seq": "one"}), msgspec.msgpack.encode(7)
    good = [Raw(msgspec.msgpack.encode(event)) for event in a_run(run)]
    answer = Raw(msgspec.msgpack.encode(told(run)))
    await bus.append(subjects.HISTORY_BATCH, Nonsense(), id="nonsense")
    mixed = Loose("executor-1", 1, [*good, Raw(bad)], [Raw(nothing), answer])
    await bus.append(subjects.HISTORY_BATCH, mixed, id="mixed")
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, [run]) == {run}
    assert {letter.batch for letter in await letters(bus)} == {msgspec.msgpack.encode(Nonsense()), bad, nothing}


async def test_a_database_that_goes_and_comes_back_costs_nothing(
    writer: Running, bus: NatsBus, store: Store, database: Database
):
    """While PostgreSQL is away nothing is acknowledged and nothing counts as poison; then all is stored."""
    before, during = new_id(), [new_id() for _ in range(8)]
    await send(bus, 1, before)
    await until(lambda: all_acknowledged(bus))
    await database.stop()
    try:
        for number, run in enumerate(during, 2):
            await send(bus, number, run)

        async def noticed() -> bool:
            return writer.service.ready() is not None

        await until(noticed)
        assert await bus.pending(subjects.HISTORY, subjects.HISTORY_WRITER) == len(during)
    finally:
        await database.start()
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, [before, *during]) == {before, *during}
    assert writer.service.ready() is None
    assert await letters(bus) == []


async def test_a_writer_that_ends_in_an_outage_gives_its_work_to_the_next(
    bus: NatsBus, bus_url: str, store: Store, database: Database
):
    """Told to end while the database is away, it ends at once, and another writer stores what it held."""
    first = await Running.start(bus_url, settings(database))
    await database.stop()
    run = new_id()
    try:
        await send(bus, 1, run)

        async def noticed() -> bool:
            return first.service.ready() is not None

        await until(noticed)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await first.stop()
    finally:
        await database.start()
    second = await Running.start(bus_url, settings(database))
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, [run]) == {run}
    await second.stop()


async def test_a_start_without_a_database_waits_for_it(bus: NatsBus, bus_url: str, store: Store, database: Database):
    """Started first, the writer is there as soon as the database is."""
    await database.stop()
    starting = asyncio.create_task(Running.start(bus_url, settings(database)))
    await database.start()
    async with asyncio.timeout(DEADLINE_SECONDS):
        running = await starting
    run = new_id()
    await send(bus, 1, run)
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, [run]) == {run}
    await running.stop()


async def test_large_groups_are_written_in_portions(writer: Running, bus: NatsBus, store: Store):
    """More bytes than one commit takes are written in several, all of them."""
    runs = [new_id() for _ in range(12)]
    for number, run in enumerate(runs):
        events = [replace(e, data={"padding": "x" * 60_000}) if e.type == "TaskStarted" else e for e in a_run(run)]
        batch = HistoryBatch("executor-1", number, events * 4, [told(run)])
        await bus.append(subjects.HISTORY_BATCH, batch, id=f"large-{number}")
    await until(lambda: all_acknowledged(bus))
    assert await stored(store, runs) == set(runs)


async def test_the_process_serves_and_ends_on_sigterm(bus: NatsBus, bus_url: str, store: Store, database: Database):
    """As a process of its own it stores what comes, and SIGTERM ends it with code 0."""
    run = new_id()
    await send(bus, 1, run)
    environment = os.environ | {"WORKFLOW_NATS_URL": bus_url, "WORKFLOW_HISTORY_WRITER_DATABASE_URL": database.url}
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "wf_history_writer", env=environment)
    try:
        await until(lambda: all_acknowledged(bus))
        assert await stored(store, [run]) == {run}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE_SECONDS):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
