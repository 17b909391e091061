"""Start a planner."""

from wf_planner.handlers import handlers
from wf_planner.planning import Planner
from wf_planner.settings import Settings
from wfservice import runtime
from wfservice.bus import Bus


async def start(settings: Settings, bus: Bus) -> Planner:
    """Read what is there, publish it, go on as it changes, explain to whoever asks."""
    planner = Planner(bus)
    await planner.follow()
    await bus.serve(handlers(planner))
    return planner


if __name__ == "__main__":
    runtime.run("planner", Settings, start)
