"""The long run: `python -m tests.fuzz --minutes 10`, from a random seed unless one is given.

Prints every new kind of fault with its seed, the smallest definitions that still show it, the input and the answers,
and at the end what was done. Ends with 1 where there was a fault.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Iterator

from .fuzzing import Figures, Found, fuzz, replayed, shrunk
from .workflows import written


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--seed", default=None, help="the first seed; the same one gives the same projects")
    parser.add_argument("--count", type=int, default=None, help="so many projects at most")
    asked = parser.parse_args()
    first, figures, kinds = asked.seed or secrets.token_hex(4), Figures(), dict[str, int]()
    start = time.monotonic()
    print(f"{asked.minutes:g} minutes from seed {first}", flush=True)
    for found in fuzz(_seeds(first, start + asked.minutes * 60, asked.count), figures):
        kinds[found.fault.kind] = kinds.get(found.fault.kind, 0) + 1
        if kinds[found.fault.kind] == 1:
            _tell(found)
    print(f"{(time.monotonic() - start) / 60:.1f} minutes from seed {first}: {figures}")
    for kind, count in kinds.items():
        print(f"  {count} x {kind}")
    print(f"{len(kinds)} kinds of faults")
    return 1 if kinds else 0


def _seeds(first: str, end: float, count: int | None) -> Iterator[str]:
    """The first one as it is, so that a seed that was printed is met again at once."""
    number = 0
    while time.monotonic() < end and (count is None or number < count):
        yield first if number == 0 else f"{first}+{number}"
        number += 1


def _tell(found: Found) -> None:
    documents = shrunk(found)
    print(f"FAULT {found.fault.kind}\n  {found.fault.what}\n  again: make fuzz ARGS='--seed {found.seed} --count 1'")
    print(written(documents))
    run = replayed(documents, found)
    if run is not None:
        print(f"input: {json.dumps(run.input, ensure_ascii=False)}")
        for call, answer in run.answers:
            print(f"{call}: {answer}")
        print(run.faults[0].what)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
