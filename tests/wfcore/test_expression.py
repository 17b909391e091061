"""Path expressions: what they say, what type they have, what they read from data, and how they refuse."""

import copy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore import expression, schema
from wfcore.expression import ABSENT, EvaluationError, ExpressionError, Read

SCOPE = {
    "input": {"user": {"name": "Ada", "tags": ["x", "y"], "odd key": 1, "nothing": None}, "n": 2.5},
    "tasks": {"user": {"output": {"id": 7}}},
}

ADDRESS = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
INPUT = {
    "type": "object",
    "required": ["id", "tags", "pair", "anything", "maybe", "either", "hidden"],
    "properties": {
        "id": {"type": "integer"},
        "nickname": {"type": "string"},
        "address": ADDRESS,
        "tags": {"type": "array", "items": {"type": "string"}},
        "pair": {"type": "array", "minItems": 2, "items": {"type": "number"}},
        "anything": {},
        "maybe": {**ADDRESS, "type": ["object", "null"]},
        "either": {**ADDRESS, "type": ["object", "string"]},
        "hidden": {"type": "object", "properties": {"a": {}}, "unevaluatedProperties": {}},
    },
}
TYPES = {
    "type": "object",
    "required": ["input", "tasks"],
    "properties": {
        "input": INPUT,
        "tasks": {
            "type": "object",
            "required": ["user"],
            "properties": {"user": {"type": "object", "required": ["output"], "properties": {"output": ADDRESS}}},
        },
    },
}


def value_of(text: str, scope: dict[str, Any] = SCOPE) -> Any:
    return expression.compile(expression.parse(text))(scope)


def inferred(text: str) -> expression.Inferred:
    return expression.infer(expression.parse(text), TYPES)


def problem_of(text: str) -> expression.Problem:
    found = inferred(text)
    assert len(found.problems) == 1
    assert found.schema == {}
    return found.problems[0]


# Reading data


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.user.name", "Ada"),
        ("  input . user . name ", "Ada"),
        ("input['user']['odd key']", 1),
        ('input["user"].tags[1]', "y"),
        ("input.user.nothing", None),
        ("input.?user.?name", "Ada"),
        ("input.user[?'odd key']", 1),
        ("input.user.tags[?0]", "x"),
        ("tasks.user.output.id", 7),
    ],
)
def test_a_path_reads_what_stands_there(text: str, value: object):
    """Names, keys in brackets and indexes all reach the value itself, and null is a value."""
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("3", 3),
        ("-0.5e1", -5.0),
        ("'{{'", "{{"),
        (r'"a\n\u00e9\\ \x41\'"', "a\né\\ A'"),
        ("[]", []),
        ("[1, 'a', [null],]", [1, "a", [None]]),
        ("{'a': {'b': [true]}, \"c\": 1}", {"a": {"b": [True]}, "c": 1}),
    ],
)
def test_a_bare_literal_is_its_value(text: str, value: object):
    """JSON's values can be written as they are, with strings in either kind of quotes."""
    assert value_of(text) == value
    assert expression.parse(text).reads() == ()


@pytest.mark.parametrize(
    "text",
    [
        "input.?gone",
        "input.?gone.deeper",
        "input.user.tags[?2]",
        "input.user.?nothing.?x",
        "input.?n.?x",
        "input[?'z']",
    ],
)
def test_an_optional_path_that_leads_nowhere_is_absent(text: str):
    """A missing key, an index past the end, or a value without parts behind `.?` gives ABSENT, not null."""
    assert value_of(text) is ABSENT


def test_absent_is_false_and_stays_itself():
    """ABSENT is falsy, prints as a word, and survives copies, so that `is ABSENT` always works."""
    assert not ABSENT
    assert repr(ABSENT) == "absent"
    assert copy.deepcopy([ABSENT])[0] is ABSENT


def test_a_default_stands_in_for_absent_only():
    """orValue() replaces what is absent; a value that is there stays, null included."""
    assert value_of("input.?gone.orValue('x')") == "x"
    assert value_of("input.?gone.orValue({'a': [1]}).a[0]") == 1
    assert value_of("input.user.?name.orValue('x')") == "Ada"
    assert value_of("input.user.?nothing.orValue('x')") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("input.user.nmae", "`input.user` is an object without `nmae`"),
        ("input.user.nothing.x", "`input.user.nothing` is null and has no fields"),
        ("input.user.name.x", "`input.user.name` is a string and has no fields"),
        ("input.user.name[0]", "`input.user.name` is a string and has no elements"),
        ("input.user[0]", "`input.user` is an object and has no elements"),
        ("input.user.tags[2]", "`input.user.tags` is an array without an element 2"),
        ("input.user.tags['0']", "`input.user.tags` is an array and has no fields"),
        ("input.n.x", "`input.n` is a number and has no fields"),
        ("input.?gone.orValue(true).x", "`input.gone` is a boolean and has no fields"),
        ("input.?gone.orValue({}).a", "`input.gone` is an object without `a`"),
        ("inptu.user", "`inptu` is not known here"),
        ("inptu.?user", "`inptu` is not known here"),
    ],
)
def test_a_required_path_that_breaks_is_an_error_that_says_where(text: str, reason: str):
    """What is missing without `.?` ends in an error naming the place, never in null."""
    with pytest.raises(EvaluationError) as refused:
        value_of(text)
    assert (refused.value.message, refused.value.text) == (reason, text)


@pytest.mark.parametrize(
    "text", ["input.__class__", "input.user.name.__class__", "input.user.tags.append", "input.keys"]
)
def test_no_name_reaches_python(text: str):
    """Names are keys of the data and nothing else: attributes of Python objects are not there."""
    with pytest.raises(EvaluationError):
        value_of(text)


# What is read


def test_reads_are_exact_to_the_last_key():
    """An expression tells its root, every key after it, and where in the text it begins."""
    assert expression.parse(" tasks.user.output.?lines[0]['a b'].orValue('')").reads() == (
        Read("tasks", ("user", "output", "lines", 0, "a b"), 1),
    )


@settings(deadline=None)
@given(st.lists(st.text(max_size=8) | st.integers(0, 2**53), max_size=5), st.booleans())
def test_every_key_can_be_written_and_read_back(keys: list[str | int], optional: bool):
    """Any key at all, quotes and line ends included, has a spelling that parses to the same path."""
    text = "input" + "".join(expression.written(key, optional=optional) for key in keys)
    assert expression.parse(text).reads() == (Read("input", tuple(keys), 0),)


# Refusals of text


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, "the expression is empty"),
        ("input.", 6, "expected a name"),
        ("input.a b", 8, "expected `.`, `[` or the end of the expression, found `b`"),
        ("input[", 6, "found the end"),
        ("input[0", 7, "expected `]`, found the end"),
        ("input[-1]", 6, "counted from the start"),
        ("input[1.5]", 6, "an index is a whole number"),
        ("'abc", 0, "no closing '"),
        ("'a\nb'", 0, "no closing '"),
        (r"'\q'", 1, "no such escape"),
        (r"'\ud800'", 1, "no such character"),
        ("0700", 0, "as JSON writes it"),
        ("9007199254740993", 0, "±2^53"),
        ("1e999", 0, "too large"),
        ("[1 2]", 3, "expected `,` or `]`"),
        ("{a: 1}", 1, "a key in quotes"),
        ("{'a' 1}", 5, "expected `:`"),
        ("{'a': 1, 'a': 2}", 9, "stands here twice"),
        ("if.a", 0, "reserved word"),
        ("input.?a.orValue()", 17, "needs the value"),
        ("input.?a.orValue(1", 18, "expected `)`"),
        ("input.?a ?? 1", 9, "is written .orValue"),
        ("[" * 40, 33, "nested deeper"),
        ("ü", 0, "expected a path or a literal"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_place(text: str, offset: int, expected: str):
    """A text that cannot be read is refused with the offset of the slip and what was expected there."""
    with pytest.raises(ExpressionError) as refused:
        expression.parse(text)
    assert expected in refused.value.message
    assert (refused.value.offset, refused.value.kind) == (offset, "syntax")


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("1 + 2", 2),
        ("input.a == 1", 8),
        ("input.a in [1]", 8),
        ("input.a && input.b", 8),
        ("input.a ? 1 : 2", 8),
        ("!input.a", 0),
        ("-input.a", 0),
        ("(input.a)", 0),
        ("size(input.a)", 0),
        ("x(1,", 0),
        ("input.a.size()", 8),
        ("input.?a.orValue(input.b)", 17),
        ("input.?a.orValue(1 + 1)", 19),
        ("input.?a.orValue([input.b])", 18),
        ("input[input.b]", 6),
        ("r'a'", 0),
        ("'''a'''", 0),
        ("(" * 4096, 0),
    ],
)
def test_cel_that_is_not_executed_yet_says_so(text: str, offset: int):
    """Operators, calls and conditions are told apart from slips: the message says that they come later."""
    with pytest.raises(ExpressionError, match=r"not executed yet: only paths, \.\? and orValue\(\)") as refused:
        expression.parse(text)
    assert (refused.value.offset, refused.value.kind) == (offset, "unsupported")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("input.a?.b", "input.a.?b"),
        ("input.a?[0]", "input.a[?0]"),
        ("input.?['a b']", "input[?'a b']"),
        ("input.items.0.id", "input.items[0].id"),
        ("input..a", "input.a"),
        ("input.user-id", "input['user-id']"),
        ("input.?x-y-z", "input[?'x-y-z']"),
        ("input.in", "input['in']"),
        ("input.$ref.a", "input['$ref'].a"),
        ("input.?a.orvalue(1)", "input.?a.orValue(1)"),
    ],
)
def test_a_usual_slip_carries_its_correction(text: str, fix: str):
    """What people bring along from other languages is answered with the text they meant, and that text parses."""
    with pytest.raises(ExpressionError) as refused:
        expression.parse(text)
    assert refused.value.fix == fix
    expression.parse(fix)


def test_an_expression_is_at_most_four_kibibytes():
    """The size is checked before anything is parsed, in bytes; 4,096 of them are still fine."""
    expression.parse("a" * 4096)
    for text in ("a" * 4097, f"'{'é' * 2048}'", "x" * 1_000_000):
        with pytest.raises(ExpressionError, match="at most 4096 bytes"):
            expression.parse(text)


@settings(deadline=None)
@given(st.text(alphabet="ab.?[]{}()'\"\\0 1-,:$\n", max_size=40) | st.text(max_size=40))
def test_any_text_parses_or_is_refused_inside_itself(text: str):
    """No text makes the parser fail in another way than with a place inside that text."""
    try:
        offset = expression.parse(text).reads()[0].offset if expression.parse(text).reads() else 0
    except ExpressionError as refused:
        offset = refused.offset
    assert 0 <= offset <= len(text)


def test_the_end_of_an_expression_is_found_behind_quotes_and_braces():
    """`}}` inside a string or a map belongs to the expression."""
    assert expression.end_of("x {{ '}}' }}", 4, "}}") == 10
    assert expression.end_of("{{ {'a': {}}}}", 2, "}}") == 12
    assert expression.end_of("{{ 'a }}", 2, "}}") is None
    assert expression.end_of("{{ a", 2, "}}") is None


# Types


@pytest.mark.parametrize(
    ("text", "schema", "absent"),
    [
        ("input.id", {"type": "integer"}, False),
        ("input.?id", {"type": "integer"}, False),
        ("input.?nickname", {"type": "string"}, True),
        ("input.?address", ADDRESS, True),
        ("input.?address.?city", {"type": "string"}, True),
        ("input.maybe.?city", {"type": "string"}, True),
        ("input.either.?city", {"type": "string"}, True),
        ("input.tags[?0]", {"type": "string"}, True),
        ("input.pair[1]", {"type": "number"}, False),
        ("tasks.user.output.city", {"type": "string"}, False),
        ("input.anything", {}, False),
        ("input.anything.a[0].b", {}, False),
        ("input.anything.?a.?b", {}, True),
        ("input.hidden.name", {}, False),
        ("input.hidden.?name", {}, True),
        ("'x'", {"const": "x"}, False),
    ],
)
def test_a_path_has_the_type_of_what_it_reads(text: str, schema: object, absent: bool):
    """Types follow the schemas, and an optional path is absent exactly where something on it may be missing."""
    found = inferred(text)
    assert found.problems == []
    assert (found.schema, found.absent) == (schema, absent)


def test_a_default_joins_its_type_and_ends_being_absent():
    """With orValue() the type is that of the path or of the literal, and there is always a value."""
    found = inferred("input.?nickname.orValue(0)")
    assert (found.absent, found.problems) == (False, [])
    assert jsonschema_rs.is_valid(found.schema, "Ada")
    assert jsonschema_rs.is_valid(found.schema, 0)
    assert not jsonschema_rs.is_valid(found.schema, None)


@pytest.mark.parametrize(
    ("text", "offset", "kind", "seen", "candidates", "fix"),
    [
        ("inptu.id", 0, "unknown-name", "inptu", ("input",), "input.id"),
        ("tasks.usr.output", 6, "unknown-name", "usr", ("user",), "tasks.user.output"),
        ("tasks.user.output.cty", 18, "unknown-field", "cty", ("city",), "tasks.user.output.city"),
        ("input.?adress.?city", 7, "unknown-field", "adress", ("address",), "input.?address.?city"),
        ("input['nikname']", 6, "unknown-field", "nikname", ("nickname",), "input.nickname"),
        ("input.zzz", 6, "unknown-field", "zzz", (), None),
        ("zzz.id", 0, "unknown-name", "zzz", (), None),
        ("input.nickname", 6, "optional-as-value", "nickname", (), "input.?nickname"),
        ("input.address.city", 6, "optional-as-value", "address", (), "input.?address.?city"),
        ("input.?address.city", 15, "optional-as-value", "city", (), "input.?address.?city"),
        ("input.nickname.orValue('')", 6, "optional-as-value", "nickname", (), "input.?nickname.orValue('')"),
        ("input.tags[0]", 11, "optional-as-value", "0", (), "input.tags[?0]"),
        ("input.maybe.city", 12, "null-as-value", "city", (), "input.maybe.?city"),
        ("input.either.city", 13, "type", "city", (), "input.either.?city"),
        ("input.id.x", 9, "type", "x", (), None),
        ("input.id.?x", 10, "type", "x", (), None),
        ("input.tags.length", 11, "type", "length", (), None),
        ("input[0]", 6, "type", "0", (), None),
        ("input.id.orValue(1)", 8, "type", "orValue", (), "input.id"),
        ("tasks", 0, "type", "tasks", (), None),
        ("tasks.user", 0, "type", "tasks", (), None),
    ],
)
def test_what_would_break_in_a_run_is_a_problem(
    text: str, offset: int, kind: str, seen: str, candidates: tuple[str, ...], fix: str | None
):
    """Every path that could fail is refused with its place, its kind, the nearest names and the corrected text."""
    problem = problem_of(text)
    assert (problem.offset, problem.kind, problem.seen) == (offset, kind, seen)
    assert (problem.candidates, problem.fix) == (candidates, fix)


def test_a_field_without_a_near_name_lists_what_there_is():
    """Where nothing sounds alike the message names what can be read."""
    assert "`id`, `maybe`, `nickname`" in problem_of("input.zzz").message


def test_definitions_of_the_scope_serve_all_it_lists():
    """References may lead into the `$defs` of the scope; the inferred type carries along what it needs of them."""
    scope = {
        "type": "object",
        "required": ["input"],
        "properties": {"input": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}},
        "$defs": {
            "Tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}, "n": {"$ref": "#/$defs/N"}}},
            "N": {"type": "integer"},
            "Other": {"type": "null"},
        },
    }
    deep = expression.infer(expression.parse("input.?left.?left.?left"), scope)
    assert deep.problems == []
    assert set(deep.schema["$defs"]) == {"Tree", "N"}
    assert jsonschema_rs.is_valid(deep.schema, {"left": {"n": 1}})
    assert not jsonschema_rs.is_valid(deep.schema, {"left": {"n": "1"}})
    either = expression.infer(expression.parse("input.?left.?n.orValue('x')"), scope)
    assert schema.types_of(either.schema) == {"integer", "string"}


def test_each_schema_of_the_scope_keeps_its_own_definitions():
    """References inside the schema of a root or of a task's output begin at that schema, whatever surrounds it."""
    tree = {
        "type": "object",
        "required": ["label"],
        "properties": {"label": {"$ref": "#/$defs/Label"}, "left": {"$ref": "#"}},
        "$defs": {"Label": {"type": "string"}},
    }
    other = {**tree, "$defs": {"Label": {"type": "integer"}}}
    scope = {
        "type": "object",
        "properties": {
            "input": tree,
            "tasks": {"type": "object", "properties": {"a": {"type": "object", "properties": {"output": other}}}},
        },
    }
    found = {
        text: expression.infer(expression.parse(text), scope)
        for text in ("input", "input.?left.?left", "input.label", "tasks.?a.?output.?left.?label")
    }
    assert not any(one.problems for one in found.values())
    assert jsonschema_rs.is_valid(found["input"].schema, {"label": "x", "left": {"label": "y"}})
    assert not jsonschema_rs.is_valid(found["input.?left.?left"].schema, {"label": "x", "left": {"label": 1}})
    assert schema.types_of(found["input.label"].schema) == {"string"}
    assert schema.types_of(found["tasks.?a.?output.?left.?label"].schema) == {"integer"}


LEAVES = {"t": {"type": "string"}, "n": {"type": ["integer", "null"]}, "u": {}}
ITEM = {"type": "object", "required": ["t"], "properties": LEAVES}
SHAPE = {
    "type": "object",
    "required": ["a", "m", "l"],
    "properties": {
        "a": ITEM,
        "o": ITEM,
        "m": {**ITEM, "type": ["object", "null"]},
        "l": {"type": "array", "items": ITEM},
        "p": {"type": "array", "minItems": 1, "items": {"type": ["string", "null"]}},
        "e": {"anyOf": [ITEM, {"type": "string"}]},
    },
}
ITEMS = st.fixed_dictionaries(
    {"t": st.text(max_size=2)},
    optional={"n": st.none() | st.integers(0, 9), "u": st.none() | st.integers() | st.just({"t": 1})},
)
DATA = st.fixed_dictionaries(
    {"a": ITEMS, "m": st.none() | ITEMS, "l": st.lists(ITEMS, max_size=2)},
    optional={
        "o": ITEMS,
        "p": st.lists(st.none() | st.text(max_size=2), min_size=1, max_size=2),
        "e": ITEMS | st.just(""),
    },
)
STEPS = st.tuples(st.sampled_from([*SHAPE["properties"], *LEAVES, 0, 1]), st.booleans())
DEFAULTS = st.sampled_from(["", "", ".orValue(0)", ".orValue({'t': 'x'})"])


@settings(deadline=None)
@given(DATA, st.lists(STEPS, min_size=1, max_size=4), DEFAULTS)
def test_a_path_without_problems_never_breaks_on_valid_data(
    data: dict[str, Any], steps: list[tuple[str | int, bool]], default: str
):
    """If the check has nothing to say, reading valid data works and gives a value of the inferred type.

    Inside what says nothing about itself (`u`) nothing can be promised: there the run may fail, and a doubt says so.
    """
    assert jsonschema_rs.is_valid(SHAPE, data)
    text = "input" + "".join(expression.written(key, optional=optional) for key, optional in steps) + default
    path = expression.parse(text)
    found = expression.infer(path, {"type": "object", "properties": {"input": SHAPE}, "required": ["input"]})
    if found.problems or found.doubts:
        assert all(0 <= problem.offset < len(text) for problem in found.problems)
        return
    value = expression.compile(path)({"input": data})
    assert found.absent if value is ABSENT else jsonschema_rs.is_valid(found.schema, value)
