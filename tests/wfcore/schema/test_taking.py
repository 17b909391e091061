"""Which schemas are taken, and what is said of the others."""

import socket
import threading
import time

import pytest
from tests.wfcore.schema.orders import problems

from wfcore import schema


def test_every_fault_of_a_schema_is_told_at_once():
    """Breaches of the 2020-12 metaschema come with a pointer each."""
    found = problems({"type": "strin", "properties": {"a": {"minimum": "x"}, "b": {"required": "c"}}})
    assert found.keys() == {"/type", "/properties/a/minimum", "/properties/b/required"}
    assert "strin" in found["/type"]


def test_nothing_is_fetched():
    """References to http and file are refused at once; a listening server is never called."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        called = threading.Event()

        def listen() -> None:
            try:
                server.accept()
                called.set()
            except TimeoutError:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        for reference in (url, "file:///etc/passwd", "other.json", "//host/x", ""):
            assert "starts with #" in problems({"properties": {"a": {"$ref": reference}}})["/properties/a/$ref"]
        problems({"$dynamicRef": url})
        problems({"$schema": url})
        listener.join()
        assert not called.is_set()


def test_a_reference_to_nothing_is_told():
    """A local reference must point at a schema that is there."""
    found = problems({"properties": {"a": {"$ref": "#/$defs/no"}, "b": {"$ref": "#anchor"}}})
    assert found.keys() == {"/properties/a/$ref", "/properties/b/$ref"}


def test_other_drafts_are_refused():
    """Only 2020-12 is taken, because older drafts give the same words other meanings."""
    assert "2020-12" in problems({"$schema": "http://json-schema.org/draft-07/schema#"})["/$schema"]
    assert schema.compile({"$schema": "https://json-schema.org/draft/2020-12/schema"})


@pytest.mark.parametrize("pattern", ["(?=a)b", "(?!a)b", "(?<=a)b", r"(a)\1", "(", "(a{1000}){1000}"])
def test_patterns_run_in_linear_time_or_not_at_all(pattern):
    """Look-around, back-references and exploding repetitions are refused, in `pattern` and in `patternProperties`."""
    found = problems({"properties": {"x": {"pattern": pattern}}, "patternProperties": {pattern: {}}})
    assert "/properties/x/pattern" in found


def test_a_nasty_pattern_is_harmless():
    """`^(a+)+$` doubles per letter in backtracking engines; here 10,000 letters are nothing."""
    compiled = schema.compile({"pattern": "^(a+)+$"})
    before = time.process_time()
    assert not compiled.accepts("a" * 10_000 + "b")
    assert time.process_time() - before < 1


def doubling() -> dict:
    definitions = {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(40)}
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, "a40": {"type": "string"}}}


def nested(levels: int) -> dict:
    made: dict = {"type": "string"}
    for _ in range(levels):
        made = {"properties": {"a": made}}
    return made


@pytest.mark.parametrize(
    "source",
    [
        {"anyOf": [{"const": i} for i in range(20_000)]},
        nested(150),
        nested(5_000),
        doubling(),
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
        [],
        "string",
        None,
    ],
)
def test_absurd_schemas_are_refused_quickly(source):
    """Too many branches, too deep, references that double or never end, no schema at all: refused, not tried."""
    before = time.process_time()
    assert problems(source)
    assert time.process_time() - before < 3


def test_recursion_through_properties_is_welcome():
    """A tree that refers to itself is an ordinary schema, through any local form of reference."""
    tree = schema.compile({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}})
    assert tree.accepts({"left": {"left": {}}})
    assert not tree.accepts({"left": {"left": 1}})


def test_equal_schemas_are_compiled_once():
    """Compiling is remembered by content, whatever the order of keys."""
    assert schema.compile({"type": "object", "minProperties": 1}) is schema.compile(
        {"minProperties": 1, "type": "object"}
    )


@pytest.mark.parametrize(
    ("source", "pointer"),
    [
        ({"maximum": 2**53 + 1}, "/maximum"),
        ({"properties": {"a": {"enum": [1, -(2**60)]}}}, "/properties/a/enum/1"),
        ({"default": {"x": float("nan")}}, "/default/x"),
        ({"const": float("inf")}, "/const"),
        ({"title": "\ud800"}, "/title"),
    ],
)
def test_values_that_no_json_text_keeps_are_told(source, pointer):
    """Integers beyond 2^53, NaN, infinities and half surrogate pairs are problems of the schema, each at its place."""
    assert problems(source).keys() == {pointer}
