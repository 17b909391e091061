"""The whole engine, started as a newcomer starts it, and a client that calls it by hand."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.waiting import until

Found = TypeVar("Found")


class Engine:
    """A running `workflow-cli dev --demo --json`, on free ports, with a folder of workflows of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workflows = folder / "workflows"
        self.workflows.mkdir(parents=True)
        command = Path(sys.executable).with_name("workflow-cli")
        self._log = (folder / "dev.log").open("w")
        self._process = subprocess.Popen(
            [
                command, "dev", "--demo", "--json", "--data", str(folder / "data"),
                "--workflows", str(self.workflows), "--port", "18080",
            ],
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, (folder / "dev.log").read_text()
        self.said: dict[str, Any] = json.loads(line)
        self.http = httpx.Client(base_url=self.said["gateway"], timeout=60)
        self.upstream = httpx.Client(base_url=self.said["testapi"], timeout=60)

    def stop(self) -> int:
        """One Ctrl-C; returns the exit code."""
        self.http.close()
        self.upstream.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(60)
        finally:
            self._process.kill()
            self._log.close()

    @property
    def log(self) -> str:
        """What dev has said to people so far."""
        return (self.folder / "dev.log").read_text()

    # --- calling --------------------------------------------------------------------------------

    def execute(self, workflow: str, input: Any) -> httpx.Response:
        return self.http.post(f"/api/v1/workflows/{workflow}/execute", json=input)

    def detail(self, workflow: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/api/v1/workflows/{workflow}").json()
        return found

    def execution(self, id: str) -> dict[str, Any]:
        """An execution from the history, as soon as its end is there."""

        def ended() -> dict[str, Any] | None:
            answer = self.http.get(f"/api/v1/executions/{id}")
            kept: dict[str, Any] = answer.json()
            return kept if answer.status_code == 200 and kept["told"] and kept["status"] != "running" else None

        return until(ended, f"execution {id} in the history")

    @contextmanager
    def published(self, name: str, text: str) -> Iterator[Path]:
        """A workflow of the engine's own folder, callable inside; gives its file."""
        path = self.workflows / f"{name}.yaml"
        path.write_text(text)
        until(lambda: self.detail(name).get("ready"), f"{name} to be published")
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
            until(lambda: self.http.get(f"/api/v1/workflows/{name}").status_code == 404, f"{name} to be gone")

    # --- processes ------------------------------------------------------------------------------

    def pid(self, service: str) -> int:
        """The process of a service now (it changes when it was killed)."""
        name = "wf_" + service.replace("-", "_")
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                continue
            if f"-m {name}".encode() in command and self._is_ours(int(entry.name)):
                return int(entry.name)
        raise AssertionError(f"no process of {service}")

    def _is_ours(self, pid: int) -> bool:
        while pid > 1:
            if pid == self._process.pid:
                return True
            pid = int(re.sub(r"^.*\) \S ", "", Path(f"/proc/{pid}/stat").read_text()).split()[0])
        return False

    def metric(self, service: str, name: str) -> float:
        """A counter of a service, summed over its labels."""
        text = httpx.get(f"{self.said['services'][service]['health']}/metrics").text
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line))

    @contextmanager
    def paused(self, *services: str) -> Iterator[None]:
        """These processes stand still inside."""
        pids = [self.pid(service) for service in services]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    # --- the upstream ---------------------------------------------------------------------------

    @contextmanager
    def gate(self, path: str) -> Iterator[Callable[[], None]]:
        """Requests to this path of the upstream wait until the gate is opened (at the latest at the end)."""
        key = re.sub(r"\W+", "-", path).strip("-")
        self.upstream.put(f"/_gate/{key}", params={"path": path}).raise_for_status()

        def open_gate() -> None:
            self.upstream.delete(f"/_gate/{key}")

        try:
            yield open_gate
        finally:
            open_gate()

    def arrived(self, count: int = 1, **filters: str) -> list[dict[str, Any]]:
        """Wait until so many requests have arrived at the upstream."""
        answer = self.upstream.get("/_log/wait", params={"count": count, "timeoutMs": 30000, **filters})
        answer.raise_for_status()
        return self.requests(**filters)

    def requests(self, **filters: str) -> list[dict[str, Any]]:
        found = self.upstream.get("/_log", params=filters).json()
        return found["items"] if isinstance(found, dict) else found
