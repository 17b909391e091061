"""The OpenAPI document and the pages for people."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.gateway.conftest import Place
from tests.planner.definitions import entry, schema, task, workflow
from tests.wfservice.waiting import until
from wfcore import schema as schemas
from wfcore.errors import ERRORS

_METHODS = ("get", "head", "post", "put", "delete", "patch")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method, path, item[method]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inside in value.values():
            yield from references(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from references(inside)


def resolved(document: dict[str, Any], reference: str) -> Any:
    found: Any = document
    for step in reference.removeprefix("#/").split("/") if reference != "#" else []:
        step = step.replace("~1", "/").replace("~0", "~")
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def answer_schema(document: dict[str, Any], method: str, path: str, status: int, media: str) -> schemas.Schema:
    """The declared schema of an answer, with everything that it refers to."""
    content = document["paths"][path][method]["responses"][str(status)]["content"]
    return schemas.compile({**content[media]["schema"], "components": document["components"]})


async def test_it_is_valid_openapi(place: Place):
    """OpenAPI 3.1 by the official schema, every reference resolves, every operationId is unique."""
    document = await place.document()
    OpenAPIV31SpecValidator(document).validate()
    for reference in references(document):
        resolved(document, reference)
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for _, path, operation in operations(document):
        declared = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert declared == set(re.findall(r"{(\w+)}", path))
        assert operation["summary"]


async def test_schemas_with_references_of_their_own(place: Place):
    """`$defs`, recursion and anchors of a workflow's schemas keep their meaning inside the document."""
    tree = {
        "type": "object",
        "required": ["id", "node", "named"],
        "properties": {"id": {"type": "integer"}, "node": {"$ref": "#/$defs/Node"}, "named": {"$ref": "#name"}},
        "$defs": {
            "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "$ref": {"type": "string"}}},
            "Name": {"$anchor": "name", "type": "string"},
        },
    }
    output = {"type": "object", "properties": {"user": {"$ref": "#/$defs/T"}}, "$defs": {"T": {"type": "string"}}}
    own = workflow("tree-walk", entry("user", "get-user"), inputSchema=tree, outputSchema=output)
    await place.publish(own, wait_for="tree-walk")
    document = await place.document()
    OpenAPIV31SpecValidator(document).validate()
    for reference in references(document):
        resolved(document, reference)
    body = document["paths"]["/workflows/tree-walk"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    compiled = schemas.compile({**body, "components": document["components"]})
    good = {"id": 1, "named": "x", "node": {"next": {"next": {"$ref": "y"}}}}
    assert compiled.accepts(good)
    assert not compiled.accepts(good | {"named": 5})
    assert not compiled.accepts(good | {"node": {"next": {"next": 1}}})


async def test_each_workflow_has_its_own_endpoint(place: Place):
    """Its own input and output schema, examples that run as they stand, description and categories."""
    operation = (await place.document())["paths"]["/workflows/profile"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"] == schema("id", id="integer")
    assert operation["summary"] == "Everything about a person"
    assert operation["tags"] == ["people"]
    for example in content["examples"].values():
        assert (await place.bare(example["value"])).status_code == 200
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer["properties"] == {"user": {"type": "string"}}
    assert {"400", "404", "413", "415", "422", "500", "502", "503", "504"} <= set(operation["responses"])


async def test_endpoints_appear_and_disappear(place: Place):
    """A published workflow is in the document, changed with its schema, and gone when it is deleted."""
    paths = {"/workflows/comet", "/workflows/shop/comet"}
    assert not paths & set((await place.document())["paths"])
    await place.publish(workflow("comet", entry("user", "get-user")), wait_for="comet")
    assert paths <= set((await place.document())["paths"])
    more = schema("id tail", id="integer", tail="string")
    await place.publish(workflow("comet", entry("user", "get-user"), inputSchema=more))

    async def longer() -> bool:
        body = (await place.document())["paths"]["/workflows/comet"]["post"]["requestBody"]
        return body["content"]["application/json"]["schema"] == more

    await until(longer)
    await place.house.delete("Workflow", "comet")

    async def gone() -> bool:
        return not paths & set((await place.document())["paths"])

    await until(gone)
    assert (await place.bare(workflow="comet")).status_code == 404


async def test_answers_are_what_the_document_says(place: Place):
    """Real answers of the fixed addresses, good and bad, fit the schemas that are declared for them."""
    document = await place.document()
    prefix = "/api/v1/namespaces/{namespace}"
    name = {"namespace": "shop", "name": "profile"}
    cases = [
        ("get", f"{prefix}/workflows", {}, None, 200),
        ("get", "/api/v1/workflows", {}, None, 200),
        ("get", f"{prefix}/workflows/{{name}}", name, None, 200),
        ("get", f"{prefix}/workflows/{{name}}", {"name": "nobody"}, None, 404),
        ("get", "/api/v1/tasks", {}, None, 200),
        ("get", f"{prefix}/tasks/{{name}}", {"name": "get-user"}, None, 200),
        ("get", f"{prefix}/tasks/{{name}}", {"name": "nobody"}, None, 404),
        ("post", f"{prefix}/workflows/{{name}}/validate-input", name, {"id": "x"}, 200),
        ("post", f"{prefix}/workflows/{{name}}/execute", name, {"id": 1}, 200),
        ("post", f"{prefix}/workflows/{{name}}/execute", name, {"id": "x"}, 422),
        ("get", "/api/v1/executions/{id}", {"id": "x"}, None, 503),
        ("get", "/api/v1/workflows/{name}/executions", name, None, 503),
        ("post", "/workflows/profile", {}, {"id": 1}, 200),
        ("post", "/workflows/profile", {}, [], 422),
    ]
    place.executor.ends = lambda run: _a_full_answer(run)
    for method, path, values, given, status in cases:
        url = path.format(**{"namespace": "shop"} | values)
        answer = await place.client.request(method, url, json=given)
        assert answer.status_code == status, f"{method} {url}: {answer.text}"
        media = answer.headers["content-type"]
        declared = answer_schema(document, method, path, status, media)
        assert declared.violations(answer.json()) == [], f"{method} {url}"


def _a_full_answer(run: Any) -> Any:
    from tests.gateway.test_answers import summary
    from tests.wfservice.scripted import ended

    return ended(run, b'{"user":"Ada"}', tasks=[summary(), summary("more", "skipped", started_at=None)])


@pytest.mark.parametrize("declared", ["400", "404", "413", "415", "422", "500", "502", "503", "504"])
async def test_every_failure_is_a_problem(place: Place, declared: str):
    """All declared failures have one shape, with the same fields."""
    document = await place.document()
    responses = document["paths"]["/workflows/profile"]["post"]["responses"][declared]["content"]
    problem = resolved(document, responses["application/problem+json"]["schema"]["$ref"])
    assert {"type", "title", "status", "detail", "instance", "code", "executionId", "traceId", "effects", "failedTask",
            "tasks", "error", "errors", "fix"} <= set(problem["properties"])  # fmt: skip


async def test_every_status_of_the_registry_is_declared(place: Place):
    """No code of the registry that a run can end with has a status that the document keeps quiet about."""
    responses = (await place.document())["paths"]["/workflows/profile"]["post"]["responses"]
    never = ("METHOD_NOT_ALLOWED", "CANCELLED", "WORKFLOW_INVALID", "NO_MOCK")
    own = {str(info.status) for code, info in ERRORS.items() if code not in never}
    assert own <= set(responses)


async def test_the_document_is_made_once_per_change(place: Place):
    """Asked twice without a change it is the same bytes; caches are told to ask."""
    one, two = await place.get("/openapi.json"), await place.get("/openapi.json")
    assert one.content == two.content
    assert one.headers["cache-control"] == "no-cache"
    assert one.headers["content-type"] == "application/json"


async def test_docs_are_served_by_us(place: Place):
    """Swagger UI and all that it loads come from this server; nothing refers elsewhere."""
    page = await place.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 3
    for address in addresses:
        assert address.startswith("/docs/assets/")
        asset = await place.get(address)
        assert asset.status_code == 200
        assert len(asset.content) > 100
    assert "/openapi.json" in page.text
    assert re.findall(r"https?://", page.text) == []


async def test_every_code_has_its_page(place: Place):
    """The `type` of every problem can be opened; an unknown code is 404."""
    for code, info in ERRORS.items():
        page = await place.get(f"/errors/{code}")
        assert page.status_code == 200, code
        assert page.headers["content-type"].startswith("text/html")
        assert code in page.text
        assert str(info.status) in page.text, code
    assert (await place.get("/errors/NOTHING")).json()["code"] == "ROUTE_NOT_FOUND"


async def test_an_address_of_its_own(place: Place):
    """An operation with its parameters, each with its schema; it goes with the workflow."""
    source = schema(
        "id name",
        id={"type": "integer", "minimum": 1},
        name="string",
        tags={"type": "array", "items": {"type": "string"}},
    )
    user = entry("user", "get-user")
    read = workflow("thing-read", user, inputSchema=source, route={"method": "GET", "path": "/my-things/{id}"},
                    description="One thing", categories=["things"])  # fmt: skip
    theirs = schema("thing name", thing="integer", name="string")
    change = workflow("thing-write", entry("user", "get-user", "{{input.thing}}"), inputSchema=theirs,
                      route={"method": "PATCH", "path": "/my-things/{thing}"})  # fmt: skip
    await place.publish(read, wait_for="thing-read")
    await place.publish(change, wait_for="thing-write")
    document = await place.document()
    OpenAPIV31SpecValidator(document).validate()
    item = document["paths"]["/my-things/{id}"]
    assert "/my-things/{thing}" not in document["paths"]  # to OpenAPI they are one path
    operation = item["get"]
    assert (operation["summary"], operation["tags"]) == ("One thing", ["things"])
    assert "requestBody" not in operation
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}},
        {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "tags", "in": "query", "required": False, "schema": {"type": "array", "items": {"type": "string"}}},
    ]
    answer = operation["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["properties"] == {"user": {"type": "string"}}
    assert {"400", "404", "422", "500", "502", "503", "504"} <= set(operation["responses"])
    patch = item["patch"]
    assert [(each["name"], each["in"], each["schema"]) for each in patch["parameters"]] == [
        ("id", "path", {"type": "integer"})
    ]
    body = patch["requestBody"]["content"]["application/json"]["schema"]
    assert (body["properties"], body["required"]) == ({"name": {"type": "string"}}, ["name"])
    real = await place.client.get("/my-things/1?name=x&tags=a")
    assert real.status_code == 200
    for name in ("thing-read", "thing-write"):
        await place.house.delete("Workflow", name)

    async def gone() -> bool:
        return "/my-things/{id}" not in (await place.document())["paths"]

    await until(gone)


async def test_an_address_with_references_in_its_schema(place: Place):
    """Parameters and body keep the meaning of `$defs`, and HEAD has no content."""
    source = {
        "type": "object", "required": ["id", "colour"], "$defs": {"Colour": {"enum": ["red", "green"]}},
        "properties": {"id": {"type": "integer"}, "colour": {"$ref": "#/$defs/Colour"}},
    }  # fmt: skip
    for method in ("HEAD", "POST"):
        name, route = f"painted-{method.lower()}", {"method": method, "path": "/painted/{colour}"}
        await place.publish(workflow(name, entry("user", "get-user"), inputSchema=source, route=route), wait_for=name)
    document = await place.document()
    OpenAPIV31SpecValidator(document).validate()
    for reference in references(document):
        resolved(document, reference)
    item = document["paths"]["/painted/{colour}"]
    assert "content" not in item["head"]["responses"]["200"]
    for method in ("head", "post"):
        colour = next(each for each in item[method]["parameters"] if each["name"] == "colour")
        compiled = schemas.compile({**colour["schema"], "components": document["components"]})
        assert compiled.accepts("red")
        assert not compiled.accepts("blue")
    assert (await place.client.post("/painted/green", json={"id": 1})).status_code == 200
    assert (await place.client.post("/painted/blue", json={"id": 1})).status_code == 422


async def test_a_changed_task_shows_in_the_output_schema(place: Place):
    """The output is inferred from the tasks: a task that gives something else changes what is promised."""
    await place.publish(task("changing"), workflow("follower", entry("user", "changing")), wait_for="follower")
    await place.house.apply(task("changing", outputSchema=schema("name", name="integer")))

    async def follows() -> bool:
        operation = (await place.document())["paths"]["/workflows/follower"]["post"]
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        return answer["properties"]["user"] == {"type": "integer"}

    await until(follows)
