"""Mocks are read strictly: one that stands in for nothing is told at once."""

from typing import Any

import pytest
from tests.wfcore.tried import tried

from wfcore import jsontext, mocking, program
from wfcore.errors import WorkflowError
from wfcore.events import CallFailed, CallSucceeded
from wfcore.mocking import NoMock

TEXT = """apiVersion: workflow.io/v1
kind: Upstream
metadata: {name: api}
spec: {url: https://api.example.com}
---
apiVersion: workflow.io/v1
kind: WorkflowTask
metadata: {name: check}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string}}}
  http:
    upstream: api
    method: GET
    path: /stock/{{input.sku}}
    output: {code: "{{response.status}}", left: "{{response.body}}"}
  timeout: 1s
---
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: page}
spec:
  inputSchema: {type: object, properties: {skus: {type: array, maxItems: 5, items: {type: string}}}}
  tasks:
    - id: stock
      forEach: {items: "{{input.?skus.orValue([])}}", as: sku}
      tasks: [{id: check, taskRef: check, input: {sku: "{{sku}}"}}]
    - {id: one, taskRef: check, input: {sku: A1}}
    - {id: none, transform: {from: []}}
  output: {one: "{{tasks.one.output}}"}
"""
PAGE = tried(TEXT)


@pytest.mark.parametrize(
    ("mocks", "said"),
    [
        ([], "`mocks` is an object"),
        ({"on": {"output": 1}}, "there is no task `on`; did you mean `one`?"),
        ({"stock.chek": {"output": 1}}, "there is no task `stock.chek`; did you mean `stock.check`?"),
        ({"stock": {"output": 1}}, "task `stock` calls nothing itself; mock what it calls: `stock.check`"),
        ({"none": {"output": 1}}, "task `none` calls nothing itself"),
        ({"one": 1}, "that of `one` is no mock: write {"),
        ({"one": {}}, "that of `one` is no mock"),
        ({"one": {"outptu": 1}}, "unknown field `outptu`; did you mean `output`?"),
        ({"one": {"output": 1, "status": 200}}, "that of `one` is one of"),
        ({"one": {"body": 1}}, "that of `one` is one of"),
        ({"one": {"fail": "UPSTREAM_TIMEOT"}}, "did you mean `UPSTREAM_TIMEOUT`?"),
        ({"one": {"status": "404"}}, "the status of `one` is a number"),
        ({"one": {"status": 600}}, "the status of `one` is a number"),
        ({"one": {"status": 200, "headers": {"a": 1}}}, "the headers of `one` are an object of text"),
    ],
)
def test_what_is_no_mock_is_refused(mocks: Any, said: str):
    """With a 400 that says what is wrong with which, and the nearest name."""
    with pytest.raises(WorkflowError) as caught:
        PAGE.mocks(mocks)
    assert caught.value.code == "PARAMETER_INVALID"
    assert said in caught.value.message


@pytest.mark.parametrize("name", ["check", "stock.check", "stock[0].check"])
def test_a_task_is_named_by_path_or_id(name: str):
    """For all items, for one, or wherever the id stands."""
    found = PAGE.mocks({name: {"output": 1}}).answer("stock[0].check", call("stock.check"), {})
    assert found is not None
    assert (found.source, found.name, found.is_output) == ("request", name, True)


def call(path: str) -> Any:
    return mocking.places(PAGE.bundle)[path].work


@pytest.mark.parametrize(
    ("mock", "answer"),
    [
        ({"status": 404, "body": {"a": 1}}, CallFailed),
        ({"status": 201, "body": {"a": 1}}, CallSucceeded),
        ({"fail": "UPSTREAM_UNAVAILABLE"}, CallFailed),
    ],
)
def test_a_status_is_a_success_where_the_task_says_so(mock: dict[str, Any], answer: type):
    """An upstream's answer is judged by the task's own success codes."""
    found = PAGE.mocks({"one": mock}).answer("one", call("one"), {})
    assert found is not None
    assert isinstance(found.answer, answer)


def test_the_output_of_a_response_is_made_by_the_task():
    """`output` is what the task gives; a `status` with a body is what it makes its output of."""
    assert answer_of({"one": {"output": {"code": 1, "left": 2}}}) == {"code": 1, "left": 2}
    assert answer_of({"one": {"status": 201, "body": 2}}) == {"code": 201, "left": 2}
    text = {"one": {"status": 200, "body": "yes", "headers": {"Content-Type": "text/plain"}}}
    assert answer_of(text) == {"code": 200, "left": "yes"}


def answer_of(mocks: dict[str, Any]) -> Any:
    end = PAGE.play({}, mocks)
    assert end.output is not None, end.failure
    return jsontext.decode(end.output, what="answer")["one"]  # type: ignore[index,call-overload]


def test_a_run_stops_at_the_first_call_without_a_mock():
    """The error names the task by its path, and how it is mocked."""
    with pytest.raises(NoMock, match=r"task `stock\[1\].check` calls `check`") as caught:
        PAGE.play({"skus": ["a", "b"]}, {"one": {"output": 1}, "stock[0].check": {"output": 1}})
    assert (caught.value.path, caught.value.task_ref) == ("stock[1].check", "check")


def test_time_passes_only_in_the_run():
    """Every call takes a millisecond, a pause before a retry its own time, and nobody waits for either."""
    end = mocking.play(program.compile(PAGE.bundle), {}, PAGE.mocks({"one": {"status": 503}}), at=5_000_000)
    (one,) = [task for task in end.tasks if task.id == "one"]
    assert (end.status, one.attempts, one.started_at) == ("failed", 2, 5_000_000)
    assert one.duration_us >= 2 * mocking.CALL_TAKES
