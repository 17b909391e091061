"""Executions over HTTP, from a real PostgreSQL."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.gateway.conftest import Place, a_house, a_place
from tests.wfhistory.runs import a_batch, a_run, told
from wf_gateway.gateway import Gateway
from wf_gateway.settings import Settings
from wfcli.local import for_tests
from wfcore.schema import compile
from wfhistory import migrate
from wfhistory.partitions import ensure_partitions
from wfhistory.store import Store
from wfservice import ids
from wfservice.settings import SettingsInvalid
from wfservice.testing import MemoryBus

RUNS = 7


@pytest_asyncio.fixture(scope="module")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A migrated database."""
    async with for_tests.database_url(tmp_path_factory.mktemp("postgres")) as url:
        await migrate(url)
        yield url


@pytest_asyncio.fixture(scope="module")
async def looking(database: str) -> AsyncIterator[tuple[Place, list[str]]]:
    """A gateway on that database, and seven executions of `order-processing`, the fourth of which failed."""
    store = await Store.open(database)
    await ensure_partitions(store, datetime.now(UTC))
    executions = [ids.execution_id() for _ in range(RUNS)]
    at = ids.now()
    for number, id in enumerate(executions):
        status = "failed" if number == 3 else "succeeded"
        heard = {"status": status, "http_status": 502, "code": "UPSTREAM_ERROR"} if status == "failed" else {}
        run = a_run(id, at=at + number * 1000, status=status)
        await store.write([a_batch(run, [told(id, at=at + number * 1000 + 500, **heard)])])
    await store.close()
    async with a_house() as house, a_place(house, database_url=database, cursor_key="k") as place:
        yield place, executions


async def listed(place: Place, **query: str) -> httpx.Response:
    return await place.get("/api/v1/namespaces/shop/workflows/order-processing/executions", **query)


async def test_one_execution(looking: tuple[Place, list[str]]):
    """All that is kept of it, with every call; its shape is the declared one."""
    place, executions = looking
    answer = await place.get(f"/api/v1/executions/{executions[3]}")
    assert answer.status_code == 200
    found = answer.json()
    assert (found["executionId"], found["status"], found["workflow"]) == (executions[3], "failed", "order-processing")
    assert [task["id"] for task in found["tasks"]] == ["load", "pay"]
    assert found["tasks"][1]["calls"][0]["status"] == 500
    assert found["told"]["httpStatus"] == 502
    document = await place.document()
    for path, said in (
        ("/api/v1/executions/{id}", found),
        ("/api/v1/workflows/{name}/executions", (await listed(place)).json()),
    ):
        declared = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert compile({**declared, "components": document["components"]}).violations(said) == []


@pytest.mark.parametrize("id", ["0199c9a4-0000-7000-8000-000000000000", "no-id", "%00"])
async def test_an_unknown_execution(looking: tuple[Place, list[str]], id: str):
    """404 with what was asked for, also where it is no id at all."""
    answer = await looking[0].get(f"/api/v1/executions/{id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "EXECUTION_NOT_FOUND")


async def test_executions_newest_first_page_by_page(looking: tuple[Place, list[str]]):
    """Following `next` shows each execution once, newest first, and ends with null."""
    place, executions = looking
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(RUNS):
        page = (await listed(place, limit="3", **cursor)).json()
        assert len(page["items"]) <= 3
        seen += [item["executionId"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == sorted(executions, reverse=True)


async def test_filters(looking: tuple[Place, list[str]]):
    """Status and what the client was told narrow the list."""
    place, executions = looking
    for query in ({"status": "failed"}, {"httpStatus": "502"}, {"told": "failed"}):
        items = (await listed(place, **query)).json()["items"]
        assert [item["executionId"] for item in items] == [executions[3]], query
    other = await place.get("/api/v1/workflows/profile/executions")
    assert other.json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"statsu": "failed"}, "did you mean `status`?"),
        ({"status": "broken"}, "succeeded"),
        ({"since": "yesterday"}, "2026-01-31T12:00:00Z"),
        ({"limit": "0"}, "1 to 500"),
        ({"limit": "501"}, "1 to 500"),
        ({"limit": "many"}, "1 to 500"),
        ({"cursor": "forged"}, "cursor"),
    ],
)
async def test_bad_questions(looking: tuple[Place, list[str]], query: dict[str, str], said: str):
    """An unknown filter, a bad value, a forged cursor: 400 that says what would be right."""
    answer = await listed(looking[0], **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_INVALID")
    assert said in answer.json()["detail"]


async def test_a_cursor_is_no_filter(looking: tuple[Place, list[str]]):
    """A cursor of one list cannot be used for another."""
    place, _ = looking
    cursor = (await listed(place, limit="2")).json()["next"]
    stolen = await place.get("/api/v1/namespaces/shop/workflows/profile/executions", cursor=cursor)
    assert stolen.status_code == 400 or stolen.json()["items"] == []


async def test_without_a_database(place: Place):
    """503 HISTORY_UNAVAILABLE with Retry-After; calls go on."""
    for path in ("/api/v1/executions/x", "/api/v1/workflows/profile/executions"):
        answer = await place.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "HISTORY_UNAVAILABLE")
        assert "retry-after" in answer.headers
    assert (await place.bare()).status_code == 200


async def test_a_database_that_goes_away(tmp_path: Path):
    """PostgreSQL stops: questions are answered 503, calls go on, and it is asked again when it is back."""
    from wfcli.local import postgres

    folder = tmp_path / "postgres"
    server = await postgres.start(folder, durable=False)
    await migrate(server.url)
    async with a_house() as house, a_place(house, database_url=server.url) as place:
        assert (await listed(place)).status_code == 200
        await server.stop()
        gone = await listed(place)
        assert (gone.status_code, gone.json()["code"]) == (503, "HISTORY_UNAVAILABLE")
        assert (await place.bare()).status_code == 200
        server = await postgres.start(folder, durable=False, port=server.port)
        assert (await listed(place)).status_code == 200
    await server.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
async def test_an_address_that_others_can_reach_is_refused(host: str):
    """Until roles exist: refused before anything is opened, with the setting that allows it."""
    with pytest.raises(SettingsInvalid, match="WORKFLOW_GATEWAY_INSECURE_NO_AUTH=true"):
        await Gateway.open(MemoryBus(), Settings(host=host))


@pytest.mark.parametrize(
    "settings", [{"host": "0.0.0.0", "insecure_no_auth": True}, {"host": "localhost"}, {"host": "::1"}]
)
async def test_loopback_and_who_insists_are_served(settings: dict[str, object]):
    """Loopback needs nothing; elsewhere the setting is enough."""
    gateway = await Gateway.open(MemoryBus(), Settings(**settings))  # type: ignore[arg-type]
    assert gateway.ready() == "the users' port is not open yet"
    await gateway.stop()
