"""Where we differ from CEL: a numbered list, a test for each, beside what the oracle says."""

from typing import Any

import pytest
from tests.wfcore.expression.test_oracle import CEL, Refused, told_by_cel
from tests.wfcore.expression.test_running import refusal, value_of

from wfcore import expression
from wfcore.expression import ABSENT, EvaluationError, ExpressionError

DATA: dict[str, Any] = {"s": "text", "n": 1, "list": [1, 2], "o": {"b": 1, "a": 2}, "user-id": 7, "user": 9}


def ours(text: str) -> Any:
    return value_of(text, {"input": DATA, "$parent": {"input": DATA}})


def refused_by_cel(text: str) -> bool:
    try:
        told_by_cel(text, DATA)
    except (Refused, RuntimeError, TypeError, ValueError):
        return True
    return False


def refused_by_us(text: str) -> bool:
    try:
        ours(text)
    except (ExpressionError, EvaluationError):
        return True
    return False


def test_deviation_1():
    """1. `$parent` and `$root` are names, at the beginning of a path and behind a dot."""
    assert refused_by_cel("$parent.input.n")
    assert ours("$parent.input.n") == 1


def test_deviation_2():
    """2. JSON has one type of number: integers and doubles mix in arithmetic, and `2.0` is as good an index as `2`."""
    for text, value in (("2 * 1.5", 3), ("1 + 1.0", 2), ("input.list[1.0]", 2), ("7 % 2.0", 1)):
        assert ours(text) == value
    assert refused_by_cel("2 * 1.5")


def test_deviation_3():
    """3. `/` is division with a fraction, of integers too: data cannot tell 5 from 5.0."""
    assert (ours("5 / 2"), told_by_cel("5 / 2", DATA)) == (2.5, 2)


def test_deviation_4():
    """4. Integers beyond ±2^53, infinities and nan are errors, so is any division by zero."""
    for text in ("9007199254740992 + 1", "1.0 / 0.0", "1e308 * 10.0", "math.sqrt(-1.0)"):
        assert refused_by_us(text)
        assert not refused_by_cel(text)


def test_deviation_5():
    """5. Numbers are written as JSON writes them: no `0x1F`, `1u`, `.5` or `007`."""
    for text in ("0x1F", "1u", ".5", "007"):
        assert refused_by_us(text)
        assert not refused_by_cel(text)


def test_deviation_6():
    """6. Values are JSON: there are no bytes, no unsigned integers, no messages, and types are no values."""
    for text in ("b'a'", "uint(1)", "type(1) == int", "dyn(1)"):
        with pytest.raises(ExpressionError):
            expression.parse(text)
        assert not refused_by_cel(text)


def test_deviation_7():
    """7. The keys of an object are strings, and no key stands in one twice."""
    for text in ("{1: 'a'}[1]", "{true: 'a'}[true]"):
        assert refused_by_us(text)
        assert not refused_by_cel(text)
    assert refused_by_us("{'a': 1, 'a': 2}")


def test_deviation_8():
    """8. `.?` into a value without parts, such as null or a string, is absent and no error."""
    assert ours("input.s.?length") is ABSENT
    assert refused_by_cel("input.s.?length.hasValue()")


def test_deviation_9():
    """9. An optional is no element of an array and no value of an object: `?` in front or orValue() behind it."""
    assert refused_by_us("[input.?n].size()")
    assert not refused_by_cel("[input.?n].size()")
    assert ours("[?input.?n, ?input.?gone].size()") == 1


def test_deviation_10():
    """10. A result is JSON: an optional gives what is in it, or leaves the place out; timestamps and durations are
    written out with string()."""
    assert ours("input.?n") == 1
    assert refused_by_us("timestamp(0)")
    assert ours("string(timestamp(0))") == "1970-01-01T00:00:00Z"


def test_deviation_11():
    """11. What is surely a slip is refused when it is written: `x[-1]`, and `input.user-id` without spaces."""
    for text in ("input.list[-1]", "input.user-id", "input.list[?-1].hasValue()"):
        with pytest.raises(ExpressionError):
            expression.parse(text)
    assert ours("input.user - input.n") == 8


def test_deviation_12():
    """12. matches() is written `x.matches('…')`, with a pattern in quotes, in the dialect of JSON Schema."""
    for text in ("'a'.matches(input.s)", "matches('a', 'b')"):
        with pytest.raises(ExpressionError):
            expression.parse(text)
        assert not refused_by_cel(text)
    assert ours("'b1'.matches('[0-9]')") is True


def test_deviation_13():
    """13. Time zones are UTC and offsets such as `+02:00`: what a name means changes with the world."""
    assert "UTC or an offset" in refusal("timestamp(0).getHours('Europe/Berlin')").message
    assert not refused_by_cel("timestamp(0).getHours('Europe/Berlin')")


def test_deviation_14():
    """14. Numbers are read from strings strictly: no spaces around them."""
    assert refused_by_us("double('2 ')")
    assert not refused_by_cel("double('2 ')")


def test_deviation_15():
    """15. Numbers are printed as JSON canonically writes them, not in a notation of their own."""
    assert (ours("string(1e20)"), told_by_cel("string(1e20)", DATA)) == ("100000000000000000000", "1e+20")


def test_deviation_16():
    """16. An object keeps the order of its keys, and macros range over them in it; in CEL any order will do."""
    assert ours("input.o.map(k, k)") == ["b", "a"]


def test_deviation_17():
    """17. There are functions that CEL does not have: those of arrays, json(), and minus in front of a duration."""
    for text in ("[1, [2]].flatten()", "[2, 1].sum()", "json(input.o)", "string(-duration('1s'))"):
        assert not refused_by_us(text)
        assert refused_by_cel(text)


def test_deviation_18():
    """18. Durations reach over all timestamps, 10,000 years, and not over 292."""
    text = "string(timestamp('2024-01-01T00:00:00Z') - timestamp('0001-01-01T00:00:00Z'))"
    assert ours(text) == "63839664000s"
    assert refused_by_cel(text)


def test_deviation_19():
    """19. There are limits: 4 KiB of text, 64 open brackets, 128 operations that wait for each other, 4 macros inside
    each other, 1,000,000 steps, 2 Mi characters in a string and 4 Mi in a result."""
    for text in ("(" * 65 + "1" + ")" * 65, "1" + " + 1" * 128, "'" + "a" * 4095 + "'"):
        assert refused_by_us(text)
    for text in ("(" * 64 + "1" + ")" * 64, "1" + " + 1" * 127, "'" + "a" * 4094 + "'"):
        assert not refused_by_us(text)


def test_the_oracle_is_the_one_that_the_list_was_written_against():
    """The oracle computes with optionals; were they switched off, it would refuse what it is asked."""
    assert CEL.compile("optional.of(1).hasValue()").eval(data={"input": 1}).plain_value() is True
