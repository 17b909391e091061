"""Templates: where expressions stand in a value, what type the filled value has, and that data stays data."""

import copy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wfcore import template
from wfcore.expression import ABSENT, EvaluationError, Read

SCOPE = {"input": {"id": 7, "name": "Ada", "n": 2.5, "yes": True, "none": None, "list": [1], "object": {"a": 1}}}

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)


def fill(value: Any, scope: dict[str, Any] = SCOPE) -> Any:
    return template.compile(template.parse(value))(scope)


def problems_of(value: Any) -> list[template.Problem]:
    with pytest.raises(template.TemplateError) as refused:
        template.parse(value)
    return refused.value.problems


# Filling


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("{{input.id}}", 7),
        (" {{ input.list }}\n", [1]),
        ("{{input.none}}", None),
        ("{{null}}", None),
        ("user {{input.id}}", "user 7"),
        ("{{input.id}}{{input.name}}", "7Ada"),
        ("{{input.n}} {{input.yes}} {{input.name}}", "2.5 true Ada"),
        ("{{ '{{' }}", "{{"),
        ("{{ '{{' }}{{input.id}}}}", "{{7}}"),
        ("a {{ '}}' }} b", "a }} b"),
        ("a {{ 1.0 }}", "a 1"),
        ("{{ input.?object.orValue({'a': {}}) }}", {"a": 1}),
        ("", ""),
        ("no }} hole { here", "no }} hole { here"),
        ({"a": ["{{input.id}}", {"b": "{{input.name}}"}]}, {"a": [7, {"b": "Ada"}]}),
        ({"{{input.id}}": 1}, {"{{input.id}}": 1}),
    ],
)
def test_a_template_is_filled(written: Any, filled: Any):
    """One expression alone keeps its JSON type, inside longer text it prints; keys and the rest stay as written."""
    assert fill(written) == filled


def test_absent_values_are_left_out():
    """A key or element whose whole value is absent is not there at all; the top value is then ABSENT itself."""
    assert fill({"a": "{{input.?x}}", "b": "{{input.?name}}"}) == {"b": "Ada"}
    assert fill(["{{input.?x}}", 1, "{{input.?id}}"]) == [1, 7]
    assert fill("{{input.?x}}") is ABSENT


@pytest.mark.parametrize(
    "hostile", ["{{", "{{input.id}}", "${jndi:ldap://x}", "{{''.__class__}}", "%s %n", "{0.__class__}"]
)
def test_what_comes_from_data_is_never_filled_again(hostile: str):
    """A value that looks like a template of any kind goes through as the text it is, alone and inside text."""
    scope = {"input": {"value": hostile}}
    assert fill("{{input.value}}", scope) == hostile
    assert fill("<{{input.value}}>", scope) == f"<{hostile}>"
    assert fill({"a": "{{input.all}}"}, {"input": {"all": {"b": hostile}}}) == {"a": {"b": hostile}}


@pytest.mark.parametrize("literal", ["${jndi:ldap://x}", "%s", "{0.__class__}", "$(id)", "`id`", "{ {x} }"])
def test_other_template_languages_are_plain_text(literal: str):
    """Only `{{ }}` means something; what other languages would fill in stays as written."""
    assert fill(literal) == literal


@settings(deadline=None)
@given(JSON.filter(lambda value: "{{" not in repr(value)))
def test_a_value_without_holes_comes_back_as_it_is(value: Any):
    """A value without `{{` is its own result, in every shape."""
    assert fill(value) == value


@settings(deadline=None)
@given(JSON)
def test_any_value_can_be_read_through_a_hole(value: Any):
    """What an expression reads arrives unchanged, alone and inside objects and arrays."""
    scope = {"input": {"value": value}}
    assert fill("{{input.value}}", scope) == value
    assert fill({"a": ["{{input.value}}"]}, scope) == {"a": [value]}


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab{}' \n") | st.integers(), max_size=6))
def test_any_text_can_be_written(pieces: list[str | int]):
    """With `{{ '{{' }}` for the braces, every text has a spelling, around holes too."""
    written, expected = ".", "."
    for piece in pieces:
        if isinstance(piece, int):
            written, expected = written + "{{input.id}}", expected + "7"
        else:
            expected += piece
            written += "".join("{{ '{' }}" if character == "{" else character for character in piece)
    assert fill(written) == expected


def test_filling_does_not_touch_the_definition():
    """A template can be filled any number of times: neither what was written nor the scope changes."""
    written = {"a": [1, {"b": "{{input.object}}"}], "c": {"d": [2]}}
    before, scope = copy.deepcopy(written), copy.deepcopy(SCOPE)
    filler = template.compile(template.parse(written))
    assert filler(scope) == filler(scope) == {"a": [1, {"b": {"a": 1}}], "c": {"d": [2]}}
    assert (written, scope) == (before, SCOPE)


def test_constant_parts_are_not_built_again():
    """What holds no expression is handed out as the same object each time."""
    filler = template.compile(template.parse({"a": {"big": [1, 2, 3]}, "b": "{{input.id}}"}))
    assert filler(SCOPE)["a"] is filler(SCOPE)["a"]


# Text


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("as it is", "as it is"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (2**53, "9007199254740992"),
        (2.0, "2"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (1e-7, "1e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
    ],
)
def test_how_a_scalar_prints(value: str | float | bool, printed: str):
    """Numbers print as JSON canonically writes them: shortest round trip, integral without `.0`."""
    assert template.text(value) == printed


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_reads_back_as_itself(number: float):
    """No digit that matters is lost in text."""
    assert float(template.text(number)) == number


@pytest.mark.parametrize("value", [None, [], {}, ABSENT, float("nan"), float("inf"), b"bytes"])
def test_what_has_no_text_is_refused(value: object):
    """null, arrays, objects, absent values and numbers that JSON does not know never print as some word."""
    with pytest.raises(EvaluationError, match="cannot stand inside text"):
        template.text(value)


@pytest.mark.parametrize("source", ["input.none", "input.list", "input.object", "input.?gone"])
def test_what_has_no_text_fails_the_filling_with_its_expression(source: str):
    """In a run the error names the expression whose value could not be printed."""
    with pytest.raises(EvaluationError) as refused:
        fill(f"a {{{{ {source} }}}}")
    assert refused.value.text == source


def test_text_parts_leave_the_encoding_to_the_caller():
    """A path is written piece by piece: text as it stands, and the values of its holes unprinted."""
    parts = template.text_parts(template.parse("/users/{{input.id}}/{{ 'a' }}/{{input.list}}"))
    assert [part if isinstance(part, str) else part(SCOPE) for part in parts] == ["/users/", 7, "/a/", [1]]
    alone = template.text_parts(template.parse(" {{input.id}} "))
    assert template.text_parts(template.parse("/users")) == ["/users"]
    assert [part if isinstance(part, str) else part(SCOPE) for part in alone] == [7]
    with pytest.raises(ValueError, match="no text"):
        template.text_parts(template.parse(["{{input.id}}"]))


# What it reads


def test_reads_tell_where_every_path_stands():
    """Each read carries the JSON Pointer of its string and the offset inside that string."""
    written = {"a/b": ["x", "n {{input.id}} {{ tasks.user.output.name }}"], "c": "{{tasks['user'].status}}"}
    parsed = template.parse(written, pointer="/spec")
    assert template.reads(parsed) == [
        ("/spec/a~1b/1", Read("input", ("id",), 4)),
        ("/spec/a~1b/1", Read("tasks", ("user", "output", "name"), 18)),
        ("/spec/c", Read("tasks", ("user", "status"), 2)),
    ]
    assert template.tasks_read(parsed) == {"user": [("/spec/a~1b/1", 18), ("/spec/c", 2)]}


# Refusals


def test_all_problems_of_a_value_are_told_at_once():
    """Every broken string is listed with its pointer, the offset inside it, and every broken hole in it."""
    found = problems_of({"a": "{{input.}}", "b/c": ["ok", "{{x y}} and {{ type(x) }}", "{{"]})
    assert [(problem.pointer, problem.offset, problem.kind) for problem in found] == [
        ("/a", 8, "syntax"),
        ("/b~1c/1", 4, "syntax"),
        ("/b~1c/1", 15, "unsupported"),
        ("/b~1c/2", 0, "syntax"),
    ]


@pytest.mark.parametrize(
    ("written", "offset", "expected"),
    [
        ("a {{input.b", 2, "close the expression"),
        ("a {{input.b}", 2, "close the expression"),
        ("{{ 'a }}", 3, "has no closing '"),
        ("{{ {'a': 1 }}", 10, "expected an operator, `,` or `}`"),
        ("{{}}", 2, "the expression is empty"),
        ("{{{input.a}}}", 10, "begins an object"),
    ],
)
def test_a_hole_that_does_not_end_is_told_where_it_goes_wrong(written: str, offset: int, expected: str):
    """Unclosed braces and quotes are found, each with the offset of what is to blame."""
    (problem,) = problems_of(written)
    assert (problem.offset, problem.kind) == (offset, "syntax")
    assert expected in problem.message


@pytest.mark.parametrize(("literal", "kind"), [("null", "null-as-value"), ("[1]", "not-text"), ("{}", "not-text")])
def test_a_literal_without_text_is_refused_inside_text(literal: str, kind: str):
    """What could never print is refused when the template is read, not in a run."""
    (problem,) = problems_of(f"a {{{{ {literal} }}}}")
    assert (problem.kind, problem.seen, problem.offset) == (kind, literal, 5)


def test_a_fix_is_the_whole_corrected_string():
    """A machine can put the fix where the string stood, the text around the expression included."""
    (problem,) = problems_of("a {{ input.user-id }} b")
    assert problem.fix == "a {{ input['user-id'] }} b"
    template.parse(problem.fix)


def test_endless_nesting_is_refused():
    """Values nested deeper than the engine reads are a problem, not a crash."""
    deep: Any = "{{input.id}}"
    for _ in range(300):
        deep = [deep]
    (problem,) = problems_of(deep)
    assert "nested deeper" in problem.message


@settings(deadline=None)
@given(st.text(alphabet="{}' \"ab.[]0?(\\", max_size=40))
def test_any_string_parses_or_is_refused_inside_itself(string: str):
    """No string makes the reader fail in another way than with places inside that string."""
    try:
        places = [read.offset for _, read in template.reads(template.parse(string))]
    except template.TemplateError as refused:
        places = [problem.offset for problem in refused.problems]
    assert all(0 <= place <= len(string) for place in places)


@pytest.mark.parametrize("piece", ["{{'", "{{'\\'", "{{\"'}}", "{", "{{{}", "{{}}"])
def test_a_giant_of_braces_and_quotes_takes_no_time(piece: str):
    """Reading stays linear in the size of the string, however its braces and quotes are mixed."""
    assert 0 < len(problems_of(piece * 100_000)) <= 20


# Types


SHAPE = {
    "type": "object",
    "required": ["id", "name", "flag", "maybe", "list", "open"],
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": "string"},
        "nickname": {"type": "string"},
        "flag": {"type": "boolean"},
        "maybe": {"type": ["string", "null"]},
        "list": {"type": "array", "items": {"type": "string"}},
        "open": {},
    },
}
TYPES = {"type": "object", "required": ["input"], "properties": {"input": SHAPE}}


def inferred(value: Any) -> template.Inferred:
    return template.infer(template.parse(value), TYPES)


def test_an_object_spells_out_its_properties():
    """Literals are constants, one expression keeps its type, longer text is a string, and what may be absent is
    not required."""
    found = inferred({"a": 1, "b": "{{input.id}}", "c": "n {{input.id}}", "d": "{{input.?nickname}}", "e": {"f": []}})
    assert found.problems == []
    assert not found.absent
    assert found.schema == {
        "type": "object",
        "properties": {
            "a": {"const": 1},
            "b": {"type": "integer"},
            "c": {"type": "string"},
            "d": {"type": "string"},
            "e": {"const": {"f": []}},
        },
        "required": ["a", "b", "c", "e"],
    }


def test_an_array_is_exact_unless_an_element_may_be_missing():
    """Elements keep their places and types; where one may be left out, any may stand anywhere, and fewer."""
    exact = inferred(["{{input.id}}", "x"])
    assert exact.schema == {
        "type": "array",
        "minItems": 2,
        "maxItems": 2,
        "prefixItems": [{"type": "integer"}, {"const": "x"}],
        "items": False,
    }
    shrinking = inferred(["{{input.?nickname}}", "{{input.id}}"]).schema
    assert (shrinking["minItems"], shrinking["maxItems"]) == (1, 2)
    for valid in ([1], ["Ada", 1]):
        assert jsonschema_rs.is_valid(shrinking, valid)
    assert not jsonschema_rs.is_valid(shrinking, [])


def test_definitions_of_different_schemas_do_not_mix():
    """Two schemas that use one name for different definitions keep their own meaning inside one object."""

    def named(kind: str) -> dict[str, Any]:
        return {"type": "array", "items": {"$ref": "#/$defs/X"}, "$defs": {"X": {"type": kind}}}

    scope = {
        "type": "object",
        "required": ["a", "b", "c"],
        "properties": {"a": named("string"), "b": named("integer"), "c": named("string")},
    }
    found = template.infer(template.parse({"a": "{{a}}", "bc": ["{{b}}", {"c": "{{c}}"}]}), scope)
    assert found.problems == []
    assert jsonschema_rs.is_valid(found.schema, {"a": ["x"], "bc": [[1], {"c": ["x"]}]})
    for wrong in (
        {"a": [1], "bc": [[1], {"c": []}]},
        {"a": [], "bc": [["x"], {"c": []}]},
        {"a": [], "bc": [[], {"c": [1]}]},
    ):
        assert not jsonschema_rs.is_valid(found.schema, wrong)


def test_the_top_value_may_be_absent():
    """A template that is one optional path says that there may be no value at all."""
    assert inferred("{{input.?nickname}}") == template.Inferred({"type": "string"}, True, [])


def test_a_constant_is_its_own_type():
    """A value without expressions can only be itself."""
    assert inferred({"a": [1, "{{null}}"]}).schema == {"const": {"a": [1, None]}}


@pytest.mark.parametrize("source", ["input.id", "input.name", "input.flag", "input.open", "input.?nickname.orValue(1)"])
def test_scalars_fit_into_text(source: str):
    """Strings, numbers, booleans and what says nothing about its type may stand inside text."""
    assert inferred(f"a {{{{{source}}}}}").problems == []


@pytest.mark.parametrize(
    ("source", "kind", "fix"),
    [
        ("input.maybe", "null-as-value", "(input.maybe != null ? input.maybe : '')"),
        ("input.list", "not-text", None),
        ("input", "not-text", None),
        ("input.?nickname", "optional-as-value", "input.?nickname.orValue('')"),
        ("input.nickname", "optional-as-value", "input.?nickname.orValue('')"),
        ("input.nickname.orValue('')", "optional-as-value", "input.?nickname.orValue('')"),
        ("input.nmae", "unknown-field", "input.name"),
    ],
)
def test_what_has_no_text_is_found_before_it_runs(source: str, kind: str, fix: str | None):
    """Null, arrays, objects and optional values inside text are problems, with the whole corrected string."""
    (problem,) = inferred({"a": ["x", f"a {{{{ {source} }}}} b"]}).problems
    assert (problem.pointer, problem.kind) == ("/a/1", kind)
    assert problem.offset >= 5
    assert problem.fix == (None if fix is None else f"a {{{{ {fix} }}}} b")


def test_all_problems_of_a_template_are_told_at_once():
    """Each expression has its own problem; one does not hide the next."""
    found = inferred({"a": "{{input.x}} {{input.list}}", "b": ["{{inptu.id}}"], "c": "{{input.id}}"})
    assert [(problem.pointer, problem.kind) for problem in found.problems] == [
        ("/a", "unknown-field"),
        ("/a", "not-text"),
        ("/b/0", "unknown-name"),
    ]
    assert found.schema["properties"]["c"] == {"type": "integer"}


SOURCES = ["id", "?id", "name", "?nickname", "flag", "maybe", "list", "list[?0]", "open", "?nickname.orValue(0)"]
HOLES = st.sampled_from(SOURCES).map(lambda source: f"{{{{input.{source}}}}}")
TEMPLATES = st.recursive(
    HOLES | st.sampled_from([1, "x", None, True, [], {}]) | st.builds("{} and {}".format, HOLES, HOLES),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from("abc"), inside, max_size=3),
    max_leaves=6,
)
INPUTS = st.fixed_dictionaries(
    {
        "id": st.integers(-9, 9),
        "name": st.text(max_size=3),
        "flag": st.booleans(),
        "maybe": st.none() | st.text(max_size=3),
        "list": st.lists(st.text(max_size=3), max_size=2),
        "open": st.integers() | st.text(max_size=3),
    },
    optional={"nickname": st.text(max_size=3)},
)


@settings(deadline=None)
@given(TEMPLATES, INPUTS)
def test_a_template_without_problems_gives_what_was_inferred(written: Any, data: dict[str, Any]):
    """If the check has nothing to say, filling works for every valid input and the result has the inferred type."""
    found = inferred(written)
    assume(not found.problems)
    filled = fill(written, {"input": data})
    assert found.absent if filled is ABSENT else jsonschema_rs.is_valid(found.schema, filled)
