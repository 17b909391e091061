"""The plan of a bundle: groups, edges, critical path and worst case, in every scope."""

import json

import pytest
from tests.wfcore.plan.bundles import EVERYTHING, a_bundle, a_call, a_task

from wfcore import plan as planning
from wfcore.bundle import BlockPlan, EachPlan, FallbackPlan, TransformPlan
from wfcore.plan import Edge, Node, Step

PLAN = planning.plan(EVERYTHING)
NODES = {node.path: node for node in planning.nodes(PLAN.scope)}


def test_tasks_of_a_scope_stand_in_parallel_groups():
    """A group needs only tasks of the groups before it, and each task knows the number of its own."""
    assert PLAN.scope.groups == (("account", "user"), ("orders", "stock"), ("big", "shipping"))
    assert [node.group for node in PLAN.scope.nodes] == [1, 2, 2, 3, 3, 1]


def test_every_scope_has_groups_of_its_own():
    """Inside a forEach the tasks are counted from the first again."""
    (inside,) = NODES["stock"].scopes
    assert (inside.path, inside.groups) == ("stock", (("check",), ("reserve",)))
    assert (NODES["stock.check"].group, NODES["stock.reserve"].group) == (1, 2)


def test_tasks_are_named_by_their_path():
    """As in a run, only without the number of an item."""
    assert list(NODES) == [
        "user",
        "orders",
        "stock",
        "stock.check",
        "stock.reserve",
        "shipping",
        "shipping[0].express",
        "big",
        "account",
        "account.load",
    ]


def test_a_call_tells_where_it_goes_and_how_often():
    """Method, upstream, safety, timeout and tries; what other kinds have is not there."""
    assert NODES["stock.reserve"] == Node(
        path="stock.reserve",
        id="reserve",
        kind="call",
        group=2,
        ref="reserve",
        needs=("check",),
        on_error="skip",
        timeout_ms=1000,
        method="POST",
        upstream="shop-api",
        safety="unsafe",
        attempts=2,
    )


def test_containers_tell_what_is_inside():
    """The list of a forEach, the conditions of a switch, the limit of a workflow."""
    stock, account = NODES["stock"], NODES["account"]
    assert (stock.kind, stock.items, stock.max_items, stock.max_parallel) == ("forEach", "{{input.skus}}", 10, 4)
    conditions = [scope.when for scope in NODES["shipping"].scopes]
    assert conditions == ["size(tasks.orders.?output.orValue([])) > 10", None]
    assert (account.kind, account.ref, account.timeout_ms) == ("workflow", "account", 3000)


def test_a_fallback_is_told_with_its_timeout():
    """A task that stands in; a value that stands in has no name and takes no time."""
    assert NODES["orders"].fallback == planning.Fallback("old-orders", 250)
    value = a_task("x", a_call("x"), on_error="fallback", fallback=FallbackPlan(output=[]))
    assert planning.plan(a_bundle(value)).scope.nodes[0].fallback == planning.Fallback()


def test_an_edge_says_whether_the_output_is_read():
    """Also where something inside a container reads it; what nobody reads is pure order."""
    assert set(PLAN.edges) == {
        Edge("user", "orders", "reads"),
        Edge("user", "stock", "reads"),
        Edge("stock.check", "stock.reserve", "dependsOn"),
        Edge("orders", "shipping", "reads"),
        Edge("stock", "shipping", "dependsOn"),
        Edge("stock", "big", "reads"),
    }


@pytest.mark.parametrize("name", ["$parent.$parent", "$root"])
def test_reading_from_two_scopes_out_is_an_edge_of_the_outer_container(name: str):
    """The edge stands in the scope of the task that is read, and only there."""
    deep = a_task("deep", a_call("deep"), "user", input={"id": f"{{{{{name}.tasks.user.output}}}}"})
    inner = a_task("inner", EachPlan("{{sku}}", "one", 1, BlockPlan((a_task("user", a_call("u")), deep)), 1))
    outer = a_task("outer", EachPlan("{{input.skus}}", "sku", 1, BlockPlan((inner,)), 1), "user")
    edges = planning.plan(a_bundle(a_task("user", a_call("u")), outer)).edges
    assert set(edges) == {Edge("user", "outer", "reads"), Edge("outer.inner.user", "outer.inner.deep", "dependsOn")}


def test_the_critical_path_goes_through_nested_scopes():
    """user 2 s, then ten items four at a time: three rounds of 2 s, then the slower branch."""
    assert PLAN.critical_path is not None
    assert PLAN.critical_path.total_ms == 9000
    assert PLAN.critical_path.steps == (
        Step("user", 2000, 1),
        Step("stock.check", 1000, 3),
        Step("stock.reserve", 1000, 3),
        Step("shipping[0].express", 1000, 1),
    )


def test_the_worst_case_tells_the_wait_for_slots():
    """All calls fit into 16 slots; with one slot they run one after the other."""
    assert PLAN.worst_case == planning.WorstCase(total_ms=9000, work_ms=26750, waiting_ms=0, fits=True)
    alone = planning.plan(a_bundle(*EVERYTHING.body.tasks, max_parallel=1))
    assert alone.worst_case == planning.WorstCase(total_ms=26750, work_ms=26750, waiting_ms=17750, fits=False)


def test_a_list_without_bound_has_no_worst_case():
    """The plan still stands and names what lacks a bound."""
    endless = a_task("stock", EachPlan("{{input.skus}}", "sku", 4, BlockPlan((a_task("check", a_call("c")),))))
    found = planning.plan(a_bundle(endless))
    assert (found.worst_case, found.critical_path, found.unbounded) == (None, None, ("stock",))


def test_a_reusable_transform_reads_nothing_of_the_scope():
    """It sees its own input only, so its input alone makes edges."""
    reusable = TransformPlan("{{input.rows}}", (), task_ref="rows", task_version="v1")
    tasks = (a_task("a", a_call("a")), a_task("b", reusable, "a", input={"rows": "{{tasks.a.output}}"}))
    assert planning.plan(a_bundle(*tasks)).edges == (Edge("a", "b", "reads"),)


def test_without_history_there_is_no_estimate_and_a_reason():
    """An unknown time is null and says why; nothing is made up."""
    told = json.loads(planning.as_json(PLAN))["estimate"]
    assert told["totalMs"] is None
    assert "no run of this workflow is known" in told["because"]


def test_the_json_has_names_and_milliseconds_of_the_api():
    """camelCase, integers of milliseconds, edges from and to; what a kind does not have is left out."""
    told = json.loads(planning.as_json(PLAN))
    assert told["timeoutMs"] == 10000
    assert told["criticalPath"]["steps"][1] == {"path": "stock.check", "timeoutMs": 1000, "rounds": 3}
    assert told["edges"][0] == {"from": "user", "to": "orders", "kind": "reads"}
    assert told["scope"]["nodes"][4] == {
        "path": "big",
        "id": "big",
        "kind": "transform",
        "group": 3,
        "needs": ["stock"],
    }
