"""How long one part takes alone, also as a multiple of a calibration loop."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timing:
    """One part alone."""

    name: str
    microseconds: float
    calibrated: float
    """As a multiple of the calibration loop."""
    aim: float | None = None
    """Microseconds that it may take on the machine that the aims were set for."""
