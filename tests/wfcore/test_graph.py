"""The order of tasks: laws that hold for every graph, and the sizes that must not matter."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore import graph

DIAMOND = {
    "end": frozenset({"left", "right"}),
    "left": frozenset({"start"}),
    "right": frozenset({"start"}),
    "start": frozenset[str](),
}

Needs = dict[str, frozenset[str]]


@st.composite
def any_graphs(draw: st.DrawFn) -> Needs:
    """Any needs among up to eight tasks: cycles, loops on itself and unknown names included."""
    names = draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    return {name: frozenset(draw(st.lists(st.sampled_from([*names, "unknown"]), max_size=3))) for name in names}


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> Needs:
    """Tasks that need only tasks which come before them in some hidden order."""
    names = draw(st.permutations("abcdefgh"))
    return {
        name: frozenset(draw(st.lists(st.sampled_from(names[:at]), max_size=3))) if at else frozenset()
        for at, name in enumerate(names)
    }


def test_a_diamond_runs_its_sides_together():
    """Tasks that do not need each other stand in one group, and groups follow each other as the needs say."""
    assert graph.groups(DIAMOND) == (("start",), ("left", "right"), ("end",))


def test_ready_tasks_are_those_with_all_needs_done_that_are_not_settled():
    """Only what waits for nothing more, and was not started or ended itself, may start; the answer is sorted."""
    assert graph.ready(DIAMOND, set(), set()) == ("start",)
    assert graph.ready(DIAMOND, {"start"}, {"start"}) == ("left", "right")
    assert graph.ready(DIAMOND, {"start", "left"}, {"start", "left", "right"}) == ()


def test_dependents_turn_every_edge_around():
    """Each task knows those that wait for it, and a need that is no task is nobody's dependent."""
    assert graph.dependents(DIAMOND) == {
        "start": {"left", "right"},
        "left": {"end"},
        "right": {"end"},
        "end": frozenset(),
    }
    assert graph.dependents({"a": frozenset({"gone"})}) == {"a": frozenset()}


def test_the_critical_path_is_the_heaviest_chain():
    """The longest path adds the weights along one chain; equal chains are told apart by name."""
    assert graph.longest_path(DIAMOND, {"start": 1, "left": 2, "right": 5, "end": 1}) == (7, ("start", "right", "end"))
    assert graph.longest_path(DIAMOND, {}) == (0, ("start", "left", "end"))
    assert graph.longest_path({}, {}) == (0, ())


def test_a_cycle_is_told_whole():
    """All ids of a cycle are named in the order of the needs, and the first stands at the end again."""
    ring = {"a": frozenset({"b"}), "b": frozenset({"c"}), "c": frozenset({"a"}), "d": frozenset({"a"})}
    assert graph.cycle(ring) == ("a", "b", "c", "a")
    assert graph.cycle({"a": frozenset({"a"})}) == ("a", "a")
    assert graph.cycle(DIAMOND) is None


def test_a_graph_with_a_cycle_has_no_order():
    """groups and longest_path refuse a cycle with an error that holds it."""
    ring = {"a": frozenset({"b"}), "b": frozenset({"a"})}
    for ordering in (lambda: graph.groups(ring), lambda: graph.longest_path(ring, {})):
        with pytest.raises(graph.CycleError, match="a -> b -> a") as refused:
            ordering()
        assert refused.value.cycle == ("a", "b", "a")


def test_depth_and_size_are_no_limit():
    """A chain of 10,000 tasks is ordered, measured and searched for cycles without running out of stack."""
    size = 10_000
    chain = {f"t{at}": frozenset({f"t{at - 1}"} if at else set[str]()) for at in range(size)}
    assert graph.cycle(chain) is None
    assert len(graph.groups(chain)) == size
    assert graph.longest_path(chain, dict.fromkeys(chain, 1.0))[0] == size
    closed = {**chain, "t0": frozenset({f"t{size - 1}"})}
    found = graph.cycle(closed)
    assert found is not None
    assert len(found) == size + 1


@settings(deadline=None)
@given(acyclic_graphs())
def test_groups_hold_every_task_once_and_as_early_as_possible(needs: Needs):
    """All tasks are grouped once; each needs something of the group just before its own, and nothing later."""
    groups = graph.groups(needs)
    group_of = {task: at for at, group in enumerate(groups) for task in group}
    assert sorted(task for group in groups for task in group) == sorted(needs)
    for task, wanted in needs.items():
        assert group_of[task] == 1 + max((group_of[need] for need in wanted), default=-1)
    assert all(list(group) == sorted(group) for group in groups)


@settings(deadline=None)
@given(acyclic_graphs())
def test_starting_what_is_ready_runs_everything(needs: Needs):
    """Whoever starts what is ready and waits for it comes through the groups, in their order, to the end."""
    done: set[str] = set()
    rounds = []
    while batch := graph.ready(needs, done, done):
        rounds.append(batch)
        done |= set(batch)
    assert tuple(rounds) == graph.groups(needs)


@settings(deadline=None)
@given(acyclic_graphs(), st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 100)))
def test_no_chain_outweighs_the_longest_path(needs: Needs, weights: dict[str, int]):
    """The longest path is a chain of needs with its own weight, and the best among all chains."""
    total, path = graph.longest_path(needs, weights)
    assert total == sum(weights.get(task, 0) for task in path)
    assert all(before in needs[after] for before, after in pairwise(path))

    def heaviest(task: str) -> int:
        return weights.get(task, 0) + max((heaviest(need) for need in needs[task]), default=0)

    assert total == max(heaviest(task) for task in needs)


@settings(deadline=None)
@given(any_graphs())
def test_either_a_cycle_or_an_order(needs: Needs):
    """Every graph has groups or a cycle, never both; a cycle walks along real needs and visits no task twice."""
    found = graph.cycle(needs)
    if found is None:
        assert sum(len(group) for group in graph.groups(needs)) == len(needs)
    else:
        assert found[0] == found[-1]
        assert len(set(found)) == len(found) - 1
        assert all(need in needs[task] for task, need in pairwise(found))
        with pytest.raises(graph.CycleError):
            graph.groups(needs)


@settings(deadline=None)
@given(any_graphs())
def test_the_same_graph_always_gives_the_same_cycle(needs: Needs):
    """The order in which a file lists its tasks does not change what is told."""
    turned = dict(reversed(needs.items()))
    assert graph.cycle(turned) == graph.cycle(needs)
