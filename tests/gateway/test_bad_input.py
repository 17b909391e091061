"""Whatever is sent, the answer is a clear problem and nothing has run."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Place
from tests.planner.definitions import entry, schema, task, workflow

JSON = {"content-type": "application/json"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """RFC 9457 with every field; nothing was accepted."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert "wf-execution-id" not in answer.headers
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/errors/{code}")
    assert problem["effects"] == "none"
    assert problem["title"]
    assert problem["detail"]
    assert problem["fix"]
    return problem  # type: ignore[no-any-return]


ADDRESSES = ("/api/v1/workflows/profile/execute", "/workflows/profile", "/workflows/shop/profile")

UNREADABLE = {
    "half an object": (b'{"id": 1', 400, "MALFORMED_JSON"),
    "two documents": (b'{"id": 1} {"id": 2}', 400, "MALFORMED_JSON"),
    "text": (b"id=1", 400, "MALFORMED_JSON"),
    "not a number": (b'{"id": NaN}', 400, "NUMBER_OUT_OF_RANGE"),
    "depth 101": (b"[" * 101 + b"]" * 101, 400, "TOO_DEEP"),
    "depth 102 of both kinds": (b'{"x":[' * 51 + b"]}" * 51, 400, "TOO_DEEP"),
    "depth 100,000": (b"[" * 100_000 + b"]" * 100_000, 400, "TOO_DEEP"),
    "an integer beyond 2^53": (b'{"id": 9007199254740993}', 400, "NUMBER_OUT_OF_RANGE"),
    "thirty digits": (b'{"id": 123456789012345678901234567890}', 400, "NUMBER_OUT_OF_RANGE"),
    "beyond a double": (b'{"id": 1e400}', 400, "NUMBER_OUT_OF_RANGE"),
    "half a surrogate pair": (rb'{"id": 1, "name": "\ud800"}', 400, "INVALID_TEXT"),
    "not UTF-8": (b'{"id": 1, "name": "\xff"}', 400, "INVALID_TEXT"),
}


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("fault", UNREADABLE)
async def test_a_body_that_cannot_be_read(place: Place, fault: str, address: str):
    """A clear 400 at every address of a workflow; nothing was run."""
    content, status, code = UNREADABLE[fault]
    answer = await place.client.post(address, content=content, headers=JSON)
    problem = assert_problem(answer, status, code)
    assert problem["instance"] == address
    assert place.executor.started == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml"]
)
async def test_another_content_type(place: Place, kind: str):
    """415 names the type that was sent."""
    answer = await place.client.post(ADDRESSES[0], content=b'{"id": 1}', headers={"content-type": kind})
    assert kind.split(";")[0] in assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")["detail"]
    assert place.executor.started == []


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.shop+json", None]
)
async def test_every_spelling_of_json(place: Place, kind: str | None):
    """Parameters, capitals, a `+json` type or none at all are JSON."""
    headers = {} if kind is None else {"content-type": kind}
    assert (await place.client.post(ADDRESSES[0], content=b'{"id": 1}', headers=headers)).status_code == 200


async def test_a_compressed_body(place: Place):
    """gzip is refused as such, not read as broken JSON."""
    headers = JSON | {"content-encoding": "gzip"}
    answer = await place.client.post(ADDRESSES[0], content=gzip.compress(b'{"id": 1}'), headers=headers)
    assert "gzip" in assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")["detail"]
    assert place.executor.started == []


def padded(size: int) -> bytes:
    return b'{"id": 1, "pad": "' + b"x" * (size - 20) + b'"}'


async def test_a_body_of_one_mebibyte_is_the_largest(place: Place):
    """Exactly 1 MiB passes; one byte more is 413, declared or not."""
    answer = await place.client.post(ADDRESSES[0], content=padded(1 << 20), headers=JSON)
    assert answer.status_code == 200
    assert len(place.executor.started[0].input) == 1 << 20
    place.executor.started.clear()
    answer = await place.client.post(ADDRESSES[0], content=padded((1 << 20) + 1), headers=JSON)
    assert_problem(answer, 413, "BODY_TOO_LARGE")

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, (1 << 20) + 1, 1 << 16):
            yield padded((1 << 20) + 1)[at : at + (1 << 16)]

    answer = await place.client.post(ADDRESSES[0], content=pieces(), headers=JSON)
    assert_problem(answer, 413, "BODY_TOO_LARGE")
    assert place.executor.started == []


async def test_after_a_refused_giant_the_next_call_is_answered(place: Place):
    """Many bodies of 8 MiB on kept connections do no harm to those that follow."""
    for _ in range(3):
        answer = await place.client.post(ADDRESSES[0], content=b"x" * (8 << 20), headers=JSON)
        assert answer.status_code == 413
        assert (await place.execute()).status_code == 200


async def test_all_violations_are_listed(place: Place):
    """422 with a pointer, a rule and a sentence for each breach, not the first alone."""
    fields = schema("id name", id="integer", name="string", tags={"type": "array", "items": {"type": "string"}})
    strict = workflow("strict", entry("user", "get-user"), inputSchema=fields | {"additionalProperties": False})
    await place.publish(strict, wait_for="strict")
    answer = await place.execute({"id": "x", "tags": ["a", 5], "nmae": 1}, "strict")
    problem = assert_problem(answer, 422, "INPUT_INVALID")
    found = {(error["pointer"], error["code"]) for error in problem["errors"]}
    assert {("/id", "type"), ("/tags/1", "type"), ("/name", "required")} <= found
    (unknown,) = (error for error in problem["errors"] if error["code"] == "additionalProperties")
    assert unknown["pointer"] == "/nmae"
    assert "did you mean `name`?" in unknown["detail"]
    assert all(error["detail"] for error in problem["errors"])
    assert "4 violations" in problem["detail"]
    assert place.executor.started == []


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"1", b'"text"', b"{}"])
async def test_what_is_no_object_breaks_the_schema(place: Place, content: bytes):
    """JSON of another type, or nothing, is told by the schema."""
    problem = assert_problem(await place.execute(content=content, headers=JSON), 422, "INPUT_INVALID")
    assert problem["errors"]
    assert place.executor.started == []


async def test_a_pointer_is_escaped(place: Place):
    """`/` and `~` in a property's name are written as RFC 6901 says."""
    odd = workflow("odd", entry("user", "get-user"), inputSchema=schema("id", id="integer", **{"a/b~c": "string"}))
    await place.publish(odd, wait_for="odd")
    problem = assert_problem(await place.execute({"id": 1, "a/b~c": 1}, "odd"), 422, "INPUT_INVALID")
    assert [error["pointer"] for error in problem["errors"]] == ["/a~1b~0c"]


@pytest.mark.parametrize("address", ["/api/v1/workflows/profil/execute", "/workflows/profil", "/workflows/shop/profil"])
async def test_an_unknown_workflow(place: Place, address: str):
    """404 with the nearest name, wherever it is asked for."""
    problem = assert_problem(await place.client.post(address, json={"id": 1}), 404, "WORKFLOW_NOT_FOUND")
    assert "did you mean `profile`?" in problem["detail"]


async def test_a_namespace_is_never_searched(place: Place):
    """A workflow of another namespace is not found, and not hinted at."""
    answer = await place.client.post("/api/v1/namespaces/other/workflows/profile/execute", json={"id": 1})
    assert "did you mean" not in assert_problem(answer, 404, "WORKFLOW_NOT_FOUND")["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "ROUTE_NOT_FOUND"),
        ("GET", "/api/v1/nowhere", 404, "ROUTE_NOT_FOUND"),
        ("GET", "/workflows/profile", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/api/v1/workflows", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/openapi.json", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/docs/assets/nothing.js", 404, "ROUTE_NOT_FOUND"),
    ],
)
async def test_addresses_that_are_none(place: Place, method: str, path: str, status: int, code: str):
    """What the framework refuses is a problem+json like everything else; 405 names the methods."""
    answer = await place.client.request(method, path)
    assert_problem(answer, status, code)
    assert (status != 405) or answer.headers["allow"]


async def test_a_fault_of_ours_is_a_500_without_details(place: Place, monkeypatch: pytest.MonkeyPatch):
    """An exception that nobody foresaw is told as INTERNAL by its type alone."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(place.gateway._catalogue, "get", broken)
    answer = await place.execute()
    assert answer.status_code == 500
    assert answer.json()["code"] == "INTERNAL"
    assert "secret detail" not in answer.text


async def test_input_reaches_the_executor_as_it_was_sent(place: Place):
    """Bytes are checked, not rewritten: spaces, order and number formats travel."""
    content = b' { "name":"\\u00e9" , "id" : 1.0, "rest": [1e2,  0.50] } '
    assert (await place.execute(content=content, headers=JSON)).status_code == 200
    assert place.executor.started[0].input == content


async def test_a_task_that_does_not_fit_is_not_published(place: Place):
    """A refused workflow is 404 to callers, and its page says why."""
    await place.house.apply(task("takes-text", inputSchema=schema("id", id="string")))
    await place.house.apply(workflow("misfit", entry("user", "takes-text")))
    await place.house.until_refused("Workflow", "misfit")
    assert_problem(await place.execute(workflow="misfit"), 404, "WORKFLOW_NOT_FOUND")
    page = (await place.get("/api/v1/workflows/misfit")).json()
    assert [d["code"] for d in page["diagnostics"]] == ["WF-604"]
    assert json.dumps(page).count("/errors/WF-604") == 1
