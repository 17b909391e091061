"""A world in a heap: virtual time, a network that delays, drops, repeats and reorders, processes that die and pause.

The real machines of asker and run decide; only their surroundings are simulated. Everything is drawn from one
seed, so a failing seed replays exactly.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.wfcore.programs import answered, started
from wfcore import asking, events, run
from wfcore.asking import Answer, Ask
from wfcore.events import CallFailed, DeadlinePassed, GrantDenied, Granted
from wfcore.messages import RunEnded
from wfcore.program import Program

MS = 1000
SECOND = 1_000_000


@dataclass(frozen=True)
class Weather:
    """How bad the world is."""

    drop: float = 0.0
    repeat: float = 0.0
    slow: float = 0.0
    """Share of messages that take up to two seconds."""
    kill_every: int = 0
    """An executor dies about this often (microseconds); another takes its place."""
    pause_every: int = 0
    """An executor stands still for up to four seconds about this often."""
    upstream_fails: float = 0.1


class World:
    """Time, chance and the wires."""

    def __init__(self, seed: int, weather: Weather) -> None:
        self.random = random.Random(seed)
        self.weather = weather
        self.now = 0
        self._order = itertools.count()
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self.history = hashlib.sha256()

    def note(self, text: str) -> None:
        self.history.update(f"{self.now} {text}\n".encode())

    def later(self, delay: int, act: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._order), act))

    def send(self, deliver: Callable[[], None]) -> None:
        """Over the wire: it may be lost, come twice, come late."""
        weather, chance = self.weather, self.random.random
        if chance() < weather.drop:
            return
        for _ in range(2 if chance() < weather.repeat else 1):
            slow = chance() < weather.slow
            self.later(self.random.randint(100, 2 * SECOND if slow else 3 * MS), deliver)

    def turn(self, until: int) -> None:
        while self._due and self._due[0][0] <= until:
            self.now, _, act = heapq.heappop(self._due)
            act()
        self.now = until


@dataclass
class Upstream:
    """Counts what arrives, and answers or does not."""

    world: World
    arrived: dict[tuple[str, str], int] = field(default_factory=dict)

    def call(self, execution: str, task: str, timeout: int, ended: Callable[[events.Fact], None]) -> None:
        world = self.world
        fate = world.random.random()
        if fate < world.weather.upstream_fails / 2:
            world.later(MS, lambda: ended(CallFailed("connection", False, "refused")))
            return
        key = (execution, task)
        self.arrived[key] = self.arrived.get(key, 0) + 1
        took = world.random.randint(MS, 200 * MS)
        if fate < world.weather.upstream_fails:
            reason, took = ("cut", took) if took < timeout else ("timeout", timeout)
            world.later(took, lambda: ended(CallFailed(reason, True, reason)))  # type: ignore[arg-type]
        else:
            world.later(took, lambda: ended(answered()))


class Executor:
    """Drives runs as the service does."""

    def __init__(self, house: House, id: str) -> None:
        self.house, self.world, self.id = house, house.world, id
        self.alive = True
        self.paused_until = 0
        self.runs: dict[tuple[str, int], run.Run] = {}
        self.undelivered: set[tuple[str, int]] = set()
        self.world.later(0, self._beat)

    def awake(self, act: Callable[[], None]) -> Callable[[], None]:
        """What happens in this process: not after its death, and not while it stands still."""

        def when_awake() -> None:
            if not self.alive:
                return
            if self.world.now < self.paused_until:
                self.world.later(self.paused_until - self.world.now, when_awake)
                return
            act()

        return when_awake

    def start(self, asker: Asker, execution: str, attempt: int, deadline: int) -> None:
        world = self.world
        world.send(asker.hears(execution, asking.Taken(attempt, self.id)))
        key = (execution, attempt)
        if key in self.runs:
            return  # the message came twice
        begun = run.begin(asker.program, started(deadline), {}, execution=execution, attempt=attempt, at=world.now)
        world.later(deadline - world.now, self.awake(lambda: self._happened(asker, key, DeadlinePassed())))
        self._take(asker, key, begun)

    def _happened(
        self, asker: Asker, key: tuple[str, int], fact: events.Fact, task: str | None = None, call: int | None = None
    ) -> None:
        self._take(asker, key, run.advance(self.runs[key], run.Happened(self.world.now, fact, task, call)))

    def _take(self, asker: Asker, key: tuple[str, int], step: run.Step) -> None:
        self.runs[key] = step.run
        for event in step.events:
            self.world.note(f"{self.id} {key} {event.seq} {event.type} {event.task}")
        for command in step.commands:
            self._obey(asker, key, command)

    def _obey(self, asker: Asker, key: tuple[str, int], command: run.Command) -> None:
        world = self.world
        match command:
            case run.Call(task, call, _, timeout, _):

                def ended(fact: events.Fact) -> None:
                    self.awake(lambda: self._happened(asker, key, fact, task, call))()

                self.house.upstream.call(key[0], task, int(timeout * SECOND), ended)
            case run.Wake(task, at, fact):
                world.later(max(0, at - world.now), self.awake(lambda: self._happened(asker, key, fact, task)))
            case run.AskGrant(seq):
                self._ask(asker, key, seq)
            case run.End():
                ended_run = RunEnded(
                    execution=key[0],
                    attempt=key[1],
                    executor=self.id,
                    status=command.status,
                    effects=command.effects,
                    tasks=command.tasks,
                    timings=command.timings,
                    output=command.output,
                    failure=command.failure,
                )
                self.undelivered.add(key)
                self._deliver(asker, key, ended_run, self.runs[key].deadline + 5 * SECOND)

    def _ask(self, asker: Asker, key: tuple[str, int], seq: int) -> None:
        state = self.runs[key]
        if state.licence != "asked" or state.status != "running":
            return

        def reply(granted: bool) -> None:
            fact = Granted(self.id, "asker") if granted else GrantDenied("no")
            self.awake(lambda: self._happened(asker, key, fact))()

        self.world.send(
            lambda: asker.may_act(key, self.id, seq, lambda granted: self.world.send(lambda: reply(granted)))
        )
        self.world.later(500 * MS, self.awake(lambda: self._ask(asker, key, seq)))

    def _deliver(self, asker: Asker, key: tuple[str, int], ended: RunEnded, until: int) -> None:
        if key not in self.undelivered or self.world.now > until:
            return

        def acknowledged() -> None:
            self.undelivered.discard(key)

        def arrive() -> None:
            asker.hears(ended.execution, asking.Ended(ended))()
            self.world.send(acknowledged)

        self.world.send(arrive)
        self.world.later(500 * MS, self.awake(lambda: self._deliver(asker, key, ended, until)))

    def _beat(self) -> None:
        if self.alive and self.world.now >= self.paused_until:
            self.world.send(lambda: self.house.asker.beat(self.id))
        if self.alive:
            self.world.later(500 * MS, self._beat)


class Asker:
    """Asks as the service does; its ticks are the judge of life and death."""

    def __init__(self, house: House, program: Program) -> None:
        self.house, self.world, self.program = house, house.world, program
        self.asks: dict[str, Ask] = {}
        self.ticks: dict[str, int] = {}
        self.silent: dict[str, int] = {}
        self.deadlines: dict[str, int] = {}
        self.told: dict[str, list[tuple[int, Answer]]] = {}
        self.world.later(100 * MS, self._tick)

    def ask(self, execution: str, timeout: int) -> None:
        self.deadlines[execution] = self.world.now + timeout
        self.told[execution] = []
        self.asks[execution], commands = asking.ask()
        self._obey(execution, commands)
        self.world.later(timeout, self.hears(execution, asking.OutOfTime()))

    def hears(self, execution: str, fact: asking.Fact) -> Callable[[], None]:
        def hear() -> None:
            self.asks[execution], commands = asking.hear(self.asks[execution], fact)
            self._obey(execution, commands)

        return hear

    def may_act(self, key: tuple[str, int], executor: str, seq: int, reply: Callable[[bool], None]) -> None:
        fact = asking.ActionAsked(key[1], executor, seq)
        self.asks[key[0]], (command,) = asking.hear(self.asks[key[0]], fact)
        self.world.note(f"{key} {executor} {type(command).__name__}")
        reply(isinstance(command, asking.License))

    def beat(self, executor: str) -> None:
        self.silent[executor] = 0

    def _obey(self, execution: str, commands: list[asking.Command]) -> None:
        for command in commands:
            match command:
                case asking.Send(attempt):
                    self.ticks[execution] = 0
                    executor = self.house.anybody()
                    start = partial(executor.start, self, execution, attempt, self.deadlines[execution])
                    self.world.send(executor.awake(start))
                case Answer():
                    self.world.note(f"{execution} told {command.code} {command.effects}")
                    self.told[execution].append((self.world.now, command))

    def _tick(self) -> None:
        for execution, ask in list(self.asks.items()):
            if ask.answered:
                continue
            if ask.executor is None:
                self.ticks[execution] += 1
                if self.ticks[execution] > 10:
                    self.hears(execution, asking.NotTaken(ask.attempt, "NO_EXECUTOR", "silence"))()
                continue
            silent = self.silent[ask.executor] = self.silent.get(ask.executor, 0) + 1
            if silent >= 8 and not self.house.executors[ask.executor].alive:
                self.hears(execution, asking.Gone(ask.executor))()
            elif silent >= 25:
                self.hears(execution, asking.Silent(ask.executor))()
        self.world.later(100 * MS, self._tick)


class House:
    """Askers, executors and an upstream in one world."""

    def __init__(self, seed: int, weather: Weather, program: Program, executors: int = 3) -> None:
        self.world = World(seed, weather)
        self.upstream = Upstream(self.world)
        self.executors: dict[str, Executor] = {}
        self._names = itertools.count(1)
        for _ in range(executors):
            self._hire()
        self.asker = Asker(self, program)
        if weather.kill_every:
            self._soon(weather.kill_every, self._kill)
        if weather.pause_every:
            self._soon(weather.pause_every, self._pause)

    def anybody(self) -> Executor:
        """The queue group: any member whose connection stands, the paused ones too."""
        return self.world.random.choice([each for each in self.executors.values() if each.alive])

    def _hire(self) -> None:
        name = f"e{next(self._names)}"
        self.executors[name] = Executor(self, name)

    def _soon(self, every: int, act: Callable[[], None]) -> None:
        self.world.later(self.world.random.randint(every // 2, every + every // 2), act)

    def _kill(self) -> None:
        victim = self.anybody()
        victim.alive = False
        self.world.note(f"{victim.id} killed")
        self._hire()
        self._soon(self.world.weather.kill_every, self._kill)

    def _pause(self) -> None:
        self.anybody().paused_until = self.world.now + self.world.random.randint(10 * MS, 4 * SECOND)
        self._soon(self.world.weather.pause_every, self._pause)
