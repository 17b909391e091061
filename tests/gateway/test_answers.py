"""What callers hear of a run: the envelope, the bare output, and the truth about every failure."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Place, a_place
from tests.planner.definitions import entry, task, upstream, workflow
from tests.wfservice.scripted import ScriptedExecutor, ended, never
from tests.wfservice.waiting import until
from wfcore.errors import ERRORS
from wfcore.events import Failure, NormalizedError, OriginalError, TaskSummary, body
from wfcore.messages import RunEnded, StartRun

UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
STARTED = 1_760_000_000_123_456


def summary(id: str = "user", status: str = "succeeded", **more: Any) -> TaskSummary:
    return TaskSummary(**{"id": id, "task_ref": "get-user", "status": status, "attempts": 2, "started_at": STARTED,
                          "duration_us": 2600, "wait_us": 900, "effect": "none"} | more)  # fmt: skip


def failing(code: str, effects: str = "none", status: str = "failed", **more: Any):
    """An executor whose runs end with this failure."""
    failure = Failure(code, "as told", **more)

    def end(run: StartRun) -> RunEnded:
        tasks = [summary(status="failed", effect=effects, error=failure)] if failure.task else []
        return ended(run, status=status, effects=effects, failure=failure, tasks=tasks)  # type: ignore[arg-type]

    return end


async def test_the_envelope(place: Place):
    """Exactly the promised shape, field by field."""
    place.executor.ends = lambda run: ended(run, b'{"user":"Ada"}', tasks=[summary()])
    answer = await place.execute()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    envelope = answer.json()
    pointer = place.house.pointer("profile")
    assert pointer is not None
    execution = place.executor.started[0].execution
    trace = envelope.pop("traceId")
    assert re.fullmatch("[0-9a-f]{32}", trace)
    assert envelope == {
        "executionId": execution,
        "namespace": "shop",
        "workflow": "profile",
        "version": pointer.version,
        "release": pointer.release,
        "status": "succeeded",
        "output": {"user": "Ada"},
        "tasks": [
            {"id": "user", "taskRef": "get-user", "status": "succeeded", "attempts": 2, "effect": "none",
             "startedAt": "2025-10-09T08:53:20.123Z", "durationMs": 2, "waitMs": 0, "error": None}
        ],
        "timings": {"totalMs": 3, "engineMs": 1, "upstreamMs": 2},
    }  # fmt: skip
    assert UUID7.match(execution)
    assert answer.headers["wf-execution-id"] == execution


async def test_the_output_is_untouched(place: Place):
    """The executor's bytes reach the client as they are: bare as the whole body, in the envelope as its `output`."""
    output = b'{ "price":1.50,"name":"\\u00e9",  "big":9007199254740992, "a":[ ] }'
    place.executor.ends = lambda run: ended(run, output)
    bare = await place.bare()
    assert bare.content == output
    assert bare.headers["content-type"] == "application/json"
    assert bare.headers["wf-execution-id"] == place.executor.started[0].execution
    assert output in (await place.execute()).content


async def test_a_null_output_is_null(place: Place):
    """A workflow that composes nothing answers `null`."""
    place.executor.ends = lambda run: ended(run, None)
    assert (await place.bare()).content == b"null"


@pytest.mark.parametrize(
    ("path", "bare"),
    [
        ("/workflows/profile", True),
        ("/workflows/shop/profile", True),
        ("/api/v1/workflows/profile/execute", False),
        ("/api/v1/namespaces/shop/workflows/profile/execute", False),
    ],
)
async def test_every_address_of_a_workflow(place: Place, path: str, bare: bool):
    """The canonical address names the namespace, the short one means the default namespace."""
    answer = await place.client.post(path, json={"id": 1})
    assert answer.status_code == 200
    assert ("executionId" not in answer.json()) is bare
    assert answer.headers["wf-execution-id"] == place.executor.started[0].execution


async def test_what_is_asked_of_the_executor(place: Place):
    """The bundle of the live pointer, the asker's own id, and less time than the workflow has."""
    await place.execute()
    run, pointer = place.executor.started[0], place.house.pointer("profile")
    assert pointer is not None
    assert (run.bundle, run.asker, run.attempt, run.mode) == (pointer.bundle, place.gateway.asker.id, 1, "live")
    assert run.answer_by <= run.end_by


async def test_the_trace_of_the_caller_goes_on(place: Place):
    """A `traceparent` of the caller names the trace of the answer."""
    trace = "0af7651916cd43dd8448eb211c80319c"
    answer = await place.execute(headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert answer.json()["traceId"] == trace


# --- failures -------------------------------------------------------------------------------------

ANSWERS = {
    # code: (effects that the executor reports, effects that the caller hears)
    "UPSTREAM_ERROR": "possible",
    "UPSTREAM_UNAVAILABLE": "none",
    "UPSTREAM_CUT": "possible",
    "UPSTREAM_TIMEOUT": "possible",
    "RESPONSE_TOO_LARGE": "confirmed",
    "RESPONSE_MALFORMED": "confirmed",
    "RESPONSE_MISMATCH": "confirmed",
    "DESTINATION_FORBIDDEN": "none",
    "DEADLINE_EXCEEDED": "possible",
    "DEADLINE_NOT_STARTED": "none",
    "EXPRESSION_ERROR": "confirmed",
    "INPUT_MISMATCH": "none",
    "OUTPUT_INVALID": "confirmed",
    "RESULT_TOO_LARGE": "confirmed",
    "ABANDONED": "none",
    "BUNDLE_UNAVAILABLE": "none",
    "INTERNAL": "possible",
}


@pytest.mark.parametrize("code", ANSWERS)
@pytest.mark.parametrize("bare", [True, False])
async def test_a_failed_run_is_never_a_2xx(place: Place, code: str, bare: bool):
    """Status, code and effects are those of the registry and of the run; the execution is named on every answer."""
    place.executor.ends = failing(code, ANSWERS[code], task="user")
    answer = await (place.bare() if bare else place.execute())
    info = ERRORS[code]
    assert answer.status_code == info.status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["effects"]) == (code, ANSWERS[code])
    execution = place.executor.started[0].execution
    assert problem["executionId"] == answer.headers["wf-execution-id"] == execution
    assert ("retry-after" in answer.headers) is (info.status == 503)


async def test_the_failed_task_is_named(place: Place):
    """Task, attempts, all tasks as they ended, and the failure in the upstream's words and in ours."""
    original = OriginalError(500, {"content-type": "application/json"}, body(b'{"oops": 1}'), "500")
    normalized = NormalizedError("SERVER_ERROR", "The upstream failed", "Try again later.")
    failure = Failure("UPSTREAM_ERROR", "api answered 500", "user", original, normalized)
    place.executor.ends = lambda run: ended(
        run, status="failed", effects="possible", failure=failure,
        tasks=[
            summary(status="failed", effect="possible", error=failure),
            summary("other", "cancelled", started_at=None),
        ],
    )  # fmt: skip
    problem = (await place.bare()).json()
    assert problem["failedTask"] == "user"
    assert "`user`" in problem["detail"]
    assert "2 times" in problem["detail"]
    assert [(task["id"], task["status"], task["effect"]) for task in problem["tasks"]] == [
        ("user", "failed", "possible"),
        ("other", "cancelled", "none"),
    ]
    assert problem["tasks"][0]["error"] == {"code": "UPSTREAM_ERROR", "message": "api answered 500"}
    assert problem["error"] == {
        "originalError": {"status": 500, "headers": {"content-type": "application/json"}, "body": {"oops": 1},
                          "message": "500"},
        "normalizedError": {"code": "SERVER_ERROR", "title": "The upstream failed",
                            "suggestedAction": "Try again later."},
    }  # fmt: skip
    assert re.fullmatch("[0-9a-f]{32}", problem["traceId"])


@pytest.mark.parametrize(
    "said",
    [
        b'{"token": "canary-7", "deep": [{"Password": "canary-7"}], "message": "no"}',
        b"user=me&password=canary-7",
        b'{"token": "canary-7"',
    ],
)
async def test_secrets_in_an_upstreams_words_are_masked(place: Place, said: bytes):
    """Credentials that an upstream echoes in its headers or body do not reach the client."""
    headers = {"set-cookie": "canary-7", "x-api-key": "canary-7", "x-request-id": "r-1"}
    original = OriginalError(401, headers, body(said), "401")
    normalized = NormalizedError("UNAUTHORIZED", "t", "a")
    place.executor.ends = failing("UPSTREAM_ERROR", task="user", original_error=original, normalized_error=normalized)
    for answer in (await place.bare(), await place.execute()):
        assert "canary-7" not in answer.text
        assert answer.json()["error"]["originalError"]["headers"]["x-request-id"] == "r-1"


@pytest.mark.parametrize("said", [b"\xff\xfe", b"plain words", b""])
async def test_an_upstreams_nonsense_can_be_told(place: Place, said: bytes):
    """A body that is no JSON, no text or nothing does not break the answer."""
    original = OriginalError(502, {}, body(said), "502")
    place.executor.ends = failing(
        "UPSTREAM_ERROR", task="user", original_error=original, normalized_error=NormalizedError("C", "t", "a")
    )
    answer = await place.bare()
    assert (answer.status_code, answer.json()["code"]) == (502, "UPSTREAM_ERROR")


async def test_without_an_executor(place: Place):
    """Nobody took the run: 503 NO_EXECUTOR at once, effects none, Retry-After, and the execution has its id."""
    await place.executor.die()
    try:
        answer = await place.bare()
    finally:
        await place.executor.listen()
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["effects"]) == (503, "NO_EXECUTOR", "none")
    assert 1 <= int(answer.headers["retry-after"]) <= 5
    assert answer.headers["wf-execution-id"] == problem["executionId"]


async def test_a_result_that_never_comes(place: Place):
    """At the workflow's own timeout: 504, effects none without a licence and possible with one."""
    await place.publish(workflow("hasty", entry("user", "get-user"), timeout="300ms"), wait_for="hasty")
    place.executor.ends = never
    answer = await place.bare(workflow="hasty")
    assert (answer.status_code, answer.json()["effects"]) == (504, "none")
    asking = asyncio.create_task(place.bare(workflow="hasty"))
    await until(lambda: len(place.executor.started) == 2)
    assert (await place.executor.may_act(place.executor.started[1])).granted
    answer = await asking
    assert (answer.status_code, answer.json()["effects"]) == (504, "possible")
    assert answer.headers["wf-execution-id"]


async def test_an_executor_that_dies_while_it_may_act(place: Place):
    """503 EXECUTOR_LOST, effects possible, long before the deadline."""
    place.executor.ends = never
    asking = asyncio.create_task(place.bare())
    await until(lambda: bool(place.executor.started))
    assert (await place.executor.may_act(place.executor.started[0])).granted
    await place.executor.die()
    try:
        answer = await asking
    finally:
        await place.executor.listen()
    assert (answer.status_code, answer.json()["code"], answer.json()["effects"]) == (503, "EXECUTOR_LOST", "possible")


@pytest.mark.parametrize("paused", ["workflow", "upstream"])
async def test_paused(place: Place, paused: str):
    """503 PAUSED with Retry-After; nothing is run until it is resumed."""
    name = f"resting-{paused}"
    own = task("own-" + paused, http={"upstream": name, "method": "GET", "path": "/x/{{input.id}}"})
    await place.publish(
        upstream(name, paused=paused == "upstream"),
        own,
        workflow(name, entry("user", "own-" + paused), paused=paused == "workflow"),
        wait_for=name,
    )
    answer = await place.bare(workflow=name)
    assert (answer.status_code, answer.json()["code"], answer.json()["effects"]) == (503, "PAUSED", "none")
    assert "retry-after" in answer.headers
    assert place.executor.started == []
    await place.publish(upstream(name), workflow(name, entry("user", "own-" + paused)))
    await until(lambda: place.serves(name) and not place.gateway._catalogue.get("shop", name).pointer.paused)
    assert (await place.bare(workflow=name)).status_code == 200


async def test_too_many_at_once(place: Place):
    """Above `runs_at_once` callers are refused at once with OVERLOADED; when one has ended there is room again."""
    async with a_place(place.house, runs_at_once=2) as small:
        await place.executor.die()  # the executor of this gateway alone takes its runs
        try:
            small.executor.ends = never
            held = [asyncio.create_task(small.bare()) for _ in range(2)]
            await until(lambda: len(small.executor.started) == 2)
            refused = await small.bare()
            assert (refused.status_code, refused.json()["code"]) == (503, "OVERLOADED")
            assert refused.json()["effects"] == "none"
            assert 1 <= int(refused.headers["retry-after"]) <= 5
            assert "wf-execution-id" not in refused.headers
            for run in list(small.executor.started):
                await small.executor.deliver(run, ended(run))
            assert {answer.status_code for answer in await asyncio.gather(*held)} == {200}
            small.executor.ends = ended
            assert (await small.bare()).status_code == 200
        finally:
            await place.executor.listen()


async def test_a_draining_gateway(place: Place):
    """What is under way is answered, what comes in is refused with DRAINING, then the port is closed."""
    async with a_place(place.house) as leaving:
        await place.executor.die()
        try:
            leaving.executor.ends = never
            held = asyncio.create_task(leaving.bare())
            await until(lambda: bool(leaving.executor.started))
            async with httpx.AsyncClient(base_url=leaving.url) as kept:
                assert (await kept.get("/api/v1/workflows")).status_code == 200
                leaving.gateway._executing.draining = True
                refused = await kept.post("/workflows/profile", json={"id": 1})
            assert (refused.status_code, refused.json()["code"]) == (503, "DRAINING")
            assert "retry-after" in refused.headers
            stopping = asyncio.create_task(leaving.gateway.stop())
            run = leaving.executor.started[0]
            await leaving.executor.deliver(run, ended(run, b'"done"'))
            assert (await held).content == b'"done"'
            await stopping
            with pytest.raises(httpx.ConnectError):
                await leaving.bare()
        finally:
            await place.executor.listen()


async def test_what_clients_were_told_is_handed_to_history(place: Place):
    """Each accepted run is told once, with the status, code and effects that the client heard."""
    place.executor.ends = failing("UPSTREAM_ERROR", "possible", task="user")
    failed = (await place.bare()).headers["wf-execution-id"]
    place.executor.ends = ended
    good = (await place.bare()).headers["wf-execution-id"]

    def told() -> dict[str, tuple[int, str, str | None, str]]:
        return {
            each.execution: (each.http_status, each.status, each.code, each.effects)
            for batch in place.told()
            for each in batch.told
        }

    await until(lambda: {failed, good} <= set(told()))
    assert told()[failed] == (502, "failed", "UPSTREAM_ERROR", "possible")
    assert told()[good] == (200, "succeeded", None, "none")
    assert sum(each.execution == good for batch in place.told() for each in batch.told) == 1


async def test_many_at_once_get_their_own_answers(place: Place):
    """A hundred calls side by side: each hears the output of its own run."""
    place.executor.ends = lambda run: ended(run, run.input)
    answers = await asyncio.gather(*(place.bare({"id": number}) for number in range(100)))
    assert [answer.json()["id"] for answer in answers] == list(range(100))
    assert len({answer.headers["wf-execution-id"] for answer in answers}) == 100


async def test_a_busy_executor_is_not_the_end(place: Place):
    """Refused once, taken at the second attempt: the caller hears a success."""
    place.executor.takes = lambda run: "busy" if run.attempt == 1 else "answers"
    assert (await place.bare()).status_code == 200
    assert isinstance(place.executor, ScriptedExecutor)
    assert [run.attempt for run in place.executor.started] == [1, 2]


@pytest.mark.parametrize(
    "said", [b"[" * 5000 + b"]" * 5000, b'{"n":123456789012345678901234567890}', b"\xff\xfe", b"NaN"]
)
async def test_whatever_the_upstream_said_the_effects_are_told(place: Place, said: bytes):
    """An error body that cannot be read as JSON is told as text: the failure and its effects are never lost over it."""
    original = OriginalError(500, {}, body(said))
    meaning = NormalizedError("UPSTREAM_ERROR", "t", "a")
    place.executor.ends = failing(
        "UPSTREAM_ERROR", "possible", task="user", original_error=original, normalized_error=meaning
    )
    answer = await place.execute()
    assert (answer.status_code, answer.json()["code"], answer.json()["effects"]) == (502, "UPSTREAM_ERROR", "possible")
