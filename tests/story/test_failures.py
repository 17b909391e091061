"""Bad input is told exactly, before anything runs; bad upstreams are told truthfully."""

import json
from typing import Any

import pytest

from tests.story.engine import Engine
from tests.waiting import until

pytestmark = pytest.mark.story


def call(engine: Engine, content: bytes, kind: str = "application/json", name: str = "order-processing") -> Any:
    return engine.http.post(f"/workflows/{name}", content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"orderId":', 400, "MALFORMED_JSON"),
        (b"[" * 101 + b"]" * 101, 400, "TOO_DEEP"),
        (b'{"orderId":1e999}', 400, "NUMBER_OUT_OF_RANGE"),
        (b'{"orderId":"\\ud800"}', 400, "INVALID_TEXT"),
        (b'"' + b"x" * (1 << 20) + b'"', 413, "BODY_TOO_LARGE"),
        (b"{}", 422, "INPUT_INVALID"),
    ],
)
def test_bad_input_is_told_and_nothing_runs(engine: Engine, content: bytes, status: int, code: str):
    """Each fault has its status and its code in problem+json, effects none, and the upstream hears nothing."""
    engine.upstream.delete("/_log")
    answer = call(engine, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["effects"] == "none"
    assert engine.requests() == []


def test_an_unknown_workflow_names_the_nearest(engine: Engine):
    """404, and the name that was probably meant."""
    answer = call(engine, b"{}", name="order-procesing")
    assert answer.status_code == 404
    assert "order-processing" in answer.json()["detail"]


def test_all_violations_are_listed_with_their_pointers(engine: Engine):
    """422 with one entry per violation, not the first alone."""
    errors = call(engine, b'{"orderID":"42","quantity":-1}').json()["errors"]
    assert {error["pointer"] for error in errors} == {"/orderId", "/orderID", "/quantity"}


@pytest.fixture
def failing(engine: Engine) -> Any:
    """Publishes a workflow with one task of the error family."""
    path = engine.workflows / "failing.yaml"

    def publish(task: str, **input: Any) -> None:
        spec = {
            "inputSchema": {"type": "object", "properties": {}},
            "tasks": [{"id": "broken", "taskRef": task, "input": input}],
            "output": {"given": "{{tasks.broken.output}}"},
        }
        document = {
            "apiVersion": "workflow.io/v1",
            "kind": "Workflow",
            "metadata": {"name": "failing", "namespace": "test"},
            "spec": spec,
        }
        path.write_text(json.dumps(document))
        until(lambda: engine.detail("failing").get("ready"), f"a workflow of {task}")

    yield publish
    path.unlink(missing_ok=True)
    until(lambda: engine.http.get("/api/v1/workflows/failing").status_code == 404, "the workflow to be gone")


def test_an_upstream_that_fails_is_a_502(engine: Engine, failing: Any):
    """The failed task, its attempts, the upstream's own words and what they mean: never a 2xx."""
    failing("fail-unavailable")
    answer = engine.http.post("/workflows/failing", json={})
    told = answer.json()
    assert (answer.status_code, told["code"], told["failedTask"]) == (502, "UPSTREAM_ERROR", "broken")
    assert told["error"]["originalError"]["status"] == 503
    assert told["error"]["normalizedError"]["code"] == "UNAVAILABLE"
    assert told["tasks"][0]["attempts"] >= 1
    assert told["effects"] == "none"
    kept = engine.execution(answer.headers["Wf-Execution-Id"])
    assert (kept["status"], kept["told"]["httpStatus"]) == ("failed", 502)
