"""Waiting for what must become true, without a word on how soon."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable

GENEROUS = 20.0


async def until(condition: Callable[[], bool | Awaitable[bool]], within: float = GENEROUS) -> None:
    """Return as soon as the condition holds, turning the loop meanwhile; TimeoutError after `within` seconds."""
    async with asyncio.timeout(within):
        while True:
            holds = condition()
            if await holds if isawaitable(holds) else holds:
                return
            await asyncio.sleep(0.005)
