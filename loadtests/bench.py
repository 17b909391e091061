"""`make bench`: the engine beside the floor, measured in one run on this machine.

Prints a table and writes build/bench.json. Ends with 1 when an answer was wrong or a part did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from loadtests import baseline, cpu, figures, micro, parts
from loadtests.measuring import EngineSide, FloorSide, Measuring, Plan
from loadtests.parts import CannotMeasure
from loadtests.timing import Timing

WHOLE_SECONDS = 120.0
_IDLE_SECONDS = 2.0


async def bench(plan: Plan) -> dict[str, Any]:
    """Start everything, measure, stop everything. Raises CannotMeasure and TimeoutError."""
    async with asyncio.timeout(WHOLE_SECONDS), AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wf-bench-")))
        upstream = await stack.enter_async_context(parts.stub())
        definitions = parts.write_definitions(folder / "definitions", upstream)
        async with parts.engine(folder / "data", definitions) as first_start:
            pass
        engine = await stack.enter_async_context(parts.engine(folder / "data", definitions))
        floor = await stack.enter_async_context(parts.floor(upstream))
        generator = await stack.enter_async_context(parts.generator())
        side = await stack.enter_async_context(EngineSide.open(engine))
        by_hand, ours = Measuring(FloorSide(floor), generator), Measuring(side, generator)
        for measured in (by_hand, ours):
            await measured.warm_up(plan)
        others = Others()
        for _ in range(plan.rounds):
            for measured in (by_hand, ours):
                await measured.round(plan)
        details = {
            "start_seconds": {"first": first_start.start_seconds, "next": engine.start_seconds},
            "used_by_others": others.share(),
            "idle_cpu_ms_per_second": await ours.idle(_IDLE_SECONDS),
            "parts": [asdict(timing) for timing in micro.measure()],
        }
        return figures.compared(figures.of(by_hand.rounds), figures.of(ours.rounds), plan, details)


class Others:
    """What other work takes of the machine while we measure: figures of a busy machine are worth less."""

    def __init__(self) -> None:
        self._ours, (self._work, self._time) = self._used(), cpu.machine()

    def share(self) -> float:
        """Of all cores since we were made, from 0 to 1."""
        work, time = cpu.machine()
        return max(0.0, (work - self._work - (self._used() - self._ours)) / (time - self._time))

    @staticmethod
    def _used() -> float:
        """Of ours: everything that is measured is a descendant of this process."""
        return cpu.used({"bench": os.getpid()})["bench"]


def main() -> int:
    """The command line."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m loadtests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="rounds on each side (%(default)s)")
    parser.add_argument("--single", type=int, default=usual.single, help="calls one by one per round (%(default)s)")
    parser.add_argument("--loaded", type=int, default=usual.loaded, help="calls under load per round (%(default)s)")
    parser.add_argument("--warm-up", type=int, default=usual.warm_up, help="calls before the first (%(default)s)")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), help="where to write (%(default)s)")
    parser.add_argument("--baseline", type=Path, default=baseline.STORED, help="the stored ratios (%(default)s)")
    parser.add_argument("--store", action="store_true", help="make the ratios of the parts those to compare with")
    options = parser.parse_args()
    plan = Plan(warm_up=options.warm_up, rounds=options.rounds, single=options.single, loaded=options.loaded)
    try:
        found = asyncio.run(bench(plan))
    except CannotMeasure as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except TimeoutError:
        print(f"error: not done in {WHOLE_SECONDS:g} s", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=2) + "\n")
    print(figures.table(found))
    print()
    return micro.told([Timing(**part) for part in found["parts"]], store=options.store, path=options.baseline)


if __name__ == "__main__":
    sys.exit(main())
