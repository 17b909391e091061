"""What the checker knows at the edges: what it takes without a doubt, what it refuses, and which repair it offers."""

import pytest
from tests.wfcore.expression.test_inference import inferred, problem_of, schema_of
from tests.wfcore.expression.test_running import refusal, value_of

from wfcore import expression, schema
from wfcore.expression import ExpressionError


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
