"""A dry run tells as much as input and mocks allow, and says of the rest what it lacks."""

from typing import Any

import pytest
from tests.wfcore.tried import tried

from wfcore import dryrun
from wfcore.dryrun import notes

TASKS = """apiVersion: workflow.io/v1
kind: Upstream
metadata: {name: api}
spec: {url: https://api.example.com}
---
apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: get-user}
spec:
  inputSchema: {type: object, required: [id], properties: {id: {type: integer}, note: {type: string}}}
  outputSchema:
    type: object
    required: [name]
    properties: {name: {type: string}, skus: {type: array, maxItems: 50, items: {type: string}}}
  http:
    upstream: api
    method: POST
    path: /users/{{input.id}}
    query: {token: "{{input.?note}}"}
    headers: {X-Api-Key: "k-{{input.id}}", X-Id: "{{input.id}}"}
    body: {id: "{{input.id}}", note: "{{input.?note}}", password: "{{input.?note}}"}
    output: "{{response.body}}"
  timeout: 100ms
---
apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: check}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string}}}
  outputSchema: {type: object, required: [left], properties: {left: {type: integer}}}
  http: {upstream: api, method: GET, path: "/stock/{{input.sku}}"}
  timeout: 50ms
  mocks: [{when: "input.sku == 'A1'", output: {left: 7}}]
---
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: page}
spec:
  inputSchema: {type: object, required: [id], properties: {id: {type: integer}, vip: {type: boolean}}}
"""


def page(tasks: str, output: str = "{}") -> Any:
    """A workflow over `id` and `vip`."""
    return tried(f"{TASKS}  tasks:\n{tasks}\n  output: {output}\n")


USER = '    - {id: user, taskRef: get-user, input: {id: "{{input.id}}"}}\n'
STOCK = """    - id: stock
      forEach: {items: "{{tasks.user.output.?skus.orValue([])}}", as: sku, maxParallel: 50}
      tasks: [{id: check, taskRef: check, input: {sku: "{{sku}}"}}]
      output: {sku: "{{sku}}", at: "{{index}}", left: "{{tasks.check.output.left}}"}
"""
NO_USER = {"because": "needs tasks.user.output, for which there is no mock"}
ADA = {"output": {"name": "Ada", "skus": ["A1", "B2"]}}


def test_what_rests_on_a_call_without_a_mock_says_so():
    """Each template in its place: resolved, or with its text and the reason."""
    told = page(USER, '{id: "{{input.id}}", hello: "Hi {{tasks.user.output.name}}"}').dry({"id": 7})
    assert told.json["status"] == "unresolved"
    assert told.output == {"id": 7, "hello": {"unresolved": "Hi {{tasks.user.output.name}}", **NO_USER}}
    user = told.task("user")
    assert (user["status"], user["because"]) == ("unresolved", NO_USER["because"])
    assert user["input"] == {"id": 7}
    assert user["output"] == {"unresolved": "tasks.user.output", **NO_USER}


def test_the_request_is_shown_with_credentials_masked():
    """Method, address, headers and body as they would leave, but for what is named like a secret."""
    told = page("    - {id: user, taskRef: get-user, input: {id: 7, note: s3cret}}").dry({"id": 1})
    assert told.task("user")["request"] == {
        "method": "POST",
        "url": "https://api.example.com/users/7?token=***",
        "headers": {"X-Api-Key": "***", "X-Id": "7", "Content-Type": "application/json"},
        "body": {"id": 7, "note": "s3cret", "password": "***"},
    }


def test_half_known_a_request_shows_its_half():
    """The parts that lack something stand as they are written; masked stays masked."""
    second = '    - {id: second, taskRef: get-user, input: {id: 7, note: "{{tasks.user.output.name}}"}}'
    request = page(USER + second).dry({"id": 1}).task("second")["request"]
    assert request["url"]["unresolved"] == "https://api.example.com/users/{{input.id}}?token={{input.?note}}"
    assert request["headers"] == {"X-Api-Key": "***", "X-Id": "7"}
    assert request["body"] == {"id": 7, "note": {"unresolved": "{{input.?note}}", **NO_USER}, "password": "***"}


def test_items_that_are_known_are_gone_through_one_by_one():
    """Each has a path of its own; a mock that holds for one of them says nothing about the other."""
    told = page(USER + STOCK, '{stock: "{{tasks.stock.output}}"}').dry({"id": 1}, {"user": ADA})
    assert list(told.statuses) == ["user", "stock", "stock[0].check", "stock[1].check"]
    assert told.task("stock")["items"] == 2
    assert told.task("stock[0].check")["mock"] == "task"
    first, second = told.task("stock")["output"]
    assert first == {"sku": "A1", "at": 0, "left": 7}
    why = "needs tasks.check.output of `stock[1].check`, for which no mock holds"
    assert second == {"sku": "B2", "at": 1, "left": {"unresolved": "{{tasks.check.output.left}}", "because": why}}


def test_items_that_are_not_known_are_gone_through_once():
    """What the body would do is told for any item."""
    told = page(USER + STOCK).dry({"id": 1})
    assert told.task("stock")["items"] == {"unresolved": "{{tasks.user.output.?skus.orValue([])}}", **NO_USER}
    check = told.task("stock[].check")
    assert check["input"] == {"sku": {"unresolved": "{{sku}}", **NO_USER}}
    assert check["request"]["url"]["unresolved"] == "https://api.example.com/stock/{{input.sku}}"


def test_a_mock_for_one_item_goes_before_that_for_all():
    """`stock[1].check` for the second, `stock.check` for the rest."""
    mocks = {"user": ADA, "stock.check": {"output": {"left": 1}}, "stock[1].check": {"output": {"left": 2}}}
    told = page(USER + STOCK).dry({"id": 1}, mocks)
    assert [item["left"] for item in told.task("stock")["output"]] == [1, 2]
    assert told.task("stock[0].check")["mock"] == "request"


def test_what_was_recorded_stands_between_both():
    """The request's own mocks go first, the tasks' own last; what is no longer there is not missed."""
    recorded = {
        "stock[0].check": {"status": 200, "body": {"left": 3}},
        "user": {"status": 200, "body": {"name": "Eve"}},
        "gone": {"status": 200},
    }
    told = page(USER + STOCK).dry({"id": 1}, {"user": ADA}, recorded=recorded)
    assert told.task("user")["output"]["name"] == "Ada"
    assert (told.task("stock[0].check")["output"], told.task("stock[0].check")["mock"]) == ({"left": 3}, "recorded")


def test_a_condition_is_told_with_its_value():
    """False: skipped, and nothing of it is looked at. Unresolved: what it would do is told all the same."""
    tasks = (
        USER
        + """    - {id: vip, taskRef: check, when: "input.?vip.orValue(false)", input: {sku: A1}}
    - {id: named, taskRef: check, when: "tasks.user.output.name == 'Ada'", input: {sku: A1}}"""
    )
    told = page(tasks).dry({"id": 1})
    assert told.task("vip") == {
        "path": "vip",
        "kind": "call",
        "taskRef": "check",
        "status": "skipped",
        "when": {"expression": "input.?vip.orValue(false)", "result": False},
    }
    named = told.task("named")
    assert (named["status"], named["output"]) == ("unresolved", {"left": 7})
    assert named["when"]["result"] == {"unresolved": "tasks.user.output.name == 'Ada'", **NO_USER}


def test_a_switch_tells_its_branch_or_all_that_may_be_taken():
    """A branch whose condition is false is not among them, nor one behind a default."""
    tasks = (
        USER
        + """    - id: way
      switch:
        - {when: "input.id == 2", tasks: [{id: never, taskRef: check, input: {sku: A1}}], output: 0}
        - {when: "tasks.user.output.name == 'Ada'", tasks: [{id: ada, taskRef: check, input: {sku: A1}}], output: 1}
        - {default: true, tasks: [{id: rest, taskRef: check, input: {sku: A1}}], output: 2}"""
    )
    told = page(tasks, '{way: "{{tasks.way.output}}"}').dry({"id": 1})
    assert list(told.statuses) == ["user", "way", "way[1].ada", "way[2].rest"]
    assert told.task("way")["branch"]["unresolved"] == "tasks.user.output.name == 'Ada'"
    known = page(tasks, '{way: "{{tasks.way.output}}"}').dry({"id": 1}, {"user": ADA})
    assert (known.task("way")["branch"], known.output, known.statuses["way.ada"]) == (1, {"way": 1}, "succeeded")


def test_a_failing_mock_fails_what_rests_on_it_and_nothing_else():
    """The run fails; tasks beside it are told as they would run, those behind it as unreached."""
    tasks = (
        USER
        + """    - {id: beside, taskRef: check, input: {sku: A1}}
    - {id: behind, taskRef: check, dependsOn: [user], input: {sku: A1}}"""
    )
    told = page(tasks).dry({"id": 1}, {"user": {"fail": "UPSTREAM_TIMEOUT"}})
    assert told.statuses == {"user": "failed", "beside": "succeeded", "behind": "unreached"}
    assert told.task("behind")["because"] == "task `user` fails"
    assert told.json["failure"] == {
        "code": "UPSTREAM_TIMEOUT",
        "message": "the mock says so",
        "task": "user",
        "told": {"status": 504, "code": "UPSTREAM_TIMEOUT", "title": "An upstream did not answer in time"},
    }
    assert (told.json["status"], told.output) == ("failed", None)


def test_a_fallback_is_told_with_what_it_stands_in_for():
    """The error, the call that took over, and its mock under `user:fallback`."""
    tasks = """    - id: user
      taskRef: check
      input: {sku: A1}
      onError: fallback
      fallback: {taskRef: check, input: {sku: B2}}"""
    told = page(tasks).dry({"id": 1}, {"user": {"status": 500}, "user:fallback": {"output": {"left": 0}}})
    user = told.task("user")
    assert (user["status"], user["error"]["code"], user["output"]) == ("succeeded", "UPSTREAM_ERROR", {"left": 0})
    assert user["fallback"]["request"]["url"] == "https://api.example.com/stock/B2"


def test_an_expression_that_breaks_is_a_fault_of_its_task():
    """Nothing raises: the task has the error."""
    tasks = USER + '    - {id: half, taskRef: check, input: {sku: "{{string(1 / size(tasks.user.output.name))}}"}}'
    told = page(tasks).dry({"id": 1}, {"user": {"output": {"name": ""}}})
    assert told.task("half")["error"]["code"] == "EXPRESSION_ERROR"
    assert told.json["failure"]["task"] == "half"


def test_a_mock_is_checked_and_pruned_as_an_answer_is():
    """What no schema declares is cut; what breaks the schema where it is read fails the task."""
    workflow = page(USER, '{name: "{{tasks.user.output.name}}"}')
    told = workflow.dry({"id": 1}, {"user": {"output": {"name": "Ada", "x": 1}}})
    assert (told.task("user")["output"], told.task("user")["pruned"]) == ({"name": "Ada"}, ["/x"])
    assert workflow.dry({"id": 1}, {"user": {"output": {"name": 1}}}).json["failure"]["code"] == "RESPONSE_MISMATCH"


def test_what_only_a_run_has_is_not_made_up():
    """`execution.id` is unresolved, with its own reason."""
    workflow = page(USER, '{id: "{{execution.id}}", name: "{{workflow.name}}"}')
    told = dryrun.dry_run(workflow.bundle, {"id": 1}, workflow.mocks({"user": ADA}))
    assert dryrun.as_json(told).count(b"needs execution.id, which only a run has") == 1
    assert (told.status, told.output["name"]) == ("unresolved", "page")


def test_mocks_that_answered_nothing_are_named():
    """A mock for an item that does not exist is most likely a slip."""
    told = page(USER + STOCK).dry({"id": 1}, {"user": ADA, "stock[7].check": {"output": {"left": 1}}})
    assert told.json["unusedMocks"] == ["stock[7].check"]


def test_the_plan_comes_with_it():
    """Groups, critical path, worst case, no estimate but the reason, the graph three times."""
    told = page(USER + STOCK).dry({"id": 1}).json
    assert told["groups"] == [["user"], ["stock"]]
    assert told["criticalPath"]["totalMs"] == 150
    assert told["worstCase"]["fits"] is True
    assert told["estimate"]["totalMs"] is None
    assert told["estimate"]["because"]
    assert told["graph"]["edges"] == [{"from": "user", "to": "stock", "kind": "reads"}]
    assert told["mermaid"].startswith("flowchart TD")
    assert told["dot"].startswith('digraph "shop/page"')


def test_of_very_many_tasks_not_all_are_listed(monkeypatch: pytest.MonkeyPatch):
    """The rest is counted; the values are whole."""
    monkeypatch.setattr(notes, "MOST_TOLD", 10)
    many = {"output": {"name": "x", "skus": ["A1"] * 50}}
    told = page(USER + STOCK, '{left: "{{tasks.stock.output}}"}').dry({"id": 1}, {"user": many})
    assert (len(told.json["tasks"]), told.json["omittedTasks"], len(told.output["left"])) == (10, 42, 50)
