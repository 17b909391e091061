"""`workflow-cli validate`: definitions are judged from files alone."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from .conftest import COMMAND, SECONDS, Cli

UPSTREAM = "apiVersion: workflow.io/v1\nkind: Upstream\nmetadata: {name: shop}\nspec: {url: https://shop.example.com}\n"
TASK = """apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: get-price}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string}}}
  outputSchema: {type: object, required: [cents], properties: {cents: {type: integer}}}
  http: {upstream: shop, method: GET, path: "/prices/{{input.sku}}"}
"""
WORKFLOW = """apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: price}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string}}}
  tasks:
    - {id: price, taskRef: get-price, input: {sku: "{{input.sku}}"}}
  output: {cents: "{{tasks.price.output.cents}}"}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a sound upstream, task and workflow, a file each."""
    folder = tmp_path / "shop"
    (folder / "tasks").mkdir(parents=True)
    (folder / "upstream.yaml").write_text(UPSTREAM)
    (folder / "tasks" / "price.yml").write_text(TASK)
    (folder / "price.yaml").write_text(WORKFLOW)
    return folder


def test_sound_definitions_exit_0_and_are_counted(cli: Cli, shop: Path) -> None:
    """Files are found at any depth, references between them resolve, and one line says how it stands."""
    done = cli("validate", "shop")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ok  3 objects in 3 files: no errors, no warnings\n"


def test_a_file_that_is_not_utf_8_is_an_error(cli: Cli, shop: Path) -> None:
    """What `dev` would not read is not called sound: the byte and its place are told, and exit code is 1."""
    text = WORKFLOW.replace("spec:\n", 'spec:\n  description: "caf\xe9"\n')
    (shop / "price.yaml").write_bytes(text.encode("latin-1"))
    done = cli("validate", "shop")
    assert done.returncode == 1
    assert "shop/price.yaml:5:20: error WF-101: shop/price.yaml is not UTF-8 text: byte 0xe9" in done.stdout


def test_an_error_shows_place_line_caret_and_fix(cli: Cli, shop: Path) -> None:
    """file:line:column, the line with a caret under the fault, and how to put it right; exit code 1."""
    (shop / "price.yaml").write_text(WORKFLOW.replace("output.cents", "output.cent"))
    done = cli("validate", "shop")
    assert done.returncode == 1
    first, *_ = done.stdout.splitlines()
    assert first.startswith("shop/price.yaml:8:")
    assert "error WF-503" in first
    line, caret = done.stdout.split("output: {cents:")[1].splitlines()[:2]
    assert line.strip().startswith('"{{tasks')
    assert caret.strip() == "|" + caret.strip()[1:-1] + "^"
    assert "fix: " in done.stdout
    assert done.stdout.endswith("!!  3 objects in 3 files: 1 error, 0 warnings\n")


def test_a_missing_reference_is_a_warning_and_with_strict_an_error(cli: Cli, shop: Path) -> None:
    """What another apply may still bring does not fail the check, unless one asks for it."""
    (shop / "tasks" / "price.yml").unlink()
    lenient, strict = cli("validate", "shop"), cli("validate", "shop", "--strict")
    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "warning WF-301" in lenient.stdout
    assert "error WF-301" in strict.stdout


def test_a_reference_to_a_refused_object_is_not_called_missing(cli: Cli, shop: Path) -> None:
    """Where the task is there but broken, nobody is sent to look for it."""
    (shop / "tasks" / "price.yml").write_text(TASK.replace("method: GET", "methd: GET"))
    done = cli("validate", "shop")
    assert "WF-301" not in done.stdout
    assert "WorkflowTask default/get-price has errors of its own" in done.stdout


def test_the_same_object_in_two_files_is_told(cli: Cli, shop: Path) -> None:
    """The second one names where the first stands."""
    (shop / "zz.yaml").write_text(TASK)
    done = cli("validate", "shop")
    assert done.returncode == 1
    assert "WF-210" in done.stdout
    assert "stands in shop/tasks/price.yml:3:" in done.stdout


def test_json_holds_every_diagnostic_for_machines(cli: Cli, shop: Path) -> None:
    """One object: counts, and diagnostics with code, position, pointer and a link into the docs."""
    (shop / "price.yaml").write_text(WORKFLOW.replace("taskRef: get-price", "taskRef: get-prise"))
    done = cli("validate", "shop", "-o", "json")
    told = json.loads(done.stdout)
    assert (told["ok"], told["files"], told["objects"], told["errors"], told["warnings"]) == (True, 3, 3, 0, 1)
    [found] = told["diagnostics"]
    assert (found["code"], found["severity"], found["docs"]) == ("WF-301", "warning", "/errors/WF-301")
    assert found["position"] == {"file": "shop/price.yaml", "line": 7, "column": 28}
    assert found["fix"] == {
        "title": "write `get-price`",
        "pointer": found["pointer"],
        "value": "get-price",
        "edit": "set",
    }


def test_files_without_objects_are_passed_over_but_named(cli: Cli, shop: Path) -> None:
    """A folder may hold other JSON; what was not looked at is said."""
    (shop / "examples.json").write_text('{"price": {"sku": "SKU-1"}}')
    (shop / ".hidden.yaml").write_text("not: ours")
    done = cli("validate", "shop")
    assert done.returncode == 0
    assert "shop/examples.json: skipped" in done.stdout
    assert "hidden" not in done.stdout


def test_a_file_that_is_named_is_always_read(cli: Cli, shop: Path) -> None:
    """Whoever names a file wants to hear about it, even if it holds nothing of ours."""
    (shop / "examples.json").write_text('{"price": {"sku": "SKU-1"}}')
    done = cli("validate", "shop/examples.json")
    assert done.returncode == 1
    assert "WF-202" in done.stdout


@pytest.mark.parametrize("arguments", [["validate"], ["validate", "nowhere"], ["validate", "."]])
def test_wrong_usage_exits_2(cli: Cli, arguments: list[str]) -> None:
    """No path, a path that is not there, a folder without definitions: each says so."""
    done = cli(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_the_namespace_is_given_to_objects_that_name_none(cli: Cli, shop: Path) -> None:
    """`-n shop` judges them as objects of that namespace."""
    (shop / "tasks" / "price.yml").unlink()
    assert "in namespace `shop`" in cli("validate", "shop", "-n", "shop").stdout


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_only_on_a_terminal_and_without_no_color(
    shop: Path, environment: dict[str, str], coloured: bool
) -> None:
    """Escape codes appear on a terminal, not under NO_COLOR; in a pipe (all other tests) never."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    process = subprocess.Popen([COMMAND, "validate", shop], stdin=theirs, stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    assert process.wait(SECONDS) == 0
    written = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "3 objects in 3 files" in written
    assert ("\x1b[" in written) is coloured
