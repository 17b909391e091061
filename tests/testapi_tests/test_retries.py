"""The operations that fail at first keep to their pattern, each key for itself."""

import pytest
from tests.testapi_tests.calling import call


def statuses(client, name: str, repeats: int, /, **values) -> list[int]:
    """Call so many times; return the statuses."""
    return [call(client, name, values).status_code for _ in range(repeats)]


def test_once_fails_the_first_time_only(client, fresh_key):
    """The second call and all later ones succeed."""
    assert statuses(client, "fail-once", 3, key=fresh_key) == [503, 200, 200]


def test_times_fails_as_often_as_asked(client, fresh_key):
    """Three times means three times."""
    assert statuses(client, "fail-times", 5, key=fresh_key, times=3) == [503, 503, 503, 200, 200]


def test_intermittent_fails_every_other_time(client, fresh_key):
    """The first call fails, the next one does not, and so on."""
    assert statuses(client, "fail-intermittently", 4, key=fresh_key) == [503, 200, 503, 200]


@pytest.mark.parametrize("key", ["a", "b", "c", "d", "e", "f"])
def test_flaky_fails_two_times_out_of_five_and_never_thrice_in_a_row(client, key):
    """Whatever the key: enough attempts always succeed."""
    seen = "".join("x" if status == 503 else "." for status in statuses(client, "fail-flakily", 10, key=f"flaky-{key}"))
    assert seen.count("x") == 4
    assert "xxx" not in seen


def test_a_fresh_key_is_a_fresh_story(client, fresh_key):
    """Counts of one key do not touch another."""
    statuses(client, "fail-once", 2, key=fresh_key)
    assert statuses(client, "fail-once", 1, key=f"{fresh_key}-other") == [503]


def test_random_is_the_same_for_the_same_seed(client):
    """Never at rate 0, always at rate 1, and repeatable in between."""
    assert statuses(client, "fail-randomly", 3, rate=0) == [200, 200, 200]
    assert statuses(client, "fail-randomly", 3, rate=1) == [503, 503, 503]
    assert statuses(client, "fail-randomly", 1, rate=0.1, seed=1) == [200]
    assert statuses(client, "fail-randomly", 1, rate=0.2, seed=1) == [503]


@pytest.mark.parametrize("status", [400, 422, 451, 502, 599])
def test_any_failure_can_be_asked_for(client, status):
    """The configurable failure has the status that was asked for."""
    assert statuses(client, "fail-as-asked", 1, status=status) == [status]
