"""POST …/test: how would it run? Answered by the planner, and no call leaves."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from msgspec import Raw

from tests.gateway.conftest import Place
from tests.planner.definitions import entry, task, workflow
from wf_gateway.dry_running import recorded_mocks
from wf_planner.handlers import handlers
from wfhistory.envelope import Call, Execution, Task
from wfservice.testing import MemoryBus

TEST = "/api/v1/workflows/profile/test"


@pytest_asyncio.fixture
async def asked(place: Place) -> AsyncIterator[Place]:
    """The place, with a planner that answers questions."""
    bus = MemoryBus(place.house.room)
    await bus.serve(handlers(place.house.planners[0]))
    yield place
    await bus.unserve()


async def tried(place: Place, body: Any, path: str = TEST) -> httpx.Response:
    return await place.client.post(path, json=body)


@pytest.mark.parametrize("path", [TEST, "/api/v1/namespaces/shop/workflows/profile/test"])
async def test_a_workflow_is_tried_without_a_call(asked: Place, path: str):
    """Both addresses: status, tasks with their requests, plan and pictures; the executor hears nothing."""
    mocks = {"user": {"output": {"id": 1, "name": "Ada"}}}
    answer = await tried(asked, {"input": {"id": 1}, "mocks": mocks}, path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["workflow"], told["status"]) == ("profile", "succeeded")
    assert told["tasks"][0]["request"]["method"] == "GET"
    assert {"groups", "criticalPath", "worstCase", "estimate", "graph", "mermaid", "dot"} <= set(told)
    assert asked.executor.started == []


async def test_without_mocks_it_says_what_is_missing(asked: Place):
    """Nothing is made up."""
    told = (await tried(asked, {"input": {"id": 1}})).json()
    assert told["status"] == "unresolved"
    assert told["tasks"][0]["because"] == "needs tasks.user.output, for which there is no mock"


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ({"input": {"id": "x"}}, 422, "INPUT_INVALID", "1 violation of the input schema"),
        ({"input": {"id": 1}, "mocks": {"usr": {"output": 1}}}, 400, "PARAMETER_INVALID", "did you mean `user`?"),
        ({"id": 1}, 400, "PARAMETER_INVALID", "unknown field `id`"),
        ({"input": {"id": 1}, "mocks": []}, 400, "PARAMETER_INVALID", "Expected `object`, got `array`"),
        ([], 400, "PARAMETER_INVALID", "the body is an object"),
        ({"input": {"id": 1}, "recorded": "0"}, 503, "HISTORY_UNAVAILABLE", "no database"),
    ],
    ids=["input", "mock", "bare-input", "mocks-type", "array", "no-history"],
)
async def test_a_bad_question_is_told(asked: Place, body: Any, status: int, code: str, said: str):
    """What is wrong, with a code of the registry."""
    answer = await tried(asked, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert said in answer.json()["detail"]


async def test_an_unknown_workflow_is_not_found(asked: Place):
    """404, as everywhere."""
    answer = await tried(asked, {}, "/api/v1/workflows/nobody/test")
    assert (answer.status_code, answer.json()["code"]) == (404, "WORKFLOW_NOT_FOUND")


async def test_a_workflow_with_errors_is_told_with_its_diagnostics(asked: Place):
    """409: the newest definition cannot run, and here is why."""
    await asked.house.apply(workflow("unsound", entry("user", "no-such-task")))
    await asked.house.until_refused("Workflow", "unsound")
    answer = await tried(asked, {"input": {"id": 1}}, "/api/v1/workflows/unsound/test")
    assert (answer.status_code, answer.json()["code"]) == (409, "WORKFLOW_INVALID")
    assert [error["code"] for error in answer.json()["errors"]] == ["WF-301"]
    await asked.house.delete("Workflow", "unsound")


async def test_without_a_planner_it_is_unavailable(place: Place):
    """503, and whoever asked may ask again."""
    answer = await tried(place, {"input": {"id": 1}})
    assert (answer.status_code, answer.json()["code"]) == (503, "PLANNER_UNAVAILABLE")
    assert "retry-after" in answer.headers


async def test_the_document_describes_it(place: Place):
    """Body and answer have schemas of their own."""
    document = await place.document()
    operation = document["paths"]["/api/v1/workflows/{name}/test"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][body]["properties"]) == {"input", "mocks", "recorded"}
    assert "mermaid" in document["components"]["schemas"][answer]["properties"]
    assert "409" in operation["responses"]


async def test_an_edited_definition_is_tried_before_it_is_called(asked: Place):
    """What is tried is the newest definition: its tasks' mocks answer."""
    mocked = task("mocked", mocks=[{"output": {"id": 1, "name": "Ada"}}])
    await asked.publish(mocked, workflow("tried", entry("user", "mocked")), wait_for="tried")
    told = (await tried(asked, {"input": {"id": 1}}, "/api/v1/workflows/tried/test")).json()
    assert (told["status"], told["tasks"][0]["mock"]) == ("succeeded", "task")


# --- what was recorded ----------------------------------------------------------------------------


def a_call(number: int, status: int | None, body: Any) -> Call:
    return Call(number, "GET", "http://a/b", {}, None, status, {"Content-Type": "application/json"}, body, "", 1, None)


def a_task(id: str, status: str, *calls: Call, error: Any = None) -> Task:
    return Task(id, "t", status, len(calls), None, None, None, "none", error, list(calls))


def execution(*tasks: Task) -> Execution:
    return Execution(
        *("x1", "shop", "profile", None, None, "succeeded", None, None, None, list(tasks), None, None),
        *("none", None, 1, None, None, "", None, True, None),
    )


def test_the_last_answer_of_a_task_is_what_was_recorded():
    """By its path inside the run, as status, headers and body."""
    body = Raw(b'{"left": 1}')
    mocks = recorded_mocks(execution(a_task("s[0].check", "succeeded", a_call(1, 503, None), a_call(2, 200, body))))
    assert mocks == {
        "s[0].check": {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body},
    }


def test_a_fallback_that_took_over_is_recorded_by_itself():
    """The first answer is that of the task, the last one that of what stood in."""
    failed = a_task("user", "succeeded", a_call(1, 500, None), a_call(2, 200, Raw(b"1")), error={"code": "X"})
    mocks = recorded_mocks(execution(failed))
    assert {name: mock["status"] for name, mock in mocks.items()} == {"user": 500, "user:fallback": 200}


@pytest.mark.parametrize("body", [{"redacted": True}, {"truncated": True, "size": 1, "sha256": ""}, {"base64": "AA=="}])
def test_a_body_that_was_not_kept_whole_is_no_answer(body: Any):
    """Half an answer would be another answer."""
    assert recorded_mocks(execution(a_task("user", "succeeded", a_call(1, 200, body)))) == {}
