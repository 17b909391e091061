"""Stands for `workflow-cli dev`: starts one of each kind, prints the process ids, waits to be killed."""

import asyncio
import json
import os
import sys
from pathlib import Path

from wfcli.local import nats, postgres
from wfcli.local.child import spawn
from wfcli.local.forkserver import ForkServer
from wfcli.local.ports import any_port
from wfcli.local.readiness import until_ok


async def main(folder: Path) -> None:
    server = await nats.start(folder / "nats")
    database = await postgres.start(folder / "pg", durable=False)
    forks = ForkServer(modules=["json"], log=folder / "template.log")
    port = any_port()
    env = dict(os.environ) | {"PORT": str(port)}
    service = await forks.start("sample", "sample_service", env=env, log=folder / "sample.log")
    command = spawn(["sleep", "600"], log=folder / "sleep.log")
    await until_ok(port)
    print(json.dumps([server.pid, database.pid, service.pid, forks.pid, command.pid]), flush=True)
    await asyncio.Event().wait()


asyncio.run(main(Path(sys.argv[1])))
