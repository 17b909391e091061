"""An asker that a test plays by hand: slow to grant, hard of hearing, or gone."""

from __future__ import annotations

import asyncio

from wfcore import subjects
from wfcore.messages import Accepted, AttemptId, Busy, Grant, MayAct, ResultsHeard, RunEnded, StartRun
from wfservice.bus import Bus, on

from .house import PATIENCE


class AskerByHand:
    """An asker that does what a test says."""

    def __init__(self, bus: Bus) -> None:
        self.bus, self.id = bus, "by-hand"
        self.asked: list[MayAct] = []
        self.thought = asyncio.Event()
        """Set it when licences may be answered."""
        self.grant = Grant(True)
        self.results: list[RunEnded] = []
        self.deaf_for = 0
        """So many results are not heard."""
        self.heard = asyncio.Event()

    async def listen(self, *, may_act: bool = True) -> None:
        table = [on(subjects.run_ended(self.id), RunEnded, self._ended)]
        if may_act:
            table.append(on(subjects.may_act(self.id), MayAct, self._may_act))
        await self.bus.serve(table)

    async def start(self, run: StartRun) -> Accepted | Busy | RunEnded:
        reply = await self.bus.request(subjects.RUN_START, run, Accepted | Busy | RunEnded, within=PATIENCE)
        if isinstance(reply, RunEnded):
            await self._ended(reply)
        return reply

    async def result(self) -> RunEnded:
        async with asyncio.timeout(PATIENCE):
            await self.heard.wait()
        return self.results[-1]

    async def _may_act(self, question: MayAct) -> Grant:
        self.asked.append(question)
        await self.thought.wait()
        return self.grant

    async def _ended(self, result: RunEnded) -> None:
        self.results.append(result)
        if len(self.results) > self.deaf_for:
            said = ResultsHeard(self.id, [AttemptId(result.execution, result.attempt)])
            await self.bus.publish(subjects.results_heard(result.executor), said)
            self.heard.set()
