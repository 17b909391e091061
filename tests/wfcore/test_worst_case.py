"""The upper bound of a run's time, and the timeouts that nobody wrote: examples, and laws that hold for every tree."""

import heapq
import itertools
import math
from collections.abc import Callable, Mapping
from functools import partial
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore import worst_case
from wfcore.worst_case import Block, Call, Choice, Each, Inner, Instant, NoTimeLeft, Step, Task, Unbounded, Work


def block(**tasks: Task) -> Block:
    return Block(tasks)


def call(seconds: float | None = None, *needs: str, limit: float | None = None, then: Call | None = None) -> Task:
    return Task(Call(seconds), frozenset(needs), limit, then)


def one(seconds: float | None = None) -> Block:
    return block(check=call(seconds))


# --- the bound ----------------------------------------------------------------------------------------


def test_where_all_calls_fit_in_at_once_the_longest_chain_is_the_bound():
    """Tasks that need each other add up, tasks beside each other do not."""
    found = worst_case.bound(block(load=call(1), left=call(2, "load"), right=call(3, "load")), slots=2)
    assert found.seconds == found.critical == 4
    assert found.path == (Step("load", 1), Step("right", 3))


def test_more_calls_than_slots_wait_for_each_other():
    """CP + (W - CP)/m: three calls of 2 s with two slots take at most 4 s."""
    found = worst_case.bound(block(a=call(2), b=call(2), c=call(2)), slots=2)
    assert (found.critical, found.work, found.seconds) == (2, 6, 4)


def test_tasks_of_different_levels_can_be_open_at_once():
    """How many calls can be open is not the size of the largest parallel group: a long task outlasts its own."""
    body = block(a=call(1), b=call(9), c=call(1, "a"), d=call(1, "a"))
    assert worst_case.bound(body, slots=3).seconds == 9
    assert worst_case.bound(body, slots=2).seconds == 9 + 3 / 2


@pytest.mark.parametrize(("items", "parallel", "rounds"), [(1, 4, 1), (4, 4, 1), (5, 4, 2), (10, 1, 10), (0, 4, 0)])
def test_a_for_each_takes_its_body_once_for_each_round(items: int, parallel: int, rounds: int):
    """Items that do not find room wait for a whole body."""
    found = worst_case.bound(block(stock=Task(Each(one(0.5), items, parallel))), slots=16)
    assert found.seconds == 0.5 * rounds
    assert found.path == ((Step("stock.check", 0.5, rounds),) if rounds else ())


def test_two_lists_side_by_side_share_the_slots():
    """maxParallel of the run covers nested scopes: two forEach of 4 at a time wait for each other with 6 slots."""
    both = block(left=Task(Each(one(1), 8, 4)), right=Task(Each(one(1), 8, 4)))
    assert worst_case.bound(both, slots=8).seconds == 2
    assert worst_case.bound(both, slots=6).seconds == 2 + (16 - 2) / 6


def test_of_a_switch_the_longest_branch_counts():
    """Only one branch runs, so the longest is the worst, and its tasks are named with its number."""
    found = worst_case.bound(block(ship=Task(Choice((one(1), block(slow=call(3)))))), slots=1)
    assert found.seconds == found.work == 3
    assert found.path == (Step("ship[1].slow", 3),)


def test_a_fallback_adds_its_own_time():
    """It starts when all tries have failed."""
    found = worst_case.bound(block(quote=call(2, then=Call(1))), slots=1)
    assert found.path == (Step("quote", 2), Step("quote:fallback", 1))
    assert found.seconds == 3


def test_a_limit_ends_all_that_is_inside_a_container():
    """The path then names the container; a limit above what is inside changes nothing."""

    def profile(limit: float) -> worst_case.Bound:
        inside = Inner(block(a=call(2), b=call(2, "a")))
        return worst_case.bound(block(profile=Task(inside, limit=limit)), slots=1)

    assert profile(3).path == (Step("profile", 3),)
    assert profile(3).seconds == 3
    assert profile(9).path == (Step("profile.a", 2), Step("profile.b", 2))


def test_a_list_of_unknown_length_has_no_bound():
    """All such tasks are named with their path, however deep they stand."""
    unknown = Task(Each(one(1), None, 4))
    body = block(b=unknown, a=Task(Choice((block(deep=unknown),))))
    with pytest.raises(Unbounded) as told:
        worst_case.bound(body, slots=4)
    assert told.value.paths == ("b", "a[0].deep")


def test_a_limit_or_a_body_without_calls_bounds_a_list_of_unknown_length():
    """A limit ends it wherever it is; transforms take no time worth counting."""
    limited = Task(Each(one(1), None, 4), limit=3)
    assert worst_case.bound(block(stock=limited), slots=4).seconds == 3
    assert worst_case.bound(block(stock=limited), slots=3).seconds == 3 + (9 - 3) / 3
    assert worst_case.bound(block(rows=Task(Each(block(t=Task(Instant())), None, 4))), slots=1).seconds == 0


def test_an_empty_workflow_takes_no_time():
    """No task, no work, no path."""
    assert worst_case.bound(Block({}), slots=1) == worst_case.Bound(0, 0, 0, ())


# --- laws ---------------------------------------------------------------------------------------------

_SECONDS = (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)
_LIMITS = (None, None, 0.5, 1.0, 3.0)


def a_block(random: Random, depth: int = 2, most: int = 5) -> Block:
    """Any scope of a few tasks, with containers in them down to a depth."""
    tasks: dict[str, Task] = {}
    for at in range(random.randint(0, most)):
        needs = random.sample(sorted(tasks), min(len(tasks), random.randint(0, 2)))
        work = any_work(random, depth)
        limit = None if isinstance(work, Call | Instant) else random.choice(_LIMITS)
        then = Call(random.choice(_SECONDS)) if random.random() < 0.3 else None
        tasks[f"{random.choice('abc')}{at}"] = Task(work, frozenset(needs), limit, then)
    return Block(tasks)


def any_work(random: Random, depth: int) -> Work:
    match random.randint(0, 5 if depth else 1):
        case 1:
            return Instant()
        case 2:
            return Each(a_block(random, depth - 1), random.randint(0, 7), random.randint(1, 4))
        case 3:
            return Choice((a_block(random, depth - 1), a_block(random, depth - 1)))
        case 4:
            return Inner(a_block(random, depth - 1))
    return Call(random.choice(_SECONDS))


SEEDS = st.integers(0, 2**32).map(Random)
"""Whole trees are made from one seed: drawn part by part they take a hundred times as long."""
SLOTS = st.integers(1, 6)


class Simulation:
    """A run that starts whatever may start, in the order of names, with calls of any length up to their timeout."""

    def __init__(self, slots: int, random: Random) -> None:
        self.free, self.random, self.now = slots, random, 0.0
        self.agenda: list[tuple[float, int, Callable[[], None]]] = []
        self.number = itertools.count()
        self.waiting: list[tuple[str, int, float, tuple[object, ...], Callable[[], None]]] = []
        self.open: dict[int, tuple[tuple[object, ...], Callable[[], None]]] = {}
        self.gone: set[object] = set()

    def length(self, body: Block) -> float:
        over: list[float] = []
        self.scope(body, "", (), lambda: over.append(self.now))
        while not over:
            self.fill()
            self.now, _, act = heapq.heappop(self.agenda)
            act()
        return over[0]

    def fill(self) -> None:
        self.waiting.sort(key=lambda call: call[:2])
        while self.free and self.waiting:
            _, number, seconds, inside, done = self.waiting.pop(0)
            self.free -= 1
            self.open[number] = inside, done
            self.later(seconds, partial(self.ended, number))

    def ended(self, number: int) -> None:
        if number in self.open:
            self.free += 1
            _, done = self.open.pop(number)
            done()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self.agenda, (self.now + seconds, next(self.number), act))

    def scope(self, body: Block, path: str, inside: tuple[object, ...], done: Callable[[], None]) -> None:
        over: set[str] = set()
        started: set[str] = set()

        def go_on() -> None:
            for id in sorted(body.tasks):
                if id not in started and body.tasks[id].needs <= over:
                    started.add(id)
                    self.task(body.tasks[id], path + id, inside, partial(ended, id))

        def ended(id: str) -> None:
            over.add(id)
            if len(over) == len(body.tasks):
                done()
            else:
                go_on()

        go_on() if body.tasks else done()

    def task(self, task: Task, path: str, inside: tuple[object, ...], done: Callable[[], None]) -> None:
        mark = object()
        over: list[bool] = []

        def ended() -> None:
            if over:
                return
            over.append(True)
            if task.then is not None and self.random.random() < 0.8:
                self.work(task.then, path, inside, done)
            else:
                done()

        def out_of_time() -> None:
            if not over and self.gone.isdisjoint(inside):
                self.cut(mark)
                ended()

        if task.limit is not None:
            self.later(task.limit, out_of_time)
        self.work(task.work, path, (*inside, mark), ended)

    def cut(self, mark: object) -> None:
        """End all calls inside a container; nothing new starts in it."""
        self.gone.add(mark)
        self.waiting = [call for call in self.waiting if mark not in call[3]]
        for number in [number for number, (inside, _) in self.open.items() if mark in inside]:
            del self.open[number]
            self.free += 1

    def work(self, work: Work, path: str, inside: tuple[object, ...], done: Callable[[], None]) -> None:
        match work:
            case Call(seconds=seconds):
                assert seconds is not None
                taken = seconds * self.random.choice([1.0, 1.0, 0.9, 0.5, 0.1, self.random.random()])
                self.waiting.append((path, next(self.number), taken, inside, done))
            case Each(items=items, parallel=parallel):
                assert items is not None
                self.each(work, path, inside, items, parallel, done)
            case Choice(bodies=bodies):
                at = self.random.randrange(len(bodies))
                self.scope(bodies[at], f"{path}[{at}].", inside, done)
            case Inner(body=body):
                self.scope(body, f"{path}.", inside, done)
            case _:
                done()

    def each(
        self, each: Each, path: str, inside: tuple[object, ...], items: int, parallel: int, done: Callable[[], None]
    ) -> None:
        left, running = list(range(items)), 0

        def enter() -> None:
            nonlocal running
            while left and running < parallel:
                running += 1
                self.scope(each.body, f"{path}[{left.pop(0)}].", inside, leave)

        def leave() -> None:
            nonlocal running
            running -= 1
            if not left and not running:
                done()
            else:
                enter()

        enter() if items else done()


@settings(max_examples=500, deadline=None)
@given(random=SEEDS, slots=SLOTS)
def test_no_run_takes_longer_than_the_bound(random: Random, slots: int):
    """Whatever the calls take up to their timeouts, and whichever branches and fallbacks run."""
    body = a_block(random)
    found = worst_case.bound(body, slots)
    for _ in range(4):
        assert Simulation(slots, random).length(body) <= found.seconds + 1e-9


@given(random=SEEDS, slots=SLOTS)
def test_the_path_adds_up_to_the_critical_time_and_the_bound_stands_between_chain_and_work(random: Random, slots: int):
    """The shown path explains the figure, and nothing takes longer than all calls one after the other."""
    found = worst_case.bound(a_block(random), slots)
    assert math.isclose(sum(step.seconds * step.rounds for step in found.path), found.critical)
    assert found.critical <= found.seconds + 1e-9
    assert found.seconds <= found.work + 1e-9


@settings(max_examples=300, deadline=None)
@given(random=SEEDS, slots=SLOTS)
def test_slots_count_only_where_more_calls_can_really_be_open(random: Random, slots: int):
    """Never pessimistic: the number of open calls is exact, as trying all sets of tasks shows."""
    body = a_block(random, depth=0, most=8)
    body = Block({id: Task(_several(random), task.needs) for id, task in body.tasks.items()})
    after = {id: _all_before(body.tasks, id) for id in body.tasks}
    sets = (chosen for size in range(len(after) + 1) for chosen in itertools.combinations(after, size))
    beside = [chosen for chosen in sets if not any(a in after[b] for a in chosen for b in chosen)]
    most = max(sum(_at_once(body.tasks[id].work) for id in chosen) for chosen in beside)
    found = worst_case.bound(body, slots)
    waits = (found.work - found.critical) / slots if most > slots else 0.0
    assert math.isclose(found.seconds, found.critical + waits)


def _several(random: Random) -> Work:
    if random.random() < 0.5:
        return Call(random.random())
    return Each(one(random.random()), random.randint(0, 4), random.randint(1, 4))


def _at_once(work: Work) -> int:
    if isinstance(work, Each):
        return min(work.items or 0, work.parallel)
    return 1


def _all_before(tasks: Mapping[str, Task], id: str) -> set[str]:
    return {before for need in tasks[id].needs for before in {need, *_all_before(tasks, need)}}


# --- shares -------------------------------------------------------------------------------------------


def test_calls_without_a_timeout_share_what_the_written_ones_leave():
    """8 s less 1 s, for two calls in a row; a third beside them is on no long path and gets the most."""
    body = block(first=call(), second=call(None, "first"), third=call(2, "second"), alone=call())
    assert worst_case.shares(body, 8) == {"first": 3, "second": 3, "alone": 5}


def test_a_share_inside_a_list_is_divided_by_its_rounds():
    """Two calls in a row share 10 s; the one that comes ten times gets a tenth of its half, however deep it stands."""
    body = block(load=call(), stock=Task(Each(one(), 40, 4), frozenset({"load"})))
    assert worst_case.shares(body, 8) == {"load": 4, "stock.check": 0.4}
    twice = block(rows=Task(Each(block(cells=Task(Each(one(), 5, 1))), 4, 2)))
    assert worst_case.shares(twice, 8) == {"rows.cells.check": 0.8}


def test_nobody_gets_more_than_the_most_and_others_share_what_that_leaves():
    """A call that has the most already does not keep the rest from one that comes often."""
    body = block(load=call(), stock=Task(Each(one(), 10, 1), frozenset({"load"})))
    assert worst_case.shares(body, 30) == {"load": 5, "stock.check": 2.5}


def test_the_limit_of_a_container_is_shared_by_the_calls_inside():
    """The tightest of all limits around a call decides; the other calls share the rest."""
    inside = Inner(block(a=call(), b=call(None, "a")))
    body = block(profile=Task(inside, limit=2), last=call(None, "profile"))
    assert worst_case.shares(body, 6) == {"profile.a": 1, "profile.b": 1, "last": 4}


def test_a_fallback_has_a_share_of_its_own():
    """It follows on the call that it stands in for."""
    assert worst_case.shares(block(quote=call(then=Call())), 4) == {"quote": 2, "quote:fallback": 2}


def test_a_path_that_leaves_nothing_is_told():
    """With the limit, the path, what is taken and who gets nothing."""
    body = block(slow=call(10), last=call(None, "slow"))
    with pytest.raises(NoTimeLeft) as told:
        worst_case.shares(body, 10)
    fault = told.value
    assert (fault.scope, fault.limit, fault.taken, fault.lacking) == ("", 10, 10, {"last"})
    assert [step.path for step in fault.path] == ["slow", "last"]


def test_shares_shrink_until_waiting_for_slots_fits_too():
    """A wide workflow without a single timeout is not refused for the timeouts that nobody wrote."""
    wide = Block({f"t{at}": call() for at in range(40)})
    assert set(worst_case.shares(wide, 10).values()) == {5.0}
    found = worst_case.shares(wide, 10, slots=16)
    assert len(set(found.values())) == 1
    assert math.isclose(worst_case.bound(wide, 16, found).seconds, 10)


def test_shares_are_not_made_useless_where_the_written_timeouts_alone_are_too_long():
    """Then the bound tells; the shares stay as they are."""
    wide = Block({f"t{at}": call(8) for at in range(40)} | {"alone": call()})
    assert worst_case.shares(wide, 10, slots=16) == {"alone": 5}


@settings(deadline=None)
@given(random=SEEDS, timeout=st.sampled_from([1.0, 10.0, 30.0]))
def test_shares_are_useful_and_keep_every_path_within_the_limit(random: Random, timeout: float):
    """However tasks hang together, all written and shared times of a path fit, where the written ones alone do."""
    body = _without_some_timeouts(a_block(random), random)
    match _shares_or_fault(body, timeout):
        case NoTimeLeft() as told:
            # Equal shares: the call that repeats most often decides whether they are of any use.
            most = max(step.rounds for step in told.path if step.path in told.lacking)
            assert told.taken + worst_case.SMALLEST_SHARE * most * len(told.lacking) > told.limit - 1e-9
        case found:
            written = worst_case.bound(body, 10**6, dict.fromkeys(found, 0.0))
            assert worst_case.bound(body, 10**6, found).fits(timeout) or not written.fits(timeout)
            assert all(worst_case.SMALLEST_SHARE <= seconds <= worst_case.LARGEST_SHARE for seconds in found.values())


def _shares_or_fault(body: Block, timeout: float) -> dict[str, float] | NoTimeLeft:
    try:
        return worst_case.shares(body, timeout)
    except NoTimeLeft as told:
        return told


def _without_some_timeouts(body: Block, random: Random) -> Block:
    def changed(work: Work) -> Work:
        match work:
            case Call():
                return Call() if random.random() < 0.5 else work
            case Each(body=inner, items=items, parallel=parallel):
                return Each(_without_some_timeouts(inner, random), items, parallel)
            case Choice(bodies=bodies):
                return Choice(tuple(_without_some_timeouts(inner, random) for inner in bodies))
            case Inner(body=inner):
                return Inner(_without_some_timeouts(inner, random))
        return work

    return Block({id: Task(changed(t.work), t.needs, t.limit, t.then) for id, t in body.tasks.items()})


def test_the_order_of_five_hundred_tasks_is_no_matter_of_depth():
    """The largest workflow, all in one row, is reckoned without recursion over its tasks."""
    row = Block({f"t{at}": call(0.01, *([f"t{at - 1}"] if at else [])) for at in range(500)})
    assert math.isclose(worst_case.bound(row, 16).seconds, 5)
