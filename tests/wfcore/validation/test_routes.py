"""Routes: addresses of a workflow's own."""

import pytest
from tests.wfcore.validation.objects import FIRST, a_task, a_workflow, an_upstream, check, check_workflow, codes, only

TAKES = {
    "type": "object",
    "required": ["id", "kind"],
    "properties": {
        "id": {"type": "integer"},
        "kind": {"enum": ["a", "b"]},
        "page": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


def routed(path: str, method: str = "GET", takes: dict = TAKES):
    return check_workflow(FIRST, takes=takes, route={"method": method, "path": path})


@pytest.mark.parametrize("path", ["/users/{id}", "/v1/users/{id}/{kind}", "/users", "/a.b/{id}/c-d"])
def test_a_route_that_can_be_served_is_accepted(path: str):
    """Plain parts and required scalars; the rest comes from the query."""
    assert routed(path).diagnostics == []


@pytest.mark.parametrize(
    "path",
    [
        *("users", "//users", "/", "/users/", "/a//b", "/a/../b", "/a b", "/a?x=1", "/a#b", "/a%20b", "/é"),
        *("/users/{{input.id}}", "/users/{id}-{kind}", "/users/{}", "/users/{1d}", "/{id}/{id}"),
        *("/api/users", "/docs", "/errors/x", "/openapi.json", "/workflows/x", "/hooks/x", "/mcp", "/console"),
    ],
)
def test_a_path_that_cannot_be_a_route_is_refused(path: str):
    """With the fix where there is one."""
    fault = only(routed(path))
    assert (fault.code, fault.pointer) == ("WF-801", "/spec/route/path")
    if fault.fix is not None:
        assert codes(routed(fault.fix.value)) == []


def test_a_parameter_is_a_property_of_the_input():
    """A name that the input does not have is told with the nearest."""
    fault = only(routed("/users/{idd}"))
    assert (fault.code, "did you mean `id`" in fault.message) == ("WF-802", True)


def test_a_parameter_is_always_there():
    """What stands in the path is required, and the fix says so."""
    fault = only(routed("/users/{page}"))
    assert (fault.code, fault.fix.pointer) == ("WF-802", "/spec/inputSchema/required")
    assert codes(routed("/users/{page}", takes={**TAKES, "required": fault.fix.value})) == []


def test_a_parameter_is_one_value():
    """A list has no place in a path."""
    takes = {**TAKES, "required": ["id", "tags"]}
    assert only(routed("/users/{tags}", takes=takes)).code == "WF-802"


@pytest.mark.parametrize(
    "shape", [{"type": "object"}, {}, {"type": ["string", "null"]}, {"type": "array", "items": {}}]
)
def test_what_no_query_can_carry_needs_a_body(shape: dict):
    """An object is no parameter; with POST it is part of the body."""
    takes = {**TAKES, "properties": {**TAKES["properties"], "more": shape}}
    fault = only(routed("/users/{id}", takes=takes))
    assert (fault.code, fault.pointer, fault.fix.value) == ("WF-802", "/spec/inputSchema/properties/more", "POST")
    assert codes(routed("/users/{id}", fault.fix.value, takes=takes)) == []


def test_behind_a_get_nothing_is_changed():
    """Tasks, those that stand in and those of sub-workflows are named by their paths."""
    save = a_task("save-user", http={"method": "POST"})
    inner = a_workflow({**FIRST, "taskRef": "save-user"}, name="saving", output="{{tasks.first.output}}", timeout="5s")
    tasks = [
        {**FIRST, "onError": "fallback", "fallback": {"taskRef": "save-user", "input": {"id": 1}}},
        {"id": "sub", "workflowRef": "saving", "input": {"id": 1}},
    ]
    objects = [an_upstream(), a_task(timeout="1s"), save, inner]
    fault = only(check(*objects, a_workflow(*tasks, route={"path": "/x/{id}"}, timeout="30s")))
    assert (fault.code, fault.seen, fault.fix.value) == ("WF-803", ["first", "sub.first"], "POST")
    posted = a_workflow(*tasks, route={"path": "/x/{id}", "method": "POST"}, timeout="30s")
    assert codes(check(*objects, posted)) == []
