"""Workflows under addresses of their own: as they are called, from the definition to the executor and back."""

import json
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from tests.gateway.conftest import Place
from tests.gateway.test_bad_input import JSON, assert_problem
from tests.planner.definitions import entry, schema, task, workflow
from tests.wfservice.scripted import ended
from tests.wfservice.waiting import until
from wfcore import bundle, subjects
from wfcore.bundle import Route
from wfcore.messages import LivePointer
from wfservice import blobs
from wfservice.bus.wire import encode

INPUT = schema(
    "id",
    id="integer",
    depth="integer",
    tags={"type": "array", "items": {"type": "string"}},
    note="string",
)


def routed(name: str, method: str, path: str, **more: Any) -> str:
    """A workflow with an address of its own; its one task is safe where the method has to be."""
    user = entry("user", "get-user")
    return workflow(name, user, **{"inputSchema": INPUT, "route": {"method": method, "path": path}} | more)


@pytest.fixture
async def people(place: Place) -> Place:
    """The shared place with `/people/{id}` for reading and for writing."""
    await place.publish(
        task("put-user", method="PUT"),
        routed("read-person", "GET", "/people/{id}", description="A person"),
        routed("write-person", "PUT", "/people/{id}", tasks=[entry("user", "put-user")]),
        routed("drop-person", "DELETE", "/people/{id}/notes", tasks=[entry("user", "put-user")]),
    )
    for name in ("read-person", "write-person", "drop-person"):
        await until(lambda name=name: place.serves(name))
    place.executor.started.clear()
    return place


def given(place: Place) -> Any:
    """The input of the only run that was started."""
    (run,) = place.executor.started
    return json.loads(run.input)


async def test_a_get(people: Place):
    """Path and query become the input, by the types of the schema; the answer is the bare output with its headers."""
    people.executor.ends = lambda run: ended(run, b'{"user":"Ada", "n":1.50}')
    answer = await people.client.get("/people/42?tags=a&depth=3&tags=b%20c&note=null")
    assert (answer.status_code, answer.content) == (200, b'{"user":"Ada", "n":1.50}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["wf-execution-id"] == people.executor.started[0].execution
    assert answer.headers["wf-status"] == "succeeded"
    assert answer.headers["cache-control"] == "no-store"
    assert given(people) == {"id": 42, "depth": 3, "tags": ["a", "b c"], "note": "null"}


async def test_the_plain_address_goes_on(people: Place):
    """The same workflow answers under its name as well."""
    assert (await people.bare({"id": 1}, "read-person")).status_code == 200
    assert (await people.execute({"id": 1}, "read-person")).json()["workflow"] == "read-person"


async def test_a_head(people: Place):
    """Runs as GET does and answers with its headers, without a body."""
    people.executor.ends = lambda run: ended(run, b'{"user":"Ada"}')
    answer = await people.client.head("/people/42")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "14"
    assert given(people) == {"id": 42}
    assert (await people.client.get("/people/1")).status_code == 200  # on the same connection


@pytest.mark.parametrize(
    ("content", "input"),
    [
        (b'{"note":"hi", "depth": 1.0}', b'{"id":42,"note":"hi", "depth": 1.0}'),
        (b"{ }", b'{"id":42}'),
        (b"", b'{"id":42}'),
        (b' \n{"id": 42.0, "note": "x"}', b' \n{"id": 42.0, "note": "x"}'),
    ],
)
async def test_a_put(people: Place, content: bytes, input: bytes):
    """The body is the input, its bytes as they were sent, and the path's parameter joins it."""
    answer = await people.client.put("/people/42", content=content, headers=JSON)
    assert answer.status_code == 200, answer.text
    assert people.executor.started[0].input == input


async def test_path_and_body_may_not_differ(people: Place):
    """400 with a pointer to the key; the same value twice is no fault."""
    for said in (43, "42", True, None):
        answer = await people.client.put("/people/42", json={"id": said})
        problem = assert_problem(answer, 400, "PARAMETER_INVALID")
        assert [error["pointer"] for error in problem["errors"]] == ["/id"]
    assert people.executor.started == []


@pytest.mark.parametrize("content", [b"[]", b"7", b'"x"', b"null"])
async def test_a_body_that_is_no_object(people: Place, content: bytes):
    """The schema says so, as at every other address."""
    assert_problem(await people.client.put("/people/42", content=content, headers=JSON), 422, "INPUT_INVALID")


async def test_a_body_that_cannot_be_read(people: Place):
    """Half JSON, another type: the same answers as at every other address."""
    half = await people.client.put("/people/42", content=b"{", headers=JSON)
    assert assert_problem(half, 400, "MALFORMED_JSON")["instance"] == "/people/42"
    text = await people.client.put("/people/42", content=b"{}", headers={"content-type": "text/plain"})
    assert_problem(text, 415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_delete(people: Place):
    """Its input stands in path and query."""
    assert (await people.client.delete("/people/42/notes?tags=x")).status_code == 200
    assert given(people) == {"id": 42, "tags": ["x"]}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_body_where_none_is_taken(people: Place, method: str):
    """Refused, not ignored: who sends one means something by it. An empty one is none."""
    path = "/people/42" if method == "GET" else "/people/42/notes"
    answer = await people.client.request(method, path, json={"depth": 1})
    assert "takes no body" in assert_problem(answer, 400, "PARAMETER_INVALID")["detail"]
    empty = await people.client.request(method, path, headers={"content-length": "0"})
    assert empty.status_code == 200


@pytest.mark.parametrize(
    ("path", "faults"),
    [
        ("/people/seven", {"/id": "an integer"}),
        ("/people/7?depth=deep", {"/depth": "an integer"}),
        ("/people/7?depht=1", {"/depht": "did you mean `depth`?"}),
        ("/people/x?depth=y&zzz=1", {"/id": "`x`", "/depth": "`y`", "/zzz": "unknown parameter `zzz`"}),
        ("/people/7?id=7", {"/id": "stands in the path"}),
        ("/people/7?depth=1&depth=2", {"/depth": "2 times"}),
    ],
)
async def test_a_parameter_that_does_not_fit(people: Place, path: str, faults: dict[str, str]):
    """400 with a pointer and a sentence for each fault; nothing has run."""
    problem = assert_problem(await people.client.get(path), 400, "PARAMETER_INVALID")
    assert {error["pointer"] for error in problem["errors"]} == faults.keys()
    for error in problem["errors"]:
        assert faults[error["pointer"]] in error["detail"]
    assert people.executor.started == []


async def test_what_is_missing_or_too_much_is_told_by_the_schema(place: Place):
    """A required parameter that is not given, a number above its maximum: 422 as for a body."""
    source = schema("id limit", id="integer", limit={"type": "integer", "maximum": 10})
    await place.publish(routed("limited", "GET", "/limited/{id}", inputSchema=source), wait_for="limited")
    missing = assert_problem(await place.client.get("/limited/1"), 422, "INPUT_INVALID")
    assert [(error["pointer"], error["code"]) for error in missing["errors"]] == [("/limit", "required")]
    above = assert_problem(await place.client.get("/limited/1?limit=11"), 422, "INPUT_INVALID")
    assert [(error["pointer"], error["code"]) for error in above["errors"]] == [("/limit", "maximum")]


async def test_another_method(people: Place):
    """405, and Allow names all methods that workflows answer there."""
    answer = await people.client.post("/people/42", json={})
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"] == "GET, HEAD, PUT"
    options = await people.client.request("OPTIONS", "/people/42/notes")
    assert (options.status_code, options.headers["allow"]) == (405, "DELETE")


async def test_a_slash_too_many(people: Place):
    """Sent on to the address without it, with the query and the method, as at the fixed addresses."""
    fixed = await people.client.post("/workflows/profile/", json={"id": 1})
    own = await people.client.get("/people/42/?depth=1")
    assert fixed.status_code == own.status_code == 307
    assert own.headers["location"] == "/people/42?depth=1"
    followed = await people.client.get("/people/42/?depth=1", follow_redirects=True)
    assert followed.status_code == 200
    assert given(people) == {"id": 42, "depth": 1}


@pytest.mark.parametrize(("written", "text"), [("a%2Fb", "a/b"), ("a%20%C3%A9", "a é"), ("100%2525", "100%25")])
async def test_texts_in_a_path(place: Place, written: str, text: str):
    """Decoded once; a slash inside a parameter is written `%2F`, else it parts segments."""
    source = schema("name", name="string")
    notes = task("get-note", inputSchema=source, http={"upstream": "api", "method": "GET", "path": "/{{input.name}}"})
    user = {"id": "note", "taskRef": "get-note", "input": {"name": "{{input.name}}"}}
    named = workflow("named", user, inputSchema=source, route={"method": "GET", "path": "/notes/{name}/raw"})
    await place.publish(notes, named, wait_for="named")
    # httpx would normalise the path: the raw form is sent.
    url = httpx.URL(place.url).copy_with(raw_path=f"/notes/{written}/raw".encode())
    assert (await place.client.get(url)).status_code == 200
    assert given(place) == {"name": text}
    assert (await place.client.get("/notes/a/b/raw")).status_code == 404


async def test_a_path_that_is_no_text(people: Place):
    """Percent-encoded bytes that are no UTF-8: 400, in a parameter of any type."""
    await people.publish(routed("texts", "GET", "/texts/{note}", inputSchema=schema("note", note="string"),
                                tasks=[entry("user", "get-user", 1)]), wait_for="texts")  # fmt: skip
    for path in ("/people/%ff", "/texts/%ff", "/texts/a%C3"):
        url = httpx.URL(people.url).copy_with(raw_path=path.encode())
        assert_problem(await people.client.get(url), 400, "PARAMETER_INVALID")
    assert people.executor.started == []


@pytest.mark.parametrize(
    "path", ["/api", "/docs/x", "/errors/y", "/hooks/y", "/mcp/y", "/console/y", "/openapi.json/x", "/workflows/a/b/c"]
)
async def test_the_houses_own_addresses_are_never_shadowed(place: Place, path: str):
    """A route that begins with a parameter answers elsewhere, not there."""
    greedy = schema("one", one="string", two="string", three="string", four="string")
    tasks = [{"id": "user", "taskRef": "get-user", "input": {"id": 1}}]
    for number, shape in enumerate(("/{one}", "/{one}/{two}", "/{one}/{two}/{three}/{four}")):
        names = [name.strip("{}") for name in shape[1:].split("/")]
        wanted = schema(" ".join(names), **{name: greedy["properties"][name] for name in names})
        text = workflow(f"greedy-{number}", *tasks, inputSchema=wanted, route={"method": "GET", "path": shape})
        await place.publish(text, wait_for=f"greedy-{number}")
    try:
        place.executor.started.clear()
        assert (await place.get(path)).status_code == 404
        assert (await place.get("/openapi.json")).json()["openapi"] == "3.1.0"
        assert (await place.get("/anything/else")).status_code == 200
        assert len(place.executor.started) == 1
    finally:
        for number in range(3):
            await place.house.delete("Workflow", f"greedy-{number}")
        await until(lambda: not any(place.serves(f"greedy-{number}") for number in range(3)))


async def test_an_address_comes_moves_and_goes(place: Place):
    """As the definition does; what is no address any more is 404."""
    await place.publish(routed("moving", "GET", "/old/{id}"), wait_for="moving")
    assert (await place.client.get("/old/1")).status_code == 200
    await place.publish(routed("moving", "GET", "/new/{id}"))

    async def moved() -> bool:
        return (await place.client.get("/new/1")).status_code == 200

    await until(moved)
    assert_problem(await place.client.get("/old/1"), 404, "ROUTE_NOT_FOUND")
    await place.house.delete("Workflow", "moving")

    async def gone() -> bool:
        return (await place.client.get("/new/1")).status_code == 404

    await until(gone)


async def test_a_paused_workflow_is_paused_everywhere(place: Place):
    """503 PAUSED under its own address too."""
    await place.publish(routed("resting", "GET", "/resting/{id}", paused=True), wait_for="resting")
    answer = await place.client.get("/resting/1")
    assert_problem(answer, 503, "PAUSED")
    assert answer.headers["retry-after"]


# --- two that want the same -----------------------------------------------------------------------


async def test_of_two_the_older_has_the_address(place: Place):
    """The younger is ready and answers under its name, with RouteConflict; it inherits when the older leaves."""
    await place.publish(routed("elder", "GET", "/contested/{id}"), wait_for="elder")
    theirs = schema("userId", userId="integer")
    user = entry("user", "get-user", "{{input.userId}}")
    younger = routed("younger", "GET", "/contested/{userId}", inputSchema=theirs, tasks=[user])
    await place.publish(younger, wait_for="younger")
    await place.publish(routed("elder", "GET", "/contested/{id}", description="touched"))  # does not make it younger

    async def touched() -> bool:
        return (await place.get("/api/v1/workflows/elder")).json().get("description") == "touched"

    await until(touched)
    await place.house.until_ready("Workflow", "younger")
    place.executor.started.clear()
    assert (await place.client.get("/contested/1")).status_code == 200
    assert given(place) == {"id": 1}
    page: dict[str, Any] = {}

    async def judged() -> bool:
        nonlocal page
        page = (await place.get("/api/v1/workflows/younger")).json()
        return bool(page["conditions"])

    await until(judged)
    assert page["ready"] is True
    assert "route" not in page
    (conflict,) = (condition for condition in page["conditions"] if condition["type"] == "RouteConflict")
    assert (conflict["status"], conflict["reason"]) == ("True", "AddressTaken")
    assert "Workflow shop/elder" in conflict["message"]
    assert (await place.bare({"userId": 1}, "younger")).status_code == 200

    await place.house.delete("Workflow", "elder")

    async def inherited() -> bool:
        answer = await place.client.get("/contested/1")
        return answer.status_code == 200 and json.loads(place.executor.started[-1].input) == {"userId": 1}

    await until(inherited)
    assert (await place.get("/api/v1/workflows/younger")).json()["route"]["path"] == "/contested/{userId}"


async def test_two_pointers_with_one_address(place: Place):
    """While a change travels two bundles may name it: the one that was published first answers, always."""
    made = replace(await place.house.bundle("profile"), route=Route("GET", "/twice/{id}"))
    for name, at in (("twin-a", 20), ("twin-b", 10)):
        hash, data = bundle.pack(replace(made, workflow=name))
        await blobs.put(place.bus, subjects.BUNDLES, hash, data)
        pointer = LivePointer(namespace="shop", workflow=name, bundle=hash, version="v", release="r", revision=1, at=at)
        await place.bus.bucket(subjects.LIVE).put(f"shop.{name}", encode(pointer))
    names = {"twin-a", "twin-b"}
    await until(lambda: names <= {each.pointer.workflow for each in place.gateway._catalogue})
    place.executor.started.clear()
    for _ in range(3):
        assert (await place.client.get("/twice/1")).status_code == 200
    assert {run.workflow for run in place.executor.started} == {"twin-b"}
    for name in names:
        await place.bus.bucket(subjects.LIVE).delete(f"shop.{name}")
    await until(lambda: not names & {each.pointer.workflow for each in place.gateway._catalogue})
