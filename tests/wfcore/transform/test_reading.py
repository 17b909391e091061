"""What a transform reads: exact where items are followed, as a whole where they are not."""

from typing import Any

from wfcore import transform


def reads(*steps: Any, source: Any = "{{tasks.a.output}}") -> set[str]:
    """Every read as a path, `[]` for all elements."""
    parsed = transform.parse({"from": source, "steps": list(steps)})
    return {_path(read.root, read.path) for _, read in transform.reads(parsed)}


def _path(root: str, steps: tuple[str | int | None, ...]) -> str:
    return root + "".join(
        f".{step}" if isinstance(step, str) else "[]" if step is None else f"[{step}]" for step in steps
    )


def test_without_steps_the_source_is_read_as_a_whole():
    """The list is the result."""
    assert reads() == {"tasks.a.output"}


def test_what_steps_ask_for_and_what_is_left_at_the_end():
    """A filter reads its field of every element; items that reach the result are read as a whole."""
    assert reads({"filter": "item.total > 100"}) == {"tasks.a.output[].total", "tasks.a.output[]"}
    assert reads({"limit": 3}) == {"tasks.a.output[]"}


def test_map_and_select_narrow_what_is_read():
    """Properties that nobody asks for are not read."""
    assert reads({"map": "{{item.a.b}}"}) == {"tasks.a.output[].a.b"}
    assert reads({"map": {"x": "{{item.a}}", "y": ["{{item.b + item.c}}"], "z": "<{{item.d}}>"}}) == {
        "tasks.a.output[].a",
        "tasks.a.output[].b",
        "tasks.a.output[].c",
        "tasks.a.output[].d",
    }
    assert reads({"select": ["id", "net"]}) == {"tasks.a.output[].id", "tasks.a.output[].net"}


def test_values_are_followed_through_steps():
    """What a map hands on is read as far as later steps and the result use it."""
    handed_on = {"map": {"who": "{{item.user}}", "all": "{{item.lines}}", "sum": "{{item.a + 1}}"}}
    assert reads(handed_on, {"sort": [{"by": "item.who.name"}]}, {"map": "{{item.sum}}"}) == {
        "tasks.a.output[].a",
        "tasks.a.output[].user.name",
        "tasks.a.output[].lines",
    }
    assert reads(handed_on, {"flatten": "item.all"}, {"map": "{{item.price}}"}) == {
        "tasks.a.output[].a",
        "tasks.a.output[].user",
        "tasks.a.output[].lines[].price",
    }


def test_flatten_goes_one_level_in():
    """Elements of elements, by expression or because the items are lists."""
    assert reads({"flatten": "item.lines"}, {"select": ["sku"]}) == {"tasks.a.output[].lines[].sku"}
    assert reads({"flatten": "item"}, {"map": "{{item.x}}"}) == {"tasks.a.output[][].x"}


def test_the_rest_of_the_scope_is_read_as_it_is():
    """Other roots have nothing to do with items; values from there are followed too; `index` is nobody's."""
    assert reads({"filter": "item.a == input.a && index < 3"}, {"map": "{{input.b}}"}, {"map": "{{item.c}}"}) == {
        "tasks.a.output[].a",
        "input.a",
        "input.b.c",
    }


def test_a_list_of_which_only_the_length_matters_is_read():
    """A source that no step looks into still has to be there."""
    assert reads({"map": 1}) == {"tasks.a.output"}
    assert reads({"flatten": "item.lines"}, {"map": "{{input.x}}"}) == {"tasks.a.output[].lines", "input.x"}


def test_computed_sources_are_read_where_they_are_computed():
    """What is no plain path is not followed."""
    assert reads({"map": "{{item.x}}"}, source="{{input.a + input.b}}") == {"input.a", "input.b"}
    assert reads({"map": "{{item.x}}"}, source=["{{input.a}}", {"x": "{{input.b}}"}]) == {"input.a", "input.b"}
    assert reads({"flatten": "item.a + item.b"}, {"map": "{{item.x}}"}) == {"tasks.a.output[].a", "tasks.a.output[].b"}
    assert reads({"map": "{{item.x}}"}, source="{{input.?a.orValue(input.b)}}") == {"input.a", "input.b"}
    assert reads({"map": "{{item.x}}"}, source="{{input.a[input.b]}}") == {"input.a[]", "input.b"}
    assert reads({"map": "{{index}}"}, {"filter": "item > 1"}) == {"tasks.a.output"}


def test_the_source_reads_an_outer_item():
    """Inside a forEach, `item` in `from` is that of the forEach, in steps that of the transform."""
    assert reads({"filter": "item.ok"}, {"map": "{{index}}"}, source="{{item.list}}") == {"item.list[].ok"}


def test_items_used_as_a_whole_are_read_as_a_whole():
    """Comparing items, or handing one to a function, takes all of it."""
    assert reads({"distinct": {}}, {"map": "{{item.x}}"}) == {"tasks.a.output[]", "tasks.a.output[].x"}
    assert reads({"map": "{{size(item)}}"}) == {"tasks.a.output[]"}
    assert reads({"map": {"x": "{{item.x}}"}}, {"distinct": {"by": "item"}}) == {"tasks.a.output[].x"}


def test_reads_tell_where_they_are_written():
    """Each read has the pointer of its string and the offset inside it."""
    steps = [{"filter": "1 < item.total"}, {"map": {"id": "is {{ item.id }}"}}]
    parsed = transform.parse({"from": "{{ tasks.a.?output.orValue([]) }}", "steps": steps}, pointer="/t")
    assert [(pointer, read.path, read.offset) for pointer, read in transform.reads(parsed)] == [
        ("/t/steps/0/filter", ("a", "output", None, "total"), 4),
        ("/t/steps/1/map/id", ("a", "output", None, "id"), 6),
    ]
    parsed = transform.parse({"from": "{{ tasks.a.output }}", "steps": [{"limit": 1}]}, pointer="/t")
    assert [(pointer, read.offset) for pointer, read in transform.reads(parsed)] == [("/t/from", 3)]


def test_the_transform_of_the_user_profile():
    """Of the orders, only the totals and two fields of their lines are read."""
    assert reads(
        {"filter": "item.total > 100"},
        {"flatten": "item.lines"},
        {"map": {"id": "{{item.sku}}", "net": "{{item.price * 0.81}}"}},
        {"distinct": {"by": "item.id"}},
        {"sort": [{"by": "item.net", "order": "desc"}]},
        {"limit": 10},
        {"select": ["id", "net"]},
        source="{{tasks.orders.?output.orValue([])}}",
    ) == {
        "tasks.orders.output[].total",
        "tasks.orders.output[].lines[].sku",
        "tasks.orders.output[].lines[].price",
    }
