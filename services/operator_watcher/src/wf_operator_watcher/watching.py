"""Keeping the bucket `definitions` as the directories say.

A file that cannot be read leaves its objects as they were; a deleted file deletes them.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog
import watchfiles
from msgspec.structs import replace

from wf_operator_watcher import directory
from wf_operator_watcher.directory import FileObjects
from wfcore import subjects
from wfcore.diagnostics import Diagnostic
from wfcore.errors import WorkflowError
from wfcore.messages import DefinitionRecord, SourceVerdict
from wfservice import ids
from wfservice.bus import Bus, Mirror
from wfservice.bus.wire import encode

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""Besides being told of changes it looks by itself this often: notifications get lost, folders appear late."""


class Watcher:
    """Compares both sides and carries over what differs."""

    def __init__(self, bus: Bus, folders: list[Path], default_namespace: str) -> None:
        """Nothing is read before `follow`."""
        self._bus = bus
        self._folders = folders
        self._namespace = default_namespace
        self._definitions = Mirror(bus, subjects.DEFINITIONS, DefinitionRecord)
        self._held: dict[str, tuple[int, DefinitionRecord]] = {}
        self._files: dict[Path, FileObjects] = {}
        self._told: dict[str, list[Diagnostic]] = {}
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self) -> None:
        """Carry over what is there, then go on as it changes."""
        self._definitions.listen(self._on_definition)
        await self._definitions.follow()
        await self._forget_old_files()
        # Who watches first and looks then misses nothing.
        self._tasks.append(asyncio.create_task(self._notice(), name="notice files"))
        await self._carry()
        self._tasks.append(asyncio.create_task(self._keep(), name="carry definitions"))

    def ready(self) -> str | None:
        """See Service.ready."""
        return None if len(self._tasks) == 2 else "the directories are not read yet"

    async def stop(self) -> None:
        """Stop watching."""
        for task in self._tasks:
            task.cancel()
        await self._definitions.close()

    async def _notice(self) -> None:
        while True:
            there = [folder for folder in self._folders if folder.exists()]
            if not there:
                await asyncio.sleep(LOOK_SECONDS / 5)
                continue
            async for _ in watchfiles.awatch(
                *there, debounce=50, step=20, rust_timeout=int(LOOK_SECONDS * 1000), yield_on_timeout=True
            ):
                self._changed.set()
                if [folder for folder in self._folders if folder.exists()] != there:
                    break

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._carry()
            except WorkflowError as error:
                log.warning("definitions are not carried over", error=error.message)
                await asyncio.sleep(0.5)
                self._changed.set()
            except Exception:
                log.exception("definitions are not carried over")
                await asyncio.sleep(0.5)

    async def _carry(self) -> None:
        """One comparison of both sides."""
        paths = directory.files(self._folders)
        read = {path: directory.read(path, self._namespace) for path in paths}
        for path in set(self._files) - set(paths):
            await self._say(self._files.pop(path)._replace(diagnostics=[]))
        wanted: dict[str, DefinitionRecord] = {}
        for path, found in read.items():
            if found is None:
                continue
            held = self._files.get(path)
            before = held.objects if held else self._last_read(found.origin)
            if not found.objects and not found.diagnostics and before:
                found = found._replace(diagnostics=[_empty(found.origin)])
            if found.diagnostics:
                found = found._replace(objects=before)
            self._files[path] = found
            twice = [key for key in found.objects if key in wanted]
            wanted |= {key: record for key, record in found.objects.items() if key not in wanted}
            await self._say(found._replace(diagnostics=found.diagnostics + [_twice(key, wanted) for key in twice]))
        await self._reconcile(wanted)

    def _last_read(self, origin: str) -> dict[str, DefinitionRecord]:
        """What an earlier life of this process had read from a file that is broken now."""
        return {key: record for key, (_, record) in self._held.items() if record.origin == origin}

    def _on_definition(self, key: str, record: DefinitionRecord | None, revision: int) -> None:
        """What the bucket holds. Our own writes are known before they come back, and what comes back may be older."""
        if record is None:
            self._held.pop(key, None)
        elif key not in self._held or revision >= self._held[key][0]:
            self._held[key] = (revision, record)

    async def _reconcile(self, wanted: dict[str, DefinitionRecord]) -> None:
        bucket = self._bus.bucket(subjects.DEFINITIONS)
        for key, record in wanted.items():
            _, held = self._held.get(key, (0, None))
            if held is None or replace(held, generation=record.generation) != record:
                written = replace(record, generation=held.generation + 1 if held else 1)
                self._held[key] = (await bucket.put(key, encode(written)), written)
                log.info("definition", object=key, origin=record.origin)
        for key, (_, record) in list(self._held.items()):
            if key not in wanted and not record.uid:  # those of a cluster carry its uid and are not ours
                await bucket.delete(key)
                self._held.pop(key, None)
                log.info("definition gone", object=key, origin=record.origin)

    async def _say(self, found: FileObjects) -> None:
        """Tell what is wrong with a file, once, and when it is healed."""
        if self._told.get(found.origin, []) == found.diagnostics:
            return
        bucket, key = self._bus.bucket(subjects.SOURCES), directory.token(found.origin)
        if found.diagnostics:
            self._told[found.origin] = found.diagnostics
            log.warning("file not read", file=found.origin, said=[str(d.message) for d in found.diagnostics])
            verdict = SourceVerdict(found.origin, found.diagnostics, sorted(found.objects), ids.now())
            await bucket.put(key, encode(verdict))
        else:
            del self._told[found.origin]
            await bucket.delete(key)

    async def _forget_old_files(self) -> None:
        """Verdicts of an earlier life: what is still wrong is said again."""
        bucket = self._bus.bucket(subjects.SOURCES)
        async for change in bucket.watch():
            if change is None:
                return
            if change.value is not None:
                await bucket.delete(change.key)


def _empty(origin: str) -> Diagnostic:
    """Many editors empty a file before they write it: nothing is deleted by that."""
    return Diagnostic(code="WF-101", message=f"{origin} is empty; delete the file to delete what it held")


def _twice(key: str, wanted: dict[str, DefinitionRecord]) -> Diagnostic:
    record = wanted[key]
    return Diagnostic(
        code="WF-210",
        message=f"{record.kind} {record.namespace}/{record.name} stands in {record.origin} already, which is used",
    )
