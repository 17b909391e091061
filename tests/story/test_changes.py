"""A changed file is live at once; a broken one is told, and the last good version goes on serving."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import testapi
from tests.story.engine import Engine
from tests.waiting import until

pytestmark = pytest.mark.story


@pytest.fixture
def greeting(engine: Engine) -> Iterator[Path]:
    """A workflow of the engine's own folder, published as `greeting`, that echoes a number."""
    with engine.published("greeting", GREETING) as path:
        yield path


GREETING = """\
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: greeting, namespace: test}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string, pattern: "^SKU-[0-9]{1,6}$"}}}
  tasks:
    - {id: stock, taskRef: get-availability, input: {sku: "{{input.sku}}"}}
  output: {left: "{{tasks.stock.output.available}}"}
"""


def test_a_changed_file_is_live_and_in_the_document(engine: Engine, greeting: Path):
    """After a save the call answers the new shape, and /openapi.json shows it; a deleted file takes both away."""
    assert set(engine.http.post("/workflows/greeting", json={"sku": "SKU-1"}).json()) == {"left"}
    greeting.write_text(GREETING.replace("{left:", "{sku: '{{tasks.stock.output.sku}}', left:"))
    until(lambda: "sku" in engine.http.post("/workflows/greeting", json={"sku": "SKU-1"}).json(), "the new version")
    document = engine.http.get("/openapi.json").json()
    operation = document["paths"]["/workflows/greeting"]["post"]
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert set(answer["properties"]) == {"sku", "left"}


def test_a_broken_workflow_is_told_and_the_last_good_one_serves(engine: Engine, greeting: Path):
    """A cycle, an unknown field, a missing input and a wrong type are all told at once; calls go on as before."""
    broken = GREETING.replace(
        '- {id: stock, taskRef: get-availability, input: {sku: "{{input.sku}}"}}',
        """- {id: stock, taskRef: get-availability, input: {}, timout: 2s}
    - {id: one, taskRef: get-availability, input: {sku: "{{tasks.two.output.sku}}"}}
    - {id: two, taskRef: get-availability, input: {sku: "{{tasks.one.output.sku}}"}}""",
    )
    serving = engine.detail("greeting")["version"]
    greeting.write_text(broken)
    detail = until(lambda: (d := engine.detail("greeting")) and not d["ready"] and d, "the refusal")
    assert detail["published"]
    assert detail["version"] == serving
    (ready,) = [condition for condition in detail["conditions"] if condition["type"] == "Ready"]
    assert ready["status"] == "False"
    assert any("timeout" in (finding.get("fix") or "") for finding in detail["diagnostics"])
    codes = {finding["code"] for finding in detail["diagnostics"]}
    assert {"WF-203", "WF-401", "WF-602"} <= codes
    assert any("one -> two -> one" in finding["message"] for finding in detail["diagnostics"])
    assert engine.http.post("/workflows/greeting", json={"sku": "SKU-1"}).status_code == 200
    until(lambda: "greeting" in engine.log and "WF-203" in engine.log, "dev to say why")
    greeting.write_text(GREETING)
    until(lambda: engine.detail("greeting")["ready"], "the workflow to heal")


def test_a_missing_task_keeps_it_waiting_until_it_arrives(engine: Engine, greeting: Path):
    """An unknown task is not an error that lasts: the workflow waits, says for what, and heals when it arrives."""
    greeting.write_text(GREETING.replace("get-availability", "get-availability-copy"))
    detail = until(lambda: (d := engine.detail("greeting")) and not d["ready"] and d, "the condition")
    (resolved,) = [condition for condition in detail["conditions"] if condition["type"] == "ReferencesResolved"]
    assert resolved["status"] == "False"
    assert "get-availability-copy" in resolved["message"]
    tasks = yaml.safe_load_all((Path(testapi.DEFINITIONS) / "tasks" / "inventory.yaml").read_text())
    (copy,) = [task for task in tasks if task["metadata"]["name"] == "get-availability"]
    copy["metadata"]["name"] = "get-availability-copy"
    arrived = engine.workflows / "copy.yaml"
    arrived.write_text(yaml.safe_dump(copy))
    until(lambda: engine.detail("greeting")["ready"], "the workflow to heal")
    assert engine.http.post("/workflows/greeting", json={"sku": "SKU-1"}).status_code == 200
    arrived.unlink()


def test_a_file_that_cannot_be_read_changes_nothing(engine: Engine, greeting: Path):
    """A YAML error leaves the file's objects as they were; the condition SourceRead and dev's output say so."""
    greeting.write_text(GREETING + "  output: [unclosed\n")

    def told() -> bool:
        return any(
            c["type"] == "SourceRead" and c["status"] == "False" for c in engine.detail("greeting")["conditions"]
        )

    until(told, "the condition SourceRead")
    assert engine.http.post("/workflows/greeting", json={"sku": "SKU-1"}).status_code == 200
    until(lambda: "greeting.yaml" in engine.log, "dev to name the file")
    greeting.write_text(GREETING)
    until(lambda: not told(), "the file to heal")


def test_fields_of_later_versions_are_refused_as_such(engine: Engine, greeting: Path):
    """`onDisconnect` is part of the language and not executed yet: refused by name, never accepted and ignored."""
    greeting.write_text(GREETING + "  onDisconnect: finish\n")
    detail = until(lambda: (d := engine.detail("greeting")) and not d["ready"] and d, "the refusal")
    assert "WF-901" in {finding["code"] for finding in detail["diagnostics"]}


def test_the_demo_is_read_in_place(engine: Engine):
    """The demo's own files are watched where they stand, so that a newcomer edits what he sees."""
    origin = engine.detail("order-processing")["origin"]
    assert Path(origin).name == "order-processing.yaml"
