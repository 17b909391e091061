"""`workflow-cli dev` as one types it: the real servers, every service a process, the demo, and an orderly end."""

import json
import os
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from tests.waiting import until

from wfcli.local.ports import any_port

from .conftest import COMMAND, Cli

pytestmark = pytest.mark.story
SECONDS = 90
END_SECONDS = 60

PRICE = """apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: price}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string, pattern: '^SKU-[0-9]{1,6}$'}}}
  tasks:
    - {id: price, taskRef: get-price, input: {sku: "{{input.sku}}"}}
  output: {cents: "{{tasks.price.output.unitCents}}"}
"""


class Dev:
    """A `dev --json` that runs: its ready line, and what it says on stderr while it lives."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        """Start it in `folder`, where its data and its workflows are."""
        (folder / "workflows").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            [COMMAND, "dev", "--json", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.told: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [self._read(self.process.stderr, self.said), self._read(self.process.stdout, self.told)]
        self.ready: dict[str, Any] = {}

    def _read(self, stream: IO[str] | None, into: list[str]) -> threading.Thread:
        assert stream is not None

        def read() -> None:
            for line in stream:
                into.append(line.rstrip("\n"))
                self._lines.put(line)
            self._lines.put(None)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def until_ready(self) -> "Dev":
        self._until(lambda: bool(self.told))
        self.ready = json.loads(self.told[0])
        return self

    def until_said(self, words: str, after: int = 0) -> int:
        """Wait for a line with these words, not among the first `after`; returns how many lines there are by then."""
        self._until(lambda: any(words in line for line in self.said[after:]))
        return len(self.said)

    def _until(self, holds: Any) -> None:
        until = time.monotonic() + SECONDS
        while not holds():
            left = until - time.monotonic()
            assert left > 0, "\n".join(self.said)
            assert self.process.poll() is None or not self._lines.empty(), "\n".join(self.said)
            try:
                self._lines.get(timeout=min(left, 1.0))
            except queue.Empty:
                continue

    def pids(self) -> dict[str, int]:
        parts = self.ready["services"] | self.ready["servers"]
        return {name: part["pid"] for name, part in parts.items()}

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(END_SECONDS)
        for reader in self._readers:
            reader.join(END_SECONDS)
        return code


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Dev]:
    dev = Dev(folder, *arguments)
    try:
        yield dev.until_ready()
    finally:
        if dev.process.poll() is None:
            dev.process.kill()  # its children die with it
            dev.process.wait()


def alive(pid: int) -> bool:
    """Whether there is such a process that is not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """One engine with the demo for all that only looks at it."""
    with started(tmp_path_factory.mktemp("dev"), "--demo", "--port", str(any_port()), "--verbose") as running:
        yield running
        assert running.end() == 0


def test_everything_is_a_process_of_its_own_and_answers(dev: Dev) -> None:
    """Five services, two servers and the demo upstream; each service says that it is ready."""
    names = {"gateway", "planner", "executor", "operator-watcher", "history-writer", "nats", "postgres", "testapi"}
    assert dev.pids().keys() == names
    assert len(set(dev.pids().values())) == len(names)
    assert all(alive(pid) for pid in dev.pids().values())
    for service in dev.ready["services"].values():
        assert httpx.get(f"{service['health']}/readyz").status_code == 200
    assert len(dev.told) == 1
    assert httpx.get(f"{dev.ready['testapi']}/openapi.json").status_code == 200


def test_the_five_workflows_of_the_demo_are_there_when_it_says_ready(dev: Dev) -> None:
    """Nobody who types fast is told that there is no such workflow."""
    names = ["bulk-notifications", "inventory-check", "order-processing", "payment-with-retry", "user-onboarding"]
    assert dev.ready["workflows"] == [f"test/{name}" for name in names]


def test_run_gives_the_composed_answer(dev: Dev, cli: Cli) -> None:
    """Through gateway, executor and the demo upstream; stdout holds the output and nothing else."""
    given = '{"skus": ["SKU-1", "SKU-2", "SKU-3"]}'
    done = cli("run", "inventory-check", "-i", given, "--url", dev.ready["gateway"])
    assert done.returncode == 0, done.stderr
    assert [product["sku"] for product in json.loads(done.stdout)["products"]] == ["SKU-1", "SKU-2", "SKU-3"]
    assert "succeeded · " in done.stderr
    assert " 6 tasks " in done.stderr


def test_run_tells_what_is_wrong_with_a_call(dev: Dev, cli: Cli) -> None:
    """An unknown workflow comes with the near name, a wrong input with the place in it; exit code 1."""
    unknown = cli("run", "inventory-chek", "--url", dev.ready["gateway"])
    wrong = cli("run", "inventory-check", "-i", '{"skus": [1]}', "--url", dev.ready["gateway"])
    assert (unknown.returncode, wrong.returncode) == (1, 1)
    assert "did you mean `inventory-check`?" in unknown.stderr
    assert "  /skus" in wrong.stderr


def test_a_changed_file_is_live_and_what_is_wrong_with_it_is_said(dev: Dev, cli: Cli) -> None:
    """Published, refused while the last good version serves, broken, healed, gone: each is a line."""
    file = Path(dev.ready["data"]).parent / "workflows" / "price.yaml"

    def price() -> dict[str, Any]:
        return dict(json.loads(cli("run", "price", "-i", '{"sku": "SKU-1"}', "--url", dev.ready["gateway"]).stdout))

    file.write_text(PRICE)
    seen = dev.until_said("workflow 'price' published")
    first = price()
    file.write_text(PRICE.replace("output.unitCents", "output.unitCent"))
    seen = dev.until_said("workflow 'price' refused; the last good version goes on serving", seen)
    dev.until_said("workflows/price.yaml:8:")
    dev.until_said("did you mean `unitCents`?")
    assert price() == first
    file.write_text(PRICE.replace("get-price", "get-prize"))
    seen = dev.until_said("workflow 'price' waits for something that is missing", seen)
    file.write_text(PRICE.replace("{cents:", "{inCents:"))
    seen = dev.until_said("workflow 'price' published   (healed)", seen)
    file.write_text("a: b: c")
    seen = dev.until_said("workflows/price.yaml cannot be used; what was last read from it stays", seen)
    assert price() == {"inCents": first["cents"]}
    file.unlink()
    dev.until_said("workflow 'price' is gone", seen)


@pytest.mark.parametrize("name", ["executor", "nats"])
def test_who_is_killed_comes_back_and_that_is_said(dev: Dev, cli: Cli, name: str) -> None:
    """A service and a server; afterwards calls are answered as before."""
    seen = len(dev.said)
    os.kill(dev.pids()[name], signal.SIGKILL)
    dev.until_said(f"{name} died (SIGKILL); starting it again", seen)
    dev.until_said(f"{name} restarted in ", seen)
    for service in dev.ready["services"].values():
        until_ready(service["health"])
    done = cli("run", "inventory-check", "-i", '{"skus": ["SKU-1", "SKU-2", "SKU-3"]}', "--url", dev.ready["gateway"])
    assert done.returncode == 0, done.stderr


def until_ready(health: str) -> None:
    """A service that lost the bus becomes ready again by itself; it sets no event that we could wait for."""
    until = time.monotonic() + SECONDS
    while True:
        try:
            if httpx.get(f"{health}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        assert time.monotonic() < until, f"{health} is not ready"


def test_one_ctrl_c_ends_all_in_order_and_data_is_kept(tmp_path: Path) -> None:
    """No process is left, the next start finds the same database, --reset makes a new one; a taken port moves."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(tmp_path, "--port", str(port), "--demo") as dev:
            assert dev.ready["gateway"] != f"http://127.0.0.1:{port}"
            dev.until_said(f"port {port} is taken: the gateway listens on ")
            pids = dev.pids()
            assert dev.end() == 0
            assert not [name for name, pid in pids.items() if alive(pid)]
            assert dev.said[-1].startswith("  stopped in ")
            secret = password(dev)
            assert not [line for line in dev.said if secret in line]
    with started(tmp_path, "--port", str(any_port())) as again:
        assert password(again) == secret
        # Without --demo its definitions are withdrawn.
        listed = f"{again.ready['gateway']}/api/v1/workflows"
        until(lambda: httpx.get(listed).json()["items"] == [], "the workflows of the demo to be gone")
        assert again.end() == 0
    with started(tmp_path, "--port", str(any_port()), "--reset") as fresh:
        assert password(fresh) != secret
        other = Dev(tmp_path)
        assert other.process.wait(SECONDS) == 3
        assert f"is in use by process {fresh.process.pid}" in "\n".join(other.said)
        assert fresh.end() == 0


def password(dev: Dev) -> str:
    return str(httpx.URL(dev.ready["database"]).password)


def test_a_second_ctrl_c_ends_at_once(tmp_path: Path) -> None:
    """With an executor that does not listen to reason nothing is waited for; nothing is left either."""
    with started(tmp_path, "--port", str(any_port())) as dev:
        pids = dev.pids()
        os.kill(pids["executor"], signal.SIGSTOP)
        dev.process.send_signal(signal.SIGINT)
        dev.until_said("Ctrl-C again stops at once")
        assert dev.end() == 130
        assert not [name for name, pid in pids.items() if alive(pid)]


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    """The servers that are up already end as well."""
    dev = Dev(tmp_path, "--port", str(any_port()))
    dev.until_said("NATS")
    assert dev.end() == 0
    assert dev.told == []
    for lock in tmp_path.glob(".workflow/*/lock"):
        held = json.loads(lock.read_text() or "{}").get("server")
        assert not held or not alive(held)


@pytest.mark.parametrize("flag", ["--nats-url", "--database-url"])
def test_a_server_that_is_not_there_is_told(tmp_path: Path, flag: str) -> None:
    """A wrong address ends the start with a sentence and exit code 3; a password in it is not printed."""
    dev = Dev(tmp_path, flag, "any://user:secret@127.0.0.1:1/name", "--port", str(any_port()))
    assert dev.process.wait(SECONDS) == 3
    dev.end()
    said = "\n".join(dev.said)
    assert f"is {flag} right?" in said
    assert "secret" not in said


def test_servers_that_are_there_are_used(tmp_path: Path, cli: Cli) -> None:
    """With both addresses given it starts neither, and works all the same."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with started(tmp_path / "one", "--port", str(any_port())) as one:
        given = ["--nats-url", one.ready["nats"], "--database-url", one.ready["database"]]
        with started(tmp_path / "two", *given, "--port", str(any_port())) as two:
            assert two.ready["servers"] == {}
            assert not [line for line in two.said if password(one) in line]
            assert two.end() == 0
        assert one.end() == 0
