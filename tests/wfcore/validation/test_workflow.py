"""What comes out of a sound workflow."""

from tests.wfcore.validation.objects import FIRST, ID, SECOND, USER, check_workflow


def test_a_sound_workflow_has_types_edges_and_times():
    """All that the planner needs of a sound workflow comes out of its validation."""
    third = {"id": "third", "input": {"id": 3}, "dependsOn": ["first"], "timeout": "1s"}
    output = {"name": "{{tasks.second.output.name}}", "of": "{{input.id}}"}
    validation = check_workflow(FIRST, SECOND, third, output=output, timeout="8s")
    assert (validation.diagnostics, validation.missing, validation.refused) == ([], [], False)
    types = validation.types
    assert types is not None
    tasks = types.body.tasks
    assert {name: entry.needs for name, entry in tasks.items()} == {
        "first": frozenset(),
        "second": {"first"},
        "third": {"first"},
    }
    assert {name: entry.timeout for name, entry in tasks.items()} == {"first": 4.0, "second": 4.0, "third": 1.0}
    assert (types.input, tasks["first"].output, tasks["first"].absent) == (ID, USER, False)
    assert (types.bound.seconds, [step.path for step in types.bound.path]) == (8.0, ["first", "second"])
    assert (types.count, types.unsafe) == (3, ())
    assert tasks["first"].task is not None
    assert not any(entry.undecided for entry in tasks.values())
    assert types.output == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "of": {"type": "integer"}},
        "required": ["name", "of"],
    }
