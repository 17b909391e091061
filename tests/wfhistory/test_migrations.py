"""Databases come up to date, whoever starts first."""

import asyncio
import os
import subprocess
import sys

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from wfhistory import migrate, migrations
from wfhistory.store import StoreUnavailable

from .conftest import NewDatabase


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row["tablename"] for row in rows}


async def test_several_may_migrate_at_once(new_database: NewDatabase):
    """Services that start together on an empty database end with one set of tables."""
    url = await new_database()
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    assert {"executions", "task_runs", "events", "executions_default"} <= await tables(url)


async def test_a_current_database_is_left_alone(new_database: NewDatabase):
    """On a database that is up to date nothing is done, and alembic is not even imported."""
    url = await new_database()
    await migrate(url)
    script = f"import asyncio, sys, wfhistory; asyncio.run(wfhistory.migrate({url!r})); print('alembic' in sys.modules)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=subprocess.PIPE)
    assert (await process.communicate())[0] == b"False\n"


async def test_a_database_that_is_away_is_told_as_such():
    """No server: StoreUnavailable, so that the caller waits instead of dying."""
    with pytest.raises(StoreUnavailable):
        await migrate("postgresql://nobody@127.0.0.1:9/nothing")


def test_the_newest_revision_is_the_one_that_starts_look_for():
    """HEAD, which spares a start the import of alembic, names what alembic calls head."""
    config = Config(migrations.FOLDER / "alembic.ini")
    assert ScriptDirectory.from_config(config).get_heads() == [migrations.HEAD]


@pytest.mark.parametrize("offline", [True, False])
async def test_alembic_works_from_its_own_command_line(new_database: NewDatabase, offline: bool):
    """Operators may print the SQL (no database needed), or run the migration by hand."""
    url = await new_database()
    environment = {key: value for key, value in os.environ.items() if key != "WORKFLOW_DATABASE_URL"}
    command = [sys.executable, "-m", "alembic", "-c", str(migrations.FOLDER / "alembic.ini"), "upgrade", "head"]
    process = await asyncio.create_subprocess_exec(
        *command,
        *(["--sql"] if offline else []),
        stdout=subprocess.PIPE,
        env=environment if offline else environment | {"WORKFLOW_DATABASE_URL": url},
    )
    printed = (await process.communicate())[0].decode()
    assert process.returncode == 0
    assert ("CREATE TABLE task_runs" in printed) == offline
    assert ("task_runs" in await tables(url)) != offline
