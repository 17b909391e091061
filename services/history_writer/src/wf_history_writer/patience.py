"""Waiting for something that is away: longer each time, never in step with others, and given up when we are to end."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from wfhistory.store import StoreUnavailable
from wfservice.bus import TransportLost

log = structlog.get_logger()

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0

Result = TypeVar("Result")


class Ending(Exception):
    """We were told to end while we waited."""


class Patience:
    """Does things that need PostgreSQL or the bus, as often as it takes."""

    def __init__(self) -> None:
        """Nothing is missing yet."""
        self._ending = asyncio.Event()
        self.missing: str | None = None
        """What we are waiting for, None when nothing."""

    @property
    def ending(self) -> bool:
        return self._ending.is_set()

    def end(self) -> None:
        """From now on nothing is waited for."""
        self._ending.set()

    async def until_done(
        self, act: Callable[[], Awaitable[Result]], meanwhile: Callable[[], Awaitable[None]]
    ) -> Result:
        """Act until neither database nor bus is away; `meanwhile` is called before each new try. Raises Ending."""
        pause = FIRST_SECONDS
        while True:
            try:
                result = await act()
            except (StoreUnavailable, TransportLost) as error:
                if self.missing is None:
                    log.warning("history waits", error=str(error))
                self.missing = str(error)
            else:
                if self.missing is not None:
                    log.info("history goes on")
                self.missing = None
                return result
            if await self.pause(pause * random.uniform(0.5, 1.0)):
                raise Ending
            pause = min(pause * 2, LONGEST_SECONDS)
            await meanwhile()

    async def pause(self, seconds: float) -> bool:
        """Wait; True, at once, when we are to end."""
        if seconds > 0 and not self.ending:
            try:
                async with asyncio.timeout(seconds):
                    await self._ending.wait()
            except TimeoutError:
                pass
        return self.ending
