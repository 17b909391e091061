"""The whole language through the whole engine: lists, branches, workflows in workflows, failures answered for."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.story.engine import Engine

pytestmark = pytest.mark.story

BASKET = """\
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: priced, namespace: test}
spec:
  inputSchema: {type: object, required: [sku], properties: {sku: {type: string, pattern: "^SKU-[0-9]{1,6}$"}}}
  tasks:
    - {id: product, taskRef: get-product, input: {sku: "{{input.sku}}"}}
    - {id: stock, taskRef: get-availability, input: {sku: "{{input.sku}}"}}
  output: {sku: "{{input.sku}}", cents: "{{tasks.product.output.priceCents}}", left: "{{tasks.stock.output.available}}"}
---
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: basket, namespace: test}
spec:
  timeout: 20s
  inputSchema:
    type: object
    required: [skus]
    properties:
      skus: {type: array, maxItems: 5, items: {type: string, pattern: "^SKU-[0-9]{1,6}$"}}
      coupon: {type: string}
  route: {method: GET, path: /baskets}
  errors:
    - {when: "error.code == 'NOT_FOUND'", status: 404, code: NO_SUCH_PRODUCT, title: No such product}
  tasks:
    - id: lines
      forEach: {items: "{{input.skus}}", as: sku, maxParallel: 2}
      tasks: [{id: line, workflowRef: priced, input: {sku: "{{sku}}"}}]
      output: {at: "{{index}}", line: "{{tasks.line.output}}"}
    - id: cheap
      transform:
        from: "{{tasks.lines.output}}"
        steps: [{map: "{{item.line}}"}, {sort: [{by: "item.cents"}]}, {limit: 2}, {select: [sku, cents]}]
    - id: coupon
      taskRef: fail-not-found
      when: has(input.coupon)
      onError: skip
    - id: greeting
      taskRef: fail-conflict
      onError: fallback
      fallback: {output: "none of {{size(input.skus)}}"}
    - id: way
      switch:
        - when: size(tasks.lines.output) > 2
          tasks: [{id: gift, taskRef: get-product, input: {sku: SKU-1}}]
          output: "{{size($parent.tasks.lines.output)}} and {{tasks.gift.output.sku}}"
        - {default: true, output: small}
  output:
    lines: "{{tasks.lines.output}}"
    cheap: "{{tasks.cheap.output}}"
    couponWas: "{{tasks.coupon.status}}"
    couponError: "{{tasks.coupon.?error.?code}}"
    greeting: "{{tasks.greeting.output}}"
    way: "{{tasks.way.output}}"
"""


@pytest.fixture(scope="module")
def shop(engine: Engine) -> Iterator[Engine]:
    with engine.published("basket", BASKET):
        yield engine


def basket(engine: Engine, *skus: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = engine.execute("basket", {"skus": list(skus), **more}).json()
    return answer


def test_a_list_of_workflows_a_transform_and_a_branch_compose_one_answer(shop: Engine):
    """Items keep their order, the two cheapest are picked, the branch for many is taken, a value stands in."""
    answer = basket(shop, "SKU-1", "SKU-2", "SKU-3")
    assert answer["status"] == "succeeded", answer
    lines = [line["line"] for line in answer["output"]["lines"]]
    assert [line["sku"] for line in lines] == ["SKU-1", "SKU-2", "SKU-3"]
    cents = sorted(line["cents"] for line in lines)[:2]
    assert [line["cents"] for line in answer["output"]["cheap"]] == cents
    assert answer["output"]["way"] == "3 and SKU-1"
    assert answer["output"]["greeting"] == "none of 3"
    assert answer["output"]["couponWas"] == "skipped"
    assert "couponError" not in answer["output"]


def test_every_task_inside_is_in_the_history_with_its_path(shop: Engine):
    """Tasks of items and of workflows inside have paths; each call is found under its own."""
    answer = basket(shop, "SKU-1", "SKU-2")
    assert answer["output"]["way"] == "small"
    kept = shop.execution(answer["executionId"])
    tasks = {task["task" if "task" in task else "id"]: task for task in kept["tasks"]}
    assert {"lines", "lines[0].line", "lines[0].line.product", "lines[1].line.stock", "cheap"} <= set(tasks)
    assert tasks["coupon"]["status"] == "skipped"
    assert [call["status"] for call in tasks["lines[1].line.product"]["calls"]] == [200]


def test_a_skipped_failure_makes_the_answer_partial(shop: Engine):
    """200, status partial, and the error of the task can be read."""
    answer = basket(shop, coupon="x")
    assert (answer["status"], answer["output"]["couponError"]) == ("partial", "NOT_FOUND")
    assert answer["output"]["lines"] == []
    bare = shop.http.post("/workflows/basket", json={"skus": [], "coupon": "x"})
    assert bare.status_code == 200


def test_a_failure_deep_inside_is_told_by_the_workflows_own_rule(shop: Engine):
    """A product that nobody knows: the declared answer, with the path of the task that failed."""
    answer = shop.http.post("/workflows/basket", json={"skus": ["SKU-1", "SKU-999999"]})
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["title"]) == (404, "NO_SUCH_PRODUCT", "No such product")
    assert problem["failedTask"] in ("lines[1].line.product", "lines[1].line.stock")


def test_the_workflow_has_an_address_of_its_own(shop: Engine):
    """A GET with a repeated parameter runs it, as text that the schema makes a list of."""
    answer = shop.http.get("/baskets", params={"skus": ["SKU-1", "SKU-2"]})
    assert answer.status_code == 200, answer.text
    assert [line["line"]["sku"] for line in answer.json()["lines"]] == ["SKU-1", "SKU-2"]
    assert shop.http.get("/baskets", params={"skus": "none"}).status_code in (400, 422)
