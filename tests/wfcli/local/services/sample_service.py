"""A service as small as can be: health over HTTP, an orderly end on SIGTERM, and a few ways to misbehave.

`python -m sample_service [serve|tell|fail|stubborn]`
"""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def serve() -> None:
    server = HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Health)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print("serving", flush=True)
    server.serve_forever()
    if diary := os.environ.get("DIARY"):
        with Path(diary).open("a") as file:
            file.write(os.environ["NAME"] + "\n")


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def tell() -> None:
    """What a process may know about itself."""
    told = {
        "argv": sys.argv,
        "env": dict(os.environ),
        "cwd": str(Path.cwd()),
        "session": os.getsid(0) == os.getpid(),
        "descriptors": [fd for fd in range(3, 256) if is_open(fd)],
        "cmdline": Path("/proc/self/cmdline").read_bytes().rstrip(b"\0").decode(),
        "comm": Path("/proc/self/comm").read_text().strip(),
        "term": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
        "child": signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL,
    }
    print(json.dumps(told))


def stubborn() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ignoring", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["tell"]:
            tell()
        case ["fail"]:
            print("no such setting: PORTT", file=sys.stderr)
            sys.exit(3)
        case ["stubborn"]:
            stubborn()
        case _:
            serve()
