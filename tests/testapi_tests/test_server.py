"""The upstream as a program."""

import subprocess
import sys

import httpx
from tests.testapi_tests import running


def test_it_says_one_line_when_ready_and_ends_in_order_on_sigterm():
    """The address of the ready line answers; SIGTERM is a good end; nothing else is printed."""
    with running.testapi("--host", "127.0.0.1") as (url, process):
        assert httpx.get(f"{url}/_health").status_code == 200
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_a_taken_port_is_told(upstream_url):
    """It says which address, why, and what to do, and fails."""
    port = upstream_url.rpartition(":")[2]
    command = [sys.executable, "-m", "testapi", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert f"127.0.0.1:{port}" in ended.stderr
    assert "--port 0" in ended.stderr
    assert ended.stdout == ""
