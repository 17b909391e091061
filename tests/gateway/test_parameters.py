"""What the text of an address means as JSON."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planner.definitions import schema
from wf_gateway.parameters import Parameters, ParametersInvalid
from wfcore import jsontext
from wfcore import schema as schemas
from wfcore.bundle import Route


def read(source: Any, query: str = "", path: dict[str, str] | None = None, method: str = "GET") -> dict[str, Any]:
    """The input that a query and a path's texts give."""
    route = Route(method, "/" + "/".join(f"{{{name}}}" for name in path or {}))
    return Parameters(route, source).read(path or {}, query.encode())


def refused(source: Any, query: str = "", path: dict[str, str] | None = None, method: str = "GET") -> dict[str, str]:
    """Pointer and sentence of each fault."""
    with pytest.raises(ParametersInvalid) as caught:
        read(source, query, path, method)
    assert caught.value.code == "PARAMETER_INVALID"
    return {wrong.pointer: wrong.detail for wrong in caught.value.wrong}


ANY = ["integer", "number", "boolean", "string", "null"]

MEANINGS: list[tuple[Any, str, Any]] = [
    ("integer", "5", 5),
    ("integer", "-0", 0),
    ("integer", "9007199254740992", 2**53),
    ("number", "1.50", 1.5),
    ("number", "1e2", 100),
    ("number", "-7", -7),
    ("boolean", "true", True),
    ("boolean", "false", False),
    ("string", "5", "5"),
    ("string", "", ""),
    ("string", "true", "true"),
    ("null", "null", None),
    (["string", "null"], "null", "null"),
    (["integer", "null"], "null", None),
    (["string", "integer"], "5", 5),
    (["string", "integer"], "05", "05"),
    (["string", "integer"], "9007199254740993", "9007199254740993"),
    (["integer", "boolean"], "true", True),
    (ANY, "1.5", 1.5),
    ({"enum": ["1", 2]}, "1", "1"),
    ({"enum": ["1", 2]}, "2", 2),
    ({"anyOf": [{"type": "integer", "maximum": 9}, {"type": "string"}]}, "10", "10"),
    ({"const": "on"}, "on", "on"),
    ({"type": "string", "format": "date"}, "2025-01-31", "2025-01-31"),
]


@pytest.mark.parametrize(("type", "text", "value"), MEANINGS)
def test_a_text_means_what_its_type_says(type: Any, text: str, value: Any):
    """In the query and in the path alike; of several types the first that can be written so and that fits."""
    source = {"type": "object", "properties": {"x": type if isinstance(type, dict) else {"type": type}}}
    found = read(source, urlencode({"x": text}))["x"]
    assert (found, found.__class__) == (value, value.__class__)
    if text:
        assert read(source, path={"x": text}) == {"x": value}


@pytest.mark.parametrize(
    ("type", "text", "said"),
    [
        ("integer", "abc", "`x` is an integer"),
        ("integer", "5.0", "an integer"),
        ("integer", " 5", "an integer"),
        ("integer", "05", "an integer"),
        ("integer", "\u0665", "an integer"),
        ("integer", "", "an integer"),
        ("integer", "9007199254740993", "exact up to 2^53"),
        ("integer", "9" * 100_000, "exact up to 2^53"),
        ("number", "NaN", "a number"),
        ("number", "1e999", "a number"),
        ("number", "Infinity", "a number"),
        ("boolean", "True", "`true` or `false`"),
        ("boolean", "1", "`true` or `false`"),
        ("null", "", "`null`"),
        (["integer", "null"], "none", "an integer (exact up to 2^53) or `null`"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(type: Any, text: str, said: str):
    """The fault names the parameter, its type and what was seen, cut short."""
    faults = refused({"type": "object", "properties": {"x": {"type": type}}}, urlencode({"x": text}))
    assert faults.keys() == {"/x"}
    assert said in faults["/x"]
    assert len(faults["/x"]) < 200


def test_arrays_are_repeated():
    """In the order of the query; one value is a list of one, none is no list; elements are read by their own type."""
    texts, numbers = ({"type": "array", "items": {"type": type}} for type in ("string", "integer"))
    source = schema(ids=numbers, tags=texts)
    assert read(source, "ids=3&tags=a&ids=1") == {"ids": [3, 1], "tags": ["a"]}
    assert read(source) == {}
    assert "each value of `ids` is an integer" in refused(source, "ids=3&ids=x")["/ids"]


def test_one_or_many():
    """A scalar or a list of them: once it is the scalar, repeated the list, as far as the schema takes it."""
    source = schema(x={"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 2}]})
    assert read(source, "x=1") == {"x": 1}
    assert read(source, "x=1&x=2") == {"x": [1, 2]}
    only_lists = schema(x={"type": ["array", "null"], "items": {"type": "string"}})
    assert read(only_lists, "x=null") == {"x": None}
    assert read(only_lists, "x=none") == {"x": ["none"]}


def test_a_scalar_is_given_once():
    """Twice is a fault, not the first or the last of them."""
    assert "given 2 times" in refused(schema(x="integer"), "x=1&x=1")["/x"]


def test_unknown_names_are_told_with_the_nearest():
    """Also where the schema lets other properties pass: a query is written by hand."""
    source = schema(limit="integer", colour="string") | {"additionalProperties": True}
    faults = refused(source, "limti=5&colour=red&zzz=1")
    assert "did you mean `limit`?" in faults["/limti"]
    assert "`colour`" in faults["/zzz"]
    assert faults.keys() == {"/limti", "/zzz"}


def test_what_stands_elsewhere_is_told_so():
    """A path's parameter in the query, an object in a query, a property of the body in the query of a POST."""
    source = schema("id", id="integer", deep=schema(x="integer"), rows={"type": "array", "items": schema(x="integer")})
    assert "stands in the path" in refused(source, "id=1", {"id": "1"})["/id"]
    assert "no scalar" in refused(source, "deep=1")["/deep"]
    assert "no scalar" in refused(source, "rows=1")["/rows"]
    assert "belongs into the body" in refused(schema(x="integer"), "x=1", method="POST")["/x"]


def test_all_faults_are_told_at_once():
    """Path, query and unknown names together."""
    faults = refused(schema("id", id="integer", limit="integer"), "limit=x&oops=1", {"id": "seven"})
    assert faults.keys() == {"/id", "/limit", "/oops"}


def test_names_are_decoded_and_pointers_escaped():
    """`a/b` is written percent-encoded in a query, and `~1` in a pointer."""
    source = schema(**{"a/b": "integer"})
    assert read(source, f"{quote('a/b', safe='')}=1") == {"a/b": 1}
    assert refused(source, "a%2Fb=x").keys() == {"/a~1b"}


@pytest.mark.parametrize("query", ["x=%ff", "%ff=1", "x=%ed%a0%80"])
def test_a_query_that_is_no_text(query: str):
    """Percent-encoded bytes that are no UTF-8 are a clear fault."""
    assert "UTF-8" in refused(schema(x="string"), query)[""]


def test_a_flood_of_parameters():
    """More than a thousand are refused before they are looked at."""
    assert "1000" in refused(schema(x="string"), "&".join(["x=1"] * 1001))[""]


@pytest.mark.parametrize("query", ["x=a+b", "x=a%20b"])
def test_a_plus_in_a_query_is_a_space(query: str):
    """As forms write it."""
    assert read(schema(x="string"), query) == {"x": "a b"}


def test_properties_are_found_wherever_the_schema_declares_them():
    """Through references, `allOf` and alternatives, at the root."""
    source = {
        "$defs": {"Paged": schema(limit="integer")},
        "allOf": [{"$ref": "#/$defs/Paged"}, schema(colour="string")],
        "anyOf": [schema(a="integer"), schema(b="boolean")],
    }
    assert read(source, "limit=5&colour=red") == {"limit": 5, "colour": "red"}


def test_whatever_is_read_can_be_told_by_the_schema():
    """A text of the right type that breaks another rule passes here, and the schema says what is wrong."""
    source = schema(limit={"type": "integer", "maximum": 10})
    value = read(source, "limit=11")
    assert value == {"limit": 11}
    assert [violation.pointer for violation in schemas.compile(source).violations(value)] == ["/limit"]


@given(
    st.one_of(
        st.tuples(st.just("integer"), st.integers(-(2**53), 2**53)),
        st.tuples(st.just("number"), st.floats(allow_nan=False, allow_infinity=False, width=32)),
        st.tuples(st.just("string"), st.text(st.characters(codec="utf-8"))),
        st.tuples(st.just("boolean"), st.booleans()),
    )
)
def test_whatever_can_be_written_is_read_as_it_was(case: tuple[str, Any]):
    """Every value of a scalar type, written as JSON writes it (a text as it is), comes back from a query."""
    type, value = case
    text = value if isinstance(value, str) else jsontext.encode(value).decode()
    assert read(schema(x=type), urlencode({"x": text})) == {"x": value}
