"""A failure in the words of the workflow's author, and an answer of which a part is missing."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.gateway.conftest import Place
from tests.gateway.test_answers import failing, summary
from tests.gateway.test_document import answer_schema
from tests.planner.definitions import entry, workflow
from tests.wfservice.scripted import ended, never
from tests.wfservice.waiting import until
from wf_gateway.declared import BROKEN
from wfcore.events import NormalizedError, OriginalError, body

RULES = [
    {
        "when": "task == 'user' && error.code == 'NOT_FOUND'",
        "status": 404,
        "code": "NO_SUCH_USER",
        "title": "No such user",
        "suggestedAction": "Check the id.",
    },
    {"when": "error.?status.orValue(0) >= 500", "status": 503, "code": "SHOP_CLOSED", "title": "The shop is closed"},
    {"when": "task == '' && error.code == 'DEADLINE_EXCEEDED'", "status": 504, "code": "TOO_SLOW", "title": "Too slow"},
]


def upstream_said(status: int, code: str = "", **more: Any) -> Any:
    """Runs end because the upstream of `user` answered this."""
    meaning = NormalizedError(code or f"HTTP_{status}", "What the upstream meant", "As the upstream says.")
    original = OriginalError(status, {"x-request-id": "r-1"}, body(b'{"oops":1}'), str(status))
    return failing(
        "UPSTREAM_ERROR", "possible", **{"task": "user"} | more, original_error=original, normalized_error=meaning
    )


async def declare(place: Place, name: str, rules: list[dict[str, Any]], **more: Any) -> None:
    await place.publish(workflow(name, entry("user", "get-user"), errors=rules, **more), wait_for=name)


def broken(name: str) -> float:
    """How many rules of a workflow could not be evaluated so far."""
    return BROKEN.labels(f"shop/{name}")._value.get()


@pytest.fixture
async def shop(place: Place) -> Place:
    """The shared place with a workflow that declares its errors."""
    await declare(place, "declaring", RULES)
    return place


@pytest.mark.parametrize("bare", [True, False])
async def test_the_first_rule_that_holds(shop: Place, bare: bool):
    """It gives status, code, title and fix; what happened, where, and what may have been done stays."""
    shop.executor.ends = upstream_said(404, "NOT_FOUND")
    answer = await (shop.bare if bare else shop.execute)(workflow="declaring")
    execution = shop.executor.started[-1].execution
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["wf-execution-id"] == execution
    problem = answer.json()
    told = {"status": 404, "code": "NO_SUCH_USER", "title": "No such user", "fix": "Check the id."}
    assert {key: problem[key] for key in told} == told
    assert (problem["effects"], problem["failedTask"], problem["executionId"]) == ("possible", "user", execution)
    assert problem["traceId"]
    assert problem["detail"].startswith("task `user` failed")
    assert [task["status"] for task in problem["tasks"]] == ["failed"]
    assert problem["error"]["originalError"]["status"] == 404
    assert problem["error"]["normalizedError"]["code"] == "NOT_FOUND"


async def test_its_type_can_be_opened(shop: Place):
    """The code is the author's: `type` leads to the page of the workflow, which lists what it declares."""
    shop.executor.ends = upstream_said(404, "NOT_FOUND")
    problem = (await shop.bare(workflow="declaring")).json()
    page, _, code = problem["type"].partition("#")
    assert code == "NO_SUCH_USER"
    errors = (await shop.get(page)).json()["errors"]
    assert errors[0] == RULES[0]
    assert [error["code"] for error in errors] == ["NO_SUCH_USER", "SHOP_CLOSED", "TOO_SLOW"]


async def test_without_an_action_of_its_own_the_fix_stays(shop: Place):
    """A rule without `suggestedAction` keeps the engine's; a 503 says when to come again."""
    shop.executor.ends = upstream_said(500)
    answer = await shop.bare(workflow="declaring")
    assert (answer.status_code, answer.json()["code"]) == (503, "SHOP_CLOSED")
    assert answer.json()["fix"] == "See `error`."
    assert 1 <= int(answer.headers["retry-after"]) <= 5


async def test_without_a_rule_that_holds(shop: Place):
    """The engine's own words, as without any rules; `error.status` is absent where no upstream answered."""
    before = broken("declaring")
    shop.executor.ends = upstream_said(409)
    assert (await shop.bare(workflow="declaring")).json()["code"] == "UPSTREAM_ERROR"
    shop.executor.ends = failing("UPSTREAM_UNAVAILABLE", task="user")
    problem = (await shop.bare(workflow="declaring")).json()
    assert (problem["status"], problem["type"]) == (502, "/errors/UPSTREAM_UNAVAILABLE")
    assert broken("declaring") == before


async def test_a_rule_that_cannot_be_evaluated_is_passed_over(place: Place):
    """It is counted, and the next one decides."""
    rules = [
        {"when": "int(error.title) > 1", "status": 400, "code": "NEVER", "title": "Never"},
        {"when": "true", "status": 418, "code": "ANYTHING", "title": "Anything"},
    ]
    await declare(place, "clumsy", rules)
    before = broken("clumsy")
    place.executor.ends = upstream_said(500)
    assert (await place.bare(workflow="clumsy")).json()["code"] == "ANYTHING"
    assert broken("clumsy") == before + 1


async def test_runs_that_ended_without_a_task(place: Place):
    """No task is to blame: `task` is empty, `error.code` is the engine's; the caller's own deadline counts too."""
    await declare(place, "slow", RULES, timeout="300ms")
    place.executor.ends = failing("DEADLINE_EXCEEDED", status="timedOut")
    assert (await place.bare(workflow="slow")).json()["code"] == "TOO_SLOW"
    place.executor.ends = never
    answer = await place.bare(workflow="slow")
    assert (answer.status_code, answer.json()["code"], answer.json()["effects"]) == (504, "TOO_SLOW", "none")


async def test_what_is_refused_before_it_runs_is_the_engines(shop: Place):
    """Bad input, an unknown workflow: no run, so no rule."""
    assert (await shop.bare({"id": "x"}, "declaring")).json()["code"] == "INPUT_INVALID"


async def test_history_hears_what_the_caller_heard(shop: Place):
    """Status and code are the declared ones."""
    shop.executor.ends = upstream_said(404, "NOT_FOUND")
    execution = (await shop.bare(workflow="declaring")).headers["wf-execution-id"]

    def told() -> list[tuple[int, str | None, str]]:
        batches = (each for batch in shop.told() for each in batch.told if each.execution == execution)
        return [(each.http_status, each.code, each.status) for each in batches]

    await until(lambda: bool(told()))
    assert told() == [(404, "NO_SUCH_USER", "failed")]


async def test_the_document_declares_them(shop: Place):
    """Each status with its codes; what is really answered fits."""
    document = (await shop.get("/openapi.json")).json()
    OpenAPIV31SpecValidator(document).validate()
    responses = document["paths"]["/workflows/declaring"]["post"]["responses"]
    for rule in RULES:
        declared = responses[str(rule["status"])]
        assert f"`{rule['code']}` ({rule['title']})" in declared["description"]
        assert rule["code"] in declared["content"]["application/problem+json"]["examples"]
    shop.executor.ends = upstream_said(404, "NOT_FOUND")
    problem = (await shop.bare(workflow="declaring")).json()
    declared = answer_schema(document, "post", "/workflows/declaring", 404, "application/problem+json")
    assert declared.violations(problem) == []


# --- a part is missing ----------------------------------------------------------------------------


async def test_a_partial_answer(place: Place):
    """200 all the same: the envelope's `status` and the header `Wf-Status` of the bare answer say it."""
    tasks = [summary(), summary("extra", "failed")]
    place.executor.ends = lambda run: ended(run, b'{"user":"Ada"}', status="partial", tasks=tasks)
    envelope = await place.execute()
    assert (envelope.status_code, envelope.json()["status"]) == (200, "partial")
    assert envelope.json()["output"] == {"user": "Ada"}
    bare = await place.bare()
    assert (bare.status_code, bare.json()) == (200, {"user": "Ada"})
    assert bare.headers["wf-status"] == "partial"
    place.executor.ends = ended
    assert (await place.bare()).headers["wf-status"] == "succeeded"


async def test_history_hears_that_it_was_partial(place: Place):
    """200, status partial, no code."""
    place.executor.ends = lambda run: ended(run, status="partial")
    execution = (await place.bare()).headers["wf-execution-id"]

    def told() -> list[tuple[int, str | None, str]]:
        batches = (each for batch in place.told() for each in batch.told if each.execution == execution)
        return [(each.http_status, each.code, each.status) for each in batches]

    await until(lambda: bool(told()))
    assert told() == [(200, None, "partial")]


async def test_the_headers_of_an_answer_are_declared(place: Place):
    """The document names both."""
    answer = (await place.document())["paths"]["/workflows/profile"]["post"]["responses"]["200"]
    assert answer["headers"].keys() == {"Wf-Execution-Id", "Wf-Status"}
    assert answer["headers"]["Wf-Status"]["schema"]["enum"] == ["succeeded", "partial"]
