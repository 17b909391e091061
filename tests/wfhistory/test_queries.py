"""What callers see of history."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from wfcore.events import Body, CallStarted, Event, Granted, TaskStarted, body
from wfhistory.filters import BadFilter, Filters, UnknownFilter, read_filters
from wfhistory.queries import BadCursor, execution, executions
from wfhistory.store import Store

from .runs import AT, SECOND, Log, a_batch, a_run, json_body, new_id, started, told

KEY = b"k" * 32


async def seen(store: Store, execution_id: str) -> dict[str, Any]:
    """The execution as JSON, as a client gets it."""
    found = await execution(store, execution_id)
    assert found is not None
    answer: dict[str, Any] = json.loads(msgspec.json.encode(found))
    return answer


async def test_an_execution_is_shown_in_the_envelope(store: Store):
    """Everything of an ended run: what happened, what was told, every task with every call."""
    run = new_id()
    await store.write([a_batch(a_run(run, granted=True), [told(run)])])
    call = {
        "call": 1,
        "method": "GET",
        "url": "http://shop/load",
        "requestHeaders": {"accept": "*/*"},
        "requestBody": None,
        "status": 200,
        "responseHeaders": {"content-type": "application/json"},
        "responseBody": {"ok": "load"},
        "startedAt": "2026-01-01T00:00:00.005Z",
        "durationMs": 2,
        "error": None,
    }
    task = {
        "id": "load",
        "taskRef": "load-order",
        "status": "succeeded",
        "attempts": 1,
        "startedAt": "2026-01-01T00:00:00.000Z",
        "durationMs": 2,
        "waitMs": 0,
        "effect": "confirmed",
        "error": None,
        "calls": [call],
    }
    answer = await seen(store, run)
    tasks = answer.pop("tasks")
    assert tasks[0] == task
    assert [one["id"] for one in tasks] == ["load", "pay"]
    assert answer == {
        "executionId": run,
        "namespace": "shop",
        "workflow": "order-processing",
        "version": "v1",
        "release": "r1",
        "status": "succeeded",
        "told": {
            "status": "succeeded",
            "httpStatus": 200,
            "code": None,
            "effects": "none",
            "at": "2026-01-01T00:00:00.020Z",
            "durationMs": 10,
        },
        "input": {"order": 7},
        "output": {"done": True},
        "timings": {"totalMs": 9, "engineMs": 5, "upstreamMs": 4},
        "traceId": "t" * 32,
        "effects": "confirmed",
        "failure": None,
        "attempt": 1,
        "executor": "executor-1",
        "cause": None,
        "startedAt": "2026-01-01T00:00:00.001Z",
        "endedAt": "2026-01-01T00:00:00.011Z",
        "replayable": True,
        "because": None,
    }


async def test_a_failure_shows_what_the_upstream_said(store: Store):
    """The failed task and the run carry both errors: the upstream's own words and the normalized one."""
    run = new_id()
    await store.write([a_batch(a_run(run, status="failed"))])
    answer = await seen(store, run)
    failure = {
        "code": "UPSTREAM_ERROR",
        "message": "the upstream answered 500",
        "task": "pay",
        "normalizedError": {
            "code": "SERVER_ERROR",
            "title": "The upstream failed",
            "suggestedAction": "Try again later.",
        },
        "originalError": {
            "status": 500,
            "headers": {"content-type": "text/plain"},
            "body": {"text": "sorry"},
            "message": "500",
        },
    }
    assert answer["failure"] == failure
    assert answer["tasks"][1]["error"] == failure
    assert answer["tasks"][1]["calls"][0]["error"] == {"reason": "status", "sent": True, "message": "500"}
    assert answer["effects"] == "possible"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (body(b'{"n": 12345678901234567890.10}'), '{"n": 12345678901234567890.10}'),
        (body(b"plain"), '{"text":"plain"}'),
        (body(b'"\\ud800"'), '{"text":"\\"\\\\ud800\\""}'),
        (body(b"NaN"), '{"text":"NaN"}'),
        (body(b"\xff\x00"), '{"base64":"/wA="}'),
        (body(b"[" * 5000 + b"]" * 5000), json.dumps({"text": "[" * 5000 + "]" * 5000}, separators=(",", ":"))),
        (Body(b"", 5, "redacted"), '{"redacted":true}'),
        (Body(b"", 70000, "truncated", "ab"), '{"truncated":true,"size":70000,"sha256":"ab"}'),
    ],
    ids=["exact digits", "text", "lone surrogate", "NaN", "bytes", "too deep", "redacted", "truncated"],
)
async def test_bodies_are_shown_as_what_they_are(store: Store, stored: Body, shown: str):
    """JSON keeps its digits, text is text, bytes are base64, and a cut body says that it was cut."""
    run = new_id()
    await store.write([a_batch(a_run(run, answer=stored))])
    found = await execution(store, run)
    assert found is not None
    calls = found.tasks[0].calls
    assert calls
    assert msgspec.json.encode(calls[0].response_body).decode() == shown


async def test_a_cut_body_makes_a_run_unreplayable(store: Store):
    """A run of which data is missing says that it cannot be replayed, and why."""
    cut, whole = new_id(), new_id()
    await store.write([a_batch([*a_run(cut, answer=Body(b"", 5, "redacted")), *a_run(whole)])])
    assert ((await seen(store, cut))["replayable"], (await seen(store, cut))["because"]) == (
        False,
        "a body is redacted",
    )
    assert (await seen(store, whole))["replayable"]
    await store.write([a_batch([Event(whole, 1, 40, AT, "TaskDreamt", {})])])
    assert (await seen(store, whole))["because"] == "its event log has gaps"


async def test_a_run_under_way_shows_what_is_known(store: Store):
    """Before its end a run is running, with its tasks and open calls."""
    log = Log(new_id(), at=int(datetime.now(UTC).timestamp()) * SECOND)
    started(log)
    log.add(TaskStarted(json_body({})), "load")
    log.add(CallStarted("GET", "http://shop/load", {}, body(b""), 1000), "load", 1)
    await store.write([a_batch(log.events)])
    answer = await seen(store, log.execution)
    assert (answer["status"], answer["timings"], answer["output"]) == ("running", None, None)
    (task,) = answer["tasks"]
    assert (task["status"], task["calls"][0]["durationMs"]) == ("running", None)


async def test_a_run_that_nobody_will_end_is_lost(store: Store):
    """15 s after its last moment a run without an end is lost; with a grant its effects are possible."""
    overdue, in_time = Log(new_id()), Log(new_id(), at=int(datetime.now(UTC).timestamp() - 20) * SECOND)
    for log in (overdue, in_time):
        started(log)
    overdue.add(Granted("executor-1", "gateway-1"))
    await store.write([a_batch([*overdue.events, *in_time.events])])
    lost, running = await seen(store, overdue.execution), await seen(store, in_time.execution)
    assert (lost["status"], lost["effects"]) == ("lost", "possible")
    assert (running["status"], running["effects"]) == ("running", "none")


async def test_a_grant_alone_is_still_a_row(store: Store):
    """When executor and gateway both died, what remains of the run says that effects are possible."""
    run = new_id()
    await store.write([a_batch([Event(run, 1, 4, AT, "Granted", Granted("executor-1", "gateway-1"))])])
    answer = await seen(store, run)
    assert (answer["status"], answer["effects"], answer["executor"]) == ("lost", "possible", "executor-1")
    assert answer["startedAt"].startswith(datetime.now(UTC).strftime("%Y-%m-"))


async def test_an_answer_without_a_run_is_a_row(store: Store):
    """Where nothing ran, what the client was told is what is known."""
    run = new_id()
    await store.write([a_batch([], [told(run, http_status=503, status="failed", code="NO_EXECUTOR")])])
    answer = await seen(store, run)
    assert (answer["status"], answer["told"]["code"], answer["tasks"]) == ("failed", "NO_EXECUTOR", [])


async def test_what_happened_and_what_was_told_stay_apart(store: Store):
    """A client that was told of a timeout, and a run that ended well after that, are both true."""
    run = new_id()
    answer = told(run, http_status=504, status="timedOut", code="DEADLINE_EXCEEDED", effects="possible")
    await store.write([a_batch(a_run(run), [answer])])
    shown = await seen(store, run)
    assert (shown["status"], shown["told"]["status"], shown["told"]["httpStatus"]) == ("succeeded", "timedOut", 504)


async def test_without_its_log_a_run_is_still_told(store: Store):
    """After the bodies are forgotten, status, tasks, times and the failure's code remain."""
    run = new_id()
    await store.write([a_batch(a_run(run, status="failed"))])
    await store.fetch("DELETE FROM events WHERE execution = $1", UUID(run))
    answer = await seen(store, run)
    assert (answer["status"], answer["input"], answer["replayable"]) == ("failed", None, False)
    assert answer["because"] == "its events are no longer kept"
    assert answer["failure"] == {"code": "UPSTREAM_ERROR", "message": "the upstream answered 500", "task": "pay"}
    assert [(task["id"], task["status"], task["calls"]) for task in answer["tasks"]] == [
        ("load", "succeeded", None),
        ("pay", "failed", None),
    ]


@pytest.mark.parametrize("unknown", [new_id(), "no id at all", ""])
async def test_an_unknown_execution_is_none(store: Store, unknown: str):
    """What was never stored, or is no id, is not found."""
    assert await execution(store, unknown) is None


# --- lists --------------------------------------------------------------------------------------


async def write_runs(store: Store, count: int, workflow: str, **run: Any) -> list[str]:
    """Ids of new runs, newest first."""
    made = [new_id() for _ in range(count)]
    await store.write(
        [
            a_batch(
                [event for one in made for event in a_run(one, workflow=workflow, **run)],
                [told(one, workflow=workflow) for one in made],
            )
        ]
    )
    return sorted(made, reverse=True)


async def listed(store: Store, workflow: str, filters: Filters = Filters(), **page: Any) -> list[str]:  # noqa: B008
    found = await executions(store, "shop", workflow, filters, key=KEY, **page)
    return [item.execution_id for item in found.items]


async def test_a_list_is_newest_first_and_of_one_workflow(store: Store):
    """Only executions of that namespace and workflow, by id, newest first."""
    mine, other = f"w-{uuid4()}", f"w-{uuid4()}"
    runs = await write_runs(store, 3, mine)
    await write_runs(store, 2, other)
    assert await listed(store, mine) == runs
    assert (await executions(store, "elsewhere", mine, Filters(), key=KEY)).items == []


async def test_pages_cover_everything_once_while_rows_come_in(store: Store):
    """New executions between two pages neither repeat nor hide an older one."""
    workflow = f"w-{uuid4()}"
    runs = await write_runs(store, 7, workflow)
    seen_ids: list[str] = []
    cursor = None
    while True:
        page = await executions(store, "shop", workflow, Filters(), key=KEY, cursor=cursor, limit=3)
        seen_ids += [item.execution_id for item in page.items]
        if (cursor := page.next) is None:
            break
        await write_runs(store, 2, workflow)
    assert seen_ids == runs


async def test_a_page_that_ends_the_list_has_no_next(store: Store):
    """Exactly a page full of executions is one page."""
    workflow = f"w-{uuid4()}"
    await write_runs(store, 3, workflow)
    page = await executions(store, "shop", workflow, Filters(), key=KEY, limit=3)
    assert (len(page.items), page.next) == (3, None)


@pytest.mark.parametrize("limit", [0, -5])
async def test_a_page_holds_at_least_one(store: Store, limit: int):
    """Limits outside of 1 to 500 are held inside."""
    workflow = f"w-{uuid4()}"
    await write_runs(store, 2, workflow)
    assert len(await listed(store, workflow, limit=limit)) == 1
    assert len(await listed(store, workflow, limit=10**9)) == 2


async def test_a_cursor_that_was_changed_is_refused(store: Store):
    """Changed, cut, foreign, of another key, another workflow or other filters: BadCursor."""
    workflow = f"w-{uuid4()}"
    await write_runs(store, 2, workflow)
    cursor = (await executions(store, "shop", workflow, Filters(), key=KEY, limit=1)).next
    assert cursor is not None
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for bad in (changed, cursor[:-1], cursor[:-4], "x", "ä", "é" * 40, cursor + "AAAA"):
        with pytest.raises(BadCursor):
            await executions(store, "shop", workflow, Filters(), key=KEY, cursor=bad)
    with pytest.raises(BadCursor):
        await executions(store, "shop", workflow, Filters(), key=b"another", cursor=cursor)
    with pytest.raises(BadCursor):
        await executions(store, "shop", "other", Filters(), key=KEY, cursor=cursor)
    with pytest.raises(BadCursor):
        await executions(store, "shop", workflow, Filters(status="failed"), key=KEY, cursor=cursor)


async def test_filters_hold_together(store: Store):
    """Each filter alone and several at once."""
    workflow = f"w-{uuid4()}"
    long_ago = new_id(int((datetime.now(UTC) - timedelta(hours=5)).timestamp() * 1000))
    await store.write([a_batch(a_run(long_ago, workflow=workflow))])
    (slow,) = await write_runs(store, 1, workflow, total_us=70_000, version="v2")
    (failed,) = await write_runs(store, 1, workflow, status="failed", version="v2")
    refused = new_id()
    answer = told(refused, workflow=workflow, http_status=503, status="failed", code="PAUSED")
    await store.write([a_batch([], [answer])])
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    expected = {
        "": {long_ago, slow, failed, refused},
        "status=failed": {failed, refused},
        "status=succeeded": {long_ago, slow},
        "told=failed": {refused},
        "httpStatus=503": {refused},
        "version=v2": {slow, failed},
        f"since={hour_ago}": {slow, failed, refused},
        f"until={hour_ago}": {long_ago},
        "minDurationMs=70": {slow},
        "version=v2&status=failed": {failed},
        "status=lost": set(),
    }
    for query, wanted in expected.items():
        pairs = dict(pair.split("=") for pair in query.split("&") if pair)
        assert set(await listed(store, workflow, read_filters(pairs))) == wanted, query


async def test_a_line_of_a_list_says_what_matters(store: Store):
    """Status, what was told, effects, version and times stand in the list itself."""
    workflow = f"w-{uuid4()}"
    (run,) = await write_runs(store, 1, workflow, status="failed")
    page = await executions(store, "shop", workflow, Filters(), key=KEY)
    (line,) = json.loads(msgspec.json.encode(page))["items"]
    assert line.pop("told")["httpStatus"] == 200
    assert line == {
        "executionId": run,
        "namespace": "shop",
        "workflow": workflow,
        "version": "v1",
        "release": "r1",
        "status": "failed",
        "effects": "possible",
        "attempt": 1,
        "code": "UPSTREAM_ERROR",
        "traceId": "t" * 32,
        "startedAt": "2026-01-01T00:00:00.001Z",
        "durationMs": 9,
    }


def test_an_unknown_filter_names_the_nearest():
    """A typing error is answered with what was probably meant; something far off with all there is."""
    with pytest.raises(UnknownFilter, match="did you mean `status`"):
        read_filters({"statsu": "failed"})
    with pytest.raises(UnknownFilter, match="minDurationMs") as refused:
        read_filters({"zzz": "1"})
    assert refused.value.nearest is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "done"),
        ("told", ""),
        ("httpStatus", "ok"),
        ("httpStatus", "1000"),
        ("version", "a\0"),
        ("version", "\ud800"),
        ("since", "yesterday"),
        ("since", "2026-01-01T00:00:00"),
        ("until", "0001-01-01T00:00:00Z"),
        ("minDurationMs", "-1"),
        ("minDurationMs", "9" * 40),
    ],
)
def test_a_value_that_cannot_be_read_is_told(name: str, value: str):
    """Bad values name the filter and what would be right."""
    with pytest.raises(BadFilter, match=name):
        read_filters({name: value})
