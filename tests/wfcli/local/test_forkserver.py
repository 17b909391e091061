"""Services forked from one warm process are as separate as any two processes."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wfcli.local.child import pid_ended
from wfcli.local.errors import CannotStart
from wfcli.local.forkserver import ForkServer
from wfcli.local.ports import any_port
from wfcli.local.readiness import answers_ok, until_ok


@pytest.fixture
async def forks(tmp_path: Path, sample_service: str) -> AsyncIterator[ForkServer]:
    server = ForkServer(modules=["json", "asyncio", "http.server"], log=tmp_path / "template.log")
    yield server
    await server.close()


async def test_a_child_has_all_that_a_fresh_process_has(forks: ForkServer, tmp_path: Path):
    """Own environment, arguments, folder, session, signals and name, and no descriptor of ours."""
    log = tmp_path / "logs" / "tell.log"
    env = {"ONLY": "this"}
    child = await forks.start("teller", "sample_service", argv=["tell"], env=env, log=log, cwd=tmp_path)
    assert await child.wait() == 0
    told = json.loads(log.read_text())
    assert told["argv"][1:] == ["tell"]
    assert told["env"] == env
    assert told["cwd"] == str(tmp_path)
    assert told["session"]
    assert told["term"]
    assert told["child"]
    assert told["descriptors"] == []
    if sys.platform == "linux":
        assert told["comm"] == "teller"
        assert told["cmdline"].endswith("-m sample_service tell")


async def test_exit_codes_and_signals_are_told(forks: ForkServer, tmp_path: Path):
    """Who waits learns how it ended, and the log has the reason."""
    log = tmp_path / "fail.log"
    child = await forks.start("failing", "sample_service", argv=["fail"], env=dict(os.environ), log=log)
    assert await child.wait() == 3
    assert "no such setting: PORTT" in child.last_words()
    child = await forks.start("stubborn", "sample_service", argv=["stubborn"], env=dict(os.environ), log=log)
    child.signal(signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL


async def test_an_error_in_a_child_is_a_traceback_in_its_log(forks: ForkServer, tmp_path: Path):
    """A service that cannot be imported ends with 1, the template lives on."""
    child = await forks.start("none", "no_such_service", env=dict(os.environ), log=tmp_path / "none.log")
    assert await child.wait() == 1
    assert "no_such_service" in child.last_words()
    assert forks.pid is not None


async def test_when_the_template_dies_its_children_die_and_the_next_start_works(forks: ForkServer, tmp_path: Path):
    """The children's ports are free again when their death is told, so they can be started anew at once."""
    port = any_port()
    env = dict(os.environ) | {"PORT": str(port)}
    child = await forks.start("sample", "sample_service", env=env, log=tmp_path / "sample.log")
    await until_ok(port)
    template = forks.pid
    assert template is not None
    os.kill(template, signal.SIGKILL)
    assert await child.wait() == -signal.SIGKILL
    await forks.start("sample", "sample_service", env=env, log=tmp_path / "sample.log")
    await until_ok(port)
    assert forks.pid not in (None, template)


async def test_closing_ends_every_child(tmp_path: Path, sample_service: str):
    """Nothing outlives the fork server."""
    forks = ForkServer(modules=[], log=tmp_path / "template.log")
    port = any_port()
    env = dict(os.environ) | {"PORT": str(port)}
    child = await forks.start("sample", sample_service, env=env, log=tmp_path / "sample.log")
    await until_ok(port)
    await forks.close()
    await pid_ended(child.pid)
    assert not await answers_ok(port)


@pytest.mark.parametrize(
    ("module", "reason"),
    [("no_such_library", "No module named 'no_such_library'"), ("starts_threads", "`starts_threads` starts a thread")],
)
async def test_what_cannot_be_imported_before_a_fork_is_told(
    tmp_path: Path, sample_service: str, module: str, reason: str
):
    """A missing module, and one that starts a thread (a fork would lose it), end the start with the reason."""
    forks = ForkServer(modules=[module], log=tmp_path / "template.log")
    with pytest.raises(CannotStart, match=reason):
        await forks.start("sample", sample_service, env={}, log=tmp_path / "sample.log")
