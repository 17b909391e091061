"""The local PostgreSQL: the real one, as whoever we are, keeping its data, healing what a crash leaves behind."""

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from wfcli.local import postgres
from wfcli.local.errors import CannotStart
from wfcli.local.ports import any_port
from wfcli.local.postgres_programs import Mode, find_programs


def ways_to_run() -> list[Mode]:
    """Those this machine can do: root has two unless it forbids namespaces, everybody else has one."""
    if os.geteuid() != 0:
        return ["plain"]
    return ["namespace", "account"] if find_programs().prefix else ["account"]


@pytest.fixture
def others_may_enter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder another account can reach, as /tmp is; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory(prefix="wf-pg-") as name:
        Path(name).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)


async def ask(server: postgres.PostgresServer, statement: str) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("mode", ways_to_run())
async def test_first_and_next_start_keep_the_data(tmp_path: Path, others_may_enter: Path, mode: Mode):
    """In every way of running, what one start writes the next one reads, and the password stays."""
    server = await postgres.start(tmp_path, durable=True, mode=mode)
    assert server.first_start
    await ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    await server.stop()
    again = await postgres.start(tmp_path, durable=True, port=server.port, mode=mode)
    try:
        assert not again.first_start
        assert again.url == server.url
        assert await ask(again, "SELECT answer FROM kept") == 42
        assert await ask(again, "SHOW server_version") == again.version
        assert await ask(again, "SELECT current_database()::text || pg_client_encoding()::text") == "workflowUTF8"
        assert await ask(again, "SHOW fsync") == "on"
    finally:
        await again.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a program as somebody else")
async def test_programs_the_account_cannot_read_are_copied(
    tmp_path: Path, others_may_enter: Path, monkeypatch: pytest.MonkeyPatch
):
    """An installation inside a closed folder serves another account too, and its own modes stay as they were."""
    package = find_programs().folder.parent
    hidden = tmp_path / "site-packages"
    shutil.copytree(package, hidden / package.parent.name / package.name)
    beside = package.parent.with_name(package.parent.name + ".libs")
    if beside.exists():
        shutil.copytree(beside, hidden / beside.name)
    hidden.chmod(0o700)
    monkeypatch.setenv("WORKFLOW_POSTGRES_BIN", str(hidden / package.parent.name / package.name / "bin"))
    server = await postgres.start(tmp_path / "data", durable=False, mode="account")
    try:
        assert await ask(server, "SELECT 1") == 1
        assert others_may_enter in server.data.parents
        assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
    finally:
        await server.stop()


async def test_a_password_is_needed(tmp_path: Path):
    """Another user of the machine who finds the port cannot get in; the password file is for us alone."""
    server = await postgres.start(tmp_path, durable=False)
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://workflow:guess@127.0.0.1:{server.port}/workflow")
        assert stat.S_IMODE((server.data.parent / "password").stat().st_mode) == 0o600
    finally:
        await server.stop()


async def test_a_killed_server_comes_back_with_what_was_committed(tmp_path: Path):
    """After kill -9 the pid file is stale and the log is replayed; both are nobody's business but ours."""
    server = await postgres.start(tmp_path, durable=False)
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS answer")
    server.signal(signal.SIGKILL)
    await server.wait()
    again = await postgres.start(tmp_path, durable=False, port=server.port)
    try:
        assert await ask(again, "SELECT answer FROM kept") == 7
    finally:
        await again.stop()


async def test_a_pid_file_that_names_a_living_stranger_is_healed(tmp_path: Path):
    """After a reboot the number in the pid file may be anybody's: PostgreSQL alone would refuse to start."""
    server = await postgres.start(tmp_path, durable=False)
    pid_file = server.data / "postmaster.pid"
    left_behind = pid_file.read_text().replace(str(server.pid), str(os.getppid()), 1)
    await server.stop()
    pid_file.write_text(left_behind)
    again = await postgres.start(tmp_path, durable=False)
    try:
        assert await ask(again, "SELECT 1") == 1
    finally:
        await again.stop()


async def test_a_first_start_that_was_cut_short_is_done_anew(tmp_path: Path):
    """Half-made data is never taken for data."""
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    (tmp_path / "password").write_text("old")
    server = await postgres.start(tmp_path, durable=False)
    try:
        assert server.first_start
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()


async def test_a_taken_port_moves_on(tmp_path: Path):
    """With the wished port taken the server listens on a later one and says which."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", any_port()))
        taken.listen()
        wish = taken.getsockname()[1]
        server = await postgres.start(tmp_path, durable=False, port=wish)
    try:
        assert server.port > wish
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()


async def test_a_deep_folder_is_no_trouble(tmp_path: Path):
    """No path of a socket limits where a checkout may lie."""
    server = await postgres.start(tmp_path / ("d" * 120), durable=False)
    try:
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()


async def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path):
    """The second start names who is there, and the first goes on."""
    server = await postgres.start(tmp_path, durable=False)
    try:
        with pytest.raises(CannotStart, match=r"in use by process \d+"):
            await postgres.start(tmp_path, durable=False)
        assert await ask(server, "SELECT 1") == 1
    finally:
        await server.stop()


async def test_data_of_another_major_version_is_refused_in_words(tmp_path: Path):
    """The error names both versions and both ways out."""
    server = await postgres.start(tmp_path, durable=False)
    await server.stop()
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 14, this is .*--reset"):
        await postgres.start(tmp_path, durable=False)


def test_programs_named_wrongly_are_told():
    """WORKFLOW_POSTGRES_BIN must hold the programs; nothing else is tried in its place."""
    with pytest.raises(CannotStart, match="WORKFLOW_POSTGRES_BIN=/nowhere is not a folder"):
        find_programs({"WORKFLOW_POSTGRES_BIN": "/nowhere"})
