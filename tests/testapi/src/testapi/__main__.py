"""Start the upstream: `python -m testapi --host 127.0.0.1 --port 9000`."""

import argparse
import signal
import sys

from testapi.server import address, listen, server


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; print one line when ready. Exit code 1 when the address cannot be had."""
    parser = argparse.ArgumentParser(prog="testapi", description="The demo and test upstream with 100 operations.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=9000, help="port, 0 for a free one (default: %(default)s)")
    options = parser.parse_args()
    try:
        listener = listen(options.host, options.port)
    except (OSError, OverflowError) as no:
        print(f"testapi cannot listen on {options.host}:{options.port}: {no}; try --port 0", file=sys.stderr)
        return 1
    # uvicorn ends in order and then raises the signal again: that is a good end, not a crash.
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))
    server(lambda: print(f"testapi ready {address(listener)}", flush=True)).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
