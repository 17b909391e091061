"""The heart beats for a busy executor too: stalled is alive."""

import asyncio
import threading
import uuid
from collections.abc import Callable

import pytest

from wf_executor.pulse import Pulse
from wfcore import subjects
from wfcore.messages import Heartbeat, Ping
from wfservice.bus import NoResponders, on
from wfservice.bus.nats import NatsBus

from .house import PATIENCE, until


class Observer:
    """Listens for an asker from a thread of its own, so that it sees what comes while this loop is blocked."""

    def __init__(self, nats_url: str, asker: str, executor: str) -> None:
        self.beats: list[Heartbeat] = []
        self.pings: list[Heartbeat] = []
        self.listening = threading.Event()
        self.satisfied = threading.Event()
        self._args = nats_url, asker, executor
        self._enough: Callable[[], bool] = lambda: False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._watch()), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def block_until(self, enough: Callable[[], bool]) -> None:
        """Block the calling thread, and the loop in it, until enough has been seen; fails after a long time."""
        self._enough = enough
        assert self.satisfied.wait(PATIENCE), (self.beats, self.pings)

    async def _watch(self) -> None:
        nats_url, asker, executor = self._args
        bus = await NatsBus.connect(nats_url, "observer")

        async def beat(message: Heartbeat) -> None:
            self.beats.append(message)

        await bus.serve([on(subjects.heartbeat(asker), Heartbeat, beat)])
        self.listening.set()
        while not self._enough():
            self.pings.append(await bus.request(subjects.executor_ping(executor), Ping(asker), Heartbeat, within=5))
            await asyncio.sleep(0.02)
        self.satisfied.set()
        await bus.drain(1)


@pytest.fixture
def executor_id() -> str:
    return uuid.uuid4().hex[:12]


async def test_a_blocked_loop_beats_and_answers_pings(nats_url: str, executor_id: str):
    """While the executor's loop does not turn, beats go on and pings are answered; both tell its lag."""
    asker = f"asker-{executor_id}"
    pulse = Pulse(executor_id, nats_url)
    await pulse.begin()
    pulse.add(asker, "x1")
    observer = Observer(nats_url, asker, executor_id)
    observer.start()
    await asyncio.to_thread(observer.listening.wait, PATIENCE)

    def stalled(said: list[Heartbeat]) -> bool:
        return any(beat.loop_lag_ms >= 400 for beat in said)

    observer.block_until(lambda: stalled(observer.beats) and stalled(observer.pings))
    assert {(beat.executor, tuple(beat.runs)) for beat in observer.beats} == {(executor_id, ("x1",))}
    pulse.end()


async def test_each_asker_hears_of_its_own_runs(nats_url: str, executor_id: str):
    """A beat names the runs of the asker that hears it; with no run left there is no beat, but pings are answered."""
    pulse = Pulse(executor_id, nats_url)
    await pulse.begin()
    assert pulse.beating
    bus = await NatsBus.connect(nats_url, "test")
    heard: dict[str, list[list[str]]] = {"one": [], "two": []}

    def listener(asker: str):
        async def beat(message: Heartbeat) -> None:
            heard[asker].append(sorted(message.runs))

        return on(subjects.heartbeat(f"{asker}-{executor_id}"), Heartbeat, beat)

    await bus.serve([listener(asker) for asker in heard])
    pulse.add(f"one-{executor_id}", "x1")
    pulse.add(f"one-{executor_id}", "x2")
    pulse.add(f"two-{executor_id}", "y1")
    await until(lambda: bool(heard["one"] and heard["two"]))
    assert (heard["one"][-1], heard["two"][-1]) == (["x1", "x2"], ["y1"])
    pulse.remove(f"two-{executor_id}", "y1")
    pulse.remove(f"one-{executor_id}", "x1")
    await until(lambda: heard["one"][-1] == ["x2"])
    beats = len(heard["two"])
    await until(lambda: len(heard["one"]) >= 5)
    assert len(heard["two"]) <= beats + 1
    ping = Ping(f"two-{executor_id}")
    said = await bus.request(subjects.executor_ping(executor_id), ping, Heartbeat, within=PATIENCE)
    assert (said.executor, said.runs) == (executor_id, [])
    pulse.end()
    await bus.drain(1)


async def test_a_heart_that_has_stopped_is_noticed_at_once(nats_url: str, executor_id: str):
    """After the end nobody answers pings: an asker that pings learns it from the server, not from silence."""
    pulse = Pulse(executor_id, nats_url)
    await pulse.begin()
    bus = await NatsBus.connect(nats_url, "test")
    pulse.end()
    await until(lambda: not pulse.beating)
    with pytest.raises(NoResponders):
        await bus.request(subjects.executor_ping(executor_id), Ping("asker"), Heartbeat, within=PATIENCE)
    await bus.drain(1)


async def test_a_heart_that_failed_beats_again(nats_url: str, executor_id: str):
    """Its connection is closed for good: another one is opened, for a silent executor looks dead to every asker."""
    pulse = Pulse(executor_id, nats_url)
    await pulse.begin()
    bus = await NatsBus.connect(nats_url, "test")
    beating = pulse._bus
    assert beating is not None
    beating.closed.set()
    await until(lambda: pulse._bus is not beating and pulse.beating)
    said = await bus.request(subjects.executor_ping(executor_id), Ping("asker"), Heartbeat, within=PATIENCE)
    assert said.executor == executor_id
    pulse.end()
    await bus.drain(1)
