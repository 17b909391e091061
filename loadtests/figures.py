"""From windows to the figures that are compared, as JSON and as a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

from loadtests.measuring import Plan, Round, median, percentile

AIMS = {"cpu_ratio": 2.0, "p50_delta_ms": 1.5, "throughput_ratio": 0.8}
"""What we want at most of the first two, and at least of the last."""

_VERSIONS = ("aiohttp", "fastapi", "uvicorn", "uvloop", "httptools", "msgspec", "nats-py", "asyncpg", "jsonschema-rs")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One side: medians over rounds. CPU in milliseconds per execution."""

    p50_ms: float
    p99_ms: float
    requests_per_second: float
    cpu_ms: float
    """At full load."""
    cpu_ms_one_by_one: float
    """With one call at a time: nothing can be done for several at once."""
    executions: int
    cpu_ms_by_process: dict[str, float]
    cpu_ms_by_process_one_by_one: dict[str, float]


def of(rounds: Sequence[Round]) -> Figures:
    """The figures of one side."""
    single, loaded = [each.single for each in rounds], [each.loaded for each in rounds]
    return Figures(
        p50_ms=median([percentile(window.latencies, 0.5) for window in single]),
        p99_ms=median([percentile(window.latencies, 0.99) for window in single]),
        requests_per_second=median([window.calls / window.seconds for window in loaded]),
        cpu_ms=median([window.cpu_per_call for window in loaded]),
        cpu_ms_one_by_one=median([window.cpu_per_call for window in single]),
        executions=sum(window.calls for window in (*single, *loaded)),
        cpu_ms_by_process=_by_process(loaded),
        cpu_ms_by_process_one_by_one=_by_process(single),
    )


def _by_process(windows: Sequence[Any]) -> dict[str, float]:
    """Means over all rounds: the clock of a process ticks in 10 ms, too coarse for one round."""
    calls = sum(window.calls for window in windows)
    return {name: sum(window.cpu[name] for window in windows) / calls for name in windows[0].cpu}


def compared(floor: Figures, engine: Figures, plan: Plan, details: dict[str, Any]) -> dict[str, Any]:
    """What is written to build/bench.json."""
    found: dict[str, Any] = _rounded(
        {
            "floor": asdict(floor),
            "engine": asdict(engine),
            "cpu_ratio": _over(engine.cpu_ms, floor.cpu_ms),
            "p50_delta_ms": engine.p50_ms - floor.p50_ms,
            "throughput_ratio": engine.requests_per_second / floor.requests_per_second,
            "p50_ratio": engine.p50_ms / floor.p50_ms,
            "p99_ratio": engine.p99_ms / floor.p99_ms,
            "cpu_ratio_one_by_one": _over(engine.cpu_ms_one_by_one, floor.cpu_ms_one_by_one),
            "aims": AIMS,
            "plan": asdict(plan),
            "machine": {
                "cores": os.cpu_count(),
                "processor": platform.machine(),
                "python": platform.python_version(),
                "versions": {name: metadata.version(name) for name in _VERSIONS},
            },
            **details,
        }
    )
    return found


def table(found: dict[str, Any]) -> str:
    """The same for people."""
    floor, engine, connections = found["floor"], found["engine"], found["plan"]["connections"]
    rows = [
        ("", "floor", "engine", "ratio", "aim"),
        _row("p50, one by one", "ms", floor["p50_ms"], engine["p50_ms"], _delta_aim(found)),
        _row("p99, one by one", "ms", floor["p99_ms"], engine["p99_ms"]),
        _row(
            f"requests/s at {connections}",
            "",
            floor["requests_per_second"],
            engine["requests_per_second"],
            f"≥ {AIMS['throughput_ratio']} x",
        ),
        _row(
            f"CPU per execution at {connections}", "ms", floor["cpu_ms"], engine["cpu_ms"], f"≤ {AIMS['cpu_ratio']} x"
        ),
        _row("CPU per execution, one by one", "ms", floor["cpu_ms_one_by_one"], engine["cpu_ms_one_by_one"]),
    ]
    processes = [("engine's CPU by process", f"at {connections}", "one by one")]
    one_by_one = engine["cpu_ms_by_process_one_by_one"]
    for name, used in sorted(engine["cpu_ms_by_process"].items(), key=lambda item: -item[1]):
        processes.append((f"  {name}", f"{used:.3f} ms", f"{one_by_one[name]:.3f} ms"))
    return f"{_aligned(rows)}\n\n{_aligned(processes)}\n\n{_circumstances(found)}"


def _circumstances(found: dict[str, Any]) -> str:
    start, machine = found["start_seconds"], found["machine"]
    return (
        f"{found['engine']['executions']} executions on each side; every answer was right, every history is written\n"
        f"start-up: first {start['first']:.1f} s, next {start['next']:.1f} s; "
        f"idle: {found['idle_cpu_ms_per_second']:.0f} ms of CPU per second\n"
        f"{machine['cores']} cores, of which others used {found['used_by_others']:.0%} meanwhile"
    )


def _delta_aim(found: dict[str, Any]) -> str:
    return f"+{found['p50_delta_ms']:.2f} ms, aim ≤ +{AIMS['p50_delta_ms']} ms"


def _row(what: str, unit: str, floor: float, engine: float, aim: str = "") -> tuple[str, ...]:
    def shown(value: float) -> str:
        return f"{value:.2f} {unit}" if unit else f"{value:.0f}"

    ratio = _over(engine, floor)
    return what, shown(floor), shown(engine), "-" if ratio is None else f"{ratio:.2f} x", aim


def _over(engine: float, floor: float) -> float | None:
    """None where the floor used less CPU than its clock can tell, as in a very short run."""
    return engine / floor if floor else None


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    """The first column to the left, figures to the right, the last free text to the left."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:4], widths[1:4], strict=True)), *row[4:]]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
