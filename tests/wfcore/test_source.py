"""YAML and JSON text as plain data: what is read, what is refused, and where everything stands."""

import json
import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wfcore.diagnostics import Diagnostic, Position
from wfcore.source import Source, read, tokens

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=20),
    lambda inside: (
        st.lists(inside, max_size=4) | st.dictionaries(st.text(string.printable, max_size=8), inside, max_size=4)
    ),
    max_leaves=20,
)


def data_of(text: str):
    """The data of a text that holds one document without fault."""
    source = read(text)
    assert source.diagnostics == []
    (document,) = source.documents
    return document.data


def only(source: Source) -> Diagnostic:
    (fault,) = source.diagnostics
    return fault


@given(PLAIN)
def test_json_is_read_as_json_reads_it(value):
    """Every JSON text is YAML to us, with the same meaning: escapes, surrogate pairs and numbers included."""
    assert data_of(json.dumps({"value": value}, indent="\t")) == {"value": value}


@given(PLAIN)
def test_what_a_yaml_library_writes_is_read_back(value):
    """Text that PyYAML writes in block style has the value that was written."""
    # PyYAML writes exponents without a dot in ways that its own reader takes for text; JSON notation covers those.
    text = yaml.safe_dump({"value": value}, allow_unicode=True)
    assert read(text).documents[0].data == yaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("01.5", 1.5),
        ("9007199254740992", 2**53),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("text", "text"),
        ("1.2.3", "1.2.3"),
        ("08", 8.0),
        ("5s", "5s"),
        ("-", [None]),
        ("'yes'", "yes"),
        ('"2024-01-01"', "2024-01-01"),
        ("!!str yes", "yes"),
        ("! 12", "12"),
    ],
)
def test_a_scalar_that_versions_agree_on_is_read(text: str, value: object):
    """Scalars that mean the same in YAML 1.1, 1.2 and JSON have that meaning."""
    assert data_of(f"a:\n  {text}\n")["a"] == value


AMBIGUOUS = ["yes", "NO", "On", "off", "y", "N", "1:30", "190:20:30.5", "0700", "0o17", "0b101", "1_000", "2024-01-01"]


@pytest.mark.parametrize("text", AMBIGUOUS)
@pytest.mark.parametrize("place", ["value", "key"])
def test_a_scalar_that_versions_read_differently_is_reported(text: str, place: str):
    """What is a boolean, number or date only to some readers is never guessed; the fix is the quoted form."""
    fault = only(read(f"a: {text}" if place == "value" else f"{text}: a"))
    assert (fault.code, fault.seen, fault.fix.value) == ("WF-104", text, text)
    assert fault.fix.edit == ("set" if place == "value" else "rename")
    assert f'"{text}"' in fault.fix.title


@pytest.mark.parametrize(
    "text", [".inf", "-.INF", ".nan", "1e999", "9007199254740993", "-" + "9" * 5000, "0x" + "f" * 40]
)
def test_a_number_that_json_cannot_hold_is_reported(text: str):
    """Infinity, not-a-number and integers that would lose digits are refused, whatever their length."""
    assert only(read(f"a: {text}")).code == "WF-107"


def test_a_key_that_is_an_integer_is_its_text():
    """Status codes may stand as keys without quotes, as kubectl allows."""
    assert data_of("200: ok") == {"200": "ok"}


@pytest.mark.parametrize("text", ["[a]: 1", "? {a: 1}\n: 2", "{[x]: 1}"])
def test_a_key_that_is_no_text_is_reported(text: str):
    """A list or mapping cannot be a key in JSON."""
    assert only(read(text)).code == "WF-107"


def test_a_second_key_is_reported_where_it_stands():
    """Of duplicate keys the second one is pointed at, and the first one's line is told."""
    fault = only(read("a: 1\nb: 2\na: 3\n"))
    assert (fault.code, fault.pointer, fault.position.line) == ("WF-103", "/a", 3)
    assert "line 1" in fault.message


@pytest.mark.parametrize(
    "text", ["!!python/object:os.system x", "!!timestamp '2024-01-01'", "!mine {a: 1}", "!!set {a}"]
)
def test_a_tag_is_reported_and_nothing_is_built(text: str):
    """No tag ever makes anything but plain data."""
    assert only(read(f"a: {text}")).code == "WF-105"


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("a: {{input.x}}", "{{input.x}}"),
        ("a: { b: 1, c: {{input.x}} }", "{{input.x}}"),
        ("a: [{{input.x}}]", "{{input.x}}"),
        ("a: {{input.x}}/tail", "{{input.x}}/tail"),
        ("a: {b: /users/{{input.id}}, c: 1}", "/users/{{input.id}}"),
        ("when: 'a' == input.b", "'a' == input.b"),
        ('filter: "x" in item.tags  # why', '"x" in item.tags'),
    ],
)
def test_an_expression_without_quotes_is_recognised(line: str, meant: str):
    """Whatever YAML makes of an unquoted expression, the message says to quote it and carries the whole text."""
    fault = only(read(f"first: 1\n{line}\n"))
    assert (fault.code, fault.fix.value, fault.position.line) == ("WF-106", meant, 2)
    assert fault.position.column == line.index(meant) + 1


def test_an_expression_inside_plain_text_needs_no_quotes():
    """In block style YAML reads `/users/{{x}}` as text, so there is nothing to complain about."""
    assert data_of("path: /users/{{input.id}}\n") == {"path": "/users/{{input.id}}"}


def test_documents_are_read_one_by_one():
    """A syntax error in one document leaves the others readable, with positions of the whole file."""
    source = read("a: 1\n---\nb: [1\n---\n# nothing\n--- # comment\nc: 3\n", file="f.yaml")
    assert [(each.data, each.complete) for each in source.documents] == [
        ({"a": 1}, True),
        ({}, False),
        ({"c": 3}, True),
    ]
    assert only(source).code == "WF-101"
    assert source.documents[2].positions.at("/c") == Position("f.yaml", 7, 4)


@pytest.mark.parametrize("text", ["a: 1\n...\nb: 2\n", "[1] [2]", "{a: 1} b"])
def test_what_follows_the_end_of_a_document_is_a_fault(text: str):
    """Content after the end is neither lost nor taken for a second document."""
    source = read(text)
    assert only(source).code == "WF-101"
    assert [each.complete for each in source.documents] == [False]


def test_three_dots_end_a_document():
    """YAML's end mark is no content."""
    assert [each.data for each in read("a: 1\n...\n---\nb: 2\n...\n").documents] == [{"a": 1}, {"b": 2}]


def test_a_broken_document_keeps_what_came_before_the_fault():
    """The name of an object can be told although its end cannot be read."""
    (document,) = read("kind: X\nmetadata: {name: x}\nspec: {a: [}\n").documents
    assert (document.complete, document.data["metadata"]) == (False, {"name": "x"})


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n---\n", "%YAML 1.1\n---\n"])
def test_a_text_without_content_has_no_documents(text: str):
    """Comments and separators alone are nothing, as for kubectl."""
    assert read(text) == Source([], [])


def test_positions_of_values_and_keys():
    """Every value and key is found by its JSON Pointer, escapes included; what is absent gives its ancestor."""
    (document,) = read("a/b:\n  - x: é\n    y: 1\n", first_line=10).documents
    positions = document.positions
    assert positions.at("/a~1b/0/y") == Position(None, 12, 8)
    assert positions.key_at("/a~1b/0/y") == Position(None, 12, 5)
    assert positions.at("/a~1b/0/z/deep") == positions.at("/a~1b/0") == Position(None, 11, 5)
    assert positions.key_at("/a~1b/0/z") == positions.key_at("/a~1b/0")
    assert positions.inside("/a~1b/9", 3) == positions.at("/a~1b")
    assert positions.has("/a~1b/0/x")
    assert not positions.has("/a~1b/1")
    assert list(tokens("/a~1b/~0")) == ["a/b", "~"]


@pytest.mark.parametrize(
    ("text", "column"), [("a: ab{{x}}", 8), ('a: "ab{{x}}"', 9), ("a: >-\n  ab{{x}}", 4), ('a: "\\tb{{x}}"', 4)]
)
def test_a_place_inside_a_text(text: str, column: int):
    """The place inside a text is exact where the text stands as it is, else the place where it begins."""
    assert read(text).documents[0].positions.inside("/a", 4).column == column


def test_anchors_and_merges_are_written_out():
    """Aliases repeat, `<<` merges, and what stands in the mapping itself wins."""
    text = "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\nx: {<<: [*base, *more], a: 0}\nz: *base\n"
    data = data_of(text)
    assert (data["x"], data["z"]) == ({"a": 0, "b": 2, "c": 4}, {"a": 1, "b": 2})


@pytest.mark.parametrize("text", ["a: *nothing", "a: &a [*a]", "<<: 5", "<<: [1]"])
def test_an_alias_or_merge_that_leads_nowhere_is_reported(text: str):
    """Aliases to themselves or to nothing, and merges of what is no mapping, are faults with a place."""
    fault = only(read(text))
    assert (fault.code, fault.position.line) == ("WF-105", 1)


def test_a_bomb_of_aliases_is_not_built():
    """Aliases count as if written out, so a small text cannot grow large."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    assert only(read("\n".join(lines))).code == "WF-102"


def test_a_ladder_of_aliases_is_not_deep():
    """Depth counts through aliases too, so nothing that reads the data later runs out of stack."""
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 200))]
    assert only(read("\n".join(lines))).code == "WF-102"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 101 + "]" * 101,
        "a: " + "{a: " * 100 + "1" + "}" * 100,
        "[" * 100_000,
        "- 1\n" * 20_001,
        "x" * (1024 * 1024 + 1),
    ],
    ids=["lists", "mappings", "open", "wide", "long"],
)
def test_a_giant_is_refused(text: str):
    """Depth, number of parts and size are limited, and the refusal is one diagnostic."""
    assert only(read(text)).code == "WF-102"


def test_depth_within_the_limit_is_read():
    """One hundred levels are allowed."""
    assert data_of("[" * 100 + "]" * 100)


@pytest.mark.parametrize("text", ["a: \ud800", "a: \x01", "a: 'x", "a: b: c", "\tx: 1", "a: %"])
def test_what_is_no_text_or_no_yaml_is_reported_with_a_place(text: str):
    """Half a surrogate pair, control characters and broken syntax never raise."""
    fault = only(read(text))
    assert fault.code in {"WF-101", "WF-107"}
    assert fault.position.line == 1


@given(st.text(string.printable + "{}[]:-&*!|>'\"%@`#é\u2028\x00", max_size=60))
def test_no_text_makes_the_reader_raise(text: str):
    """Whatever is typed, the answer is data and diagnostics."""
    source = read(text)
    assert all(fault.position is not None for fault in source.diagnostics)


def test_a_byte_order_mark_is_no_content():
    """Editors that write a BOM do not change the first key."""
    assert data_of("\ufeffa: 1") == {"a": 1}


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a:\n  b: 1\n\tc: 2\n"])
def test_a_tab_is_called_a_tab(text: str):
    """Nobody sees a tab in an editor: the message names it and says what to use instead."""
    (fault,) = read(text).diagnostics
    assert fault.code == "WF-101"
    assert "a tab stands here, YAML is indented with spaces" in fault.message
    assert fault.position is not None
    assert text.split("\n")[fault.position.line - 1][fault.position.column - 1] == "\t"
