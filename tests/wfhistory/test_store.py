"""What is written is right whatever the order; what can never be written is told apart from what cannot be now."""

import math
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from wfcore.events import CallSucceeded, Event, Granted, TaskCompleted
from wfcore.messages import HistoryBatch, Told
from wfhistory import lines
from wfhistory.failures import classified
from wfhistory.store import DataRefused, Store, StoreUnavailable
from wfhistory.wire import read_batch

from .runs import AT, SECOND, Log, a_batch, a_run, body, new_id, started, summary, told

ONE = "0198c000-0000-7000-8000-00000000abcd"


async def kept(store: Store, execution: str) -> dict[str, Any]:
    """All that the tables say of an execution, without its id: the row, its tasks, its logs."""
    key = UUID(execution)
    row = await store.fetch("SELECT * FROM executions WHERE execution = $1", key)
    tasks = await store.fetch("SELECT * FROM task_runs WHERE execution = $1 ORDER BY attempt, task", key)
    pieces = await store.fetch("SELECT * FROM events WHERE execution = $1", key)
    attempts = {piece["attempt"] for piece in pieces}
    return {
        "executions": [list(r.values())[1:] for r in row],
        "tasks": [list(r.values())[1:] for r in tasks],
        "logs": {
            a: [
                (line.seq, line.at, line.type, bytes(line.data), line.because, line.task, line.call)
                for line in lines.read_lines(piece["lines"] for piece in pieces if piece["attempt"] == a)
            ]
            for a in attempts
        },
    }


def with_id(message: Event | Told, execution: str) -> Event | Told:
    return replace(message, execution=execution)


def two_attempts() -> list[Event | Told]:
    """A first attempt that was granted and lost, a second that ended, and two who were told."""
    first = Log(ONE, 1)
    started(first)
    first.add(Granted("executor-1", "gateway-1"))
    first.add(TaskCompleted(summary("load")), "load")
    return [
        *first.events,
        *a_run(ONE, attempt=2, at=AT + SECOND, status="failed", granted=True),
        told(ONE, http_status=503, status="lost", code="EXECUTOR_LOST"),
        told(ONE, asker="gateway-2", at=AT + 30_000),
    ]


MESSAGES = two_attempts()


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Event | Told]]:
    """The messages in any order, some of them twice, in writes of any size."""
    repeated = draw(st.lists(st.sampled_from(MESSAGES), max_size=6))
    order = draw(st.permutations([*MESSAGES, *repeated]))
    cuts = sorted(draw(st.sets(st.integers(1, len(order) - 1), max_size=5)))
    return [list(order[a:b]) for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def batch_of(messages: list[Event | Told]) -> HistoryBatch:
    return a_batch([m for m in messages if isinstance(m, Event)], [m for m in messages if isinstance(m, Told)])


@given(deliveries())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
async def test_any_order_gives_the_same_rows(store: Store, groups: list[list[Event | Told]]):
    """However messages are ordered, grouped and repeated, the tables say the same in the end."""
    plain, shuffled = new_id(), new_id()
    await store.write([batch_of([with_id(message, plain) for message in MESSAGES])])
    for group in groups:
        await store.write([batch_of([with_id(message, shuffled) for message in group])])
    assert await kept(store, shuffled) == await kept(store, plain)


async def test_a_higher_attempt_wins(store: Store):
    """The row tells the last attempt; of the first nothing is mixed in, even when it comes last."""
    execution = new_id()
    first = [with_id(message, execution) for message in MESSAGES if isinstance(message, Event) and message.attempt == 1]
    second = [
        with_id(message, execution) for message in MESSAGES if isinstance(message, Event) and message.attempt == 2
    ]
    await store.write([batch_of(second)])
    await store.write([batch_of(first)])
    (row,) = await store.fetch("SELECT * FROM executions WHERE execution = $1", UUID(execution))
    assert (row["attempt"], row["executor"], row["status"], row["code"]) == (
        2,
        "executor-2",
        "failed",
        "UPSTREAM_ERROR",
    )


async def test_the_same_batch_a_hundred_times_is_stored_once(store: Store):
    """A hundred deliveries leave the rows of one."""
    execution = new_id()
    batch = a_batch(a_run(execution), [told(execution)])
    await store.write([batch] * 50)
    for _ in range(50):
        await store.write([batch])
    for table, rows in (("executions", 1), ("task_runs", 2), ("events", 1)):
        (count,) = await store.fetch(f"SELECT count(*) FROM {table} WHERE execution = $1", UUID(execution))
        assert count["count"] == rows


async def test_what_comes_from_the_wire_is_kept_byte_for_byte(store: Store):
    """Data of events is not decoded on its way; an event type of a newer release is kept like the others."""
    execution = new_id()
    events = [*a_run(execution), Event(execution, 1, 99, AT, "TaskDreamt", {"of": "sheep"})]
    batch, unreadable = read_batch(msgspec.msgpack.encode(a_batch(events)))
    assert unreadable == []
    await store.write([batch])
    (log,) = (await kept(store, execution))["logs"].values()
    assert [line[3] for line in log] == [msgspec.msgpack.encode(event.data) for event in events]


@pytest.mark.parametrize(
    "poison",
    [b'{"a": "\\u0000"}', b'"\\ud800"', b"\xff\xfe\x00", b"NaN", b"\x00"],
    ids=["escaped NUL", "lone surrogate", "no UTF-8", "NaN", "NUL"],
)
async def test_bodies_may_hold_anything(store: Store, poison: bytes):
    """What JSON columns would refuse is stored as it came."""
    execution = new_id()
    await store.write([a_batch(a_run(execution, answer=body(poison)))])
    (log,) = (await kept(store, execution))["logs"].values()
    answers = [msgspec.msgpack.decode(line[3], type=CallSucceeded) for line in log if line[2] == "CallSucceeded"]
    assert [answer.body.data for answer in answers] == [poison, poison]


async def test_text_that_postgresql_cannot_keep_is_mended(store: Store):
    """NUL, half a surrogate pair and endless names in text columns do not cost the row."""
    execution = new_id()
    answer = told(execution, workflow="a\0b", code="x" * 5000, trace_id="\ud800")
    await store.write([a_batch(a_run(execution, tasks=["t\0t", "u" * 9000]), [answer])])
    (row,) = await store.fetch("SELECT * FROM executions WHERE execution = $1", UUID(execution))
    assert row["status"] == "succeeded"
    assert len(row["told_code"]) == 1000
    tasks = await store.fetch("SELECT task FROM task_runs WHERE execution = $1", UUID(execution))
    assert {task["task"][:3] for task in tasks} == {"t\N{REPLACEMENT CHARACTER}t", "uuu"}


async def test_a_number_that_is_none_is_stored(store: Store):
    """NaN in the data of an unknown event is no reason to lose it."""
    execution = new_id()
    await store.write([a_batch([Event(execution, 1, 1, AT, "Odd", {"x": math.nan})])])
    assert len((await kept(store, execution))["logs"][1]) == 1


def refused_events() -> dict[str, list[Event]]:
    good = a_run(ONE)
    return {
        "no uuid": [replace(good[0], execution="not-an-id")],
        "seq beyond 32 bits": [replace(good[0], seq=2**40)],
        "attempt beyond 64 bits": [replace(good[0], attempt=2**70)],
        "time beyond every calendar": [replace(good[0], at=2**62)],
        "not what its type says": [replace(good[0], data={"namespace": 7})],
        "text that cannot travel": [replace(good[1], data={"x": "\ud800"})],
        "one id in two spellings": [good[0], replace(good[0], execution=ONE.upper())],
    }


@pytest.mark.parametrize("name", refused_events())
async def test_data_that_can_never_be_stored_is_refused(store: Store, name: str):
    """Malformed ids, numbers out of range and data of the wrong shape are DataRefused, with a reason."""
    with pytest.raises(DataRefused) as refused:
        await store.write([a_batch(refused_events()[name])])
    assert refused.value.reason


async def test_a_refused_write_leaves_nothing_behind(store: Store):
    """All or nothing: beside a refused event nothing of the same write is stored."""
    execution = new_id()
    with pytest.raises(DataRefused):
        await store.write([a_batch([*a_run(execution), replace(a_run(execution)[0], seq=2**40)])])
    assert (await kept(store, execution))["executions"] == []


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        *((code, DataRefused) for code in ("22P05", "22P02", "22003", "22021", "23514", "54000")),
        *(
            (code, StoreUnavailable)
            for code in ("08006", "40P01", "42P01", "53100", "53300", "57P01", "57P03", "25006")
        ),
    ],
)
def test_every_error_of_the_server_is_one_of_two_kinds(state: str, kind: type[Exception]):
    """Data errors are refused for ever; everything else is worth another try."""
    with pytest.raises(kind), classified():
        raise asyncpg.PostgresError.new({"C": state, "M": "told by the server", "S": "ERROR"})


async def test_a_database_that_is_away_is_unavailable():
    """A store opens without its database and says StoreUnavailable when it is used."""
    away = await Store.open("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(StoreUnavailable):
        await away.write([a_batch(a_run(ONE))])
    await away.close()


async def test_a_pool_that_is_busy_is_not_waited_for(store: Store):
    """With every connection taken the next one is refused within moments instead of hanging."""
    held = [store.connection() for _ in range(4)]
    for one in held:
        await one.__aenter__()
    with pytest.raises(StoreUnavailable):
        await store.ping()
    for one in held:
        await one.__aexit__(None, None, None)
    await store.ping()


async def test_a_run_is_kept_within_its_limit_over_many_writes(store: Store):
    """2 MiB of one run, though its log comes in pieces each of which is small enough."""
    log = Log(new_id())
    started(log)
    for number in range(60):
        log.add(CallSucceeded(200, {}, body(b"x" * 60_000)), f"t{number}", 1)
    for start in range(0, len(log.events), 5):
        await store.write([a_batch(log.events[start : start + 5])])
        await store.write([a_batch(log.events[start : start + 5])])
    rows = await store.fetch(
        "SELECT sum(octet_length(lines)) AS bytes FROM events WHERE execution = $1", UUID(log.execution)
    )
    assert 1_900_000 < rows[0]["bytes"] < 2 * 1024 * 1024 + 20_000
