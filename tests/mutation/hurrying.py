"""A pytest plugin for runs that only want to know whether anything fails: fast tests first, drawn tests kept small."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, settings

TENTH = 10
"""Of the examples of a drawn test, this share is drawn."""
SECONDS = "WF_TEST_SECONDS"
"""Names the file that keeps how long each test took: written when it is not there, else it gives the order."""

_took: Counter[str] = Counter()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep drawn tests small, and put what was slow at the end."""
    for item in items:
        _keep_small(item)
    file = Path(os.environ[SECONDS])
    if file.exists():
        seconds = json.loads(file.read_text())
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


def _keep_small(item: pytest.Item) -> None:
    drawn = getattr(item, "obj", None)
    # Hypothesis has no public way to change the settings of a test that has its own.
    asked: settings | None = getattr(drawn, "_hypothesis_internal_use_settings", None)
    if drawn is None or asked is None:
        return
    phases = [phase for phase in asked.phases if phase in (Phase.explicit, Phase.generate)]
    small = settings(
        asked, max_examples=max(5, asked.max_examples // TENTH), phases=phases, derandomize=True, database=None
    )
    getattr(drawn, "__func__", drawn)._hypothesis_internal_use_settings = small


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Gather how long tests take."""
    _took[report.nodeid] += report.duration


def pytest_sessionfinish() -> None:
    """Write it."""
    file = Path(os.environ[SECONDS])
    if not file.exists():
        file.write_text(json.dumps(_took))
