"""What is callable follows the live pointers, whatever arrives first."""

import asyncio
import hashlib

import pytest
from msgspec.structs import replace

from tests.gateway.conftest import Place, a_house, a_place
from tests.planner.definitions import entry, workflow
from tests.wfservice.waiting import until
from wf_gateway import published
from wfcore import bundle, subjects
from wfcore.messages import LivePointer
from wfservice import blobs
from wfservice.bus.wire import encode


async def test_a_pointer_whose_bundle_comes_late(place: Place):
    """The bundle is not stored yet: the workflow is not there, all others answer, and it appears with its bundle."""
    pointer = place.house.pointer("profile")
    assert pointer is not None
    name, data = bundle.pack(replace(await place.house.bundle("profile"), workflow="tardy"))
    late = LivePointer(
        namespace="shop", workflow="tardy", bundle=name, version="v", release="r", revision=pointer.revision, at=1
    )
    await place.bus.bucket(subjects.LIVE).put("shop.tardy", encode(late))
    assert (await place.bare(workflow="tardy")).status_code == 404
    assert (await place.bare()).status_code == 200
    await blobs.put(place.bus, subjects.BUNDLES, name, data)

    async def served() -> bool:
        return (await place.bare(workflow="tardy")).status_code == 200

    await until(served)
    await place.bus.bucket(subjects.LIVE).delete("shop.tardy")
    await until(lambda: "tardy" not in {each.pointer.workflow for each in place.gateway._catalogue})


async def test_a_lost_bundle_keeps_no_gateway_from_starting(monkeypatch: pytest.MonkeyPatch):
    """Two pointers lead nowhere, to nothing and to nonsense: a new gateway starts and serves all the others."""
    monkeypatch.setattr(published, "FETCH_SECONDS", 0.1)
    async with a_house() as house:
        nonsense = hashlib.sha256(b"nonsense").hexdigest()
        await blobs.put(house.bus, subjects.BUNDLES, nonsense, b"nonsense")
        for name, hash in (("lost", "0" * 64), ("odd", nonsense)):
            pointer = LivePointer(
                namespace="shop", workflow=name, bundle=hash, version="v", release="r", revision=1, at=1
            )
            await house.bus.bucket(subjects.LIVE).put(f"shop.{name}", encode(pointer))
        async with asyncio.timeout(30), a_place(house) as place:
            assert (await place.bare()).status_code == 200
            for name in ("lost", "odd"):
                assert (await place.bare(workflow=name)).status_code == 404


async def test_the_last_of_many_versions_serves(place: Place):
    """Ten versions in a row: what is called in the end is the last, and each call ran a version that was published."""
    for number in range(10):
        await place.house.apply(workflow("hurried", entry("user", "get-user"), description=str(number)))

    async def last() -> bool:
        return place.serves("hurried") and (await place.house.bundle("hurried")).description == "9"

    await until(last)
    assert (await place.bare(workflow="hurried")).status_code == 200
    pointer = place.house.pointer("hurried")
    assert pointer is not None
    assert place.executor.started[-1].bundle == pointer.bundle
