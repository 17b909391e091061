"""What expressions compute, and how they refuse data that does not fit."""

import copy
import math
import time
from typing import Any

import pytest

from wfcore import expression
from wfcore.expression import ABSENT, EvaluationError
from wfcore.expression.errors import OutOfFuel

SCOPE: dict[str, Any] = {
    "input": {
        "user": {"name": "Ada", "tags": ["x", "y"], "odd key": 1, "nothing": None},
        "n": 2.5,
        "age": 42,
        "items": [{"id": 3, "price": 10}, {"id": 1, "price": 2.5}, {"id": 2, "price": 10, "note": "n"}],
        "rows": [[1, 2], [], [3]],
    },
    "tasks": {"user": {"output": {"id": 7}}},
    "$parent": {"$parent": {"tasks": {"x": {"output": 9}}}},
}


def value_of(text: str, scope: dict[str, Any] = SCOPE) -> Any:
    return expression.compile(expression.parse(text))(scope)


def refusal(text: str, scope: dict[str, Any] = SCOPE) -> EvaluationError:
    with pytest.raises(EvaluationError) as refused:
        value_of(text, scope)
    return refused.value


# Paths and literals


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.user.name", "Ada"),
        ("  input . user . name ", "Ada"),
        ("input['user']['odd key']", 1),
        ('input["user"].tags[1]', "y"),
        ("input.user.tags[size(input.user.tags) - 1]", "y"),
        ("input['us' + 'er'].name", "Ada"),
        ("input.user.tags[1.0]", "y"),
        ("input.user.nothing", None),
        ("input.?user.?name", "Ada"),
        ("input.user[?'odd key']", 1),
        ("input.user.tags[?0]", "x"),
        ("tasks.user.output.id", 7),
        ("$parent.$parent.tasks.x.output", 9),
        ("(input.age > 1 ? input.user : input).name", "Ada"),
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
        (r"r'\d\n'", r"\d\n"),
        ("'''it's\n'''", "it's\n"),
        ("[]", []),
        ("[1, 'a', [null],]", [1, "a", [None]]),
        ("{'a': {'b': [true]}, \"c\": 1}", {"a": {"b": [True]}, "c": 1}),
    ],
)
def test_a_literal_is_its_value(text: str, value: object):
    """JSON's values can be written as they are, with strings in any kind of quotes."""
    assert value_of(text) == value
    assert expression.parse(text).reads() == ()
    assert expression.constant(expression.parse(text)) == value


@pytest.mark.parametrize("text", ["input", "[input]", "1 + 1", "[?input.?a]", "{'a': size('')}", "{'a': 1, ?'b': x}"])
def test_what_is_computed_is_no_constant(text: str):
    """Only values that are written out are known before anything runs."""
    assert expression.constant(expression.parse(text)) is ABSENT


# Optionals


@pytest.mark.parametrize(
    "text",
    [
        "input.?gone",
        "input.?gone.deeper",
        "input.user.tags[?2]",
        "input.user.?nothing.?x",
        "input.?n.?x",
        "input[?'z']",
        "optional.none()",
        "input.?gone.or(input.?far)",
        "input.?gone.optMap(x, x + 1)",
        "[].first()",
        "input.?gone[0].a",
        "input.age > 50 ? input.?age : optional.none()",
    ],
)
def test_an_optional_that_leads_nowhere_is_absent(text: str):
    """A missing key, an index past the end, or a value without parts behind `.?` gives ABSENT, not null."""
    assert value_of(text) is ABSENT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.?gone.orValue('x')", "x"),
        ("input.?gone.deep.er.orValue(input.age + 1)", 43),
        ("input.?gone.orValue({'a': [1]}).a[0]", 1),
        ("input.user.?name.orValue('x')", "Ada"),
        ("input.user.?nothing.orValue('x')", None),
        ("input.?gone.or(input.?age).or(optional.of(1)).value()", 42),
        ("input.?age.optMap(x, x + 1)", 43),
        ("input.?age.optFlatMap(x, input.items[?x]).hasValue()", False),
        ("input.?age.hasValue()", True),
        ("has(input.age) && !has(input.gone) && has(input.?gone.x) == false", True),
        ("[?input.?gone, ?input.?age]", [42]),
        ("{?'a': input.?gone, ?'b': input.?age}", {"b": 42}),
        ("input.items.last().price", 10),
        ("optional.of(1) == optional.of(1.0) && optional.none() != optional.of(1)", True),
    ],
)
def test_a_default_stands_in_for_absent_only(text: str, value: object):
    """What is absent can be replaced, tested for and left out; a value that is there stays, null included."""
    assert value_of(text) == value


def test_a_default_is_computed_only_where_it_is_needed():
    """What orValue() would stand in with may be wrong as long as it is not needed."""
    assert value_of("input.?age.orValue(1 / 0)") == 42


def test_absent_is_false_and_stays_itself():
    """ABSENT is falsy, prints as a word, and survives copies, so that `is ABSENT` always works."""
    assert not ABSENT
    assert repr(ABSENT) == "absent"
    assert copy.deepcopy([ABSENT])[0] is ABSENT


# Operators and macros


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * 1.5", 3.0),
        ("5 / 2", 2.5),
        ("6 / 2", 3),
        ("9007199254740992 / 2", 4503599627370496),
        ("-7 % 3", -1),
        ("7 % -3.0", 1),
        ("1 == 1.0", True),
        ("true == 1", False),
        ("[1, {'a': 2}] == [1.0, {'a': 2.0}]", True),
        ("[true] == [1]", False),
        ("null == false", False),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", [1, 2]),
        ("'é' < '🦊'", True),
        ("false < true", True),
        ("1 in [1.0] && !(true in [1])", True),
        ("'name' in input.user", True),
        ("'x' in input.user.tags && !('z' in input.user.tags) && !('x' in input.rows)", True),
        ("input.user.name + 'LONG' in ['AdaLONG'] && [1.0] in [[1]] && !('gone' in input.user)", True),
        ("input.age > 18 ? 'adult' : 'minor'", "adult"),
        ("1 / 0 == 1 || true", True),
        ("false && input.gone", False),
        ("input.gone && false", False),
        ("'a' == 'a' && 1 != 2", True),
    ],
)
def test_what_operators_compute(text: str, value: object):
    """There is one type of number, equality goes deep and never across types, and a side that decides is enough."""
    result = value_of(text)
    assert result == value
    assert isinstance(result, bool) == isinstance(value, bool)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("input.items.map(i, i.id)", [3, 1, 2]),
        ("input.items.map(i, i.price > 5, i.id)", [3, 2]),
        ("input.items.filter(i, has(i.note)).map(i, i.note)", ["n"]),
        ("input.items.all(i, i.price > 1)", True),
        ("input.items.exists(i, i.note == 'n')", True),
        ("input.items.exists_one(i, i.price == 10)", False),
        ("[].all(i, i.gone) && ![].exists(i, i.gone)", True),
        ("input.user.map(k, k)", ["name", "tags", "odd key", "nothing"]),
        ("input.user.exists(k, k == 'tags')", True),
        ("input.items.sortBy(i, i.price).map(i, i.id)", [1, 3, 2]),
        ("input.rows.map(r, r.map(x, [x, size(r)]))", [[[1, 2], [2, 2]], [], [[3, 1]]]),
        ("input.rows.map(x, x.map(x, x * 2).size() + x.size())", [4, 0, 2]),
        ("[1, 2].map(input, input + 1)", [2, 3]),
        ("[1].map(x, [2].map(y, [3].map(x, x + y)) + [[x]])", [[[5], [1]]]),
    ],
)
def test_what_macros_compute(text: str, value: object):
    """Macros range over lists and the keys of objects; their variables hide what has the same name outside."""
    assert value_of(text) == value


def test_a_condition_is_true_or_false():
    """compile_condition() takes nothing as true but true, and an absent value is no condition."""
    assert expression.compile_condition(expression.parse("input.age > 18"))(SCOPE) is True
    for text in ("input.age", "input.user.name", "input.?gone", "null", "[]"):
        with pytest.raises(EvaluationError, match="a condition is true or false"):
            expression.compile_condition(expression.parse(text))(SCOPE)


def test_values_come_back_as_they_are():
    """What is only read is not copied, and evaluating changes nothing."""
    before = copy.deepcopy(SCOPE)
    assert value_of("input.items.filter(i, i.id == 3)")[0] is SCOPE["input"]["items"][0]
    for text in ("input.items.sortBy(i, i.id)", "input.rows.flatten() + [4]", "input.user.tags.reverse()"):
        value_of(text)
    assert before == SCOPE


# Data that does not fit


@pytest.mark.parametrize(
    ("text", "offset", "reason"),
    [
        ("input.user.nmae", 11, "`input.user` is an object without `nmae`"),
        ("input.user.nothing.x", 19, "`input.user.nothing` is null and has no fields"),
        ("input.user.name.x", 16, "`input.user.name` is a string and has no fields"),
        ("input.user.name[0]", 16, "`input.user.name` is a string and has no elements"),
        ("input.user[0]", 11, "`input.user` is an object and has no elements"),
        ("input.user.tags[2]", 16, "`input.user.tags` is an array without an element 2"),
        ("input.user.tags['0']", 16, "`input.user.tags` is an array and has no fields"),
        ("input.user.tags[input.age]", 16, "`input.user.tags` is an array without this element"),
        ("input.user[input.user.name]", 11, "`input.user` is an object without this key"),
        ("input.user.tags[input.n]", 16, "`input.user.tags` is an array and cannot be looked into with a number"),
        ("input.user[?(1 < 2)]", 13, "`input.user` is an object and cannot be looked into with a boolean"),
        ("input.n.x", 8, "`input.n` is a number and has no fields"),
        ("input.?gone.orValue(true).x", 26, "`input.?gone.orValue(true)` is a boolean and has no fields"),
        ("inptu.user", 0, "`inptu` is not known here"),
        ("inptu.?user", 0, "`inptu` is not known here"),
        ("true + 1", 0, "`+` does not work on a boolean and a number"),
        ("1 + input.user.name", 0, "`+` does not work on a number and a string"),
        ("1 < 'a'", 0, "a number and a string have no order"),
        ("[] < []", 0, "an array and an array have no order"),
        ("1 / 0", 0, "division by zero"),
        ("1 % 0.0", 0, "division by zero"),
        ("5.5 % 2", 0, "the left side of `%` must be a whole number, not a fraction"),
        ("9007199254740992 + 1", 0, "beyond ±2^53"),
        ("1e308 * 10", 0, "no finite number"),
        ("-input.user.name", 0, "`-` does not work on a string"),
        ("!input.age", 1, "a condition is true or false, and `input.age` is a number"),
        ("input.age && true", 0, "a condition is true or false, and `input.age` is a number"),
        ("input.age ? 1 : 2", 0, "a condition is true or false"),
        ("input.items.filter(i, i.id)", 22, "a condition is true or false, and `i.id` is a number"),
        ("input.age.map(x, x)", 0, "map() ranges over an array, and `input.age` is a number"),
        ("1 in 'a'", 0, "`in` looks into an array or an object, not into a string"),
        ("input.age.orValue(1)", 0, "orValue() needs an optional, and `input.age` is a number"),
        ("input.?gone.value()", 12, "value() of an optional that is absent"),
        ("[input.?age]", 1, "`input.?age` is an optional: write orValue(…) behind it"),
        ("[1].map(x, input.?age)", 11, "`input.?age` is an optional"),
        ("[?1]", 2, "`?` needs an optional, and `1` is a number"),
        ("{('a' + 'b'): 1, 'ab': 2}", 0, "a key stands in this object twice"),
        ("{input.n: 1}", 1, "a key is a string, and this one is a number"),
        ("timestamp('2026-01-31T12:00:00Z')", 0, "a timestamp is no JSON value: write string(…)"),
        ("[duration('1s')]", 0, "a duration is no JSON value: write string(…)"),
        ("string(null)", 0, "string() of null"),
        ("int('x')", 0, "int() of a string that is no integer"),
        ("size(3)", 0, "size() of a number"),
    ],
)
def test_data_that_does_not_fit_is_told_with_its_place(text: str, offset: int, reason: str):
    """The error names the place, the types and the offset of what broke, and ends the evaluation."""
    error = refusal(text)
    assert reason in error.message
    assert (error.text, error.offset) == (text, offset)


def test_an_error_never_shows_data():
    """Names of fields and types are told, values are not: they may be secret."""
    scope = {"input": {"s": "hunter2", "list": ["hunter2"], "o": {"hunter2": 1}}}
    texts = ["input.s.x", "input.s + 1", "input.s < 1", "int(input.s)", "input.o[input.s + '!']", "timestamp(input.s)"]
    texts += ["input.list.sum()", "input.list.map(x, -x)", "input.list[5]", "input.s ? 1 : 2", "duration(input.s)"]
    texts += ["{input.s: 1, ('' + input.s): 2}", "bool(input.s)", "input.list.join(1)", "json(input.s).substring(99)"]
    for text in texts:
        assert "hunter2" not in refusal(text, scope).message


@pytest.mark.parametrize(
    "text",
    [
        "input.__class__",
        "input.user.name.__class__",
        "input.user.tags.append",
        "input.keys",
        "input.user['__class__']",
        "''.__class__",
        "[].__init__",
        "(1).real",
        "timestamp('2026-01-31T12:00:00Z').nanoseconds",
    ],
)
def test_no_name_reaches_python(text: str):
    """Names are keys of the data and nothing else: attributes of Python objects are not there."""
    refusal(text)


# Bounded work

THOUSAND = {"input": {"list": list(range(1_000)), "text": "a" * 1_000_000, "big": [["x" * 100] * 100] * 100}}


@pytest.mark.parametrize(
    "text",
    [
        "input.list.map(a, input.list.map(b, input.list.map(c, a + b + c)))",
        "input.list.exists(a, input.list.exists(b, input.list.exists(c, a + b + c < 0)))",
        "input.list.all(a, input.list.all(b, a + b >= 0 && a * b >= 0))",
        "lists.range(100000).map(a, lists.range(100000))",
        "lists.range(100000).filter(a, a in input.list && a in input.list && false)",
        "lists.range(100000).map(a, input.text.contains('b'))",
        "lists.range(100000).map(a, input.text == input.text + 'b')",
        "lists.range(50000).filter(a, input.big == input.big)",
        "lists.range(50000).map(a, json(input.big).size())",
        "lists.range(50000).exists(a, json([input.big, input.big, input.big]) == '')",
        "lists.range(50000).map(a, input.text.matches('(a|b|ab)*c'))",
        "lists.range(50000).map(a, input.list.sort().size())",
        "lists.range(50000).map(a, input.big.distinct().size())",
        "lists.range(50000).map(a, input.text.replace('a', 'bb').size())",
        "lists.range(50000).map(a, (input.text + input.text).size())",
        "lists.range(50000).map(a, input.text.split('').size())",
    ],
)
def test_endless_work_is_cut_off(text: str):
    """Macros, lists and strings cost steps; whoever needs more than there are gets an error, and nothing absorbs it."""
    started = time.perf_counter()
    error = refusal(text, THOUSAND)
    assert isinstance(error, OutOfFuel)
    assert "did more than 1,000,000 steps" in error.message
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("input.text" + ".replace('a', 'aaaaaaaa')" * 20, "longer than 2,097,152 characters"),
        ("input.text + input.text + input.text", "longer than 2,097,152 characters"),
        ("input.list.map(x, 'a').join(input.text)", "longer than 2,097,152 characters"),
        ("input.list.map(x, input.text)", "larger than 4,194,304 characters"),
        ("[" + ", ".join(["input.text"] * 300) + "]", "larger than 4,194,304 characters"),
        ("optional.of(input.list)" + ".optMap(x, [x, x])" * 100, "larger|steps"),
        ("json(optional.of([])" + ".optMap(x, [x, x])" * 100 + ".value())", "longer|larger|deeper|steps"),
        ("optional.of([])" + ".optMap(x, [x])" * 110, "deeper than 100 levels"),
        ("lists.range(100001)", "at most 100,000 elements"),
    ],
)
def test_a_result_cannot_grow_without_bounds(text: str, reason: str):
    """Strings and results have a largest size, counted as it would be written, however small the expression is."""
    started = time.perf_counter()
    with pytest.raises(EvaluationError, match=reason):
        value_of(text, THOUSAND)
    assert time.perf_counter() - started < 10


def test_an_error_in_a_long_condition_costs_no_more_than_its_length():
    """A side that fails is not evaluated again by each operator around it."""
    started = time.perf_counter()
    refusal("input.gone" + " && input.gone" * 100)
    refusal("(" * 50 + "input.gone" + " || input.gone)" * 50)
    assert time.perf_counter() - started < 10


def test_strange_strings_are_values_like_others():
    """Control characters and characters beyond the basic plane are counted, cut and compared by code point."""
    scope = {"input": {"s": "\x00🦊\u202e", "half": "\ud800"}}
    assert value_of("size(input.s)", scope) == 3
    assert value_of("input.s.charAt(1) + input.s.substring(2)", scope) == "🦊\u202e"
    assert value_of("input.half + 'x'", scope) == "\ud800x"
    assert "json()" in refusal("json(input.half)", scope).message


def test_numbers_that_json_does_not_know_are_refused():
    """A result is never nan or infinite, even where the data holds such a number."""
    for number in (math.nan, math.inf):
        assert "finite" in refusal("input.x + 1", {"input": {"x": number}}).message


def test_deep_data_is_read_and_compared_without_recursion_errors():
    """Data far deeper than the door lets in ends in an error of ours."""
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    scope = {"input": {"deep": deep}}
    assert value_of("input.deep[0][0]", scope) is deep[0][0]
    for text in ("input.deep == input.deep[0]", "json(input.deep)", "[input.deep]", "[input.deep].distinct()"):
        assert "deeper than 100 levels" in refusal(text, scope).message
