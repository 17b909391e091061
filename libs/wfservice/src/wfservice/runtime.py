"""The life of a service: settings, bus, readiness, work, drain.

SIGTERM drains: readiness falls, the service stops listening, what is under way ends, then the process leaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import Annotated, Protocol, TypeVar

import structlog
import uvloop
from msgspec import Meta, Struct

from wfservice import settings as reading
from wfservice import telemetry
from wfservice.bus.interface import TransportLost
from wfservice.bus.nats import NatsBus
from wfservice.operations import Operations

log = structlog.get_logger()


class ServiceSettings(Struct, frozen=True, kw_only=True):
    """What every service is told."""

    nats_url: str = "nats://127.0.0.1:4222"
    """Where the bus is."""
    health_host: str = "127.0.0.1"
    """Address of /livez, /readyz and /metrics. Probes of a cluster need 0.0.0.0."""
    health_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    """Port of the same; 0 takes a free one."""
    log_level: str = "info"
    """debug, info, warning or error."""
    drain_seconds: Annotated[float, Meta(gt=0)] = 35.0
    """How long work under way may take to end after SIGTERM: the 30 s ceiling of a run and a little more."""


class Service(Protocol):
    """What `start` returns: something that can be asked whether it is ready, and told to end."""

    def ready(self) -> str | None:
        """None when it is ready, else what is missing."""
        ...

    async def stop(self) -> None:
        """Take nothing new, end what is under way."""
        ...


Settings = TypeVar("Settings", bound=ServiceSettings)


def run(name: str, settings: type[Settings], start: Callable[[Settings, NatsBus], Awaitable[Service]]) -> None:
    """Run a service until it is told to end. Exits 2 on bad settings, 1 when the bus is lost for good.

    `start` may raise SettingsInvalid as well: settings that are right one by one and wrong together.
    """
    try:
        read = reading.load(settings, name)
    except reading.SettingsInvalid as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    telemetry.configure(name, read.log_level)
    try:
        sys.exit(uvloop.run(_live(name, read, start)))
    except reading.SettingsInvalid as error:
        print(error, file=sys.stderr)
        sys.exit(2)


async def _live(name: str, settings: Settings, start: Callable[[Settings, NatsBus], Awaitable[Service]]) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    operations = Operations(name)
    await operations.open(settings.health_host, settings.health_port)
    stopping = asyncio.ensure_future(ended.wait())
    connecting = asyncio.ensure_future(NatsBus.connect(settings.nats_url, name))
    await asyncio.wait({connecting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not connecting.done():  # told to end before there was a bus
        connecting.cancel()
        await operations.close()
        return 0
    try:
        bus = connecting.result()
    except TransportLost as error:
        log.error("cannot start", error=error.message)
        return 1
    service: Service | None = None
    starting = asyncio.ensure_future(start(settings, bus))
    lost = asyncio.ensure_future(bus.closed.wait())
    await asyncio.wait({starting, stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        service = starting.result()
        operations.serve(lambda: service.ready() or (None if bus.connected else "not connected to NATS"))
        await bus.announce(name, metadata.version("wfservice"), f"{name} of workflow.io")
        _settle_memory()
        log.info("started", pid=os.getpid())
        await asyncio.wait({stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
    else:
        starting.cancel()
    operations.serve(lambda: "draining")
    if service is not None and not lost.done():
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(settings.drain_seconds):
                await service.stop()
    if not lost.done():
        await bus.drain(settings.drain_seconds)
    await operations.close()
    log.info("stopped")
    return 0 if ended.is_set() else 1


def _settle_memory() -> None:
    """What is here now stays: the collector need not look at it again, and need not look as often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
