"""A workflow with every kind of task, as the planner would have put it together."""

from typing import Any

from wfcore.bundle import (
    BlockPlan,
    BranchPlan,
    Bundle,
    CallPlan,
    EachPlan,
    FallbackPlan,
    Http,
    Retry,
    SwitchPlan,
    TaskPlan,
    TransformPlan,
    Work,
    WorkflowPlan,
    safety,
)


def a_call(ref: str, timeout: float = 1.0, method: str = "GET") -> CallPlan:
    """One call, tried twice."""
    http = Http("shop-api", "https://shop.example.com", method, "/")
    return CallPlan(ref, "v1", http, True, True, timeout, None, Retry(2), safety(method, False))


def a_task(id: str, work: Work, *needs: str, input: Any = None, **how: Any) -> TaskPlan:
    """One task of a scope."""
    return TaskPlan(id=id, needs=needs, work=work, input=input, **how)


def a_bundle(*tasks: TaskPlan, timeout: float = 10.0, max_parallel: int = 16, workflow: str = "profile") -> Bundle:
    """A workflow of these tasks."""
    return Bundle("shop", workflow, "v1", "r1", "1", timeout, max_parallel, {}, {}, False, BlockPlan(tasks))


EVERYTHING = a_bundle(
    a_task("user", a_call("get-user", 2.0), input={"id": "{{input.id}}"}),
    a_task(
        "orders",
        a_call("list-orders", 0.5),
        "user",
        input={"user": "{{tasks.user.output.id}}"},
        when="tasks.user.output.tier == 'gold'",
        on_error="fallback",
        fallback=FallbackPlan(call=a_call("old-orders", 0.25), input={}),
    ),
    a_task(
        "stock",
        EachPlan(
            items="{{input.skus}}",
            name="sku",
            max_parallel=4,
            most=10,
            body=BlockPlan(
                (
                    a_task("check", a_call("check-stock"), input={"user": "{{$parent.tasks.user.output.id}}"}),
                    a_task("reserve", a_call("reserve", method="POST"), "check", on_error="skip"),
                )
            ),
        ),
        "user",
    ),
    a_task(
        "shipping",
        SwitchPlan(
            (
                BranchPlan(
                    "size(tasks.orders.?output.orValue([])) > 10", BlockPlan((a_task("express", a_call("ship")),))
                ),
                BranchPlan(None, BlockPlan(())),
            )
        ),
        "orders",
        "stock",
    ),
    a_task("big", TransformPlan("{{tasks.stock.output}}", ({"limit": 3},)), "stock"),
    a_task(
        "account",
        WorkflowPlan("account", "v1", BlockPlan((a_task("load", a_call("load", 9.0)),)), True, True, False),
        timeout=3.0,
    ),
)
