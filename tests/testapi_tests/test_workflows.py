"""The five sample workflows run as they stand, again and again."""

import jsonschema_rs
import pytest
from tests.testapi_tests.playing import examples, faults, play, specs, workflows

from wfcore import template

EXAMPLES = [pytest.param(name, values, id=f"{name}-{example}") for name, example, values in examples()]


def test_there_are_five():
    """Those of the demo, each with examples and a typed output."""
    assert workflows().keys() == {
        "order-processing",
        "user-onboarding",
        "payment-with-retry",
        "bulk-notifications",
        "inventory-check",
    }
    assert all(spec["examples"] and spec["outputSchema"] for spec in workflows().values())


@pytest.mark.parametrize("name", sorted(workflows()))
def test_what_is_handed_on_fits_for_certain(name):
    """Each task's input, and the output, is proven to fit by schemas alone: nothing is left to luck."""
    spec = workflows()[name]
    tasks = {entry["id"]: specs()["WorkflowTask", entry["taskRef"]] for entry in spec["tasks"]}
    outputs = {task: an_object({"output": whole["outputSchema"]}) for task, whole in tasks.items()}
    scope = an_object({"input": spec["inputSchema"], "tasks": an_object(outputs)})
    for entry in spec["tasks"]:
        assert covers(tasks[entry["id"]]["inputSchema"], entry["input"], scope) == "yes", entry["id"]
    assert covers(spec["outputSchema"], spec["output"], scope) == "yes"


def an_object(properties):
    """Return the schema of an object that has exactly these properties."""
    return {"type": "object", "required": list(properties), "properties": properties, "additionalProperties": False}


def covers(taker, value, scope):
    """Say whether the schema takes whatever the template can give: yes, no or unknown."""
    given = template.infer(template.parse(value), scope)
    assert given.problems == []
    options = {"validate_formats": True, "pattern_options": jsonschema_rs.RegexOptions()}
    closed = jsonschema_rs.canonicalize(closing(given.schema), **options)
    return str(jsonschema_rs.canonicalize(taker, **options).covers(closed))


def closing(schema):
    """Close every object of the schema, as values are pruned to what is declared."""
    match schema:
        case {"properties": _}:
            return {"additionalProperties": False} | {keyword: closing(inner) for keyword, inner in schema.items()}
        case dict():
            return {keyword: closing(inner) for keyword, inner in schema.items()}
        case list():
            return [closing(inner) for inner in schema]
    return schema


@pytest.mark.parametrize(("name", "values"), EXAMPLES)
def test_an_example_runs_twice(client, name, values):
    """Nothing is used up, and both outputs fit the declared schema."""
    spec = workflows()[name]
    for _ in range(2):
        assert faults(spec["outputSchema"], play(client, spec, values)) == []


def test_an_order_ends_confirmed_and_paid(client):
    """The shortest call gives a whole order."""
    output = play(client, workflows()["order-processing"], {"orderId": "42"})
    assert (output["reference"], output["status"], output["payment"]["status"]) == ("42", "confirmed", "captured")


def test_a_payment_with_retry_fails_first(client):
    """Both steps fail as often as asked before they succeed: the upstream has seen each failure."""
    output = play(client, workflows()["payment-with-retry"], {"amountCents": 1999, "failures": 2})
    assert output["status"] == "captured"
    seen = client.get("/_log", params={"path": f"/payments/{output['paymentId']}*"}).json()["items"]
    assert [request["status"] for request in seen] == [503, 503, 200, 503, 503, 200]
