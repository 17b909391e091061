"""Who waits for whom."""

from tests.wfcore.validation.objects import check_workflow, only


def test_a_circle_is_named_whole_with_what_made_each_edge():
    """The message walks the circle once around and shows each expression or name that made an edge."""
    a, b, c = (
        {"id": "a", "input": {"id": "{{tasks.b.output.id}}"}},
        {"id": "b", "input": {"id": 1}, "dependsOn": ["c"]},
        {"id": "c", "input": {"id": "{{tasks.a.output.id}}"}},
    )
    fault = only(check_workflow(a, b, c))
    assert fault.code == "WF-401"
    assert fault.message == (
        "the tasks wait for each other: a -> b -> c -> a: a needs b (/spec/tasks/0/input/id reads it), "
        "b needs c (/spec/tasks/1/dependsOn/0 names it), c needs a (/spec/tasks/2/input/id reads it)"
    )


def test_a_task_that_reads_itself_is_a_circle():
    """The smallest circle is found too."""
    assert only(check_workflow({"id": "me", "input": {"id": "{{tasks.me.output.id}}"}})).code == "WF-401"
