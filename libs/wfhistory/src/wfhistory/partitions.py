"""The days into which history is cut: made ahead of time, dropped when their time is over.

The first 48 bits of a UUIDv7 are unix milliseconds, so a day is a range of execution ids and every query that names
an execution or a time finds its day without an index.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from wfhistory.store import Connection, Store

KEPT_DAYS_OF_RUNS = 30
KEPT_DAYS_OF_BODIES = 7

# Room on the page lets a row that is completed later (told, ended) stay where its index entries point.
_RUNS = {"executions": "WITH (fillfactor = 85)", "task_runs": ""}
_BODIES = {"events": ""}
_TABLES = {**_RUNS, **_BODIES}

_LOCK = 0x77665F70


def first_id(moment: datetime) -> UUID:
    """The smallest execution id that can have been made at this moment or later."""
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=milliseconds << 80)


def bounds(day: date) -> tuple[UUID, UUID]:
    """The ids of one UTC day: from the first, up to but without the second."""
    begin = datetime.combine(day, time(), UTC)
    return first_id(begin), first_id(begin + timedelta(days=1))


async def ensure_partitions(store: Store, now: datetime, ahead: int = 3) -> None:
    """Have a partition for yesterday, today and `ahead` days more. Rows waiting in the default partition move in."""
    today = now.astimezone(UTC).date()
    wanted = [today + timedelta(days=day) for day in range(-1, ahead + 1)]
    async with store.connection() as connection:
        for table, storage in _TABLES.items():
            for day in sorted(set(wanted) - await _days(connection, table)):
                await _make(connection, table, day, storage)


async def apply_retention(
    store: Store,
    now: datetime,
    executions_days: int = KEPT_DAYS_OF_RUNS,
    bodies_days: int = KEPT_DAYS_OF_BODIES,
) -> list[str]:
    """Forget executions and task runs older than `executions_days`, event logs (all bodies) older than `bodies_days`.

    A day goes as a whole, once its last moment is old enough. Returns the names of the partitions dropped.
    """
    dropped: list[str] = []
    async with store.connection() as connection:
        dropped += await _forget(connection, _RUNS, now - timedelta(days=executions_days))
        dropped += await _forget(connection, _BODIES, now - timedelta(days=bodies_days))
    return dropped


async def _forget(connection: Connection, tables: Iterable[str], before: datetime) -> list[str]:
    dropped = []
    for table in tables:
        for day in sorted(await _days(connection, table)):
            if bounds(day)[1] <= first_id(before):
                await _briefly(connection, f"DROP TABLE IF EXISTS {_name(table, day)}")
                dropped.append(_name(table, day))
        await connection.execute(f"DELETE FROM {table}_default WHERE execution < $1", first_id(before))
    return dropped


async def _make(connection: Connection, table: str, day: date, storage: str) -> None:
    name, default = _name(table, day), f"{table}_default"
    low, high = bounds(day)
    within = f"execution >= '{low}' AND execution < '{high}'"
    # Attached afterwards, because a partition that is born attached locks the whole table from the start.
    await _briefly(
        connection,
        f"""
        SELECT pg_advisory_xact_lock({_LOCK});
        CREATE TABLE IF NOT EXISTS {name} (LIKE {table} INCLUDING ALL) {storage};
        LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE;
        WITH late AS (DELETE FROM {default} WHERE {within} RETURNING *) INSERT INTO {name} SELECT * FROM late;
        DO $$ BEGIN
            IF NOT (SELECT relispartition FROM pg_class WHERE oid = '{name}'::regclass) THEN
                ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}');
            END IF;
        END $$;
        """,
    )


async def _briefly(connection: Connection, sql: str) -> None:
    """Run DDL that gives up rather than make writers queue behind it: the next hour tries again."""
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '2s'")
        await connection.execute(sql)


async def _days(connection: Connection, table: str) -> set[date]:
    rows = await connection.fetch(
        "SELECT right(c.relname, 8) AS day FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = to_regclass($1) AND c.relname ~ '_[0-9]{8}$'",
        table,
    )
    return {datetime.strptime(row["day"], "%Y%m%d").replace(tzinfo=UTC).date() for row in rows}


def _name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"
