"""The folder in which `dev` keeps everything: data, logs, and the lock that says who works on it."""

import os
import shutil
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from wfcli.local import folder as folders
from wfcli.local.errors import CannotStart
from wfcli.local.postgres_programs import find_programs, home_for


@dataclass(frozen=True)
class DataFolder:
    """`./.workflow`, or what --data named."""

    path: Path

    @property
    def nats(self) -> Path:
        return self.path / "nats"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def demo(self) -> Path:
        return self.path / "demo"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    async def take(self) -> int:
        """Make the folder ours; returns the descriptor to keep open. Raises CannotStart when another `dev` has it."""
        try:
            return await folders.lock(self.path)
        except OSError as error:
            raise CannotStart(f"{self.path} cannot be used: {error.strerror}; choose another with --data") from error

    async def reset(self) -> None:
        """Throw away what earlier starts kept. What somebody else put into the folder (secrets) stays."""
        with ExitStack() as held:
            for folder in (self.nats, self.postgres):  # a server left behind by a killed start is ended first
                held.enter_context(folders.ours_closed(await folders.lock(folder)))
            with suppress(CannotStart):  # without programs there is no data elsewhere either
                home = home_for(self.postgres, find_programs())
                shutil.rmtree(home / "data", ignore_errors=True)
            for folder in (self.nats, self.postgres, self.demo, self.logs):
                shutil.rmtree(folder, ignore_errors=True)

    def begin_logs(self) -> None:
        """Each start writes new logs; those of the start before are kept as `.old`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        for log in self.logs.glob("*.log"):
            log.replace(log.with_suffix(".old"))


def shown(path: Path) -> str:
    """A path as its user types it: `./…` where it lies below, else in full."""
    relative = os.path.relpath(path)
    return str(path.absolute()) if relative.startswith("..") else f"./{relative}"
