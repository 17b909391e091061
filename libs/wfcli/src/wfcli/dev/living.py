"""The life of one `dev`: start, tell, watch, and end on Ctrl-C."""

import asyncio
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata

from wfcli.dev import arrival
from wfcli.dev.engine import Engine
from wfcli.dev.keeping import DataFolder, shown
from wfcli.dev.options import Options
from wfcli.dev.tailing import tail
from wfcli.terminal import Screen

JUDGED_SECONDS = 10.0
"""How long the planner may take over the definitions before we say that we are ready without it."""


def live(options: Options) -> int:
    """Run until told to end. Returns the exit code; raises CannotStart when a part does not start."""
    screen = Screen.on(sys.stderr if options.json else sys.stdout)
    return asyncio.run(_live(options, screen))


@dataclass
class Wish:
    """What the signals ask for: the first to end, the second to end at once."""

    end: asyncio.Event = field(default_factory=asyncio.Event)
    kill: Callable[[], None] = lambda: None
    impatient: bool = False

    def hear(self) -> None:
        if self.end.is_set():
            self.impatient = True
            self.kill()
        self.end.set()


async def _live(options: Options, screen: Screen) -> int:
    wish = Wish()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, wish.hear)
    data = DataFolder(options.data)
    title = screen.paint.strong(f"workflow.io {metadata.version('wfcli')} dev")
    screen.say(f"{title}   data {shown(data.path)}   {screen.paint.quiet('(not for production)')}")
    screen.say()
    handle = await data.take()
    try:
        return await _run(options, data, screen, wish)
    finally:
        os.close(handle)


async def _run(options: Options, data: DataFolder, screen: Screen, wish: Wish) -> int:
    if options.reset:
        await data.reset()
        screen.ok("all data of earlier starts is thrown away")
    for folder in options.workflows:
        folder.mkdir(parents=True, exist_ok=True)
    data.begin_logs()
    logging.basicConfig(filename=data.log("dev"), level=logging.WARNING)
    engine = Engine(options, data, screen)
    wish.kill = engine.kill
    tailing = asyncio.create_task(tail(data.logs, screen.say)) if options.verbose else None
    working = asyncio.create_task(_work(options, data, engine, screen))
    ending = asyncio.create_task(wish.end.wait())
    try:
        await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
        screen.say()
        screen.say("  stopping: what is under way ends first; Ctrl-C again stops at once")
    finally:
        began = asyncio.get_running_loop().time()
        for task in (working, tailing, ending):
            await _end(task)
        await engine.stop()
    seconds = asyncio.get_running_loop().time() - began
    screen.say(f"  stopped in {seconds:.1f} s, data is kept in {shown(data.path)}")
    return 128 + signal.SIGINT if wish.impatient else 0


async def _work(options: Options, data: DataFolder, engine: Engine, screen: Screen) -> None:
    """Start everything, say that it is ready, then tell what changes, for ever."""
    began = asyncio.get_running_loop().time()
    # The bus costs half a second of imports: done in a thread, while the servers start.
    loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "wfcli.dev.following"))
    following = None
    try:

        async def follow() -> None:
            nonlocal following
            module = await loading
            following = await module.Following.begin(engine.nats_url, screen, data.log("dev"))

        await engine.start(then=follow)
        assert following is not None
        late = await following.until_judged(JUDGED_SECONDS)
        served = await arrival.until_served(engine.gateway_port, following.workflows(), JUDGED_SECONDS)
        following.tell_all()
        if late:
            screen.note(f"no verdict yet on {', '.join(late)}: the planner's log is {shown(data.log('planner'))}")
        ready = arrival.Ready.of(engine, served, data.path, asyncio.get_running_loop().time() - began)
        if options.json:
            print(ready.as_json(), flush=True)
        else:
            arrival.tell(ready, screen, options)
        await asyncio.Event().wait()
    finally:
        await _end(loading)
        if following is not None:
            await following.end()


async def _end(task: "asyncio.Task[object] | asyncio.Task[None] | asyncio.Task[bool] | None") -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
