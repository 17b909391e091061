"""Which places of the data an expression reads."""

import pytest

from wfcore import expression
from wfcore.expression import Read


def paths(text: str) -> list[tuple[object, ...]]:
    return [(read.root, *read.path) for read in expression.parse(text).reads()]


def test_reads_are_exact_to_the_last_key():
    """An expression tells its root, every key after it, and where in the text it begins."""
    assert expression.parse(" tasks.user.output.?lines[0]['a b'].orValue('')").reads() == (
        Read("tasks", ("user", "output", "lines", 0, "a b"), 1),
    )


def test_each_place_has_its_offset():
    """Reads come in the order of the text, each with the place of its root."""
    assert expression.parse("input.a + (tasks.b.output + input.a)").reads() == (
        Read("input", ("a",), 0),
        Read("tasks", ("b", "output"), 11),
        Read("input", ("a",), 28),
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1 + 1", []),
        ("input", [("input",)]),
        ("$parent.tasks.x.output.y", [("$parent", "tasks", "x", "output", "y")]),
        ("input.a == input.b", [("input", "a"), ("input", "b")]),
        ("-input.a", [("input", "a")]),
        ("input.a ? input.b : input.c", [("input", "a"), ("input", "b"), ("input", "c")]),
        ("(input.a ? input.b : input.c).d", [("input", "a"), ("input", "b", "d"), ("input", "c", "d")]),
        ("[input.a, ?input.?b]", [("input", "a"), ("input", "b")]),
        ("{input.k: input.v}", [("input", "k"), ("input", "v")]),
        ("has(input.a.b)", [("input", "a", "b")]),
        ("size(input.a)", [("input", "a")]),
        ("input.a.size()", [("input", "a")]),
        ("input.a[input.i].b", [("input", "a", None, "b"), ("input", "i")]),
        ("input.?a.b.orValue(input.c)", [("input", "a", "b"), ("input", "c")]),
        ("input.?a.or(input.?b).value().c", [("input", "a", "c"), ("input", "b", "c")]),
        ("optional.of(input.a).value().b", [("input", "a", "b")]),
        ("'x' in input.a", [("input", "a")]),
    ],
)
def test_what_an_expression_reads(text: str, read: list[tuple[object, ...]]):
    """Conditions and arguments are read as much as results; what is used as a whole is read as a whole."""
    assert paths(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("input.items.map(x, x.price)", [("items", None, "price")]),
        ("input.items.map(x, x.a.b).map(y, y.c)", [("items", None, "a", "b", "c")]),
        ("input.items.map(x, 1)", [("items",)]),
        ("input.items.map(x, x)", [("items", None)]),
        ("input.items.filter(x, x.ok)", [("items", None, "ok"), ("items",)]),
        ("input.items.filter(x, x.ok).map(x, x.id)", [("items", None, "ok"), ("items", None, "id")]),
        ("input.items.filter(x, x.ok)[0].id", [("items", None, "ok"), ("items", 0, "id")]),
        ("input.items.map(x, x.ok, x.id)", [("items", None, "ok"), ("items", None, "id")]),
        ("input.items.map(x, input.items.exists(y, y.id == x.to))", [("items", None, "to"), ("items", None, "id")]),
        ("input.items.all(x, x.ok)", [("items", None, "ok")]),
        ("input.items.sortBy(x, x.at).first().orValue({}).id", [("items", None, "at"), ("items", None, "id")]),
        ("input.items.map(x, x.lines).flatten().map(l, l.sku)", [("items", None, "lines", None, "sku")]),
        ("input.rows.map(r, r.map(x, x.a))", [("rows", None, None, "a")]),
        ("input.rows.map(r, r.map(x, x.a))[0][1]", [("rows", None, None, "a")]),
        ("input.?owner.optMap(o, o.name).orValue('')", [("owner", "name")]),
        ("input.names.map(input, input)", [("names", None)]),
        ("input.items.reverse().slice(0, 2).map(x, x.id)", [("items", None, "id")]),
        ("input.items.map(x, x.id).sum()", [("items", None, "id")]),
        ("input.items.map(x, x.id).sort()[0]", [("items", None, "id")]),
        ("input.items.distinct().map(x, x.id)", [("items",), ("items", None, "id")]),
    ],
)
def test_a_variable_stands_for_what_it_ranges_over(text: str, read: list[tuple[object, ...]]):
    """Inside a macro a read is one of every element; a longer read does not make the whole read."""
    assert set(read) <= {place[1:] for place in paths(text)}
    extra = {place[1:] for place in paths(text)} - set(read)
    # flatten() leaves what is no list in its place: that is read too.
    assert extra <= {("items", None, "lines", "sku")}


def test_a_variable_hides_a_root_only_inside_its_macro():
    """Outside of the macro the name means the root again."""
    assert paths("input.map(input, input.a) + [input.b]") == [("input", None, "a"), ("input", "b")]
