"""The functions, one by one, with the edges of each."""

import pytest
from tests.wfcore.expression.test_running import refusal, value_of

from wfcore.expression.functions import FUNCTIONS, OPTIONALS
from wfcore.expression.signatures import SIGNATURES


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("size('🦊é')", 2),
        ("[1, 2].size() + size({'a': 1})", 3),
        ("'🦊fox'.contains('fo') && ''.contains('')", True),
        ("'fox'.startsWith('f') && 'fox'.endsWith('x')", True),
        ("'order-12'.matches('^[a-z]+-[0-9]+$')", True),
        ("'a1'.matches('[0-9]') && !'a'.matches('^b')", True),
        ("'ÄbC'.lowerAscii() + 'äbC'.upperAscii()", "ÄbcäBC"),
        (r"' \t\u00a0a b\n'.trim()", "a b"),
        ("'a,b,c'.split(',')", ["a", "b", "c"]),
        ("'a,b,c'.split(',', 2)", ["a", "b,c"]),
        ("'abc'.split('')", ["a", "b", "c"]),
        ("'abc'.split('', 2)", ["a", "bc"]),
        ("'abc'.split(',', 0)", []),
        ("['a', 'b'].join('-') + ['c'].join()", "a-bc"),
        ("'aaa'.replace('a', 'b', 2)", "bba"),
        ("'ab'.replace('', '-')", "-a-b-"),
        ("'🦊fox'.substring(1) + 'fox'.substring(1, 2)", "foxo"),
        ("['abab'.indexOf('b'), 'abab'.indexOf('b', 2), 'a'.indexOf('x')]", [1, 3, -1]),
        ("['abab'.lastIndexOf('b'), 'abab'.lastIndexOf('b', 2)]", [3, 1]),
        ("'fox'.charAt(1) + 'fox'.charAt(3)", "o"),
        ("[1, 2, 3].slice(1, 3)", [2, 3]),
        ("[[1], [2, [3]], 4].flatten()", [1, 2, [3], 4]),
        ("[[1], [2, [3]]].flatten(2)", [1, 2, 3]),
        (
            "[1, 1.0, true, 'a', 'a', [1], [1.0], {'a': 1}, {'a': 1.0}, null].distinct()",
            [1, True, "a", [1], {"a": 1}, None],
        ),
        ("['b', 'a'].sort() + [2, 1.5].sort().map(x, string(x))", ["a", "b", "1.5", "2"]),
        ("[{'n': 2}, {'n': 1}].sortBy(x, x.n).map(x, x.n)", [1, 2]),
        ("[1, 2].first().value() + [1, 2].last().value()", 3),
        ("[1, 2].reverse()", [2, 1]),
        ("'🦊x'.reverse()", "x🦊"),
        ("[0.1, 0.2, 0.3].sum() + [].sum() + [1, 2].sum()", 3.6),
        ("[2, 1, 3].min() + [2.5, 1].max()", 3.5),
        ("string(['b', 'a'].min())", "a"),
        ("lists.range(3) + lists.range(0)", [0, 1, 2]),
        ("math.abs(-2) + math.abs(1.5)", 3.5),
        ("[math.ceil(1.2), math.floor(-1.2), math.trunc(-1.8), math.round(2.5), math.round(-2.5)]", [2, -2, -1, 3, -3]),
        ("[math.sign(-3), math.sign(0), math.sign(0.1)]", [-1, 0, 1]),
        ("math.greatest(1, 2.5, 2) + math.least([3, 1])", 3.5),
        ("math.sqrt(9)", 3.0),
        (
            "[string(1), string(1.0), string(0.5), string(true), string('a'), string(1e20)]",
            ["1", "1", "0.5", "true", "a", "100000000000000000000"],
        ),
        ("[int('12'), int('-7'), int(1.9), int(-1.9), int(3)]", [12, -7, 1, -1, 3]),
        ("[double('1.5'), double('-2e1'), double(3)]", [1.5, -20, 3]),
        ("[bool('true'), bool('0'), bool(true)]", [True, False, True]),
        ("json({'a': [1.0, null, 'é']}) + json('x')", '{"a":[1,null,"é"]}"x"'),
    ],
)
def test_what_a_function_gives(text: str, value: object):
    """Strings count code points, numbers are one type, and nothing depends on anything but the arguments."""
    result = value_of(text)
    assert result == pytest.approx(value) if isinstance(value, float) else result == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("string(timestamp('2026-01-31T12:00:00.5+02:00'))", "2026-01-31T10:00:00.500Z"),
        (
            "string(timestamp(0)) + string(timestamp('1969-12-31T23:59:59.000001Z'))",
            "1970-01-01T00:00:00Z1969-12-31T23:59:59.000001Z",
        ),
        ("int(timestamp('1970-01-02T00:00:00Z'))", 86400),
        ("string(duration('1h30m') + duration('-1.5s'))", "5398.500s"),
        ("string(timestamp('2024-02-28T23:00:00Z') + duration('2h'))", "2024-02-29T01:00:00Z"),
        ("string(duration('1h') + timestamp('2024-12-31T23:00:00Z') - duration('1s'))", "2024-12-31T23:59:59Z"),
        ("string(timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-01T00:00:00Z'))", "2505600s"),
        ("timestamp('2024-01-01T00:00:00Z') < timestamp('2024-01-01T00:00:00.000000001Z')", True),
        ("timestamp('2024-01-01T01:00:00+01:00') == timestamp('2024-01-01T00:00:00Z')", True),
        ("string(timestamp('2016-12-31T23:59:60.5Z'))", "2017-01-01T00:00:00Z"),
        ("string(timestamp('2024-01-01T00:00:00.1234567899999Z'))", "2024-01-01T00:00:00.123456789Z"),
        ("duration('60s') == duration('1m') && duration('1s') > duration('999ms')", True),
        ("string([duration('2s'), duration('1s')].sum()) + string([duration('2s'), duration('1s')].max())", "3s2s"),
        ("string(-duration('5m'))", "-300s"),
    ],
)
def test_times_are_computed_to_the_nanosecond(text: str, value: object):
    """Timestamps are read with any offset and written in UTC; they and durations add, subtract and compare."""
    assert value_of(text) == value


def test_a_moment_has_parts():
    """Months, days of the year and of the month count from 0 as in CEL; a zone is UTC or an offset."""
    moment = "timestamp('2024-12-31T23:30:15.25Z')"
    parts = ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds"]
    read = ", ".join(f"{moment}.get{part}()" for part in [*parts, "Milliseconds"])
    assert value_of(f"[{read}]") == [2024, 11, 31, 30, 2, 365, 23, 30, 15, 250]
    assert value_of(f"{moment}.getFullYear('+01:00')") == 2025
    assert value_of(f"{moment}.getHours('-00:45')") == 22
    assert value_of(
        "[duration('-90m').getHours(), duration('90m').getMinutes(), duration('1.5s').getMilliseconds()]"
    ) == [-1, 90, 500]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("'a'.contains(1)", "expected a string, got a number"),
        ("'abc'.substring(2, 1)", "substring() reaches outside"),
        ("'abc'.substring(0.5)", "the start of substring() must be a whole number, not a fraction"),
        ("'abc'.charAt(4)", "charAt() reaches outside"),
        ("'abc'.indexOf('a', 4)", "indexOf() starts outside"),
        ("'abc'.lastIndexOf('a', -1)", "lastIndexOf() starts outside"),
        ("[1].join('')", "join() joins strings, and one element is a number"),
        ("'a'.join('')", "expected an array of strings, got a string"),
        ("[1].slice(0, 2)", "slice() reaches outside"),
        ("[1].flatten(-1)", "the depth of flatten() is negative"),
        ("[1, 'a'].sort()", "a number and a string have no order"),
        ("[1, null].sortBy(x, x)", "a number and null have no order"),
        ("[].min()", "min() of an empty array"),
        ("['a'].sum()", "sum() adds numbers, and one element is a string"),
        ("[1e308, 1e308].sum()", "no finite number"),
        ("math.sqrt(-1)", "no square root"),
        ("math.abs('a')", "expected a number, got a string"),
        ("math.greatest([])", "math.greatest() of an empty array"),
        ("int('1.5')", "int() of a string that is no integer"),
        ("int('9007199254740993')", "±2^53"),
        ("int(1e300)", "±2^53"),
        ("double('1,5')", "double() of a string that is no number"),
        ("double('1e999')", "no finite number"),
        ("bool('yes')", "neither true nor false"),
        ("timestamp('2026-02-30T00:00:00Z')", "a moment that does not exist"),
        ("timestamp('2026-02-03')", "no timestamp such as"),
        ("timestamp('2026-02-03T00:00:00')", "no timestamp such as"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "outside the years 1 to 9999"),
        ("duration('5')", "no duration such as"),
        ("duration('1d')", "no duration such as"),
        ("duration('99999999999h')", "longer than 10,000 years"),
        ("timestamp(0).getHours('Europe/Berlin')", "a time zone is UTC or an offset"),
        ("timestamp(0).getHours(1)", "a time zone is a string"),
        ("duration('1s').getHours('UTC')", "a duration has no time zone"),
        ("duration('1s').getFullYear()", "expected a timestamp, got a duration"),
        ("timestamp(true)", "timestamp() of a boolean"),
        ("json(timestamp(0))", "a timestamp is no JSON value"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(text: str, reason: str):
    """A function says which of its arguments does not fit, and why."""
    assert reason in refusal(text).message


def test_every_function_has_a_type_and_every_type_a_function():
    """The table of what functions do and the table of their types list the same functions."""
    assert {name for name, _ in FUNCTIONS} == set(SIGNATURES) | OPTIONALS
