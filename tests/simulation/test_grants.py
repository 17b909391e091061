"""The races of the grant protocol, seeded: whatever dies, pauses or gets lost, the answer is true and in time."""

import os
from functools import partial

import pytest

from tests.simulation.world import SECOND, House, Weather
from tests.wfcore.programs import a_program

SEEDS = int(os.environ.get("WF_SEEDS", "500"))
EXECUTIONS = 6
TIMEOUT = 5 * SECOND

WEATHERS = {
    "fine": Weather(),
    "lossy": Weather(drop=0.1, repeat=0.1, slow=0.1),
    "deadly": Weather(drop=0.02, repeat=0.05, slow=0.05, kill_every=SECOND),
    "drowsy": Weather(drop=0.02, repeat=0.05, slow=0.05, pause_every=SECOND),
    "all at once": Weather(
        drop=0.1, repeat=0.1, slow=0.1, kill_every=2 * SECOND, pause_every=SECOND, upstream_fails=0.3
    ),
}

PROGRAM = a_program("look >> pay, look >> more, pay >> done", pay={"method": "POST"})


def played(seed: int, weather: Weather) -> House:
    """A few executions in this weather, from the first ask until everything is quiet."""
    house = House(seed, weather, PROGRAM)
    for number in range(EXECUTIONS):
        execution = f"x{number}"
        house.world.later(house.world.random.randint(0, 3 * SECOND), partial(house.asker.ask, execution, TIMEOUT))
    house.world.turn(20 * SECOND)
    return house


def check(house: House) -> None:
    """Every caller was told once, in time; unsafe calls were sent at most once; "none" and "success" are true."""
    for number in range(EXECUTIONS):
        execution = f"x{number}"
        ((at, answer),) = house.asker.told[execution]
        assert at <= house.asker.deadlines[execution]
        paid = house.upstream.arrived.get((execution, "pay"), 0)
        assert paid <= 1
        if answer.effects == "none":
            assert paid == 0
        if answer.result is not None and answer.result.status == "succeeded":
            assert paid == 1
            assert house.upstream.arrived[execution, "done"] >= 1


@pytest.mark.parametrize("weather", WEATHERS)
def test_the_answer_is_true_whatever_happens(weather: str):
    """Over all seeds: one answer by the deadline, at most one POST, "effects: none" only where nothing arrived."""
    for seed in range(SEEDS // len(WEATHERS)):
        try:
            check(played(seed, WEATHERS[weather]))
        except Exception as error:
            raise AssertionError(f"seed {seed} in {weather!r} weather: {error}") from error


def test_in_fine_weather_every_run_succeeds_at_the_first_attempt():
    """Without faults nobody is asked twice, and all callers hear a success."""
    fine = Weather(upstream_fails=0.0)
    for seed in range(20):
        house = played(seed, fine)
        for ask in house.asker.asks.values():
            assert ask.attempt == 1
        for ((_, answer),) in house.asker.told.values():
            assert answer.result is not None
            assert answer.result.status == "succeeded"


def test_a_death_before_the_licence_is_healed_elsewhere():
    """In a world where executors die, some runs succeed at their second attempt."""
    healed = 0
    for seed in range(60):
        house = played(seed, Weather(kill_every=SECOND, upstream_fails=0.0))
        for execution, ((_, answer),) in house.asker.told.items():
            healed += answer.result is not None and house.asker.asks[execution].attempt == 2
    assert healed > 0


def test_the_same_seed_gives_the_same_world():
    """A seed played twice leaves the same history, event for event: a failure replays."""
    for seed in range(10):
        weather = WEATHERS["all at once"]
        assert played(seed, weather).world.history.hexdigest() == played(seed, weather).world.history.hexdigest()
