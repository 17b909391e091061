"""Start a gateway."""

from wf_gateway.gateway import Gateway
from wf_gateway.settings import Settings
from wfservice import runtime
from wfservice.bus import Bus


async def start(settings: Settings, bus: Bus) -> Gateway:
    """Learn what is published, hear executors, then open the users' port."""
    gateway = await Gateway.open(bus, settings)
    await bus.serve(gateway.asker.handlers())
    await gateway.listen()
    return gateway


if __name__ == "__main__":
    runtime.run("gateway", Settings, start)
