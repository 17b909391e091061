"""`workflow-cli doctor`: what is wrong with this machine, and what to type about it."""

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from wfcli import doctoring

from .conftest import Cli


def test_a_machine_that_can_run_it_is_well(cli: Cli) -> None:
    """Python, packages, services, both servers, disk, folder and ports: a line each, exit code 0."""
    done = cli("doctor", "-o", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (0, True), told
    looked_at = [finding["what"] for finding in told["findings"]]
    assert looked_at[:7] == ["python", "packages", "services", "nats", "postgres", "disk", "data"]
    assert looked_at.count("ports") == 4


def test_what_is_wrong_comes_with_its_fix(cli: Cli, tmp_path: Path) -> None:
    """Exit code 1, `!!` before what is wrong and the fix below it; the rest is still told."""
    (tmp_path / "file").touch()
    done = cli("doctor", "--data", "file/below", WORKFLOW_NATS_SERVER="/nowhere/nats-server")
    assert done.returncode == 1
    assert "!!  nats         WORKFLOW_NATS_SERVER=/nowhere/nats-server" in done.stdout
    assert "!!  data" in done.stdout
    assert done.stdout.count("fix: ") == 2
    assert "2 things to fix" in done.stdout


def test_a_server_left_behind_is_named_with_the_way_to_end_it(tmp_path: Path) -> None:
    """A server whose starter is dead does not go unnoticed."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / "nats").mkdir()
    (tmp_path / "nats" / "lock").write_text(json.dumps({"starter": gone.pid, "server": os.getpid()}))
    [left] = [finding for finding in doctoring.examine(tmp_path) if finding.what == "left over"]
    assert not left.ok
    assert f"`kill {os.getpid()}`" in left.fix


def test_a_dev_that_runs_is_told_and_is_no_fault(tmp_path: Path) -> None:
    """Its process id helps whoever forgot in which window it was."""
    (tmp_path / "lock").write_text(json.dumps({"starter": os.getpid(), "server": None}))
    [running] = [finding for finding in doctoring.examine(tmp_path) if finding.what == "running"]
    assert (running.ok, str(os.getpid()) in running.told) == (True, True)


def test_a_taken_port_is_no_fault_but_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`dev` moves to the next free port; doctor says to which."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(doctoring, "_PORTS", (("gateway", port),))
        [finding] = [finding for finding in doctoring.examine(tmp_path) if finding.what == "ports"]
    assert finding.ok
    assert f"gateway: {port} is taken" in finding.told


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than we ask for: a fault with two ways out."""
    monkeypatch.setattr(doctoring, "LEAST_FREE_BYTES", 1 << 62)
    [disk] = [finding for finding in doctoring.examine(tmp_path) if finding.what == "disk"]
    assert (disk.ok, "--data" in disk.fix) == (False, True)
