"""The parts of a history writer, from its start to its end."""

from __future__ import annotations

import asyncio

from wf_history_writer import upkeep
from wf_history_writer.handlers import listen
from wf_history_writer.patience import Patience
from wf_history_writer.settings import Settings
from wf_history_writer.writing import Writer
from wfhistory.store import Store
from wfservice.bus import Bus


class HistoryWriter:
    """A history writer that listens."""

    def __init__(self, store: Store, writer: Writer, patience: Patience, tasks: list[asyncio.Task[None]]) -> None:
        """Made by `start`."""
        self._store = store
        self._writer = writer
        self._patience = patience
        self._tasks = tasks

    @classmethod
    async def start(cls, settings: Settings, bus: Bus) -> HistoryWriter:
        """Bring the tables up to date, then listen. Waits for a database that is away."""
        store, patience = await Store.open(settings.database_url), Patience()
        await upkeep.prepare(store, settings, patience)
        writer = Writer(store, bus, settings, patience)
        await listen(bus, writer, settings)
        return cls(
            store,
            writer,
            patience,
            [
                asyncio.create_task(upkeep.keep_in_shape(store, settings, patience), name="upkeep"),
                asyncio.create_task(upkeep.measure_lag(bus, settings, patience), name="lag"),
            ],
        )

    def ready(self) -> str | None:
        """None when rows can be written, else what is missing."""
        return self._patience.missing

    async def stop(self) -> None:
        """Write the group under way; with the database away give it back to the stream."""
        self._patience.end()
        await self._writer.finish()
        await asyncio.gather(*self._tasks)
        await self._store.close()
