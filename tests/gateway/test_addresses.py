"""Which of many addresses a path means."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wf_gateway.addresses import Table, Taken, parameters_of
from wfcore.bundle import Route


def table(*routes: str) -> Table[str]:
    """Routes written as `GET /path`, each answered by its own text."""
    return Table((Route(*route.split(" ")), route) for route in routes)


def found(table: Table[str], asked: str) -> Any:
    """The route and its texts, or the methods there are."""
    method, path = asked.split(" ")
    answer = table.find(method, path)
    return (answer.target, answer.texts) if isinstance(answer, Taken) else set(answer)


USERS = (
    "GET /users/{id}",
    "PUT /users/{id}",
    "GET /users/me",
    "GET /users/{id}/orders/{order}",
    "GET /{kind}/list",
    "POST /",
    "HEAD /pulse",
)

CASES = {
    "GET /users/7": ("GET /users/{id}", {"id": "7"}),
    "PUT /users/7": ("PUT /users/{id}", {"id": "7"}),
    "GET /users/me": ("GET /users/me", {}),
    "PUT /users/me": ("PUT /users/{id}", {"id": "me"}),
    "GET /users/7/orders/8": ("GET /users/{id}/orders/{order}", {"id": "7", "order": "8"}),
    "GET /users/list": ("GET /users/{id}", {"id": "list"}),
    "GET /shops/list": ("GET /{kind}/list", {"kind": "shops"}),
    "POST /": ("POST /", {}),
    "HEAD /users/7": ("GET /users/{id}", {"id": "7"}),
    "HEAD /pulse": ("HEAD /pulse", {}),
    "GET /pulse": {"HEAD"},
    "DELETE /users/7": {"GET", "HEAD", "PUT"},
    "POST /users/me": {"GET", "HEAD", "PUT"},
    "GET /users": set(),
    "GET /users/": set(),
    "GET /users/7/": set(),
    "GET /users//orders/8": set(),
    "GET /Users/me": set(),
    "GET /users/7/orders": set(),
    "GET /": {"POST"},
}


@pytest.mark.parametrize("asked", CASES)
def test_a_path_means_one_route(asked: str):
    """Fixed segments before parameters, from left to right; a parameter is never empty; HEAD goes where GET goes."""
    assert found(table(*USERS), asked) == CASES[asked]


def test_the_order_of_publication_does_not_matter():
    """Whatever was published first: the same answers."""
    for order in permutations(USERS[:4]):
        made = table(*order)
        for asked in list(CASES)[:5]:
            assert found(made, asked) == CASES[asked], order


def test_of_two_equal_ones_the_first_answers():
    """The names of parameters make no difference: never two answers for one request."""
    made = table("GET /users/{id}", "GET /users/{userId}")
    assert found(made, "GET /users/7") == ("GET /users/{id}", {"id": "7"})


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a%20b", "a b"),
        ("a+b", "a+b"),
        ("a%2Fb", "a/b"),
        ("%2e%2e", ".."),
        ("caf%C3%A9", "café"),
        ("100%2525", "100%25"),
        ("%", "%"),
        ("a%7Bb%7D", "a{b}"),
    ],
)
def test_a_text_is_decoded_once(written: str, text: str):
    """Each segment by itself, after the path was split; `+` is no space in a path."""
    assert found(table("GET /files/{name}"), f"GET /files/{written}") == ("GET /files/{name}", {"name": text})


@pytest.mark.parametrize("declared", ["/café", "/caf%C3%A9"])
def test_fixed_segments_are_compared_decoded(declared: str):
    """However a fixed segment is spelt in the definition or in the request."""
    assert found(table(f"GET {declared}"), "GET /caf%C3%A9")[1] == {}


def test_a_thousand_routes_are_told_apart():
    """Each of a thousand finds its own workflow."""
    made = table(*(f"GET /things/{number}/{{id}}/parts/{{part}}" for number in range(1000)))
    for number in (0, 500, 999):
        target = f"GET /things/{number}/{{id}}/parts/{{part}}"
        assert found(made, f"GET /things/{number}/a/parts/b") == (target, {"id": "a", "part": "b"})


def test_a_path_that_goes_on_past_all_routes():
    """Many fit its beginning and none its end: it is nobody's."""
    ways = ["{x}" if at % 2 else "a" for at in range(12)]
    made = table("GET /" + "/".join(ways) + "/end", "GET /" + "/".join("a" for _ in range(12)) + "/end")
    assert found(made, "GET /" + "a/" * 12 + "nowhere") == set()


def test_names_in_a_path():
    """In their order; a fixed segment has none."""
    assert parameters_of("/users/{userId}/orders/{order}/all") == ("userId", "order")


SEGMENTS = st.sampled_from(["a", "b", "{x}", "{y}"])
ROUTES = st.lists(
    st.builds(lambda parts: "/" + "/".join(parts), st.lists(SEGMENTS, min_size=1, max_size=4)), max_size=8
)
PATHS = st.builds(lambda parts: "/" + "/".join(parts), st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=4))


def fits(route: str, path: str) -> bool:
    """Whether a path has the shape of a route, looked at segment by segment."""
    pairs = list(zip(route.split("/"), path.split("/"), strict=False))
    alike = len(route.split("/")) == len(path.split("/"))
    return alike and all(asked == said or (said.startswith("{") and asked != "") for said, asked in pairs)


@given(ROUTES, PATHS)
def test_the_tree_finds_what_comparing_with_every_route_finds(routes: list[str], path: str):
    """The one with the earliest fixed segments, and of equal shapes the first; nothing where none fits."""
    fitting = [route for route in routes if fits(route, path)]
    answer = Table((Route("GET", route), route) for route in routes).find("GET", path)
    if not fitting:
        assert answer == frozenset()
        return
    best = min(fitting, key=lambda route: [segment.startswith("{") for segment in route.split("/")])
    assert isinstance(answer, Taken)
    assert answer.target == best
