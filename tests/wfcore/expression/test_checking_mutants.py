"""What the checker knows at the edges: what it takes without a doubt, what it refuses, and which repair it offers."""

import inspect

import pytest
from tests.wfcore.expression.test_inference import inferred, problem_of, schema_of
from tests.wfcore.expression.test_running import refusal, value_of

from wfcore import expression, schema
from wfcore.expression import ExpressionError
from wfcore.expression.functions import FUNCTIONS, OPTIONALS, Function


@pytest.mark.parametrize(
    "text",
    [
        "math.sqrt(size(input.tags))",
        "math.sqrt(0)",
        "input.some[0]",
        "size(input.some) > 2 && input.some[2] > 0",
        "size(input.tags) != 0 ? input.tags[0] : ''",
        "input.some.min() + input.some.max()",
    ],
)
def test_what_is_proven_is_taken_without_a_doubt(text: str):
    """Lengths, bounds and tests that stand before a value are enough."""
    found = inferred(text)
    assert ([*found.problems], [*found.doubts]) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "math.sqrt(input.id)",
        "math.sqrt(input.count - 2)",
        "input.tags[0]",
        "input.some[1]",
        "size(input.tags) >= 0 ? input.tags[0] : ''",
        "size(input.some) > 1 && input.some[2] > 0",
        "size(input.name + 'x') > 0 && input.tags[0] == ''",
        "input.tags.min()",
    ],
)
def test_what_may_fail_is_told(text: str):
    """One step short of enough is not enough."""
    found = inferred(text)
    assert len([*found.problems, *found.doubts]) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input.items.sortBy(i, i)", "`i` is object: only values of one ordered type can be sorted"),
        ("input.tags.sortBy(t, t == 'a' ? t : null)", "is null or string: only values of one ordered type"),
        ("input.flag.getMonth()", "timestamp is needed here"),
        ("input.count + {'a': 1}", "is object, and array or number or string is needed here"),
    ],
)
def test_what_has_no_order_or_no_such_function_is_refused(text: str, said: str):
    """The one problem names the value and its type."""
    assert said in problem_of(text).message


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("input.at.getMonth()", "timestamp(input.at).getMonth()"),
        ("input.id.getMonth()", None),
        ("input.tags.getMonth()", None),
    ],
)
def test_only_a_text_is_made_a_timestamp(text: str, fix: str | None):
    """The repair is offered where it may help."""
    assert problem_of(text).fix == fix


@pytest.mark.parametrize("text", ["input.flag ? 'x' : input.name", "input.flag ? input.name : 'x'"])
def test_of_two_types_the_wider_is_kept(text: str):
    """On whichever side it stands."""
    assert schema_of(text) == {"type": "string"}


@pytest.mark.parametrize("text", ["[input.name, input.name.reverse()]", "[input.some.reverse(), input.some]"])
def test_reversed_is_of_the_same_type(text: str):
    """A text stays a text, a list keeps the type of its elements and its length."""
    first, second = schema_of(text)["prefixItems"]
    assert first == second


@pytest.mark.parametrize(
    "text",
    ["(input.flag ? input.?nickname : input.name) + 'x'", "(input.flag ? input.name : input.?nickname) + 'x'"],
)
def test_a_choice_of_which_one_side_is_optional_is_no_value(text: str):
    """Whichever side it is."""
    assert problem_of(text).kind == "optional-as-value"


def test_time_zones_reach_to_23_59():
    """Offsets of a day and more are none; the checker and the function agree."""
    text = "timestamp('2026-01-02T03:04:05Z').getHours('{}')"
    for zone, hour in (("+23:59", 3), ("-23:00", 4), ("+00:00", 3), ("UTC", 3), ("+02:30", 5)):
        assert value_of(text.format(zone)) == hour
        assert schema_of(text.format(zone)) == {"type": "integer"}
    for zone in ("+24:00", "+23:60", "2:00", "CET"):
        assert "time zone" in problem_of(text.format(zone)).message
        assert "time zone" in refusal(text.format(zone)).message


@pytest.mark.parametrize("text", ["input.any + 1", "string(input.any)", "input.any.size()", "!input.any"])
def test_what_no_schema_describes_is_told_where_a_type_is_needed(text: str):
    """A value that may be anything is no number and no text, as far as anybody knows."""
    (told,) = [*inferred(text).problems, *inferred(text).doubts]
    assert told.kind == "unproven"


@pytest.mark.parametrize("text", ["json(input.any)", "[input.any]", "input.any == 1", "input.flag ? input.any : 1"])
def test_anything_may_stand_where_no_type_is_needed(text: str):
    """It is compared, passed on and written out as it is."""
    found = inferred(text)
    assert ([*found.problems], [*found.doubts]) == ([], [])


def test_a_number_may_be_no_moment():
    """Seconds are taken for a timestamp, with a doubt about the year; those that are written out are known."""
    assert len(inferred("string(timestamp(input.id))").doubts) == 1
    assert schema_of("string(timestamp(0))") == {"type": "string"}


def test_literals_are_the_same_only_with_the_same_elements():
    """A choice between two lists gives both, each once."""
    both = schema_of("input.flag ? {'a': [1, 2]} : {'a': [1, 3]}")
    assert schema.compile(both).accepts({"a": [1, 2]})
    assert schema.compile(both).accepts({"a": [1, 3]})


@pytest.mark.parametrize("text", ["1 + > 2", "input.a ( > 1", "> 1"])
def test_a_sign_that_stands_wrong_is_not_taken_for_another(text: str):
    """Only `<>` is read as a way to write `!=`."""
    with pytest.raises(ExpressionError) as refused:
        expression.parse(text)
    assert "!=" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "[input.half] + [input.half, input.half]",
        "[input.half, input.half, input.half]",
        "{'a': input.half, 'b': [input.half, input.half]}",
        "input.flag ? [input.half, input.half, input.half] : []",
    ],
)
def test_a_result_is_bounded_whatever_made_it(text: str):
    """What an expression puts together holds at most 4 Mi characters; what it only reads may hold more."""
    scope = {"input": {"half": "x" * (2 << 20), "whole": "x" * (6 << 20), "flag": True}}
    assert "4,194,304" in refusal(text, scope).message
    assert value_of("input.whole", scope) == scope["input"]["whole"]


@pytest.mark.parametrize(
    ("index", "sure"),
    [
        ({"minimum": 0, "maximum": 1}, True),
        ({"minimum": 0, "maximum": 2}, False),
        ({"minimum": -1, "maximum": 1}, False),
        ({"minimum": 0}, False),
        ({"maximum": 1}, False),
    ],
)
def test_an_index_is_proven_by_its_bounds(index: dict[str, int], sure: bool):
    """An integer that is neither below 0 nor beyond the shortest list needs no `?`."""
    pair = {"type": "array", "items": {"type": "string"}, "minItems": 2}
    fields = {"pair": pair, "at": {"type": "integer", **index}}
    given = {"type": "object", "required": ["pair", "at"], "properties": fields}
    scope = {"type": "object", "required": ["input"], "properties": {"input": given}}
    found = expression.infer(expression.parse("input.pair[input.at]"), scope)
    assert found.problems == []
    assert (found.doubts == []) is sure


def test_a_sort_key_of_no_declared_type_is_told():
    """It may be without order; nothing is proven by silence."""
    assert [doubt.kind for doubt in inferred("input.items.sortBy(i, input.any)").doubts] == ["unproven"]


@pytest.mark.parametrize("text", ["tasks.load.nope", "tasks.load.nope.more", "tasks.load.nope.more[0] + 1"])
def test_what_stands_behind_an_unknown_name_is_not_told_again(text: str):
    """One mistake, one problem."""
    assert problem_of(text).kind == "unknown-field"


def test_a_range_is_of_integers_from_zero():
    """Which is enough to choose an element with."""
    assert schema_of("lists.range(3)") == {"type": "array", "items": {"type": "integer", "minimum": 0}}


@pytest.mark.parametrize("text", ["a &b", "a |b", "a =b", "a & b", "a |b && c"])
def test_half_an_operator_is_one_mistake(text: str):
    """What follows it is read as it stands, to the character."""
    recovered = expression.recover(text)
    assert [error.fix is not None for error in recovered.errors] == [True]


@pytest.mark.parametrize("name", ["min", "max"])
def test_an_empty_list_has_no_extreme(name: str):
    """The refusal names the function that was asked."""
    assert refusal(f"[].{name}()").message == f"{name}() of an empty array"


def test_a_variable_is_read_to_any_depth():
    """One step, two and three behind the variable of a macro."""
    scope = {"input": {"items": [{"a": {"b": {"c": 1}}, "b": 2}]}}
    assert value_of("input.items.map(i, [i.b, i.a.b.c])", scope) == [[2, 1]]
    assert value_of("input.items.map(i, i.a.b)", scope) == [{"c": 1}]


@pytest.mark.parametrize("test", ["input.?nickname.hasValue()", "has(input.nickname)", "'nickname' in input"])
def test_a_test_proves_nothing_where_it_fails(test: str):
    """Behind `else`, and in the other half of a negation, the value may be absent as before."""
    for text in (f"{test} ? '' : input.nickname + 'x'", f"!({test}) && input.nickname + 'x' == ''"):
        assert [problem.kind for problem in inferred(text).problems] == ["optional-as-value"]


CALLED = [function for function in FUNCTIONS.values() if function.name not in OPTIONALS | {"matches"}]


@pytest.mark.parametrize("function", CALLED, ids=lambda function: f"{'.' * function.receiver}{function.name}")
def test_as_many_arguments_are_taken_as_the_function_has(function: Function):
    """The evaluation is handed over first, then the receiver; what may be left out has a default."""
    own = list(inspect.signature(function.run).parameters.values())[1 + function.receiver :]
    if any(each.kind is each.VAR_POSITIONAL for each in own):
        assert function.most > 1_000
    else:
        assert function.least == sum(each.default is each.empty for each in own)
        assert function.most == len(own)


@pytest.mark.parametrize(
    "text",
    ["a.?b.hasValue(1)", "a.?b.value(1)", "a.?b.orValue()", "a.?b.or()", "optional.none(1)", "size()"],
)
def test_a_call_with_too_few_or_too_many_arguments_is_refused(text: str):
    """Before anything runs, with the number that is right."""
    with pytest.raises(ExpressionError, match="argument"):
        expression.parse(text)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("input.x.length()", "input.x.size()"),
        ("input.x.includes('a')", "input.x.contains('a')"),
        ("input.x.toUpperCase()", "input.x.upperAscii()"),
        ("input.x.unique()", "input.x.distinct()"),
        ("str(1)", "string(1)"),
        ("math.max(1, 2)", "math.greatest(1, 2)"),
        ("range(3)", "lists.range(3)"),
        ("input.x.startWith('a')", "input.x.startsWith('a')"),
    ],
)
def test_the_name_of_another_language_leads_to_ours(text: str, fix: str):
    """What is called otherwise elsewhere is told with our name, and corrected it parses."""
    with pytest.raises(ExpressionError) as refused:
        expression.parse(text)
    assert refused.value.fix == fix
    expression.parse(fix)


@pytest.mark.parametrize("text", ["1 t true TRUE True", "0 f false FALSE False"])
def test_the_spellings_of_a_truth_value_are_those_of_cel(text: str):
    """Five of each, and no others."""
    for spelling in text.split():
        assert value_of(f"bool('{spelling}')") is text.startswith("1")
        assert schema_of(f"bool('{spelling}')") == {"type": "boolean"}
    for other in ("yes", "tRUE", "T", "F", "", "2"):
        assert "cannot read" in problem_of(f"bool('{other}')").message


@pytest.mark.parametrize(
    ("text", "depth"), [("[[[1]]].flatten()", 1), ("[[[1]]].flatten(1)", 1), ("[[[1]]].flatten(2)", 2)]
)
def test_flatten_takes_away_as_many_levels_as_it_is_told(text: str, depth: int):
    """One, without an argument; the type follows."""
    value = value_of(text)
    assert value == ([[1]] if depth == 1 else [1])
    assert schema.compile(schema_of(text)).accepts(value)
    assert not schema.compile(schema_of(text)).accepts([1] if depth == 1 else [[1]])


def test_the_remainder_has_the_sign_of_the_dividend():
    """As in CEL; of nothing it is nothing."""
    assert [value_of(text) for text in ("7 % 3", "-7 % 3", "7 % -3", "-7 % -3", "0 % 3", "-6 % 3")] == [
        1,
        -1,
        1,
        -1,
        0,
        0,
    ]
