"""Every operation answers its own example as it declares, again and again, in any order."""

from random import Random

import pytest
from tests.testapi_tests.calling import call, faults, names, operations


@pytest.mark.parametrize("name", names())
def test_an_example_gets_the_declared_answer(client, name):
    """The answer to the example fits its declared schema, or is the failure that it is meant to be."""
    answer = call(client, name)
    assert faults(name, answer) == []
    facts = operations()[name][2]["x-workflow"]
    if "expectedStatus" in facts:
        assert answer.status_code == facts["expectedStatus"]
    elif "retry" not in facts:
        assert answer.is_success


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_examples_work_in_any_order(client, seed):
    """No example takes anything away that another one, or the same one later, needs."""
    shuffled = sorted(names())
    Random(seed).shuffle(shuffled)
    statuses = {name: call(client, name).status_code for name in shuffled}
    facts = {name: operations()[name][2]["x-workflow"] for name in shuffled}
    wrong = {
        name: status
        for name, status in statuses.items()
        if not (200 <= status < 300 or status == facts[name].get("expectedStatus") or "retry" in facts[name])
    }
    assert wrong == {}


@pytest.mark.parametrize("name", [name for name in names() if "retry" in operations()[name][2]["x-workflow"]])
def test_an_example_that_fails_at_first_succeeds_within_its_attempts(client, name):
    """As many tries as the task makes are enough."""
    attempts = operations()[name][2]["x-workflow"]["retry"]["maxAttempts"]
    assert any(call(client, name).is_success for _ in range(attempts))


def test_ten_thousand_elements_fit_into_a_task_value(client):
    """The largest answer stays below 2 MiB."""
    answer = call(client, "list-ten-thousand")
    assert len(answer.json()) == 10_000
    assert len(answer.content) < 2 * 1024 * 1024


def test_bad_input_is_told_field_by_field(client):
    """Each part of the request that does not fit has its own pointer."""
    answer = client.post("/orders", json={"reference": "a b", "items": [{"sku": "SKU-1", "quantity": 0}], "more": 1})
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/body/reference",
        "/body/items/0/quantity",
        "/body/more",
    }
