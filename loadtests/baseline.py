"""Has anything become slower? Told by ratios to a calibration loop of the same process, never by absolute times."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from loadtests.timing import Timing

STORED = Path(__file__).with_name("baseline.json")
SLOWER = 2.0
"""So many times the stored ratio is a regression: what machines and neighbours change stays below it."""


def stored(path: Path = STORED) -> dict[str, float]:
    """The ratios of the last release, by the name of the part."""
    found: dict[str, float] = json.loads(path.read_text())
    return found


def store(timings: Sequence[Timing], path: Path = STORED) -> None:
    """Make these the ratios to compare with."""
    ratios = {timing.name: round(timing.calibrated, 3) for timing in timings}
    path.write_text(json.dumps(ratios, indent=2) + "\n")


def regressions(timings: Sequence[Timing], before: Mapping[str, float]) -> list[str]:
    """One sentence for each part that takes far more of a calibration loop than before. New parts cannot."""
    return [
        f"{timing.name}: {timing.calibrated:.2f} x calibration, more than {SLOWER:g} times {before[timing.name]:.2f}"
        for timing in timings
        if timing.name in before and timing.calibrated > before[timing.name] * SLOWER
    ]
