"""Both sides do the same work over the same upstream."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from loadtests.parts import Target

from loadtests import composition, parts
from wfcli import validating


@pytest.mark.parametrize("number", [0, 7, 999, 1000])
async def test_the_stub_answers_what_the_composition_expects(upstream: str, number: int):
    """Each of the three answers is JSON, and the same for the same target."""
    user = composition.user_id(number)
    async with httpx.AsyncClient(base_url=upstream) as client:
        found = (await client.get(f"/users/{user}")).json()
        orders = (await client.get(f"/accounts/{found['accountId']}/orders")).json()
        offers = (await client.get("/offers", params={"tier": found["tier"], "city": found["city"]})).json()
    assert composition.composed(user) == {
        "user": {name: found[name] for name in ("id", "name", "tier")},
        "orders": orders["items"],
        "orderCount": orders["total"],
        "offers": offers["items"],
    }


async def test_the_stub_answers_every_request_of_a_pipeline_in_order(upstream: str):
    """Two requests in one write, the second cut in half: two answers, in order."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(upstream.rpartition(":")[2]))
    writer.write(b"GET /users/u-1 HTTP/1.1\r\nHost: a\r\n\r\nGET /users/u-2 HT")
    writer.write(b"TP/1.1\r\nHost: a\r\n\r\n")
    for user in ("u-1", "u-2"):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert json.loads(await reader.readexactly(length))["id"] == user
    writer.close()


async def test_the_stub_has_nothing_where_there_is_nothing(upstream: str):
    """An unknown target is 404, so that a wrong path cannot pass for a fast one."""
    async with httpx.AsyncClient(base_url=upstream) as client:
        assert (await client.get("/nowhere")).status_code == 404


@pytest.mark.parametrize("number", [0, 7, 999])
async def test_the_floor_answers_the_composition(floor: Target, number: int):
    """What the load generator expects of the engine, it gets from the floor."""
    user = composition.user_id(number)
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"http://127.0.0.1:{floor.port}{floor.path}", json={"userId": user})
    assert (answer.status_code, answer.json()) == (200, composition.composed(user))


def test_the_engine_is_given_definitions_without_a_fault(tmp_path: Path, upstream: str):
    """The workflow of the bench is proven under --strict, with the schemas that an author would write."""
    checked = validating.check([parts.write_definitions(tmp_path, upstream)], strict=True)
    assert (checked.objects, checked.diagnostics) == (5, [])
