"""Two workflows want one address: the older has it, the other is published without, and says so."""

from tests.planner.conftest import House
from tests.planner.definitions import entry, task, upstream, workflow
from tests.wfservice.waiting import until
from wfcore.bundle import Route


def routed(name: str, path: str = "/people/{id}", **more: object) -> str:
    return workflow(name, entry("user", "get-user"), route={"method": "GET", "path": path}, **more)


async def route(house: House, name: str) -> Route | None:
    return (await house.bundle(name)).route if house.pointer(name) else None


async def shop(house: House, *workflows: str) -> None:
    await house.apply(upstream(), task("get-user"), *workflows)
    await house.plan()


def status(house: House, name: str) -> str:
    condition = house.conditions("Workflow", name).get("RouteConflict")
    return condition.status if condition else ""


async def test_the_first_applied_has_it(house: House):
    """Whatever their names are; both are ready, and both say how their address stands."""
    await shop(house, routed("zebra"), routed("ant"))
    assert await route(house, "zebra") == Route("GET", "/people/{id}")
    assert await route(house, "ant") is None
    assert (status(house, "zebra"), status(house, "ant")) == ("False", "True")
    assert house.ready("Workflow", "zebra")()
    assert house.ready("Workflow", "ant")()
    message = house.conditions("Workflow", "ant")["RouteConflict"].message
    assert message == "GET /people/{id} is the address of Workflow shop/zebra, which had it first"


async def test_without_a_route_there_is_no_such_condition(house: House):
    """As before."""
    await shop(house, workflow("plain", entry("user", "get-user")))
    assert status(house, "plain") == ""


async def test_a_change_does_not_lose_it(house: House):
    """The holder is applied anew, also broken: it keeps the address that its last good version answers."""
    await shop(house, routed("zebra"), routed("ant"))
    await house.apply(routed("zebra", description="touched"))
    await until(lambda: house.verdict("Workflow", "zebra").revision > 4)  # type: ignore[union-attr]
    assert (status(house, "zebra"), status(house, "ant")) == ("False", "True")
    await house.apply(routed("zebra", timeuot="1s"))
    await house.until_refused("Workflow", "zebra")
    await house.apply(routed("ant", description="now?"))

    async def touched() -> bool:
        return (await house.bundle("ant")).description == "now?"

    await until(touched)
    assert (status(house, "zebra"), status(house, "ant")) == ("False", "True")
    assert await route(house, "ant") is None


async def test_another_planner_remembers(house: House):
    """After a restart it is the holder's still, though the other definition is the older text by now."""
    await shop(house, routed("zebra"), routed("ant"))
    await house.leave()
    await house.apply(routed("zebra", description="touched"))
    await house.plan()
    assert (await house.bundle("zebra")).description == "touched"
    assert await route(house, "zebra") == Route("GET", "/people/{id}")
    assert await route(house, "ant") is None


async def test_it_passes_on(house: House):
    """The holder moves to another address: the one that waited longest gets it, the third goes on waiting."""
    await shop(house, routed("one"), routed("two"), routed("three"))
    assert [status(house, name) for name in ("one", "two", "three")] == ["False", "True", "True"]
    await house.apply(routed("one", "/elsewhere/{id}"))
    await until(lambda: status(house, "two") == "False")
    assert await route(house, "two") == Route("GET", "/people/{id}")
    assert await route(house, "one") == Route("GET", "/elsewhere/{id}")
    await until(lambda: "shop/two" in house.conditions("Workflow", "three")["RouteConflict"].message)
    await house.delete("Workflow", "two")
    await until(lambda: status(house, "three") == "False")
    assert await route(house, "three") == Route("GET", "/people/{id}")


async def test_who_wants_it_no_more_is_free_of_it(house: House):
    """The waiting one drops its route: the condition goes."""
    await shop(house, routed("one"), routed("two"))
    await house.apply(workflow("two", entry("user", "get-user")))
    await until(lambda: status(house, "two") == "")
    assert status(house, "one") == "False"
