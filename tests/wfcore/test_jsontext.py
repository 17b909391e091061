"""JSON text: what passes the door, what is refused, and why."""

import json
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfcore import jsontext
from wfcore.jsontext import JsonTextError

EDGE = 2**53


def refusal(text: bytes, **options: object) -> JsonTextError:
    with pytest.raises(JsonTextError) as caught:
        jsontext.decode(text, **options)
    return caught.value


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-EDGE, EDGE)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8") | st.sampled_from('[]{}",\\:0123456789 ')),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=30,
)


@given(values)
def test_what_is_written_is_read_back_as_it_was(value):
    """encode then decode gives an equal value, whatever brackets, digits and escapes its strings hold."""
    assert jsontext.decode(jsontext.encode(value)) == value


@given(values)
def test_the_standard_library_reads_the_same(value):
    """Our text means the same to another JSON reader, and we read its text the same."""
    assert json.loads(jsontext.encode(value)) == value
    assert jsontext.decode(json.dumps(value).encode()) == value
    assert jsontext.decode(json.dumps(value, indent=1, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        (b"3.0", 3, int),
        (b"1e2", 100, int),
        (b"-5.0", -5, int),
        (b"-0.0", 0.0, float),
        (b"3.5", 3.5, float),
        (b"1e20", 1e20, float),
        (b"9007199254740992", EDGE, int),
        (b"-9007199254740992", -EDGE, int),
    ],
)
def test_a_double_without_fraction_is_read_as_an_integer(text, value, kind):
    """3.0 and 1e2 are integers, -0.0 and doubles beyond 2^53 stay doubles."""
    read = jsontext.decode(text)
    assert read == value
    assert type(read) is kind
    if text == b"-0.0":
        assert math.copysign(1, read) == -1


@pytest.mark.parametrize(
    ("text", "position"),
    [
        (b"9007199254740993", 0),
        (b"-9007199254740993", 0),
        (b'{"a": [1, 12345678901234567890]}', 10),
        (b'["9007199254740993, \\\\", "\\"", 9007199254740993]', 31),
        (b"[9007199254740993.0]", 1),
        (b"[0.5, 1e999]", 6),
        (b'["1e999", -1E999]', 10),
        (b"[NaN]", 1),
        (b"[1, Infinity]", 4),
        (b"[1, -Infinity]", 4),
    ],
)
def test_a_number_that_cannot_be_kept_is_refused_with_its_place(text, position):
    """Integers beyond 2^53, overflowing doubles, NaN and Infinity are refused, never changed."""
    error = refusal(text)
    assert (error.code, error.position) == ("NUMBER_OUT_OF_RANGE", position)


def test_an_integer_of_5000_digits_is_refused():
    """An absurdly long integer is out of range, not a crash."""
    assert refusal(b"[" + b"1" * 5000 + b"]").code == "NUMBER_OUT_OF_RANGE"


@pytest.mark.parametrize(
    "text",
    [
        b'["card 9007199254740993", ": 12345678901234567890"]',
        b"[0.12345678901234567890, 1234567890123456.5]",
        b'{"9007199254740993": 1}',
    ],
)
def test_digits_in_text_and_fractions_are_no_integers(text):
    """Only integers are held to 2^53: strings, keys and fractions may have any number of digits."""
    assert jsontext.decode(text) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        b'["\xff"]',
        b'["\xc0\x80"]',
        b"\xff[1",
        b"\xef\xbb\xbf[]",
        "[1]".encode("utf-16"),
        "[1]".encode("utf-16-le"),
        "[1]".encode("utf-32"),
        b'["\\ud800"]',
        b'{"a": "\\ud800"}  ',
        b'["\\ud800 and more"]',
        b'["\\udc00"]',
        b'["\\udc00\\ud800"]',
        b'{"\\ud83d": 1}',
    ],
)
def test_text_that_is_not_unicode_is_refused(text):
    """Invalid UTF-8, a byte order mark, UTF-16 and lone surrogates are INVALID_TEXT."""
    assert refusal(text).code == "INVALID_TEXT"


def test_nul_and_surrogate_pairs_are_text():
    r"""\u0000 and a whole surrogate pair pass."""
    assert jsontext.decode(b'["\\u0000", "\\ud83d\\ude00"]') == ["\0", "\U0001f600"]


@pytest.mark.parametrize("text", [b"", b"  ", b"{", b"[1,]", b"[01]", b"[1]x", b'{"a":}', b"{'a':1}", b'["\x01"]'])
def test_malformed_text_says_where(text):
    """Text that is no JSON is MALFORMED_JSON, with the byte where reading stopped and the name of what was read."""
    error = refusal(text, what="response of `orders`")
    assert error.code == "MALFORMED_JSON"
    assert error.position is not None
    assert error.message.startswith("response of `orders`")


def test_the_hundredth_level_is_the_last():
    """100 levels are read and written, 101 are TOO_DEEP both ways; brackets in strings do not count."""
    assert jsontext.decode(b"[" * 100 + b"]" * 100)
    assert refusal(b"[" * 101 + b"]" * 101).code == "TOO_DEEP"
    assert refusal(b'{"a":' * 101 + b"1" + b"}" * 101).code == "TOO_DEEP"
    assert jsontext.decode(b'["' + b"[" * 500 + b'", "\\\\", "\\"[{"]')
    disguised = b'["]",' * 150 + b"0" + b',"["]' * 150
    assert json.loads(disguised)
    assert refusal(disguised).code == "TOO_DEEP"
    deep: list = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(JsonTextError, match="deeper than 100"):
        jsontext.encode(deep)


@pytest.mark.parametrize("text", [b"[" * 100_000, b'{"a":' * 100_000, b"[" * 500_000 + b"]" * 500_000])
def test_a_flood_of_brackets_is_refused_at_once(text):
    """100,000 open brackets cost milliseconds, not a crash."""
    before = time.process_time()
    assert refusal(text).code == "TOO_DEEP"
    assert time.process_time() - before < 0.1


def test_too_large_is_refused_before_reading():
    """max_bytes is checked first; the message has both sizes."""
    error = refusal(b"[" * 2000, max_bytes=1000)
    assert error.code == "TOO_LARGE"
    assert "2,000" in error.message
    assert "1,000" in error.message


def test_equal_keys_are_refused_on_request():
    """The last of equal keys wins, unless unique_keys is asked for."""
    assert jsontext.decode(b'{"a":1,"a":2}') == {"a": 2}
    error = refusal(b'[{"b":{"a":1,"\\u0061":2}}]', unique_keys=True)
    assert error.code == "DUPLICATE_KEY"
    assert '"a"' in error.message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, b"3"),
        ([1.0, {"a": -2.0}, None], b'[1,{"a":-2},null]'),
        (-0.0, b"-0.0"),
        (0.05, b"0.05"),
        (1e16, b"1e16"),
        (0.1, b"0.1"),
        ("1.0", b'"1.0"'),
    ],
)
def test_numbers_print_short(value, text):
    """Shortest round trip; an integral double has no `.0`; text is left alone."""
    assert jsontext.encode(value) == text


@pytest.mark.parametrize("value", [math.nan, [math.inf], {"a": -math.inf}, EDGE + 1, -(10**30)])
def test_numbers_that_json_cannot_hold_are_not_written(value):
    """NaN, infinities and integers beyond 2^53 are refused at writing, not turned into null."""
    for write in (jsontext.encode, jsontext.canonical):
        with pytest.raises(JsonTextError) as caught:
            write(value)
        assert caught.value.code == "NUMBER_OUT_OF_RANGE"


def test_half_a_surrogate_pair_is_not_written():
    """A lone surrogate in a Python string is INVALID_TEXT for both writers."""
    for write in (jsontext.encode, jsontext.canonical):
        with pytest.raises(JsonTextError) as caught:
            write(["\ud800"])
        assert caught.value.code == "INVALID_TEXT"


def test_equal_values_have_one_digest():
    """Key order, 3.0 against 3 and spacing do not change the canonical text or the digest."""
    assert jsontext.canonical({"b": 3.0, "a": EDGE}) == b'{"a":9007199254740992,"b":3}'
    first = jsontext.digest({"b": [3.0, None], "a": "ä"})
    assert first == jsontext.digest({"a": "ä", "b": [3, None]})
    assert first.startswith("sha256:")
    assert len(first) == 7 + 64
