"""What one process wrote into a log it shares with those before it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Log:
    """A file, and the byte at which this process's part begins."""

    path: Path
    start: int

    @classmethod
    def at_end_of(cls, path: Path) -> "Log":
        """The part that is yet to be written. Makes the folder when there is none."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(path=path, start=path.stat().st_size if path.exists() else 0)

    def written(self) -> str:
        """All of this process's part."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read().decode(errors="replace")

    def last_words(self, lines: int = 8) -> str:
        """Its end, for an error message."""
        tail = self.written().strip().splitlines()[-lines:]
        return "\n  ".join([f"the end of {self.path}:", *tail]) if tail else f"it wrote nothing to {self.path}"
