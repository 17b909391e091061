"""What there is, how it stands, and whether an input would do."""

from tests.gateway.conftest import Place
from tests.planner.definitions import entry, schema, task, upstream, workflow
from tests.wfservice.waiting import until
from wfcore import subjects
from wfcore.diagnostics import Diagnostic, Position
from wfcore.messages import SourceVerdict
from wfservice.bus.wire import encode


async def test_all_workflows(place: Place):
    """Name, description, version, tags and readiness of each; those that were never published are there as well."""
    await place.house.apply(workflow("waiting", entry("user", "nobody")))
    await place.house.until_refused("Workflow", "waiting")
    found = {}

    async def listed() -> bool:
        nonlocal found
        found = {item["name"]: item for item in (await place.get("/api/v1/workflows")).json()["items"]}
        return "waiting" in found

    await until(listed)
    pointer = place.house.pointer("profile")
    assert pointer is not None
    assert found["profile"] == {
        "namespace": "shop",
        "name": "profile",
        "ready": True,
        "published": True,
        "version": pointer.version,
        "label": "1.2.0",
        "description": "Everything about a person\n\nand more",
        "categories": ["people"],
        "tags": ["read", "quick"],
    }
    assert found["waiting"]["ready"] is False
    assert found["waiting"]["published"] is False
    assert found["waiting"]["reason"].startswith("ReferenceMissing: waits for WorkflowTask shop/nobody")


async def test_filters(place: Place):
    """`category` and `tag` narrow, together where both are given; an unknown parameter is 400 with the nearest."""
    await place.publish(
        workflow("invoice", entry("user", "get-user"), categories=["money"], tags=["read"]), wait_for="invoice"
    )

    async def names(**query: str) -> list[str]:
        return [item["name"] for item in (await place.get("/api/v1/workflows", **query)).json()["items"]]

    assert await names(category="money") == ["invoice"]
    assert {"invoice", "profile"} <= set(await names(tag="read"))
    assert await names(category="people", tag="quick") == ["profile"]
    assert await names(category="money", tag="quick") == []
    assert await names(category="nothing") == []
    refused = await place.get("/api/v1/workflows", categroy="money")
    assert refused.status_code == 400
    assert refused.json()["code"] == "PARAMETER_INVALID"
    assert "did you mean `category`?" in refused.json()["detail"]


async def test_namespaces(place: Place):
    """The canonical address and `?namespace=` show that namespace; another one is empty, not an error."""
    canonical = (await place.get("/api/v1/namespaces/shop/workflows")).json()
    assert canonical == (await place.get("/api/v1/workflows")).json()
    assert canonical == (await place.get("/api/v1/workflows", namespace="shop")).json()
    assert (await place.get("/api/v1/namespaces/other/workflows")).json() == {"items": [], "next": None}
    assert (await place.get("/api/v1/namespaces/other/tasks")).json() == {"items": [], "next": None}


async def test_one_workflow(place: Place):
    """Schemas, examples, tasks, how they run together, where it is called and how it stands."""
    page = (await place.get("/api/v1/workflows/profile")).json()
    assert page["ready"] is True
    assert page["published"] is True
    assert page["inputSchema"]["required"] == ["id"]
    assert page["outputSchema"]["properties"]["user"] == {"type": "string"}
    assert [example["input"] for example in page["examples"]] == [{"id": 42}]
    assert page["tasks"] == [{"id": "user", "kind": "call", "taskRef": "get-user", "needs": []}]
    assert {condition["type"]: condition["status"] for condition in page["conditions"]} == dict.fromkeys(
        ("Ready", "ReferencesResolved", "SchemasCompatible", "Published"), "True"
    )
    assert page["urls"] == {
        "execute": "/api/v1/namespaces/shop/workflows/profile/execute",
        "call": "/workflows/profile",
    }
    for url in page["urls"].values():
        assert (await place.client.post(url, json={"id": 1})).status_code == 200
    assert page == (await place.get("/api/v1/namespaces/shop/workflows/profile")).json()


async def test_a_refused_version_is_explained_while_the_good_one_serves(place: Place):
    """Conditions and diagnostics are those of the newest text; version and schemas those of what answers calls."""
    await place.publish(workflow("wavering", entry("user", "get-user")), wait_for="wavering")
    good = (await place.get("/api/v1/workflows/wavering")).json()
    await place.house.apply(workflow("wavering", entry("user", "get-user", given="seven"), timeuot="1s"))
    await place.house.until_refused("Workflow", "wavering")
    page = good

    async def refused() -> bool:
        nonlocal page
        page = (await place.get("/api/v1/workflows/wavering")).json()
        return not page["ready"]

    await until(refused)
    assert page["published"] is True
    assert (page["version"], page["release"]) == (good["version"], good["release"])
    codes = {finding["code"] for finding in page["diagnostics"]}
    assert "WF-203" in codes
    for finding in page["diagnostics"]:
        assert finding["docs"] == f"/errors/{finding['code']}"
        assert finding["message"]
        assert finding["pointer"].startswith("/")
    unknown = next(finding for finding in page["diagnostics"] if finding["code"] == "WF-203")
    assert "timeout" in unknown["fix"]
    assert (await place.bare(workflow="wavering")).status_code == 200


async def test_a_broken_file_shows_on_its_objects(place: Place):
    """The file that holds a workflow cannot be read: its page says so, with the place, and the workflow serves on."""
    await place.publish(workflow("in-a-file", entry("user", "get-user")), wait_for="in-a-file")
    said = Diagnostic(code="WF-101", message="this is not YAML", position=Position("shop.yaml", 3, 7))
    broken = SourceVerdict("shop.yaml", [said], ["workflow.shop.in-a-file"], 1)
    await place.bus.bucket(subjects.SOURCES).put("file", encode(broken))
    page = {}

    async def told() -> bool:
        nonlocal page
        page = (await place.get("/api/v1/workflows/in-a-file")).json()
        return any(condition["type"] == "SourceRead" for condition in page["conditions"])

    await until(told)
    condition = next(condition for condition in page["conditions"] if condition["type"] == "SourceRead")
    assert (condition["status"], condition["reason"]) == ("False", "FileBroken")
    assert [finding["position"] for finding in page["diagnostics"]] == ["shop.yaml:3:7"]
    assert (await place.bare(workflow="in-a-file")).status_code == 200
    await place.bus.bucket(subjects.SOURCES).delete("file")


async def test_an_unknown_workflow_is_404_with_the_nearest(place: Place):
    """Also on its page, and on the check of its input."""
    for answer in (
        await place.get("/api/v1/workflows/profil"),
        await place.client.post("/api/v1/workflows/profil/validate-input", json={}),
    ):
        assert answer.status_code == 404
        assert "did you mean `profile`?" in answer.json()["detail"]


async def test_all_tasks(place: Place):
    """Every task of the namespace in short, in order."""
    await place.house.apply(task("aaa-first"))
    names: list[str] = []

    async def listed() -> bool:
        nonlocal names
        items = (await place.get("/api/v1/tasks")).json()["items"]
        names = [item["name"] for item in items]
        return "aaa-first" in names

    await until(listed)
    assert names == sorted(names)
    items = {item["name"]: item for item in (await place.get("/api/v1/tasks")).json()["items"]}
    short = items["get-user"]
    assert (short["ready"], short["method"], short["upstream"], short["description"]) == (
        True,
        "GET",
        "api",
        "Fetch a person",
    )
    assert "inputSchema" not in short
    assert (await place.get("/api/v1/tasks", tga="x")).status_code == 400


async def test_one_task(place: Place):
    """Schemas, users and conditions; an unknown one is 404 with the nearest name."""
    page = (await place.get("/api/v1/tasks/get-user")).json()
    assert page["inputSchema"]["required"] == ["id"]
    assert page["outputSchema"]["required"] == ["name"]
    assert "profile" in page["usedBy"]
    assert page["conditions"][0]["type"] == "Ready"
    unknown = await place.get("/api/v1/tasks/get-usr")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "TASK_NOT_FOUND")
    assert "did you mean `get-user`?" in unknown.json()["detail"]


async def test_users_of_a_task_are_those_of_its_namespace(place: Place):
    """A task of the same name elsewhere is another task."""
    theirs = [text.replace('"shop"', '"garden"') for text in (upstream(), task("get-user"))]
    theirs.append(workflow("planting", entry("user", "get-user")).replace('"shop"', '"garden"'))
    await place.house.apply(*theirs)

    async def users(namespace: str) -> list[str]:
        page = await place.get(f"/api/v1/namespaces/{namespace}/tasks/get-user")
        return page.json().get("usedBy", [])  # type: ignore[no-any-return]

    async def planted() -> bool:
        return await users("garden") == ["planting"]

    await until(planted)
    assert "profile" in await users("shop")
    assert "planting" not in await users("shop")
    assert (await place.get("/api/v1/namespaces/other/tasks/get-user")).status_code == 404
    answer = await place.client.post("/workflows/garden/planting", json={"id": 1})
    assert answer.status_code == 200
    assert (await place.bare(workflow="planting")).status_code == 404


async def test_a_check_of_the_input(place: Place):
    """Missing ones by name, type and description, invalid ones by pointer; nothing runs."""
    fields = schema(
        "id when",
        id={"type": "integer", "description": "Whose profile"},
        when={"type": ["string", "null"], "format": "date-time"},
        address=schema("city", city="string"),
        tags={"type": "array", "items": {"type": "string"}},
    )
    await place.publish(workflow("asking", entry("user", "get-user"), inputSchema=fields), wait_for="asking")

    async def checked(given: object) -> dict[str, object]:
        answer = await place.client.post("/api/v1/workflows/asking/validate-input", json=given)
        assert answer.status_code == 200
        return answer.json()  # type: ignore[no-any-return]

    assert await checked({"id": 1, "when": None}) == {"valid": True, "missingInputs": [], "invalidInputs": []}
    found = await checked({"address": {}, "tags": ["a", 1]})
    assert found["valid"] is False
    assert found["missingInputs"] == [
        {"name": "id", "type": "integer", "description": "Whose profile"},
        {"name": "when", "type": "string or null", "description": ""},
    ]
    invalid = {(each["pointer"], each["code"]) for each in found["invalidInputs"]}  # type: ignore[attr-defined]
    assert invalid == {("/address/city", "required"), ("/tags/1", "type")}
    assert place.executor.started == []


async def test_a_check_refuses_what_cannot_be_read(place: Place):
    """Malformed, wrong type, too large: the same problems as those of a call."""
    path = "/api/v1/workflows/profile/validate-input"
    headers = {"content-type": "application/json"}
    assert (await place.client.post(path, content=b"{", headers=headers)).json()["code"] == "MALFORMED_JSON"
    assert (await place.client.post(path, content=b"{}", headers={"content-type": "text/plain"})).status_code == 415
    assert (await place.client.post(path, content=b"x" * (2 << 20), headers=headers)).status_code == 413


async def test_no_planner_does_not_matter(place: Place):
    """A page answers without its groups where nobody explains."""
    page = (await place.get("/api/v1/workflows/profile")).json()
    assert page["ready"] is True
    assert page.get("groups", []) == []


async def test_a_planner_adds_groups_and_the_critical_path(place: Place):
    """Where a planner answers, the page shows what runs together and what takes longest."""
    from wf_planner.handlers import handlers
    from wfservice.testing import MemoryBus

    bus = MemoryBus(place.house.room)
    await bus.serve(handlers(place.house.planners[0]))
    page = (await place.get("/api/v1/workflows/profile")).json()
    await bus.unserve()
    assert page["groups"] == [["user"]]
    assert page["criticalPath"] == ["user"]


async def test_everything_that_is_refused_is_listed(place: Place):
    """Each error of an object or a file with its place, fix and page; what is only waiting, or healed, is not there."""
    await place.house.apply(workflow("twisted", entry("user", "get-user", dependsOn=["user"])))
    await place.house.until_refused("Workflow", "twisted")
    await place.house.apply(workflow("waiting", entry("user", "nobody")))
    await place.house.until_refused("Workflow", "waiting")
    file = SourceVerdict("torn.yaml", [Diagnostic(code="WF-101", message="not YAML")], [], 1_700_000_000_000_000)
    await place.house.bus.bucket(subjects.SOURCES).put("torn", encode(file))
    ours = ("torn.yaml", "Workflow shop/twisted", "Workflow shop/waiting")

    async def items() -> list[dict[str, str]]:
        told = (await place.get("/api/v1/validation-failures")).json()["items"]
        return [item for item in told if item["origin"] in ours or item.get("object") in ours]

    async def listed() -> bool:
        return len(await items()) == 2

    await until(listed)
    torn, twisted = await items()
    assert torn == {
        "origin": "torn.yaml",
        "since": "2023-11-14T22:13:20.000Z",
        "code": "WF-101",
        "message": "not YAML",
        "pointer": "",
        "docs": "/errors/WF-101",
    }
    assert (twisted["object"], twisted["code"]) == ("Workflow shop/twisted", "WF-401")
    assert "user -> user" in twisted["message"]
    await place.house.apply(workflow("twisted", entry("user", "get-user")))
    await place.house.bus.bucket(subjects.SOURCES).delete("torn")

    async def healed() -> bool:
        return await items() == []

    await until(healed)
