"""One HTTP call in, a DAG of HTTP tasks, the composed answer out; the execution stands in the database."""

import pytest

from tests.story.engine import Engine
from wfcore import schema

pytestmark = pytest.mark.story

WORKFLOWS = ["order-processing", "user-onboarding", "payment-with-retry", "bulk-notifications", "inventory-check"]


def test_it_says_where_everything_is(engine: Engine):
    """The ready line names every address, every service in a process of its own, and the published workflows."""
    said = engine.said
    assert said["ready"] is True
    assert set(said["services"]) >= {"gateway", "planner", "executor", "operator-watcher", "history-writer"}
    assert len({service["pid"] for service in said["services"].values()}) == len(said["services"])
    assert sorted(said["workflows"]) == sorted(f"test/{name}" for name in WORKFLOWS)


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_example_runs_as_it_stands(engine: Engine, workflow: str):
    """Each example of each workflow is answered 200 with an output of the declared schema, and kept with every call."""
    detail = engine.detail(workflow)
    answers = schema.compile(detail["outputSchema"])
    assert detail["examples"]
    for example in detail["examples"]:
        answer = engine.execute(workflow, example["input"])
        assert answer.status_code == 200, answer.text
        envelope = answer.json()
        assert answer.headers["Wf-Execution-Id"] == envelope["executionId"]
        assert not answers.violations(envelope["output"])
        assert {task["status"] for task in envelope["tasks"]} == {"succeeded"}
        kept = engine.execution(envelope["executionId"])
        assert kept["status"] == "succeeded"
        assert kept["told"]["httpStatus"] == 200
        assert kept["output"] == envelope["output"]
        calls = {task["id"]: len(task["calls"]) for task in kept["tasks"]}
        assert calls == {task["id"]: task["attempts"] for task in envelope["tasks"]}


def test_a_bare_call_answers_the_output_alone(engine: Engine):
    """POST /workflows/{name} gives the composed answer and nothing around it."""
    example = engine.detail("inventory-check")["examples"][0]["input"]
    bare = engine.http.post("/workflows/inventory-check", json=example)
    assert list(bare.json()) == list(engine.execute("inventory-check", example).json()["output"])
    assert engine.execution(bare.headers["Wf-Execution-Id"])["status"] == "succeeded"


def test_attempts_are_counted_and_kept(engine: Engine):
    """A bank that fails first is asked again under the same key; every try is in the history with its own answer."""
    example = engine.detail("payment-with-retry")["examples"][-1]["input"]
    envelope = engine.execute("payment-with-retry", example).json()
    tries = {task["id"]: task["attempts"] for task in envelope["tasks"]}
    assert tries["authorization"] > 1
    kept = engine.execution(envelope["executionId"])
    (authorization,) = [task for task in kept["tasks"] if task["id"] == "authorization"]
    statuses = [call["status"] for call in authorization["calls"]]
    assert statuses[-1] // 100 == 2
    assert all(status >= 500 for status in statuses[:-1])


def test_executions_are_listed_newest_first(engine: Engine):
    """The list of a workflow has its newest execution on top and turns pages by cursor."""
    example = engine.detail("inventory-check")["examples"][0]["input"]
    ids = [engine.execute("inventory-check", example).json()["executionId"] for _ in range(3)]
    for id in ids:
        engine.execution(id)
    address = "/api/v1/workflows/inventory-check/executions"
    first = engine.http.get(address, params={"limit": 2}).json()
    assert [item["executionId"] for item in first["items"]] == ids[:0:-1]
    second = engine.http.get(address, params={"limit": 2, "cursor": first["next"]}).json()
    assert second["items"][0]["executionId"] == ids[0]
