"""The parts of `workflow-cli dev` that decide something, each alone."""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from wfcli.dev import demo
from wfcli.dev.arrival import Ready, Served, tell
from wfcli.dev.keeping import DataFolder
from wfcli.dev.living import Wish
from wfcli.dev.options import Options
from wfcli.dev.services import SERVICES, STOP_ORDER, Surroundings, settings
from wfcli.dev.tailing import tail
from wfcli.local.errors import CannotStart
from wfcli.terminal import Screen

AROUND = Surroundings(
    nats_url="nats://127.0.0.1:4222",
    database_url="postgresql://workflow:secret@127.0.0.1:5432/workflow",
    gateway_port=8080,
    health_ports={service.name: 18000 + number for number, service in enumerate(SERVICES)},
    directories="/a:/b",
    namespace="shop",
)


def test_each_service_is_told_what_it_needs_and_nothing_else() -> None:
    """All know the bus and their health port, two the database, one its folders, one its port."""
    told = {service.name: settings(service, AROUND) for service in SERVICES}
    assert all(each["WORKFLOW_NATS_URL"] == AROUND.nats_url for each in told.values())
    with_database = {name for name, each in told.items() if "WORKFLOW_DATABASE_URL" in each}
    assert with_database == {"gateway", "history-writer"}
    assert told["operator-watcher"] == {
        "WORKFLOW_NATS_URL": AROUND.nats_url,
        "WORKFLOW_OPERATOR_WATCHER_HEALTH_PORT": "18003",
        "WORKFLOW_OPERATOR_WATCHER_DIRECTORIES": "/a:/b",
        "WORKFLOW_OPERATOR_WATCHER_DEFAULT_NAMESPACE": "shop",
    }
    assert told["gateway"]["WORKFLOW_GATEWAY_PORT"] == "8080"
    assert told["gateway"]["WORKFLOW_GATEWAY_DEFAULT_NAMESPACE"] == "shop"


def test_every_service_has_its_place_in_the_order_of_ending() -> None:
    """The gateway first, the servers last, nobody forgotten."""
    order = [name for group in STOP_ORDER for name in group]
    assert {service.name for service in SERVICES} <= set(order)
    assert (order[0], order[-2:]) == ("gateway", ["nats", "postgres"])


def test_the_demo_is_watched_in_place_but_for_the_upstream(tmp_path: Path) -> None:
    """Its copy carries the real port; tasks and workflows are the checkout's own."""
    folder = demo.definitions()
    copy, *others = demo.watched(folder, 9123, tmp_path / "demo")
    assert others == [folder / "tasks", folder / "workflows"]
    assert "url: http://127.0.0.1:9123\n" in copy.read_text()
    assert ":9000" not in copy.read_text().split("\n", 1)[1]


def test_outside_of_a_checkout_the_demo_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test API, no demo: a sentence and no traceback."""
    monkeypatch.setattr(demo, "MODULE", "no_such_module")
    with pytest.raises(CannotStart, match="use a checkout"):
        demo.definitions()


async def test_reset_leaves_what_is_not_ours(tmp_path: Path) -> None:
    """Data, demo and logs go; secrets that somebody put there stay."""
    data = DataFolder(tmp_path / "data")
    for folder in (data.nats, data.postgres / "data", data.demo, data.logs, data.path / "secrets"):
        folder.mkdir(parents=True)
        (folder / "something").touch()
    await data.reset()
    assert [path.name for path in sorted(data.path.iterdir())] == ["secrets"]


async def test_a_folder_in_use_is_not_taken_twice(tmp_path: Path) -> None:
    """The second `dev` on the same data is told who has it."""
    data = DataFolder(tmp_path / "data")
    handle = await data.take()
    try:
        with pytest.raises(CannotStart, match=f"in use by process {os.getpid()}"):
            await data.take()
    finally:
        os.close(handle)


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file in the way is named."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="choose another with --data"):
        await DataFolder(tmp_path / "file" / "data").take()


def test_logs_of_the_start_before_are_kept_aside(tmp_path: Path) -> None:
    """A new start has new logs, and the old ones can still be read."""
    data = DataFolder(tmp_path)
    data.logs.mkdir()
    data.log("planner").write_text("old")
    data.begin_logs()
    assert not data.log("planner").exists()
    assert (data.logs / "planner.old").read_text() == "old"


async def _said(folder: Path) -> AsyncIterator[str]:
    lines: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(tail(folder, lines.put_nowait))
    try:
        while True:
            yield await lines.get()
    finally:
        task.cancel()


async def test_verbose_shows_whole_lines_with_the_name_of_their_log(tmp_path: Path) -> None:
    """Half a line waits for its other half."""
    log = tmp_path / "planner.log"
    log.write_text("first\nhal")
    async with asyncio.timeout(30):
        said = _said(tmp_path)
        assert await anext(said) == "         planner | first"
        with log.open("a") as file:
            file.write("f\n")
        assert await anext(said) == "         planner | half"
        await said.aclose()


def test_the_first_signal_ends_and_the_second_kills() -> None:
    """One Ctrl-C is a request, two are an order."""
    killed = []
    wish = Wish(kill=lambda: killed.append(True))
    wish.hear()
    assert (wish.end.is_set(), wish.impatient, killed) == (True, False, [])
    wish.hear()
    assert (wish.impatient, killed) == (True, [True])


def a_ready(**changed: object) -> Ready:
    told: dict[str, object] = {
        "seconds": 2.61,
        "namespace": "shop",
        "gateway": "http://127.0.0.1:8080",
        "nats": AROUND.nats_url,
        "database": AROUND.database_url,
        "testapi": None,
        "data": Path("/data"),
        "workflows": [Served(namespace="shop", name="price", example='{"it": "isn\'t"}')],
        "pids": {service.name: 100 + number for number, service in enumerate(SERVICES)} | {"nats": 99},
        "health": {service.name: "http://127.0.0.1:18000" for service in SERVICES},
    }
    return Ready(**told | changed)  # type: ignore[arg-type]


def told_on_screen(ready: Ready) -> str:
    stream = io.StringIO()
    tell(ready, Screen.on(stream), Options(data=Path(".workflow"), workflows=(Path("workflows"),)))
    return stream.getvalue()


def test_the_ready_line_is_one_line_of_json_with_every_address() -> None:
    """Scripts need no second look anywhere."""
    line = a_ready().as_json()
    told = json.loads(line)
    assert "\n" not in line
    assert told["ready"] is True
    assert told["workflows"] == ["shop/price"]
    assert told["services"]["gateway"] == {"pid": 100, "health": "http://127.0.0.1:18000"}
    assert told["servers"] == {"nats": {"pid": 99}}


def test_people_get_a_command_to_copy_and_never_the_password() -> None:
    """The first workflow with its example, quoted for the shell, on the port that it really has."""
    said = told_on_screen(a_ready())
    assert """run price -i '{"it": "isn'"'"'t"}'\n""" in said
    assert "ready in 2.6 s · watching ./workflows · Ctrl-C stops" in said
    assert urlsplit(AROUND.database_url).password not in said
    moved = told_on_screen(a_ready(gateway="http://127.0.0.1:8081"))
    assert "--url http://127.0.0.1:8081" in moved


def test_without_a_workflow_it_says_where_to_put_one() -> None:
    """An empty start is no dead end."""
    assert "put a workflow into ./workflows" in told_on_screen(a_ready(workflows=[]))


def test_a_reader_who_went_away_does_not_stop_the_engine() -> None:
    """`dev | head -1` closes the pipe; the engine lives on."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        Screen.on(stream).say("nobody reads this")
        Screen.on(stream).ok("nor this")
