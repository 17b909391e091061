"""Whether something became slower is told by ratios, and what the language costs has aims."""

from pathlib import Path

from loadtests.timing import Timing

from loadtests import baseline, language, micro


def timing(name: str, ratio: float, aim: float | None = None) -> Timing:
    return Timing(name=name, microseconds=ratio * 10, calibrated=ratio, aim=aim)


def test_what_takes_far_more_than_before_is_named():
    """The part, both ratios; what takes as long or a little longer is not."""
    before = {"slow": 1.0, "same": 1.0, "drifting": 1.0}
    found = baseline.regressions([timing("slow", 2.1), timing("same", 1.0), timing("drifting", 1.5)], before)
    assert len(found) == 1
    assert found[0].startswith("slow: 2.10 x calibration")


def test_a_new_part_has_nothing_to_exceed():
    """It is stored with the next baseline."""
    assert baseline.regressions([timing("new", 100.0)], {}) == []


def test_stored_ratios_are_read_back(tmp_path: Path):
    """What was stored is what is compared with."""
    path = tmp_path / "baseline.json"
    baseline.store([timing("a", 1.2345)], path)
    assert baseline.stored(path) == {"a": 1.234}


def test_the_committed_baseline_knows_every_part_with_an_aim():
    """No part escapes the comparison."""
    assert {part.name for part in language.parts()} <= set(baseline.stored())


def test_every_part_of_the_language_does_its_work():
    """Each runs to its end, whatever the machine takes for it."""
    for part in language.parts():
        part.act()
        assert part.units >= 1


def test_a_missed_aim_is_shown():
    """The table says so beside the figure."""
    shown = micro.table([timing("quick", 0.1, 2), timing("late", 1.0, 2)]).splitlines()
    assert shown[1].endswith("met")
    assert shown[2].endswith("MISSED")
