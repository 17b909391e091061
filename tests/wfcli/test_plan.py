"""`workflow-cli plan`: how a workflow will run, from files alone."""

import json
from pathlib import Path

import pytest

from .conftest import Cli

SHOP = """apiVersion: workflow.io/v1
kind: Upstream
metadata: {name: shop-api, namespace: shop}
spec: {url: https://shop.example.com}
---
apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: get-user, namespace: shop}
spec:
  inputSchema: {type: object, required: [id], properties: {id: {type: integer}}}
  outputSchema: {type: object, required: [id], properties: {id: {type: integer}}}
  http: {upstream: shop-api, method: GET, path: "/users/{{input.id}}"}
  timeout: 2s
---
apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: check-stock, namespace: shop}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string}}}
  outputSchema: {type: object, required: [left], properties: {left: {type: integer}}}
  http: {upstream: shop-api, method: GET, path: "/stock/{{input.sku}}"}
  timeout: 500ms
---
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: profile, namespace: shop}
spec:
  inputSchema:
    type: object
    required: [id, skus]
    properties: {id: {type: integer}, skus: {type: array, maxItems: 10, items: {type: string}}}
  tasks:
    - {id: user, taskRef: get-user, input: {id: "{{input.id}}"}}
    - id: stock
      dependsOn: [user]
      forEach: {items: "{{input.skus}}", as: sku, maxParallel: 4}
      tasks:
        - {id: check, taskRef: check-stock, input: {sku: "{{sku}}"}}
      output: "{{tasks.check.output.left}}"
  output: {id: "{{tasks.user.output.id}}", left: "{{tasks.stock.output}}"}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder `workflows` with one workflow and all it needs."""
    folder = tmp_path / "workflows"
    folder.mkdir()
    (folder / "shop.yaml").write_text(SHOP)
    return folder


def test_groups_critical_path_worst_case_and_graph_are_shown(cli: Cli, shop: Path) -> None:
    """From the folder `workflows`, as `dev` does; nested scopes stand under their task."""
    done = cli("plan", "shop/profile")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.split("\n")]
    assert lines[0] == ["shop/profile", "10s", "at", "most,", "16", "calls", "at", "once"]
    assert [line[:2] for line in lines[2:5]] == [["1", "user"], ["2", "stock"], ["1", "check"]]
    assert "critical path  3.5s: user 2s -> stock.check 500ms x 3" in done.stdout
    assert "worst case     3.5s, within 10s" in done.stdout
    assert "\nflowchart TD\n" in done.stdout


def test_json_holds_the_whole_plan(cli: Cli, shop: Path) -> None:
    """For machines: nodes, groups, edges, times, and null for the estimate that nobody can make."""
    done = cli("plan", "profile", "-n", "shop", "--dir", "workflows/shop.yaml", "-o", "json")
    told = json.loads(done.stdout)
    assert told["scope"]["groups"] == [["user"], ["stock"]]
    assert told["edges"] == [{"from": "user", "to": "stock", "kind": "dependsOn"}]
    assert told["worstCase"] == {"totalMs": 3500, "workMs": 7000, "waitingMs": 0, "fits": True}
    assert told["estimate"]["totalMs"] is None


def test_pictures_are_printed_alone(cli: Cli, shop: Path) -> None:
    """So that they can be piped into a renderer."""
    assert cli("plan", "shop/profile", "-o", "mermaid").stdout.startswith("flowchart TD\n")
    assert cli("plan", "shop/profile", "-o", "dot").stdout.startswith('digraph "shop/profile" {\n')


def test_an_input_is_checked_against_the_input_schema(cli: Cli, shop: Path) -> None:
    """One that fits is shown; of one that does not each fault is told with its place, and exit code is 1."""
    good = cli("plan", "shop/profile", "-i", '{"id": 1, "skus": ["A1"]}')
    assert (good.returncode, good.stderr) == (0, "")
    assert "fits its inputSchema" in good.stdout
    (shop.parent / "bad.json").write_text('{"id": "one"}')
    bad = cli("plan", "shop/profile", "-i", "@bad.json", "-o", "json")
    told = json.loads(bad.stdout)
    assert bad.returncode == 1
    assert told["input"] == {"id": "one"}
    assert {problem["pointer"] for problem in told["inputProblems"]} == {"/id", "/skus"}
    assert "the input does not fit the inputSchema" in bad.stderr


def test_a_workflow_with_errors_has_no_plan(cli: Cli, shop: Path) -> None:
    """Its diagnostics are shown as `validate` shows them, and exit code is 1."""
    (shop / "shop.yaml").write_text(SHOP.replace("{{input.id}}", "{{input.idd}}"))
    done = cli("plan", "shop/profile")
    assert (done.returncode, done.stdout) == (1, "")
    assert "WF-503" in done.stderr
    assert "only a workflow without errors has a plan" in done.stderr


def test_something_missing_is_told(cli: Cli, shop: Path) -> None:
    """`validate` warns of it, but a plan needs it."""
    (shop / "shop.yaml").write_text(SHOP.replace("taskRef: check-stock", "taskRef: count-stock"))
    done = cli("plan", "shop/profile")
    assert done.returncode == 1
    assert "WF-301" in done.stderr


def test_an_unknown_name_is_wrong_usage_and_names_the_nearest(cli: Cli, shop: Path) -> None:
    """Names belong to namespaces: without one the default is meant."""
    done = cli("plan", "shop/profil")
    assert done.returncode == 2
    assert "did you mean `shop/profile`?" in done.stderr
    assert "no workflow default/profile" in cli("plan", "profile").stderr


def test_no_folder_and_no_input_are_wrong_usage(cli: Cli, tmp_path: Path) -> None:
    """Each with what to do about it."""
    done = cli("plan", "shop/profile")
    assert done.returncode == 2
    assert "--dir" in done.stderr
    (tmp_path / "workflows").mkdir()
    assert cli("plan", "shop/profile").returncode == 2
    assert cli("plan", "shop/profile", "-i", "{").returncode == 2
