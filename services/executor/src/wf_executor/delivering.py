"""Results on their way to the askers, told again until they are heard."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from msgspec.structs import replace

from wfcore import subjects
from wfcore.errors import WorkflowError
from wfcore.events import Failure
from wfcore.messages import AttemptId, ResultsHeard, RunEnded, StartRun
from wfservice import ids
from wfservice.bus import Bus

log = structlog.get_logger()

AGAIN_SECONDS = 0.5
"""A result that was not heard for so long is told again. Askers say every 100 ms what they heard."""
GRACE = 5_000_000
"""Results are repeated until so long (microseconds) after `end_by`; then history alone knows."""

CLOSE_SECONDS = 3.0
"""How long a leaving executor waits for its last results to be heard."""


class _Unheard:
    def __init__(self, run: StartRun, ended: RunEnded, told_at: float) -> None:
        self.run, self.ended, self.told_at = run, ended, told_at


class Delivery:
    """Keeps results until their askers have heard them."""

    def __init__(self, bus: Bus) -> None:
        """Empty."""
        self._bus = bus
        self._unheard: dict[AttemptId, _Unheard] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._repeating = asyncio.create_task(self._repeat(), name="results")

    async def deliver(self, run: StartRun, ended: RunEnded, *, replied: bool) -> None:
        """Tell a result, unless it went out as the reply already; either way until it is heard."""
        unheard = _Unheard(run, ended, asyncio.get_running_loop().time())
        self._unheard[AttemptId(run.execution, run.attempt)] = unheard
        self._empty.clear()
        if not replied:
            await self._tell(unheard)

    async def heard(self, message: ResultsHeard) -> None:
        """These arrived."""
        for result in message.results:
            self._unheard.pop(result, None)
        if not self._unheard:
            self._empty.set()

    async def close(self) -> None:
        """Wait until everything is heard, but not long for askers that are gone: the history knows it too."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._empty.wait()
        self._repeating.cancel()

    async def _repeat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(AGAIN_SECONDS / 2)
            for key, unheard in list(self._unheard.items()):
                if ids.now() > unheard.run.end_by + GRACE:
                    log.warning("result not delivered", execution=key.execution, asker=unheard.run.asker)
                    await self.heard(ResultsHeard(unheard.run.asker, [key]))
                elif loop.time() - unheard.told_at >= AGAIN_SECONDS:
                    await self._tell(unheard)

    async def _tell(self, unheard: _Unheard) -> None:
        unheard.told_at = asyncio.get_running_loop().time()
        try:
            await self._bus.publish(subjects.run_ended(unheard.run.asker), unheard.ended)
        except WorkflowError as error:  # not connected: told again later
            if error.code == "RESULT_TOO_LARGE":
                unheard.ended = _smaller(unheard.ended, Failure(error.code, error.message))
            log.warning("result not told", execution=unheard.run.execution, error=error.message)


def _smaller(ended: RunEnded, failure: Failure) -> RunEnded:
    """What can still be told of a result that the bus does not carry: that, and where it is not enough no tasks."""
    already = ended.failure is not None and ended.failure.code == failure.code and ended.output is None
    return replace(ended, status="failed", output=None, failure=failure, tasks=[] if already else ended.tasks)
