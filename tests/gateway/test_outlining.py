"""The tasks of a workflow as clients see them, nested as they stand, and who uses what."""

from typing import Any

from tests.gateway.conftest import Place
from tests.planner.definitions import entry, schema, task, workflow, written

NESTED = [
    {"id": "user", "taskRef": "get-user", "input": {"id": "{{input.id}}"}},
    {
        "id": "friends",
        "forEach": {"items": "{{input.friends}}", "as": "friend"},
        "tasks": [{"id": "each", "taskRef": "deep-task", "input": {"id": "{{friend}}"}}],
    },
    {
        "id": "greeting",
        "dependsOn": ["user"],
        "switch": [
            {"when": "input.id > 9", "tasks": [entry("many", "branch-task")], "output": "many"},
            {"default": True, "output": "few"},
        ],
    },
    {"id": "inside", "workflowRef": "profile", "input": {"id": 1}},
    {"id": "first", "transform": {"from": "{{input.friends}}", "steps": [{"limit": 1}]}},
    {"id": "short", "taskRef": "shorten", "input": {"items": "{{input.friends}}"}},
    entry("risky", "get-user", when="input.id > 0", onError="fallback", fallback={
        "taskRef": "stand-in", "input": {"id": 1}}),
]  # fmt: skip


async def nest(place: Place) -> dict[str, Any]:
    """A workflow with every kind of task is published; its page."""
    friends = {"type": "array", "maxItems": 3, "items": {"type": "integer"}}
    takes = schema("items", items=friends)
    shorten = written(
        "WorkflowTask", "shorten",
        {"inputSchema": takes, "transform": {"from": "{{input.items}}", "steps": [{"limit": 1}]}},
    )  # fmt: skip
    nested = workflow(
        "nested",
        *NESTED,
        output="{{tasks.user.output.name}}",
        inputSchema=schema("id friends", id="integer", friends=friends),
    )
    await place.publish(*map(task, ("deep-task", "branch-task", "stand-in")), shorten, nested, wait_for="nested")
    return (await place.get("/api/v1/workflows/nested")).json()  # type: ignore[no-any-return]


async def test_the_tasks_of_a_workflow_are_nested_as_in_its_definition(place: Place):
    """What each one does, what it waits for, what stands in for it, and all that is inside it."""
    tasks = {task["id"]: task for task in (await nest(place))["tasks"]}
    assert tasks["user"] == {"id": "user", "kind": "call", "taskRef": "get-user", "needs": []}
    assert tasks["friends"] == {
        "id": "friends", "kind": "forEach", "needs": [],
        "tasks": [{"id": "each", "kind": "call", "taskRef": "deep-task", "needs": []}],
    }  # fmt: skip
    assert tasks["greeting"] == {
        "id": "greeting", "kind": "switch", "needs": ["user"],
        "branches": [
            {"when": "input.id > 9", "tasks": [{"id": "many", "kind": "call", "taskRef": "branch-task", "needs": []}]},
            {"tasks": []},
        ],
    }  # fmt: skip
    inside = [{"id": "user", "kind": "call", "taskRef": "get-user", "needs": []}]
    assert tasks["inside"] == {
        "id": "inside", "kind": "workflow", "workflowRef": "profile", "needs": [], "tasks": inside
    }  # fmt: skip
    assert tasks["first"] == {"id": "first", "kind": "transform", "needs": []}
    assert tasks["short"] == {"id": "short", "kind": "transform", "taskRef": "shorten", "needs": []}
    assert tasks["risky"] == {
        "id": "risky", "kind": "call", "taskRef": "get-user", "needs": [],
        "when": "input.id > 0", "onError": "fallback", "fallbackRef": "stand-in",
    }  # fmt: skip


async def test_users_are_found_however_deep(place: Place):
    """In a forEach, a branch, a sub-workflow or as a stand-in; a workflow knows who runs it inside."""
    await nest(place)
    for name in ("get-user", "deep-task", "branch-task", "stand-in", "shorten"):
        page = (await place.get(f"/api/v1/tasks/{name}")).json()
        assert "nested" in page["usedBy"], name
    assert (await place.get("/api/v1/workflows/profile")).json()["usedBy"] == ["nested"]
    assert "usedBy" not in (await place.get("/api/v1/workflows/nested")).json()


async def test_a_task_that_calls_nobody(place: Place):
    """A reusable transform is a task like others, of kind transform, without method and upstream."""
    await nest(place)
    page = (await place.get("/api/v1/tasks/shorten")).json()
    assert (page["ready"], page["kind"]) == (True, "transform")
    assert not {"method", "upstream"} & page.keys()
    assert (await place.get("/api/v1/tasks/get-user")).json()["kind"] == "http"


async def test_an_address_of_its_own_is_shown(place: Place):
    """With its method, beside the addresses that every workflow has."""
    route = {"method": "GET", "path": "/shown/{id}"}
    await place.publish(workflow("shown", entry("user", "get-user"), route=route), wait_for="shown")
    page = (await place.get("/api/v1/workflows/shown")).json()
    assert page["route"] == route
    assert page["urls"]["call"] == "/workflows/shown"
    assert "route" not in (await place.get("/api/v1/workflows/profile")).json()
