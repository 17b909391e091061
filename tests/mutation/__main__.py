"""`make mutate`: put faults into the code, one at a time, and see whether the tests of its package notice.

A random sample of each package, the same for the same seed. Prints what survived as diffs, then the shares that were
killed. Ends with 1 when a share is below the aim.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutation.checkout import CORE, HUNG, KILLED, SURVIVED, Copy
from tests.mutation.mutants import Mutant, mutants

TESTS = {
    "expression": ("tests/wfcore/expression",),
    "compatibility": ("tests/wfcore/test_compatibility*.py",),
    "run": ("tests/wfcore/test_run*.py",),
}
"""The packages that are measured, and the tests that are to notice a fault in each."""
AIM = 0.8
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
_HANGS = 5
"""So many times as long as without a fault, and it hangs."""
_HANGS_SECONDS = 20.0


@dataclass
class Package:
    """The sample of one package, and what became of it."""

    name: str
    waiting: list[tuple[Path, Mutant]]
    population: int
    seconds: float
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys((KILLED, HUNG, SURVIVED, "equivalent"), 0))

    @property
    def share(self) -> float:
        """Of all that a test could notice."""
        noticed = self.found[KILLED] + self.found[HUNG]
        return noticed / max(1, noticed + self.found[SURVIVED])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("packages", nargs="*", choices=[[], *TESTS], help="all, unless told")
    parser.add_argument("--minutes", type=float, default=20, help="stop then, at most 60 (%(default)s)")
    parser.add_argument("--sample", type=int, default=100, help="faults per package (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another sample (%(default)s)")
    options = parser.parse_args()
    os.nice(10)
    end = time.monotonic() + 60 * min(options.minutes, 60)
    known = _known()
    with tempfile.TemporaryDirectory(prefix="wf-mutate-") as folder:
        copy = Copy.into(Path(folder))
        chosen = [_package(copy, name, options.sample, options.seed) for name in options.packages or TESTS]
        for package, file, mutant in _in_turn(chosen):
            if time.monotonic() > end:
                break
            _try(copy, package, file, mutant, known)
    print(_table(chosen, options.seed))
    return 0 if all(package.share >= AIM for package in chosen) else 1


def _package(copy: Copy, name: str, sample: int, seed: int) -> Package:
    everything = [(file, mutant) for file in copy.files(name) for mutant in mutants(file.read_text())]
    chosen = random.Random(f"{name} {seed}").sample(everything, min(sample, len(everything)))
    seconds = copy.clean_seconds(TESTS[name])
    print(f"{name}: {len(everything):,} faults are possible, {len(chosen)} are tried, its tests take {seconds:.1f} s")
    return Package(name, chosen, len(everything), seconds)


def _in_turn(packages: list[Package]) -> Iterator[tuple[Package, Path, Mutant]]:
    """One of each package at a time, so that each has its share when the time is up."""
    while any(package.waiting for package in packages):
        for package in packages:
            if package.waiting:
                yield package, *package.waiting.pop()


def _try(copy: Copy, package: Package, file: Path, mutant: Mutant, known: set[tuple[str, str, str]]) -> None:
    text, name = file.read_text(), str(file.relative_to(copy.folder / CORE))
    if (name, *mutant.changed(text)) in known:
        package.found["equivalent"] += 1
        return
    verdict = copy.verdict(file, mutant.applied(text), TESTS[package.name], _HANGS_SECONDS + _HANGS * package.seconds)
    package.found[verdict] += 1
    if verdict == SURVIVED:
        print(f"\nsurvived:\n{mutant.diff(text, name)}", flush=True)


def _known() -> set[tuple[str, str, str]]:
    """Faults that change nothing: file, lines before, lines after."""
    listed = tomllib.loads(EQUIVALENT.read_text()).get("fault", [])
    return {(fault["file"], fault["before"], fault["after"]) for fault in listed}


def _table(packages: list[Package], seed: int) -> str:
    lines = [
        f"\n{'seed ' + str(seed):14}  {'killed':>6}  {'hung':>4}  {'survived':>8}  {'equivalent':>10}  {'share':>6}"
    ]
    for package in packages:
        killed, hung, survived, equivalent = (package.found[kind] for kind in (KILLED, HUNG, SURVIVED, "equivalent"))
        row = f"{package.name:14}  {killed:6}  {hung:4}  {survived:8}  {equivalent:10}  {package.share:6.1%}"
        lines.append(row + ("" if package.share >= AIM else f"  below the aim of {AIM:.0%}"))
    if untried := sum(len(package.waiting) for package in packages):
        lines.append(f"{untried} faults were not tried: the time was up")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
