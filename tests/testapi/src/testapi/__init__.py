"""The demo and test upstream: a small shop with 100 operations.

In come plain HTTP calls, out go answers that fit the app's own OpenAPI document; all state is in memory.
Beside the shop, under paths that begin with `/_`, tests watch what arrived and hold or fail requests.
"""

from pathlib import Path

DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
"""The folder with the upstream, the 100 tasks and the sample workflows, in namespace `test`."""
