"""Which fields of each task's output a workflow reads."""

from typing import Any

import yaml

from wfcore.definition import WorkflowSpec, read_definitions
from wfcore.usage import usage


def used(tasks: str, output: str) -> dict[str, Any]:
    """The usage of a workflow with these tasks (YAML)."""
    spec = {"tasks": yaml.safe_load(tasks), "output": yaml.safe_load(output)}
    whole = {"apiVersion": "workflow.io/v1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": spec}
    reading = read_definitions(yaml.safe_dump(whole))
    assert reading.diagnostics == []
    (definition,) = reading.definitions
    assert isinstance(definition.spec, WorkflowSpec)
    return usage(definition.spec.tasks, definition.spec.output)


def test_a_path_is_read_to_its_last_key():
    """Inputs, conditions and the answer count alike; what nobody reads is empty."""
    found = used(
        """
        - {id: a, taskRef: t}
        - {id: b, taskRef: t, when: "tasks.a.output.open", input: {x: "{{tasks.a.output.user.id}}"}}
        - {id: c, taskRef: t}
        """,
        '{z: "{{tasks.b.output}}"}',
    )
    assert found == {"a": (("open",), ("user", "id")), "b": ((),), "c": ()}


def test_what_is_read_of_each_element_is_told_from_the_whole_list():
    """A macro over a list reads the fields that it reads of its variable."""
    found = used("[{id: a, taskRef: t}]", '"{{tasks.a.output.items.filter(x, x.n > 1).map(x, x.name)}}"')
    assert found == {"a": (("items", None, "n"), ("items", None, "name"))}


def test_what_a_body_reads_of_its_item_is_read_of_the_list():
    """Through the name of the item, also where the list has a default."""
    found = used(
        """
        - {id: a, taskRef: t}
        - id: each
          forEach: {items: "{{tasks.a.output.?orders.orValue([])}}", as: order}
          tasks: [{id: b, taskRef: t, input: {id: "{{order.id}}"}}]
          output: {b: "{{tasks.b.output.left}}", city: "{{order.to.city}}"}
        """,
        '"{{tasks.each.output}}"',
    )
    assert found == {"a": (("orders", None, "id"), ("orders", None, "to", "city")), "each": ((),)}


def test_a_list_whose_items_are_passed_on_is_read_as_a_whole_element_by_element():
    """An item that is passed on whole is read whole; one of which nothing is read leaves the list itself."""
    tasks = """
        - {id: a, taskRef: t}
        - id: each
          forEach: {items: "{{tasks.a.output}}"}
          tasks: [{id: b, taskRef: t, input: {x: "%s"}}]
          output: 1
    """
    assert used(tasks % "{{item}}", "1")["a"] == ((None,),)
    assert used(tasks % "{{index}}", "1")["a"] == ((),)


def test_what_inner_scopes_read_of_outer_ones_counts_there():
    """`$parent` and `$root` lead out of bodies and branches, from any depth."""
    found = used(
        """
        - {id: a, taskRef: t}
        - id: each
          forEach: {items: "{{input.xs}}"}
          tasks:
            - id: way
              switch:
                - {when: "$parent.tasks.a.output.x", output: "{{$parent.$parent.tasks.a.output.y}}"}
                - {default: true, output: "{{$root.tasks.a.output.z}}"}
          output: "{{tasks.way.output}}"
        """,
        '"{{tasks.each.output}}"',
    )
    assert found["a"] == (("x",), ("y",), ("z",))


def test_tasks_of_the_same_name_in_other_scopes_are_others():
    """`tasks` means the own scope."""
    found = used(
        """
        - {id: a, taskRef: t}
        - id: each
          forEach: {items: "{{input.xs}}"}
          tasks: [{id: a, taskRef: t}]
          output: "{{tasks.a.output.inner}}"
        """,
        '"{{tasks.a.output.outer}}"',
    )
    assert found["a"] == (("outer",),)


def test_transforms_and_fallbacks_read_too():
    """A transform reads of each element what its steps read; a fallback what it is made of."""
    found = used(
        """
        - {id: a, taskRef: t}
        - id: big
          transform: {from: "{{tasks.a.output.lines}}", steps: [{filter: "item.n > 1"}, {map: "{{item.sku}}"}]}
        - {id: b, taskRef: t, onError: fallback, fallback: {output: "{{tasks.a.output.backup}}"}}
        """,
        '{b: "{{tasks.b.output}}", big: "{{tasks.big.output}}"}',
    )
    assert found["a"] == (("backup",), ("lines", None, "n"), ("lines", None, "sku"))


def test_a_default_that_reads_is_read_too():
    """A list with a default taken from another task: of that task is read what may take the list's place."""
    found = used(
        """
        - {id: a, taskRef: t}
        - {id: c, taskRef: t}
        - id: each
          forEach: {items: "{{tasks.a.output.?orders.orValue([tasks.c.output.first])}}", as: order}
          tasks: [{id: b, taskRef: t, input: {id: "{{order.id}}"}}]
        """,
        '"{{tasks.each.output}}"',
    )
    assert found["c"] == (("first",),)
    assert found["a"] == (("orders",),)
