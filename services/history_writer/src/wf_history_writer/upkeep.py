"""What keeps the tables in shape: migrations at start, then every hour the days ahead are made and old ones dropped."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from prometheus_client import Gauge

from wf_history_writer.patience import Patience
from wf_history_writer.settings import Settings
from wfcore import subjects
from wfhistory import migrate
from wfhistory.partitions import apply_retention, ensure_partitions
from wfhistory.store import Store, StoreUnavailable
from wfservice.bus import Bus, TransportLost

log = structlog.get_logger()

LAG = Gauge("wf_history_lag", "Messages of WF_HISTORY that are not yet written and acknowledged")


async def prepare(store: Store, settings: Settings, patience: Patience) -> None:
    """Bring the tables to this release and make the days of the first rows. Waits for a database that is away."""

    async def ready() -> None:
        await migrate(settings.database_url)
        await ensure_partitions(store, datetime.now(UTC))

    await patience.until_done(ready, _nothing)


async def keep_in_shape(store: Store, settings: Settings, patience: Patience) -> None:
    """Make days and drop old ones until we are to end. A failure is told; the next turn tries again."""
    while True:
        now = datetime.now(UTC)
        try:
            await ensure_partitions(store, now)
            dropped = await apply_retention(store, now, settings.executions_days, settings.bodies_days)
        except StoreUnavailable as error:
            log.warning("upkeep of history failed", error=str(error))
        else:
            if dropped:
                log.info("history forgotten", partitions=dropped)
        if await patience.pause(settings.upkeep_seconds):
            return


async def measure_lag(bus: Bus, settings: Settings, patience: Patience) -> None:
    """Keep `wf_history_lag` true until we are to end."""
    while True:
        try:
            LAG.set(await bus.pending(subjects.HISTORY, subjects.HISTORY_WRITER))
        except (TransportLost, TimeoutError, OSError) as error:
            log.debug("lag unknown", error=str(error))
        if await patience.pause(settings.lag_seconds):
            return


async def _nothing() -> None:
    """Nobody has to be told that we still wait."""
