"""forEach: its list, its items, its value."""

import pytest
from tests.wfcore.validation.objects import (
    FIRST,
    LISTS,
    a_task,
    a_workflow,
    an_upstream,
    check,
    check_workflow,
    codes,
    each,
    only,
)

CHECK = {"id": "check", "input": {"id": "{{number}}"}}


def loops(*tasks: dict, **spec: object):
    return check_workflow(*tasks, takes=LISTS, **spec)


def test_the_value_of_a_loop_is_the_list_of_its_outputs():
    """Each item gives one element, so the list is as long as the other one at most."""
    types = loops(each("all", CHECK, output="{{tasks.check.output.name}}")).types
    assert types is not None
    entry = types.body.tasks["all"]
    assert entry.output == {"type": "array", "items": {"type": "string"}, "maxItems": 20}
    assert (entry.item, entry.most, entry.absent) == ({"type": "integer"}, 20, False)


def test_with_one_task_its_output_is_that_of_the_item():
    """Who writes no `output` means the output of the only task there is."""
    types = loops(each("all", CHECK)).types
    assert types is not None
    assert types.body.tasks["all"].output["items"]["required"] == ["id", "name"]


def test_with_several_tasks_the_output_must_be_written():
    """Nobody guesses which of several is meant."""
    fault = only(loops(each("all", CHECK, {"id": "other", "input": {"id": 1}})))
    assert (fault.code, fault.pointer) == ("WF-202", "/spec/tasks/0/output")


def test_an_item_without_output_is_null_in_the_list():
    """A skipped item stays in its place, so whoever reads the list is told that items may be null."""
    types = loops(each("all", {**CHECK, "when": "number > 3"})).types
    assert types is not None
    assert {"type": "null"} in types.body.tasks["all"].output["items"]["anyOf"]
    reader = {"id": "reader", "input": {"id": "{{tasks.all.output[?0].?id.orValue(0)}}"}}
    assert loops(each("all", {**CHECK, "when": "number > 3"}), reader, output={}).refused is False


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ("{{input.id}}", "WF-507"),
        ("{{input.nothing}}", "WF-503"),
        ("{{input.ids}} and more", "WF-506"),
        ("ids of {{input.id}}", "WF-507"),
        ("input.ids", "WF-507"),
        ("{{input.ids", "WF-501"),
    ],
)
def test_what_a_loop_ranges_over_is_a_list(items: str, code: str):
    """Anything else is told once, and nothing about its items follows from it."""
    assert codes(loops(each("all", CHECK, items=items))) == [code]


def test_braces_that_were_forgotten_are_the_fix():
    """The list is a template, so it needs braces."""
    fault = only(loops(each("all", CHECK, items="input.ids")))
    assert fault.fix.value == "{{input.ids}}"


def test_a_list_that_may_be_absent_needs_a_default():
    """The fix gives the empty list."""
    fault = only(loops(each("all", CHECK, items="{{input.?more}}")))
    assert (fault.code, fault.fix.value) == ("WF-504", "{{input.?more.orValue([])}}")
    assert loops(each("all", CHECK, items=fault.fix.value)).diagnostics == []


def test_a_list_without_a_declared_type_is_doubted():
    """What may be a list or not is found out in a run, so it is a warning."""
    takes = {"type": "object", "required": ["what"], "properties": {"what": {}}}
    loop = each("all", {"id": "check", "input": {"id": 1}}, items="{{input.what}}", timeout="1s")
    assert codes(check_workflow(loop, takes=takes)) == ["WF-605"]


def test_items_are_checked_against_what_their_tasks_take():
    """The type of an item reaches the input of the body's tasks."""
    assert codes(loops(each("all", {"id": "check", "input": {"id": "{{number.id}}"}}, items="{{input.users}}"))) == []
    assert codes(loops(each("all", {"id": "check", "input": {"id": "{{number.name}}"}}, items="{{input.users}}"))) == [
        "WF-604"
    ]


def test_a_fallback_of_the_empty_list_keeps_the_items():
    """Another task's list or nothing: still a list of its items, and as long."""
    list_users = a_task("list-users", gives={"type": "array", "maxItems": 7, "items": {"type": "integer"}})
    loading = {**FIRST, "taskRef": "list-users", "onError": "fallback", "fallback": {"output": []}}
    loop = each("all", CHECK, items="{{tasks.first.output}}")
    types = check(an_upstream(), a_task(), list_users, a_workflow(loading, loop, takes=LISTS)).types
    assert types is not None
    assert types.body.tasks["all"].most == 7


@pytest.mark.parametrize(
    ("name", "fine"), [("sku", True), ("item", True), ("tasks", False), ("in", False), ("a-b", False), ("index", False)]
)
def test_the_name_of_the_item_is_one_that_expressions_can_say(name: str, *, fine: bool):
    """As ids are; `item` is what it is called anyway."""
    task = {"id": "check", "input": {"id": f"{{{{{name if fine else 1}}}}}"}}
    found = loops(each("all", task, name=name))
    assert codes(found) == ([] if fine else ["WF-311"])


def test_a_name_of_an_item_is_not_given_again_inside():
    """Inside a loop over numbers another `number` would hide the first."""
    assert only(loops(each("all", each("inner", CHECK)))).code == "WF-311"
    assert loops(each("all", each("inner", {"id": "check", "input": {"id": "{{other}}"}}, name="other"))).types


def test_an_item_and_a_task_may_have_one_name():
    """`number` is the item, `tasks.number` the task; that the one is not known yet hides nothing of the other."""
    task = {"id": "number", "input": {"id": "{{number.nothing}}"}}
    assert codes(loops(each("all", task))) == ["WF-507"]
    assert loops(each("all", {"id": "number", "input": {"id": "{{number}}"}})).diagnostics == []
