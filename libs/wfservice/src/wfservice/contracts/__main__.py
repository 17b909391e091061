"""Write the contracts, or say which of them are not what the code says."""

import argparse
import sys
from pathlib import Path

from wfservice.contracts import missing_or_stale, write


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 all is as the code says, 1 something is stale (with --check)."""
    parser = argparse.ArgumentParser(prog="python -m wfservice.contracts", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("proto"), help="where they are kept (proto)")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 and name what is stale")
    told = parser.parse_args(arguments)
    if not told.check:
        for path in write(told.folder):
            print(f"wrote {path}")
        return 0
    stale = missing_or_stale(told.folder)
    for path in stale:
        print(f"{path} is not what the code says", file=sys.stderr)
    if stale:
        print("run `make proto` and look at what changes: others read these files", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
