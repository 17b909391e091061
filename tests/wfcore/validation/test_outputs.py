"""What a workflow answers."""

from tests.wfcore.validation.objects import FIRST, a_task, a_workflow, an_upstream, check, check_workflow, codes


def test_a_declared_output_schema_is_the_type_of_the_output():
    """What the author promises counts, not what happens to come out."""
    promised = {"type": "object", "properties": {"of": {"type": "number"}}}
    types = check_workflow(FIRST, output={"of": "{{input.id}}"}, outputSchema=promised).types
    assert types is not None
    assert types.output == promised


def test_the_whole_output_must_not_be_absent():
    """An answer is always a value."""
    optional = {"type": "object", "properties": {"id": {"type": "integer"}}}
    assert codes(check_workflow({"id": "x", "input": {"id": 1}}, takes=optional, output="{{input.?id}}")) == ["WF-504"]


def test_an_output_of_many_large_types_is_still_judged():
    """Many large schemas put together are no crash and no refusal: what is too much of them is known by its kind."""
    large = {"type": "object", "required": ["id"], "properties": {f"p{n}": {"type": "integer"} for n in range(3000)}}
    large["properties"]["id"] = {"type": "integer"}
    tasks = [{"id": f"t{n}", "input": {"id": n}} for n in range(5)]
    workflow = a_workflow(
        *tasks, output={f"t{n}": f"{{{{tasks.t{n}.output}}}}" for n in range(5)}, outputSchema={"type": "object"}
    )
    assert codes(check(an_upstream(), a_task(gives=large), workflow)) == []


def test_a_broken_output_schema_is_told_and_types_nothing():
    """Without a usable schema the output is not compared with it."""
    assert codes(check_workflow(FIRST, outputSchema={"type": "nothing"})) == ["WF-601"]


def test_fields_that_a_schema_leaves_open_can_be_required():
    """`requiredFields` is judged only against schemas that spell their fields out."""
    gives = {"type": "object", "additionalProperties": True}
    workflow = a_workflow(FIRST, requiredFields={"first": ["anything"]})
    assert check(an_upstream(), a_task(gives=gives), workflow).diagnostics == []
