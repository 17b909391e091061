"""The bench from its start to build/bench.json."""

import json
import sys
from pathlib import Path

import pytest
from loadtests.figures import Figures
from loadtests.measuring import Plan, Round, Window, percentile
from loadtests.parts import CannotMeasure

from loadtests import bench, figures, micro, parts

SMALL = ["--warm-up", "20", "--rounds", "2", "--single", "5", "--loaded", "20"]


@pytest.mark.story
def test_a_small_bench_writes_the_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """50 executions on each side, all answers right, history written: the table is printed, the file is whole."""
    out, nothing = tmp_path / "build" / "bench.json", tmp_path / "baseline.json"
    nothing.write_text("{}")  # how fast this machine is at the moment is not the question here
    monkeypatch.setattr(sys, "argv", ["bench", *SMALL, "--out", str(out), "--baseline", str(nothing)])
    assert bench.main() == 0
    found = json.loads(out.read_text())
    assert found.keys() >= {"floor", "engine", "cpu_ratio", "p50_delta_ms", "throughput_ratio", "machine", "plan"}
    for side in ("floor", "engine"):
        assert found[side]["executions"] == 50
        assert found[side]["cpu_ms"] >= 0
        assert found[side]["p99_ms"] >= found[side]["p50_ms"] > 0
    processes = {"nats", "postgres", "gateway", "planner", "executor", "operator-watcher", "history-writer"}
    assert found["engine"]["cpu_ms_by_process"].keys() == processes
    assert found["engine"]["cpu_ms"] > 0
    assert found["start_seconds"]["next"] > 0
    assert 0 <= found["used_by_others"] <= 1
    assert len(found["parts"]) > 10
    assert "CPU per execution" in capsys.readouterr().out


@pytest.mark.story
async def test_an_engine_that_does_not_serve_the_workflow_is_no_engine_to_measure(tmp_path: Path):
    """Without the definitions nothing is measured, and what the engine said is shown."""
    (tmp_path / "definitions").mkdir()
    with pytest.raises(CannotMeasure, match=r"does not serve bench/profile:\n(.|\n)*PostgreSQL"):
        async with parts.engine(tmp_path / "data", tmp_path / "definitions"):
            pass


def test_figures_are_medians_over_rounds():
    """One disturbed round in three changes neither latency nor throughput nor cost."""
    rounds = [a_round(latency=2.0), a_round(latency=50.0), a_round(latency=2.0)]
    found = figures.of(rounds)
    assert (found.p50_ms, found.p99_ms, found.requests_per_second) == (2.0, 2.0, 500.0)
    assert found.cpu_ms == 2.0
    assert found.executions == 3 * 30


def test_ratios_and_the_delta_compare_with_the_floor():
    """Each figure of the engine is set against the floor's."""
    floor, engine = some_figures(1.0, 1000, 0.5), some_figures(2.5, 900, 1.0)
    found = figures.compared(floor, engine, Plan(), {})
    assert (found["cpu_ratio"], found["p50_delta_ms"], found["throughput_ratio"]) == (2.0, 1.5, 0.9)


def test_a_cost_below_the_clock_has_no_ratio():
    """Where the floor used less CPU than its clock can tell there is no ratio, and the table says so."""
    floor, engine = some_figures(1.0, 1000, 0.0), some_figures(2.5, 900, 1.0)
    found = figures.compared(floor, engine, Plan(), {})
    assert found["cpu_ratio"] is None
    assert found["throughput_ratio"] == 0.9


@pytest.mark.parametrize(("share", "expected"), [(0.5, 51), (0.99, 100), (1.0, 100), (0.0, 1)])
def test_percentiles_are_values_that_were_measured(share: float, expected: int):
    """No value is invented between two."""
    assert percentile(range(1, 101), share) == expected


def test_every_part_alone_has_a_number():
    """The parts run, and their times compare with a calibration loop."""
    timings = micro.measure()
    assert len(timings) > 10
    assert all(timing.microseconds > 0 and timing.calibrated > 0 for timing in timings)
    assert all(timing.name in micro.table(timings) for timing in timings)


def a_round(latency: float) -> Round:
    window = Window(calls=10, seconds=10 * latency / 1000, latencies=[latency] * 10, cpu={"it": 10 * latency})
    loaded = Window(calls=20, seconds=20 * latency / 1000, latencies=[latency] * 20, cpu={"it": 20 * latency})
    return Round(single=window, loaded=loaded)


def some_figures(p50: float, per_second: float, used: float) -> Figures:
    return Figures(
        p50_ms=p50,
        p99_ms=2 * p50,
        requests_per_second=per_second,
        cpu_ms=used,
        cpu_ms_one_by_one=used,
        executions=10,
        cpu_ms_by_process={"it": used},
        cpu_ms_by_process_one_by_one={"it": used},
    )
