"""Children are kept alive, their fate is told, they end in order, and they never outlive us."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from wfcli.local import nats, postgres
from wfcli.local.child import Process, Running, pid_ended, spawn
from wfcli.local.errors import CannotStart
from wfcli.local.forkserver import ForkServer
from wfcli.local.ports import any_port
from wfcli.local.processes import (
    Backoff,
    ChildSpec,
    Event,
    Exited,
    NotRestarted,
    Restarted,
    Started,
    Supervisor,
)
from wfcli.local.readiness import until_ok

QUICK = Backoff(first_seconds=0.01, longest_seconds=0.05)


class Told:
    """What a supervisor tells, to be waited for."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    def __call__(self, event: Event) -> None:
        self.events.put_nowait(event)

    async def next(self) -> Event:
        async with asyncio.timeout(60):
            return await self.events.get()


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def supervisor(told: Told) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(told, QUICK)
    yield supervisor
    supervisor.kill_all()
    await supervisor.stop_all()


def launching(*argv: str, log: Path, **env: str) -> Callable[[], Awaitable[Running]]:
    async def launch() -> Process:
        return spawn([sys.executable, *argv], log=log, env=dict(os.environ) | env)

    return launch


def sample(name: str, folder: Path, *, diary: Path | None = None) -> ChildSpec:
    port = any_port()
    env = {"PORT": str(port), "NAME": name} | ({"DIARY": str(diary)} if diary else {})
    launch = launching("-m", "sample_service", log=folder / f"{name}.log", **env)
    return ChildSpec(name=name, launch=launch, ready=partial(until_ok, port))


async def test_a_killed_child_serves_again_and_both_are_told(
    supervisor: Supervisor, told: Told, tmp_path: Path, sample_service: str
):
    """kill -9 gives one Exited with the signal, then one Restarted with another process that answers."""
    await supervisor.start(sample("executor", tmp_path))
    started = await told.next()
    assert isinstance(started, Started)
    os.kill(supervisor.pids()["executor"], signal.SIGKILL)
    exited, restarted = await told.next(), await told.next()
    assert exited == Exited(name="executor", pid=started.pid, code=-signal.SIGKILL)
    assert str(exited) == "executor died (SIGKILL)"
    assert isinstance(restarted, Restarted)
    assert restarted.pid == supervisor.pids()["executor"] != started.pid
    assert str(restarted).startswith("executor restarted in ")


async def test_forked_services_are_kept_alive_even_when_the_template_dies(
    supervisor: Supervisor, told: Told, tmp_path: Path, sample_service: str
):
    """Killing the process all were forked from restarts them all, from a new one."""
    forks = ForkServer(modules=["http.server"], log=tmp_path / "template.log")
    for name in ("gateway", "planner"):
        port = any_port()
        env = dict(os.environ) | {"PORT": str(port)}
        launch = partial(forks.start, name, sample_service, env=env, log=tmp_path / f"{name}.log")
        await supervisor.start(ChildSpec(name=name, launch=launch, ready=partial(until_ok, port)))
        await told.next()
    template = forks.pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    events = [await told.next() for _ in range(4)]
    assert {event.name for event in events if isinstance(event, Exited)} == {"gateway", "planner"}
    assert {event.name for event in events if isinstance(event, Restarted)} == {"gateway", "planner"}
    await supervisor.stop_all()
    await forks.close()


async def test_servers_are_kept_alive_on_their_ports(supervisor: Supervisor, told: Told, tmp_path: Path):
    """NATS and PostgreSQL are children like any other: killed, they come back where their clients look for them."""
    ports = {"nats": any_port(), "postgres": any_port()}
    launches: dict[str, Callable[[], Awaitable[Running]]] = {
        "nats": partial(nats.start, tmp_path / "nats", ports["nats"]),
        "postgres": partial(postgres.start, tmp_path / "pg", durable=False, port=ports["postgres"]),
    }
    for name, launch in launches.items():
        await supervisor.start(ChildSpec(name=name, launch=launch, stop_signal=signal.SIGINT))
        await told.next()
        os.kill(supervisor.pids()[name], signal.SIGKILL)
        assert isinstance(await told.next(), Exited)
        assert isinstance(await told.next(), Restarted)
        _, writer = await asyncio.open_connection("127.0.0.1", ports[name])
        writer.close()


async def test_a_child_that_cannot_start_is_told_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path, sample_service: str
):
    """The first start fails at once with how it ended and what it said, instead of waiting for readiness."""
    launch = launching("-m", "sample_service", "fail", log=tmp_path / "fail.log")
    spec = ChildSpec(name="planner", launch=launch, ready=partial(until_ok, any_port()))
    with pytest.raises(CannotStart, match=r"(?s)planner ended before it was ready \(exit code 3\).*no such setting"):
        await supervisor.start(spec)
    assert supervisor.pids() == {}


async def test_a_child_that_is_never_ready_is_ended(supervisor: Supervisor, tmp_path: Path, sample_service: str):
    """Past its time to become ready it is killed and named."""
    process = spawn([sys.executable, "-m", "sample_service", "stubborn"], log=tmp_path / "stubborn.log")

    async def launch() -> Process:
        return process

    spec = ChildSpec(name="mute", launch=launch, ready=asyncio.Event().wait, ready_seconds=0.05)  # type: ignore[arg-type]
    with pytest.raises(CannotStart, match="mute was not ready within"):
        await supervisor.start(spec)
    assert process.exit_code == -signal.SIGKILL


async def test_a_child_that_keeps_dying_is_tried_again_and_again(supervisor: Supervisor, told: Told, tmp_path: Path):
    """Each failed try is told with the pause that follows; a repaired child comes back by itself."""
    switch = tmp_path / "repaired"
    switch.touch()
    script = "import os, sys, time; os.stat(sys.argv[1]); print('up', flush=True); time.sleep(600)"
    log = tmp_path / "child.log"

    async def ready() -> None:
        while "up" not in running[-1].written():
            await asyncio.sleep(0.01)

    running: list[Process] = []

    async def launch() -> Process:
        running.append(spawn([sys.executable, "-c", script, switch], log=log))
        return running[-1]

    await supervisor.start(ChildSpec(name="flaky", launch=launch, ready=ready))
    switch.unlink()
    running[-1].signal(signal.SIGKILL)
    assert isinstance(await told.next(), Started)
    assert isinstance(await told.next(), Exited)
    failures = [await told.next() for _ in range(4)]
    assert [event.pause_seconds for event in failures if isinstance(event, NotRestarted)] == [0.01, 0.02, 0.04, 0.05]
    switch.touch()
    while not isinstance(event := await told.next(), Restarted):
        assert isinstance(event, NotRestarted)


def test_the_first_restart_is_immediate_and_pauses_are_capped():
    """0, then doubling, never above the cap."""
    backoff = Backoff(first_seconds=0.5, longest_seconds=3)
    assert [backoff.pause(restarts) for restarts in range(6)] == [0, 0.5, 1, 2, 3, 3]


async def test_children_end_in_the_given_order(supervisor: Supervisor, tmp_path: Path, sample_service: str):
    """A group has ended before the next is asked to; who is not named ends last. Nothing is told as a death."""
    diary = tmp_path / "diary"
    names = ["history", "gateway", "executor", "planner"]
    await asyncio.gather(*(supervisor.start(sample(name, tmp_path, diary=diary)) for name in names))
    await supervisor.stop_all([["gateway"], ["executor", "planner"]])
    ended = diary.read_text().split()
    assert ended[0] == "gateway"
    assert set(ended[1:3]) == {"executor", "planner"}
    assert ended[3] == "history"


def stubborn(process: Process, stop_seconds: float) -> ChildSpec:
    """It is ready once it ignores SIGTERM."""

    async def launch() -> Process:
        return process

    async def ready() -> None:
        while "ignoring" not in process.written():
            await asyncio.sleep(0.01)

    return ChildSpec(name="stubborn", launch=launch, ready=ready, stop_seconds=stop_seconds)


async def test_who_ignores_the_request_to_end_is_killed(
    supervisor: Supervisor, told: Told, tmp_path: Path, sample_service: str
):
    """After its time the stubborn one is gone, and its end was wanted: no Exited, no restart."""
    process = spawn([sys.executable, "-m", sample_service, "stubborn"], log=tmp_path / "stubborn.log")
    await supervisor.start(stubborn(process, stop_seconds=0.1))
    await supervisor.stop_all()
    assert process.exit_code == -signal.SIGKILL
    assert isinstance(await told.next(), Started)
    assert told.events.empty()


async def test_a_second_request_to_end_does_not_wait(supervisor: Supervisor, tmp_path: Path, sample_service: str):
    """While one waits for a stubborn child, `kill_all` ends it and with it the waiting."""
    process = spawn([sys.executable, "-m", sample_service, "stubborn"], log=tmp_path / "stubborn.log")
    await supervisor.start(stubborn(process, stop_seconds=600))
    stopping = asyncio.create_task(supervisor.stop_all())
    await asyncio.sleep(0)  # it has asked
    supervisor.kill_all()
    async with asyncio.timeout(60):
        await stopping
    assert process.exit_code == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
async def test_when_we_are_killed_every_child_is_gone(tmp_path: Path, sample_service: str):
    """kill -9 of `dev` leaves no server, no service and no template behind, and the data can be used again."""
    script = Path(__file__).parent / "services" / "starts_everything.py"
    process = spawn([sys.executable, script, tmp_path], log=tmp_path / "out.log")
    async with asyncio.timeout(60):
        while not process.written().endswith("]\n"):
            assert process.exit_code is None, process.last_words()
            await asyncio.sleep(0.02)
        pids = json.loads(process.written())
        process.signal(signal.SIGKILL)
        await asyncio.gather(*(pid_ended(pid) for pid in pids))
    server = await postgres.start(tmp_path / "pg", durable=False)
    await server.stop()
