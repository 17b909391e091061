"""Who holds an address of its own, where several ask for one."""

from wf_planner.addresses import Addresses
from wfcore.bundle import Route
from wfcore.diagnostics import ObjectRef

ONE, TWO, THREE = (ObjectRef("Workflow", "shop", name) for name in ("one", "two", "three"))
PAGE = Route("GET", "/users/{id}")
SAME = Route("GET", "/users/{userId}")


def test_the_first_keeps_it():
    """Another name for the parameter makes no other address; who asks again holds on."""
    addresses = Addresses()
    for ref, route in ((ONE, PAGE), (TWO, SAME), (ONE, SAME)):
        assert addresses.ask(ref, route) == []
    assert addresses.holder(ONE) == addresses.holder(TWO) == ONE
    assert [addresses.refused(ref) for ref in (ONE, TWO, THREE)] == [False, True, False]


def test_another_method_is_another_address():
    """As is another path: nobody waits."""
    addresses = Addresses()
    for ref, route in ((ONE, PAGE), (TWO, Route("PUT", "/users/{id}")), (THREE, Route("GET", "/users/me"))):
        addresses.ask(ref, route)
        assert addresses.holder(ref) == ref


def test_the_spelling_of_a_fixed_segment_does_not_count():
    """Percent-encoded or not: the same requests reach it."""
    addresses = Addresses()
    addresses.ask(ONE, Route("GET", "/caf%C3%A9"))
    addresses.ask(TWO, Route("GET", "/café"))
    assert addresses.refused(TWO)


def test_it_passes_to_the_longest_waiting():
    """Moved elsewhere or gone: the next one is told, and so are those who go on waiting."""
    addresses = Addresses()
    for ref in (ONE, TWO, THREE):
        addresses.ask(ref, PAGE)
    assert addresses.ask(ONE, Route("GET", "/elsewhere")) == [TWO, THREE]
    assert (addresses.holder(ONE), addresses.holder(THREE)) == (ONE, TWO)
    assert addresses.ask(THREE, None) == []  # it held nothing, so nobody else is touched
    assert addresses.ask(TWO, None) == []
    assert addresses.holder(TWO) is None


def test_conditions():
    """None without an address; False for the holder; True for the one that waits, naming whom it waits for."""
    addresses = Addresses()
    assert addresses.conditions(ONE, {}, 0) == []
    addresses.ask(ONE, PAGE)
    addresses.ask(TWO, SAME)
    (held,), (taken,) = addresses.conditions(ONE, {}, 0), addresses.conditions(TWO, {}, 0)
    assert (held.type, held.status, held.reason) == ("RouteConflict", "False", "Held")
    assert (taken.status, taken.reason) == ("True", "AddressTaken")
    assert "GET /users/{userId} is the address of Workflow shop/one" in taken.message
    (later,) = addresses.conditions(TWO, {"RouteConflict": taken}, 10**15)
    assert later.last_transition_time == taken.last_transition_time
    (passed,) = addresses.conditions(ONE, {"RouteConflict": taken}, 10**15)
    assert passed.last_transition_time != taken.last_transition_time
