"""A real PostgreSQL on this machine, in one folder, for one developer or one test run.

It listens on 127.0.0.1 only and has no socket file: TCP works in every way of running it (also as another user or in
a namespace), has no path that can be too long, and leaves nothing behind. Other users of the machine reach 127.0.0.1
too, and a superuser of PostgreSQL may run programs, so it wants a password: one made at the first start and kept beside
the data for us alone. That costs a few milliseconds per connection.
"""

import asyncio
import os
import secrets
import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wfcli.local import folder as folders
from wfcli.local.child import Process, end, explain, run, spawn
from wfcli.local.errors import CannotStart
from wfcli.local.ports import any_port, free_port
from wfcli.local.postgres_programs import Mode, Programs, find_programs, home_for

HOST = "127.0.0.1"
PREFERRED_PORT = 5432
USER = DATABASE = "workflow"
START_SECONDS = 60.0
"""Long, because after a crash the server first replays its log."""
STOP_SECONDS = 30.0
OLDEST = 15
_TRIES = 5
_LOOK_AGAIN_SECONDS = 0.01

_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# A test's data need not outlive a power cut. Commits still reach the system at once (synchronous_commit stays on), so
# a killed server loses nothing.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """A server that takes connections. `url` is for asyncpg and holds the password: do not print it."""

    url: str
    port: int
    version: str
    first_start: bool
    data: Path
    process: Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def wait(self) -> int:
        return await self.process.wait()

    def signal(self, number: int) -> None:
        self.process.signal(number)

    def last_words(self) -> str:
        return self.process.last_words()

    async def stop(self) -> None:
        """Fast shutdown: open connections are cut, everything committed is on the disk. Killed after 30 s."""
        await end(self.process, with_signal=signal.SIGINT, within_seconds=STOP_SECONDS)


async def start(folder: Path, *, durable: bool, port: int | None = None, mode: Mode | None = None) -> PostgresServer:
    """Start the server that keeps its data and log in `folder`; make data and the database `workflow` at first.

    `durable=False` (tests) does without waiting for the disk. `port` is a wish: the next free one is taken when it
    is not to be had; None takes any free one. `mode` forces how root runs it. Raises CannotStart.
    """
    programs = find_programs(mode=mode)
    with folders.ours_closed(await folders.lock(folder)) as lock:
        home = home_for(folder, programs)
        version = await _version(programs, folder)
        if int(version.split(".")[0]) < OLDEST:
            raise CannotStart(f"{programs.folder} holds PostgreSQL {version}; {OLDEST} or newer is needed")
        first = not (home / "data").exists()
        if first:
            await _make_data(programs, home, folder)
        _check_version(home / "data", version)
        process, chosen = await _serve(programs, home, folder, port, durable=durable, lock=lock)
    password = _password_file(home).read_text().strip()
    return PostgresServer(
        url=f"postgresql://{USER}:{password}@{HOST}:{chosen}/{DATABASE}",
        port=chosen,
        version=version,
        first_start=first,
        data=home / "data",
        process=process,
    )


async def _version(programs: Programs, folder: Path) -> str:
    """`18.6`, of the programs we are about to run."""
    process = spawn(programs.command("postgres", "--version"), log=folder / "postgres.log", account=programs.account)
    code = await process.wait()
    words = process.written().split()
    if code != 0 or len(words) < 3:
        raise CannotStart(f"{programs.folder / 'postgres'} ended with {explain(code)}; {process.last_words()}")
    return words[2]


def _check_version(data: Path, version: str) -> None:
    made_by, major = (data / "PG_VERSION").read_text().strip(), version.split(".")[0]
    if made_by != major:
        raise CannotStart(
            f"{data} was made by PostgreSQL {made_by}, this is {version}: "
            f"run with PostgreSQL {made_by} (WORKFLOW_POSTGRES_BIN), or start over with --reset"
        )


async def _make_data(programs: Programs, home: Path, folder: Path) -> None:
    """All or nothing: what a killed first start leaves behind is thrown away by the next one."""
    fresh = home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    log = folder / "postgres.log"
    password = _write_password(home, programs)
    who: list[str | Path] = ["--pgdata", fresh, "--username", USER, "--pwfile", password, "--auth", "scram-sha-256"]
    what = ["--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"]
    await run(programs.command("initdb", *who, *what), log=log, account=programs.account)
    await _make_database(programs, fresh, home, log)
    fresh.rename(home / "data")


async def _make_database(programs: Programs, data: Path, home: Path, log: Path) -> None:
    # Done before anybody can connect, so a server that runs has its database.
    statement = home / "first.sql"
    statement.write_text(f"CREATE DATABASE {DATABASE}\n")
    with statement.open("rb") as commands:
        single = programs.command("postgres", "--single", "-F", "-D", data, "template1")
        await run(single, log=log, account=programs.account, commands=commands)
    statement.unlink()


def _write_password(home: Path, programs: Programs) -> Path:
    path = _password_file(home)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(24) + "\n")
    if programs.account:
        os.chown(path, programs.account.uid, programs.account.gid)
    return path


def _password_file(home: Path) -> Path:
    return home / "password"


async def _serve(
    programs: Programs, home: Path, folder: Path, wish: int | None, *, durable: bool, lock: int
) -> tuple[Process, int]:
    """The running server and its port."""
    settings = _SETTINGS | ({} if durable else _NOT_DURABLE)
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    for _ in range(_TRIES):
        chosen = any_port(HOST) if wish is None else free_port(wish, HOST)
        # We hold the folder's lock, so no server works on this data: whoever the file names is somebody else by now.
        (home / "data" / "postmaster.pid").unlink(missing_ok=True)
        process = spawn(
            programs.command("postgres", "-D", home / "data", "-p", str(chosen), *options),
            log=folder / "postgres.log",
            account=programs.account,
            keep_open=[lock],
            death_signal=signal.SIGINT,
        )
        folders.note(lock, server=process.pid)
        if await _takes_connections(process, home / "data"):
            return process, chosen
        wish = None if wish is None else chosen + 1  # somebody else was faster
    raise CannotStart(f"PostgreSQL lost its port {_TRIES} times; {process.last_words()}")


async def _takes_connections(process: Process, data: Path) -> bool:
    """True once the server says it is ready, False when its port was taken by somebody else."""
    ended = asyncio.ensure_future(process.wait())
    try:
        async with asyncio.timeout(START_SECONDS):
            while not ended.done():
                if _says_ready(data, process.pid):
                    return True
                await asyncio.wait([ended], timeout=_LOOK_AGAIN_SECONDS)
    except BaseException as error:
        process.signal(signal.SIGQUIT)
        if isinstance(error, TimeoutError):
            raise CannotStart(f"PostgreSQL was not ready in {START_SECONDS:g} s; {process.last_words()}") from error
        raise
    finally:
        ended.cancel()
    if "could not bind" in process.written():
        return False
    raise CannotStart(f"PostgreSQL gave up; {process.last_words()}")


def _says_ready(data: Path, pid: int) -> bool:
    """The server keeps its state in the eighth line of its pid file, as `pg_ctl --wait` reads it."""
    with suppress(OSError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
    return False
