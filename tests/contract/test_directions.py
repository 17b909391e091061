"""Who may import whom is not a wish: a wrong import breaks the build."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCES = [
    path.parent for pattern in ("libs/*/src", "services/*/src", "tests/*/src") for path in REPOSITORY.glob(pattern)
]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """All our packages side by side, to be spoilt."""
    for source in SOURCES:
        shutil.copytree(source / "src", tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint(house: Path) -> "subprocess.CompletedProcess[str]":
    command = [Path(sys.executable).with_name("lint-imports"), "--config", REPOSITORY / ".importlinter", "--no-cache"]
    environment = os.environ | {"PYTHONPATH": str(house), "COLUMNS": "200"}
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)


def test_the_house_as_it_stands_is_in_order(house: Path):
    """Every module has its place, and nothing is imported against the directions."""
    linted = lint(house)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("wfcore/graph.py", "import time", "wfcore is pure"),
        ("wfcore/run.py", "import asyncio", "wfcore is pure"),
        ("wfcore/graph.py", "import wfcore.run", "The layers of wfcore"),
        ("wfcore/utils.py", "", "The layers of wfcore"),
        ("wfservice/helpers.py", "", "The layers of wfservice"),
        ("wfcore/events.py", "import wfservice.ids", "Services stand on libs"),
        ("wfservice/journal.py", "import wfhistory.rows", "Services stand on libs"),
        ("wf_gateway/pages.py", "import wf_planner.catalogue", "Services stand on libs"),
        ("wfcli/main.py", "import wf_gateway.pages", "Services stand on libs"),
        ("wf_executor/driving.py", "import nats", "Only wfservice.bus talks to NATS"),
        ("wfservice/journal.py", "import nats.js", "Only wfservice.bus talks to NATS"),
        ("wf_history_writer/writing.py", "import asyncpg", "Only wfhistory talks to PostgreSQL"),
        ("wf_executor/driving.py", "import aiohttp", "Only the executor calls upstreams"),
        ("wf_planner/planning.py", "import watchfiles", "Only operator_watcher watches files"),
        ("wf_executor/executing.py", "import starlette", "Only the gateway serves HTTP"),
        ("wf_gateway/gateway.py", "import wfservice.testing", "What helps tests"),
    ],
)
def test_a_wrong_import_breaks_the_build(house: Path, module: str, line: str, contract: str):
    """Each rule refuses what it is there for, and says which rule it is."""
    with (house / module).open("a") as file:
        file.write(f"\n{line}\n")
    linted = lint(house)
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert any(contract in told and "BROKEN" in told for told in linted.stdout.splitlines()), linted.stdout
