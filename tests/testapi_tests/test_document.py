"""The OpenAPI document: complete, exact, and said in words."""

import json
import re
from collections import Counter

import pytest
from tests.testapi_tests.calling import document, names, operations


def test_there_are_exactly_100_operations_in_their_families():
    """Each family has as many operations as was asked for, 100 together."""
    families = Counter(tag for _, _, operation in operations().values() for tag in operation["tags"])
    assert families == {
        "primitives": 10,
        "arrays": 10,
        "orders": 15,
        "inventory": 10,
        "payments": 15,
        "users": 15,
        "notifications": 10,
        "errors": 10,
        "retries": 5,
    }
    assert len(operations()) == 100


def test_it_is_openapi_3_1_and_served(client):
    """The document says its version, and `/openapi.json` is the same document."""
    assert document()["openapi"].startswith("3.1")
    assert client.get("/openapi.json").json() == json.loads(json.dumps(document()))


@pytest.mark.parametrize("name", names())
def test_an_operation_tells_what_it_is(name):
    """Its id can name a task, it is described, and it has an example."""
    _, _, operation = operations()[name]
    assert re.fullmatch("[a-z]+(-[a-z]+)*", name)
    assert operation["description"].strip()
    assert "example" in operation["x-workflow"]


@pytest.mark.parametrize("name", names())
def test_an_operation_declares_its_failures_as_problems(name):
    """Every declared failure is a problem; what takes input declares 422."""
    _, _, operation = operations()[name]
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            assert list(response["content"]) == ["application/problem+json"]
    takes_input = operation.get("parameters") or "requestBody" in operation
    assert not takes_input or {"422", "4XX"} & operation["responses"].keys()


def test_no_optional_field_of_the_shop_is_written_as_null():
    """Optional means absent: nobody meets `anyOf` with null where a key may be left out."""
    for schema in document()["components"]["schemas"].values():
        for field in schema.get("properties", {}).values():
            assert {"type": "null"} not in field.get("anyOf", [])


def test_every_object_is_closed():
    """An object of the shop lists all its fields."""
    schemas = document()["components"]["schemas"]
    assert [name for name, schema in schemas.items() if schema.get("additionalProperties") is not False] == []
