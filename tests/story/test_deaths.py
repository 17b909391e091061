"""Processes die and stand still; the answers stay true."""

import concurrent.futures
import os
import signal
import time
from collections.abc import Iterator

import pytest

from tests.story.engine import Engine
from tests.waiting import until

pytestmark = pytest.mark.story

SERVICES = ["planner", "executor", "operator-watcher", "history-writer", "gateway"]
READ = {"skus": ["SKU-1", "SKU-2", "SKU-3"]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_service_comes_back(engine: Engine, service: str):
    """SIGKILL a service: it is started again in a new process, that is said, and calls are answered as before."""
    before = engine.pid(service)
    os.kill(before, signal.SIGKILL)

    def back() -> bool:
        try:
            return engine.pid(service) != before
        except AssertionError:
            return False

    until(back, f"{service} to come back")
    until(lambda: _answers(engine), f"an answer after {service} came back")
    until(lambda: service in engine.log, "dev to say so")


def _answers(engine: Engine) -> bool:
    try:
        return engine.execute("inventory-check", READ).status_code == 200
    except Exception:
        return False


def test_a_dead_planner_changes_nothing(engine: Engine):
    """SIGKILL of the planner during load: every single call succeeds, no call waits for it."""
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        first = [clients.submit(engine.execute, "inventory-check", READ) for _ in range(40)]
        concurrent.futures.wait(first, return_when=concurrent.futures.FIRST_COMPLETED)
        os.kill(engine.pid("planner"), signal.SIGKILL)
        rest = [clients.submit(engine.execute, "inventory-check", READ) for _ in range(160)]
        statuses = [call.result().status_code for call in first + rest]
    assert statuses == [200] * 200


def test_a_stopped_executor_never_doubles_a_payment(engine: Engine):
    """SIGSTOP for 3 s while a POST is at the upstream: it arrives once, and the answer says what happened."""
    example = engine.detail("order-processing")["examples"][0]["input"]
    engine.upstream.delete("/_log")
    with concurrent.futures.ThreadPoolExecutor(1) as client, engine.gate("/orders") as open_gate:
        call = client.submit(engine.execute, "order-processing", example)
        (order,) = engine.arrived(method="POST", path="/orders")
        with engine.paused("executor"):
            open_gate()
            engine.arrived(method="POST", path="/orders", state="answered")
            # The upstream's own clock ends the pause: a request that it answers after three seconds.
            engine.upstream.get("/products", headers={"X-Test-Delay-Ms": "3000"})
        answer = call.result()
    assert len(engine.requests(method="POST", path="/orders")) == 1
    told = answer.json()
    if answer.status_code == 200:
        assert told["status"] == "succeeded"
    else:
        assert told["effects"] in ("possible", "confirmed")
    kept = engine.execution(answer.headers["Wf-Execution-Id"])
    assert kept["told"]["httpStatus"] == answer.status_code
    assert order["headers"]["wf-execution-id"] == answer.headers["Wf-Execution-Id"]


PATIENT = """\
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: patient, namespace: test}
spec:
  timeout: 30s
  inputSchema: {type: object, properties: {}}
  tasks:
    - {id: price, taskRef: get-price, input: {sku: SKU-1}, timeout: 28s}
    - {id: stock, taskRef: get-availability, input: {sku: SKU-1}, timeout: 28s}
  output: {left: "{{tasks.stock.output.available}}", price: "{{tasks.price.output.unitCents}}"}
"""


CAREFUL = """\
apiVersion: workflow.io/v1
kind: Workflow
metadata: {name: careful, namespace: test}
spec:
  timeout: 30s
  inputSchema: {type: object, properties: {}}
  tasks:
    - {id: stock, taskRef: get-availability, input: {sku: SKU-1}, timeout: 14s}
    - id: reserved
      taskRef: reserve-stock
      input: {orderId: ord-1001, items: [{sku: "{{tasks.stock.output.sku}}", quantity: 1}]}
      timeout: 14s
  output: {reservation: "{{tasks.reserved.output}}"}
"""


@pytest.fixture
def careful(engine: Engine) -> Iterator[None]:
    """A workflow that looks before it acts."""
    with engine.published("careful", CAREFUL):
        yield


@pytest.fixture
def patient(engine: Engine) -> Iterator[None]:
    """A workflow with time enough for every stall."""
    with engine.published("patient", PATIENT):
        yield


@pytest.mark.usefixtures("careful")
def test_an_executor_stopped_before_its_licence_acts_at_most_once(engine: Engine):
    """Stopped while only a safe call was out: asked again elsewhere; the late attempt may not act: one POST at most."""
    engine.upstream.delete("/_log")
    with concurrent.futures.ThreadPoolExecutor(1) as client, engine.gate("/inventory/SKU-1") as open_gate:
        call = client.submit(engine.execute, "careful", {})
        engine.arrived(path="/inventory/SKU-1")
        with engine.paused("executor"):
            open_gate()
            until(lambda: engine.metric("gateway", "wf_asked_again_total") > 0, "the run to be asked again")
        answer = call.result()
    posts = engine.requests(method="POST", path="/reservations")
    assert len(posts) <= 1
    if answer.status_code == 200:
        assert len(posts) == 1
    elif answer.json()["effects"] == "none":
        assert not posts


@pytest.mark.usefixtures("patient")
def test_short_stalls_are_no_deaths(engine: Engine):
    """32 runs in flight, executor and gateway each standing still for 300 ms: nobody is asked twice, all succeed."""
    asked_again = engine.metric("gateway", "wf_asked_again_total")
    engine.upstream.delete("/_log")
    with concurrent.futures.ThreadPoolExecutor(32) as clients, engine.gate("/products/SKU-1/price") as open_gate:
        calls = [clients.submit(engine.execute, "patient", {}) for _ in range(32)]
        engine.arrived(32, path="/products/SKU-1/price")
        for _ in range(3):
            for service in ("executor", "gateway"):
                with engine.paused(service):
                    _stand_still(0.3)
        open_gate()
        more = [clients.submit(engine.execute, "patient", {}) for _ in range(64)]
        with engine.paused("executor", "gateway"):
            _stand_still(0.3)
        statuses = [call.result().status_code for call in calls + more]
    assert statuses == [200] * 96
    assert engine.metric("gateway", "wf_asked_again_total") == asked_again


def _stand_still(seconds: float) -> None:
    """The fault itself, not a wait: for so long the processes do not turn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
