"""Time limits and the worst case."""

from tests.wfcore.validation.objects import (
    FIRST,
    LISTS,
    SECOND,
    a_task,
    a_workflow,
    an_upstream,
    check,
    check_workflow,
    each,
    only,
)

NUMBERS = {"type": "array", "items": {"type": "integer"}}


def test_tasks_that_take_too_long_together_are_refused_with_their_path():
    """The longest path is named with its times, and the fix gives the workflow enough."""
    tasks = [{**FIRST, "timeout": "4s"}, {**SECOND, "timeout": "8s"}]
    fault = only(check_workflow(*tasks))
    assert (fault.code, fault.fix.value) == ("WF-703", "12s")
    assert "first (4s) -> second (8s)" in fault.message
    assert check_workflow(*tasks, timeout=fault.fix.value).diagnostics == []


def test_written_times_that_are_too_long_are_refused_beside_a_task_without_one():
    """A task that is on no long path, and has no timeout itself, does not hide that written times exceed the limit."""
    fault = only(check_workflow({**FIRST, "timeout": "6s"}, {**SECOND, "timeout": "8s"}, {**FIRST, "id": "alone"}))
    assert (fault.code, fault.fix.value) == ("WF-703", "14s")


def test_tasks_for_which_no_time_is_left_are_told():
    """Written times that use everything up leave nothing for the others, which is refused."""
    fault = only(check_workflow({**FIRST, "timeout": "10s"}, SECOND))
    assert (fault.code, fault.fix.value) == ("WF-703", "15s")


def test_a_loop_takes_its_rounds():
    """Ten items, four at a time: three rounds of the body."""
    loop = each("all", {"id": "check", "input": {"id": "{{number}}"}, "timeout": "1s"})
    takes = {"type": "object", "required": ["ids"], "properties": {"ids": {**NUMBERS, "maxItems": 10}}}
    types = check_workflow(loop, takes=takes).types
    assert types is not None
    assert types.bound.seconds == 3.0
    assert types.body.tasks["all"].timeout == 3.0
    assert types.body.tasks["all"].inner[0].tasks["check"].timeout == 1.0


def test_a_list_without_an_end_is_refused_unless_a_timeout_ends_it():
    """Nobody could say how long the loop takes."""
    takes = {"type": "object", "required": ["ids"], "properties": {"ids": NUMBERS}}
    task = {"id": "check", "input": {"id": "{{number}}"}}
    fault = only(check_workflow(each("all", task), takes=takes))
    assert (fault.code, fault.pointer) == ("WF-705", "/spec/tasks/0/forEach/items")
    ended = check_workflow(each("all", {**task, "timeout": "1s"}, timeout="2s"), takes=takes).types
    assert ended is not None
    assert ended.bound.seconds == 2.0


def test_calls_that_wait_for_each_other_count():
    """A hundred calls of a second through two slots take far longer than one of them."""
    tasks = [{"id": f"t{n}", "input": {"id": n}, "timeout": "1s"} for n in range(40)]
    fault = only(check_workflow(*tasks, maxParallel=2))
    assert (fault.code, fault.fix.value) == ("WF-703", "20.5s")
    assert "2 may be open at once" in fault.message
    assert check_workflow(*tasks, maxParallel=2, timeout=fault.fix.value).diagnostics == []


def test_a_container_keeps_its_own_limit():
    """A limit that leaves no time to those inside is told at the container."""
    loop = each("all", {"id": "check", "input": {"id": "{{number}}"}}, timeout="100ms")
    fault = only(check_workflow(loop, takes=LISTS))
    assert (fault.code, fault.pointer) == ("WF-703", "/spec/tasks/0/timeout")


def test_a_fallback_takes_its_own_time():
    """The task that stands in runs after the other one."""
    entry = {**FIRST, "timeout": "6s", "onError": "fallback", "fallback": {"taskRef": "get-user", "input": {"id": 1}}}
    types = check(an_upstream(), a_task(), a_workflow(entry)).types
    assert types is not None
    assert types.body.tasks["first"].fallback.timeout == 4.0
    assert types.bound.seconds == 10.0
