"""Keeps the processes of `workflow-cli dev` alive, tells what happens to them, and ends them in order.

A child that dies is started again: at once the first time, then after growing pauses, so that one that cannot live
does not eat the machine. It never gives up: what a developer repairs comes back by itself.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from wfcli.local.child import Running, end, explain
from wfcli.local.errors import CannotStart


@dataclass(frozen=True, kw_only=True)
class ChildSpec:
    """What to keep alive. `launch` starts it, now and after each death; `ready` returns once it serves."""

    name: str
    launch: Callable[[], Awaitable[Running]]
    ready: Callable[[], Awaitable[None]] | None = None
    ready_seconds: float = 30.0
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 10.0
    """How long it may take to end before it is killed. Longer than the service's own drain."""


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """How long to wait before the next restart: nothing, then `first_seconds`, doubled up to `longest_seconds`."""

    first_seconds: float = 0.5
    longest_seconds: float = 10.0
    calm_seconds: float = 30.0
    """Who has lived this long starts with a clean record."""

    def pause(self, restarts: int) -> float:
        """Seconds to wait when there have been so many restarts in a row."""
        return min(self.first_seconds * 2 ** (restarts - 1), self.longest_seconds) if restarts else 0.0


@dataclass(frozen=True, kw_only=True)
class Started:
    """It serves for the first time, `seconds` after it was launched."""

    name: str
    pid: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.name} started in {self.seconds:.1f} s"


@dataclass(frozen=True, kw_only=True)
class Exited:
    """It ended though nobody had asked it to."""

    name: str
    pid: int
    code: int

    def __str__(self) -> str:
        return f"{self.name} died ({explain(self.code)})"


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """It serves again, `seconds` after its death."""

    name: str
    pid: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.name} restarted in {self.seconds:.1f} s"


@dataclass(frozen=True, kw_only=True)
class NotRestarted:
    """A try to start it again failed; the next comes after `pause_seconds`."""

    name: str
    because: str
    pause_seconds: float

    def __str__(self) -> str:
        return f"{self.name} did not start, next try in {self.pause_seconds:g} s: {self.because}"


Event = Started | Exited | Restarted | NotRestarted


@dataclass
class _Kept:
    spec: ChildSpec
    running: Running
    keeper: "asyncio.Task[None] | None" = None


class Supervisor:
    """Starts children, restarts those that die, stops all. `tell` hears every event; it must not raise."""

    def __init__(self, tell: Callable[[Event], None], backoff: Backoff | None = None) -> None:
        self._tell = tell
        self._backoff = backoff or Backoff()
        self._kept: dict[str, _Kept] = {}

    async def start(self, spec: ChildSpec) -> None:
        """Return once the child is ready; from then on it is kept alive. Raises CannotStart when it fails at first."""
        if spec.name in self._kept:
            raise ValueError(f"a child named `{spec.name}` is running already")
        began = _now()
        running = await _launch(spec)
        kept = self._kept[spec.name] = _Kept(spec, running)
        self._tell(Started(name=spec.name, pid=running.pid, seconds=_now() - began))
        kept.keeper = asyncio.create_task(self._keep(kept), name=f"keep {spec.name}")

    def pids(self) -> dict[str, int]:
        """The process id of each child, by name."""
        return {name: kept.running.pid for name, kept in self._kept.items()}

    async def stop(self, name: str) -> None:
        """Ask one child to end, kill it when it does not, and forget it."""
        kept = self._kept[name]
        if kept.keeper is not None:
            kept.keeper.cancel()
            with suppress(asyncio.CancelledError):
                await kept.keeper
        await end(kept.running, with_signal=kept.spec.stop_signal, within_seconds=kept.spec.stop_seconds)
        self._kept.pop(name, None)  # not before it has ended: kill_all must find it

    async def stop_all(self, order: Iterable[Sequence[str]] = ()) -> None:
        """Stop group after group, the members of one together; who is not named comes last, newest first."""
        for group in order:
            await asyncio.gather(*(self.stop(name) for name in group if name in self._kept))
        for name in reversed(list(self._kept)):
            await self.stop(name)

    def kill_all(self) -> None:
        """Without asking and without waiting: for the second Ctrl-C. `stop_all` then ends at once."""
        for kept in self._kept.values():
            kept.running.signal(signal.SIGKILL)

    async def _keep(self, kept: _Kept) -> None:
        restarts = 0
        while True:
            began = _now()
            code = await kept.running.wait()
            died = _now()
            self._tell(Exited(name=kept.spec.name, pid=kept.running.pid, code=code))
            if died - began >= self._backoff.calm_seconds:
                restarts = 0
            restarts = await self._again(kept, restarts)
            self._tell(Restarted(name=kept.spec.name, pid=kept.running.pid, seconds=_now() - died))

    async def _again(self, kept: _Kept, restarts: int) -> int:
        """Try until it serves; the number of restarts it took, added to those before."""
        while True:
            await asyncio.sleep(self._backoff.pause(restarts))
            restarts += 1
            try:
                kept.running = await _launch(kept.spec)
            except Exception as error:  # whatever it was, it is told, and the next try may do better
                pause = self._backoff.pause(restarts)
                self._tell(NotRestarted(name=kept.spec.name, because=str(error), pause_seconds=pause))
            else:
                return restarts


async def _launch(spec: ChildSpec) -> Running:
    """The child, ready. Whoever is launched and does not become ready is dead when this raises."""
    running = await spec.launch()
    try:
        await _until_ready(spec, running)
    except BaseException:
        running.signal(signal.SIGKILL)
        await running.wait()
        raise
    return running


async def _until_ready(spec: ChildSpec, running: Running) -> None:
    if spec.ready is None:
        return
    ready = asyncio.ensure_future(spec.ready())
    ended = asyncio.ensure_future(running.wait())
    try:
        await asyncio.wait([ready, ended], timeout=spec.ready_seconds, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            await ready
        elif ended.done():
            how = explain(ended.result())
            raise CannotStart(f"{spec.name} ended before it was ready ({how}); {running.last_words()}")
        else:
            raise CannotStart(f"{spec.name} was not ready within {spec.ready_seconds:g} s; {running.last_words()}")
    finally:
        ready.cancel()
        ended.cancel()


def _now() -> float:
    return asyncio.get_running_loop().time()
