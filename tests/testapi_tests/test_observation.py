"""What tests see of the upstream, and how they hold it: log, gates, delays, failures."""

import threading

import httpx
import pytest


@pytest.fixture
def execution(fresh_key) -> str:
    """The id of an execution that nobody else uses."""
    return f"execution-{fresh_key}"


def logged(client: httpx.Client, **wanted: str) -> list[dict]:
    """Return what the log has."""
    return client.get("/_log", params=wanted).json()["items"]


def awaited(client: httpx.Client, **wanted: str | int) -> httpx.Response:
    """Wait for the log."""
    return client.get("/_log/wait", params=wanted)


def test_every_request_is_written_down(client, execution):
    """Method, path, query, headers, size of the body, and the answer's status."""
    headers = {"Wf-Execution-Id": execution, "X-Attempt": "2", "Idempotency-Key": f"once-{execution}"}
    client.post("/primitives/echo?a=1", json=[1, 2], headers=headers)
    [entry] = logged(client, execution=execution)
    assert (entry["method"], entry["path"], entry["query"]) == ("POST", "/primitives/echo", {"a": "1"})
    assert entry["headers"]["x-attempt"] == "2"
    assert entry["headers"]["idempotency-key"] == f"once-{execution}"
    assert (entry["bodyBytes"], entry["status"]) == (5, 200)
    assert entry["arrivedMs"] <= entry["answeredMs"]


def test_the_log_is_filtered(client, execution):
    """By method and path, exactly or by the beginning."""
    headers = {"Wf-Execution-Id": execution}
    client.get("/orders", headers=headers)
    client.get("/orders/ord-1001", headers=headers)
    client.post("/orders/ord-1001/cancel", headers=headers)
    assert len(logged(client, execution=execution, path="/orders")) == 1
    assert len(logged(client, execution=execution, path="/orders*")) == 3
    assert len(logged(client, execution=execution, method="post")) == 1


def test_waiting_ends_when_enough_has_arrived(upstream_url, client, execution):
    """Nobody sleeps: the wait is answered by the request that makes it full."""
    answers: list[httpx.Response] = []
    waiting = threading.Thread(
        target=lambda: answers.append(
            httpx.get(f"{upstream_url}/_log/wait?execution={execution}&count=2&timeoutMs=60000", timeout=90)
        )
    )
    waiting.start()
    for _ in range(2):
        client.get("/primitives/null", headers={"Wf-Execution-Id": execution})
    waiting.join(60)
    assert answers[0].status_code == 200
    assert len(answers[0].json()["items"]) == 2


def test_waiting_in_vain_gives_up_with_what_there_is(client, execution):
    """After its time the wait answers 408 and what arrived so far."""
    client.get("/primitives/null", headers={"Wf-Execution-Id": execution})
    answer = awaited(client, execution=execution, count=2, timeoutMs=1)
    assert answer.status_code == 408
    assert len(answer.json()["items"]) == 1


def test_a_closed_gate_holds_requests_until_it_opens(upstream_url, client, execution, fresh_key):
    """The request has arrived but has no answer; opening the gate lets it through."""
    client.put(f"/_gate/{fresh_key}")
    assert fresh_key in client.get("/_gate").json()["closed"]
    headers = {"X-Test-Gate": fresh_key, "Wf-Execution-Id": execution}
    answers: list[httpx.Response] = []
    held = threading.Thread(
        target=lambda: answers.append(httpx.get(f"{upstream_url}/primitives/null", headers=headers, timeout=90))
    )
    held.start()
    assert awaited(client, execution=execution).json()["items"][0]["status"] is None
    client.delete(f"/_gate/{fresh_key}")
    held.join(60)
    assert answers[0].status_code == 200


def test_a_gate_can_stand_before_a_path(upstream_url, client, execution, fresh_key):
    """A request that knows nothing of gates is held as well, others are not."""
    client.put(f"/_gate/{fresh_key}", params={"path": "/primitives/guid"})
    headers = {"Wf-Execution-Id": execution}
    held = threading.Thread(target=lambda: httpx.get(f"{upstream_url}/primitives/guid", headers=headers, timeout=90))
    held.start()
    awaited(client, execution=execution)
    assert client.get("/primitives/null").status_code == 200
    assert logged(client, execution=execution, state="answered") == []
    client.delete("/_gate")
    held.join(60)
    assert len(logged(client, execution=execution, state="answered")) == 1


def test_a_client_that_leaves_is_noticed(upstream_url, client, execution, fresh_key):
    """A held request whose client goes away is written down as gone, and never answered."""
    client.put(f"/_gate/{fresh_key}")
    headers = {"X-Test-Gate": fresh_key, "Wf-Execution-Id": execution}
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{upstream_url}/primitives/null", headers=headers, timeout=httpx.Timeout(30, read=0.05))
    [entry] = awaited(client, execution=execution, state="gone").json()["items"]
    client.delete(f"/_gate/{fresh_key}")
    assert entry["status"] is None


def test_a_delay_is_kept(client, execution):
    """The answer comes no sooner than was asked for."""
    client.get("/primitives/null", headers={"X-Test-Delay-Ms": "30", "Wf-Execution-Id": execution})
    [entry] = logged(client, execution=execution)
    assert entry["answeredMs"] - entry["arrivedMs"] >= 29


def test_a_failure_by_header(client):
    """Any operation fails with the asked status, as a problem."""
    answer = client.get("/primitives/null", headers={"X-Test-Fail-Status": "502"})
    assert answer.status_code == answer.json()["status"] == 502


def test_a_failure_by_header_ends_after_so_many_times(client, fresh_key):
    """Counted per key."""
    headers = {"X-Test-Fail-Status": "503", "X-Test-Fail-Times": "2", "X-Test-Key": fresh_key}
    seen = [client.get("/primitives/null", headers=headers).status_code for _ in range(4)]
    assert seen == [503, 503, 200, 200]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Test-Delay-Ms": "soon"},
        {"X-Test-Fail-Status": "200"},
        {"X-Test-Fail-Status": "503", "X-Test-Fail-Times": "1"},
    ],
)
def test_a_wrong_wish_is_told(client, headers):
    """A test with a typing error does not pass by accident."""
    answer = client.get("/primitives/null", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_TEST_HEADER")


def test_the_log_can_be_cleared(upstream_url, client, execution):
    """Afterwards nothing of before is there."""
    client.get("/primitives/null", headers={"Wf-Execution-Id": execution})
    assert client.delete("/_log").status_code == 204
    assert logged(client, execution=execution) == []


def test_the_tests_own_door_is_not_in_the_document(client):
    """Paths that begin with /_ are no operations of the shop, and are not logged."""
    assert not [path for path in client.get("/openapi.json").json()["paths"] if path.startswith("/_")]
    assert client.get("/_health").json() == {"status": "ok"}
    assert logged(client, path="/_*") == []
