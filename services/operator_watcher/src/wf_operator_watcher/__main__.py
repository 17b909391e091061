"""Start an operator-watcher."""

from wf_operator_watcher.settings import Settings
from wf_operator_watcher.watching import Watcher
from wfcore import subjects
from wfservice import runtime
from wfservice.bus import Bus


async def start(settings: Settings, bus: Bus) -> Watcher:
    """Make or mend the stores of the bus, then carry definitions."""
    await bus.ensure(subjects.STREAMS, subjects.BUCKETS)
    watcher = Watcher(bus, settings.folders(), settings.default_namespace)
    await watcher.follow()
    return watcher


if __name__ == "__main__":
    runtime.run("operator_watcher", Settings, start)
