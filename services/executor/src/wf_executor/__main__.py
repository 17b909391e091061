"""Start an executor."""

from wf_executor.executing import Executor
from wf_executor.handlers import handlers
from wf_executor.settings import Settings
from wfservice import runtime
from wfservice.bus import Bus


async def start(settings: Settings, bus: Bus) -> Executor:
    """Open the way out, begin to beat, then listen."""
    executor = await Executor.open(bus, settings)
    await bus.serve(handlers(executor))
    return executor


if __name__ == "__main__":
    runtime.run("executor", Settings, start)
