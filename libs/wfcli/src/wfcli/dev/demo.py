"""The demo: the test API as upstream, and the definitions that call it.

They are watched where they lie, so that a newcomer may change one and see it live. Only the upstream's address is
ours to write, because the port may have moved.
"""

import importlib.util
from pathlib import Path

from wfcli.local.errors import CannotStart

NAMESPACE = "test"
MODULE = "testapi"
PREFERRED_PORT = 9000
_WRITTEN_URL = f"http://127.0.0.1:{PREFERRED_PORT}"


def definitions() -> Path:
    """The folder of the demo's definitions. Raises CannotStart outside of a checkout."""
    found = importlib.util.find_spec(MODULE)
    if found is None or found.origin is None:
        raise CannotStart("--demo needs the test API, which is not installed: use a checkout, and `make run` in it")
    folder = Path(found.origin).resolve().parents[2] / "definitions"
    if not (folder / "upstream.yaml").is_file():
        raise CannotStart(f"--demo needs the definitions in {folder}, which are not there: use a checkout")
    return folder


def watched(folder: Path, port: int, copies: Path) -> list[Path]:
    """What to watch for the demo whose upstream listens on `port`; `copies` holds what must differ."""
    copies.mkdir(parents=True, exist_ok=True)
    upstream = (folder / "upstream.yaml").read_text()
    copy = copies / "upstream.yaml"
    copy.write_text(
        f"# Written by `workflow-cli dev --demo` at each start, out of {folder / 'upstream.yaml'}\n"
        + upstream.replace(_WRITTEN_URL, f"http://127.0.0.1:{port}")
    )
    return [copy, folder / "tasks", folder / "workflows"]
