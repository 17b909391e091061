"""History is cut by day, and forgotten by day."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest_asyncio

from wfhistory import migrate
from wfhistory.partitions import apply_retention, bounds, ensure_partitions, first_id
from wfhistory.store import Store

from .conftest import NewDatabase
from .runs import a_batch, a_run, new_id, told

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)


@pytest_asyncio.fixture
async def empty(new_database: NewDatabase) -> AsyncIterator[Store]:
    """A store without any days."""
    url = await new_database()
    await migrate(url)
    store = await Store.open(url)
    yield store
    await store.close()


async def write_a_run(store: Store, made: datetime) -> UUID:
    execution = new_id(int(made.timestamp() * 1000))
    await store.write([a_batch(a_run(execution), [told(execution)])])
    return UUID(execution)


async def partition_of(store: Store, table: str, execution: UUID) -> str | None:
    rows = await store.fetch(f"SELECT tableoid::regclass::text AS name FROM {table} WHERE execution = $1", execution)
    return rows[0]["name"] if rows else None


async def partitions(store: Store, table: str) -> set[str]:
    rows = await store.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = to_regclass($1)", table
    )
    return {row["name"] for row in rows}


def test_a_day_is_a_range_of_ids():
    """The first id of a day belongs to it, the last of the day before does not."""
    low, high = bounds(date(2026, 3, 15))
    before = UUID(new_id(int(datetime(2026, 3, 14, 23, 59, 59, 999000, UTC).timestamp() * 1000)))
    first = UUID(new_id(int(datetime(2026, 3, 15, tzinfo=UTC).timestamp() * 1000)))
    last = UUID(new_id(int(datetime(2026, 3, 15, 23, 59, 59, 999000, UTC).timestamp() * 1000)))
    assert before < low <= first < last < high
    assert first_id(datetime(2026, 3, 16, tzinfo=UTC)) == high


async def test_days_are_made_ahead_and_once(empty: Store):
    """Yesterday, today and the days ahead are there; making them again changes nothing."""
    await ensure_partitions(empty, NOW, ahead=2)
    await ensure_partitions(empty, NOW, ahead=2)
    days = ["20260314", "20260315", "20260316", "20260317", "default"]
    for table in ("executions", "task_runs", "events"):
        assert await partitions(empty, table) == {f"{table}_{day}" for day in days}


async def test_a_row_stands_in_its_day_and_a_late_one_still_stands(empty: Store):
    """An execution lies in the day of its id; one of ten days ago is stored in the default partition."""
    await ensure_partitions(empty, NOW)
    fresh, late = await write_a_run(empty, NOW), await write_a_run(empty, NOW - timedelta(days=10))
    for table in ("executions", "task_runs", "events"):
        assert await partition_of(empty, table, fresh) == f"{table}_20260315"
        assert await partition_of(empty, table, late) == f"{table}_default"


async def test_rows_that_came_before_their_day_move_into_it(empty: Store):
    """When a day is made late, what waited in the default partition is found in it, complete."""
    early = await write_a_run(empty, NOW)
    before = await empty.fetch("SELECT * FROM executions WHERE execution = $1", early)
    await ensure_partitions(empty, NOW)
    assert await partition_of(empty, "executions", early) == "executions_20260315"
    assert await empty.fetch("SELECT * FROM executions WHERE execution = $1", early) == before


async def test_bodies_go_after_a_week_and_runs_after_a_month(empty: Store):
    """After 7 days the event log is gone, after 30 the execution; what is younger stays whole."""
    ages = {days: NOW - timedelta(days=days) for days in (0, 6, 9, 29, 32)}
    for made in ages.values():
        await ensure_partitions(empty, made, ahead=0)
    runs = {days: await write_a_run(empty, made) for days, made in ages.items()}
    await apply_retention(empty, NOW)
    kept = {
        table: {days for days, run in runs.items() if await partition_of(empty, table, run)}
        for table in ("executions", "task_runs", "events")
    }
    assert kept == {"executions": {0, 6, 9, 29}, "task_runs": {0, 6, 9, 29}, "events": {0, 6}}
    assert await apply_retention(empty, NOW) == []


async def test_late_rows_are_forgotten_as_well(empty: Store):
    """What lies in the default partition does not live longer than its own day would have."""
    old, young = await write_a_run(empty, NOW - timedelta(days=40)), await write_a_run(empty, NOW - timedelta(days=10))
    await apply_retention(empty, NOW)
    assert await partition_of(empty, "executions", old) is None
    assert await partition_of(empty, "executions", young) == "executions_default"
    assert await partition_of(empty, "events", young) is None
