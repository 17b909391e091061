"""A watcher over a real directory, on a bus without a server; the real one is spoken to in the story tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.wfservice.waiting import until
from wf_operator_watcher import watching
from wf_operator_watcher.directory import token
from wf_operator_watcher.watching import Watcher
from wfcore import subjects
from wfcore.messages import DefinitionRecord, SourceVerdict
from wfservice.bus.wire import decode
from wfservice.testing import MemoryBus, Room


def upstream(name: str, host: str = "example.com", namespace: str | None = None) -> str:
    """A definition, as short as they get."""
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: workflow.io/v1\nkind: Upstream\nmetadata: {{name: {name}{where}}}\n"
        f"spec: {{url: https://{host}}}\n"
    )


def documents(*texts: str) -> str:
    return "---\n".join(texts)


class Place:
    """A directory and what the bus holds of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.room = Room()
        self.bus = MemoryBus(self.room)
        self.watcher: Watcher | None = None

    async def watch(self, *folders: Path) -> Watcher:
        self.watcher = Watcher(MemoryBus(self.room), list(folders or (self.folder,)), "here")
        await self.watcher.follow()
        return self.watcher

    async def leave(self) -> None:
        if self.watcher is not None:
            await self.watcher.stop()
            self.watcher = None

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    # --- what the bus holds -------------------------------------------------------------------

    def records(self) -> dict[str, DefinitionRecord]:
        entries = self.bus.bucket(subjects.DEFINITIONS).entries
        return {key: decode(entry.value, DefinitionRecord) for key, entry in entries.items()}

    def names(self) -> list[str]:
        return sorted(record.name for record in self.records().values())

    def source(self, path: Path) -> SourceVerdict | None:
        entry = self.bus.bucket(subjects.SOURCES).entries.get(token(str(path)))
        return None if entry is None else decode(entry.value, SourceVerdict)

    def writes(self) -> int:
        """How often anything was written."""
        return sum(self.bus.bucket(bucket).revision for bucket in (subjects.DEFINITIONS, subjects.SOURCES))

    async def until_named(self, *names: str) -> None:
        await until(lambda: self.names() == sorted(names))


@pytest_asyncio.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """An empty directory; the watcher looks by itself often."""
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.2)
    made = Place(tmp_path / "workflows")
    made.folder.mkdir()
    yield made
    await made.leave()
