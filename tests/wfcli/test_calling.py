"""`workflow-cli run`: input in, output and summary out, problems in words. The real gateway is in the story."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from wfcli.calling import explain

from .conftest import Cli


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked: path and body, as the output of a run."""

    def do_POST(self) -> None:
        given = self.rfile.read(int(self.headers["Content-Length"])).decode()
        output = f'{{"path": "{self.path}", "number": 12345678901234567890.10, "given": {given}}}'
        rest = '"executionId": "e1", "status": "succeeded", "tasks": [{}], "timings": {"totalMs": 7}'
        body = f'{{"output": {output}, {rest}}}'
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_output_is_on_stdout_and_the_summary_on_stderr(cli: Cli, echo: str) -> None:
    """So a pipe gets JSON alone; numbers come through digit by digit."""
    done = cli("run", "price", "-i", '{"sku": 1}', "--url", echo)
    assert done.returncode == 0
    assert json.loads(done.stdout)["path"] == "/api/v1/workflows/price/execute"
    assert "12345678901234567890.10" in done.stdout
    assert done.stderr == "succeeded · 7 ms · 1 task · execution e1\n"


@pytest.mark.parametrize("arguments", [["shop/price"], ["price", "-n", "shop"]])
def test_the_namespace_is_part_of_the_name_or_an_option(cli: Cli, echo: str, arguments: list[str]) -> None:
    """Both ways lead to the canonical address."""
    done = cli("run", *arguments, WORKFLOW_URL=echo)
    assert json.loads(done.stdout)["path"] == "/api/v1/namespaces/shop/workflows/price/execute"


def test_input_comes_from_a_file_or_standard_input(cli: Cli, echo: str, tmp_path: Path) -> None:
    """`@file` and `-`, as curl has them; `-o json` prints the whole answer."""
    (tmp_path / "in.json").write_text('{"from": "file"}')
    from_file = cli("run", "price", "-i", "@in.json", "--url", echo)
    from_stdin = cli("run", "price", "-i", "-", "-o", "json", "--url", echo, input='{"from": "stdin"}')
    assert json.loads(from_file.stdout)["given"] == {"from": "file"}
    assert json.loads(from_stdin.stdout)["output"]["given"] == {"from": "stdin"}


@pytest.mark.parametrize(("given", "said"), [('{"sku": ', "is not JSON"), ("@nowhere.json", "cannot be read")])
def test_input_that_cannot_be_read_is_refused_before_anything_is_sent(cli: Cli, given: str, said: str) -> None:
    """Exit code 2, and what is wrong with it."""
    done = cli("run", "price", "-i", given, "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "127.0.0.1:8080", "http://"])
def test_without_a_gateway_it_says_what_to_type(cli: Cli, url: str) -> None:
    """Exit code 3."""
    done = cli("run", "price", "--url", url)
    assert done.returncode == 3
    assert "workflow-cli dev" in done.stderr or "is not an address" in done.stderr


def test_something_else_on_the_port_is_recognised(cli: Cli) -> None:
    """An answer that is not JSON does not come from a gateway."""

    class Page(Echo):
        def do_POST(self) -> None:
            self.send_response(405)
            self.end_headers()
            self.wfile.write(b"<html>")

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    done = cli("run", "price", "--url", f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    assert done.returncode == 3
    assert "answered 405" in done.stderr


def test_a_problem_is_told_with_everything_one_can_act_on() -> None:
    """What, each violation, the failed task, what was done, the run, the fix."""
    problem = {
        "title": "The upstream failed",
        "code": "UPSTREAM_ERROR",
        "detail": "testapi answered 500",
        "errors": [{"pointer": "/skus/0", "code": "pattern", "detail": "does not match"}],
        "failedTask": "capture",
        "effects": "possible",
        "executionId": "e1",
        "fix": "try again",
    }
    assert explain(problem, 502).splitlines() == [
        "UPSTREAM_ERROR: The upstream failed",
        "  testapi answered 500",
        "  /skus/0: does not match",
        "  task     capture",
        "  effects  possible: calls that change something may have been made",
        "  run      e1",
        "  fix      try again",
    ]
    assert explain({}, 502) == "502: the run failed"
