"""Waiting for what has no event of its own: look again and again, and give up late."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

PATIENCE = 60.0
"""Seconds. Long, so that a slow machine is no failure; what comes, comes earlier."""


def until(look: Callable[[], Found | None], what: str, within: float = PATIENCE) -> Found:
    """The first true thing that `look` returns."""
    end = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"gave up waiting for {what}"
        time.sleep(0.01)
