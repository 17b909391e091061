"""What type an expression has, and what the checker says against one that would break."""

from typing import Any

import jsonschema_rs
import pytest

from wfcore import expression, schema
from wfcore.expression import Inferred, Problem
from wfcore.expression.functions import FUNCTIONS, OPTIONALS
from wfcore.expression.signatures import SIGNATURES
from wfcore.schema import JsonSchema

TEXT, INTEGER, NUMBER, BOOLEAN = ({"type": name} for name in ("string", "integer", "number", "boolean"))
ADDRESS = {"type": "object", "required": ["street"], "properties": {"street": TEXT, "city": TEXT}}
ITEM = {"type": "object", "required": ["price"], "properties": {"price": NUMBER, "note": {"type": ["string", "null"]}}}
INPUT = {
    "type": "object",
    "required": [
        "id",
        "count",
        "ratio",
        "name",
        "flag",
        "tier",
        "maybe",
        "tags",
        "some",
        "items",
        "prices",
        "at",
        "any",
        "mixed",
        "groups",
    ],
    "properties": {
        "id": INTEGER,
        "count": {"type": "integer", "minimum": 1},
        "ratio": NUMBER,
        "name": TEXT,
        "nickname": TEXT,
        "flag": BOOLEAN,
        "tier": {"enum": ["gold", "basic"]},
        "maybe": {"type": ["string", "null"]},
        "home": {"anyOf": [ADDRESS, {"type": "null"}]},
        "address": ADDRESS,
        "tags": {"type": "array", "items": TEXT, "maxItems": 5},
        "some": {"type": "array", "items": INTEGER, "minItems": 1},
        "items": {"type": "array", "items": {**ITEM, "properties": {**ITEM["properties"], "size": INTEGER}}},
        "prices": {"type": "object", "additionalProperties": NUMBER},
        "at": {"type": "string", "format": "date-time"},
        "fixed": {"const": {"list": [1, "a"]}},
        "any": {},
        "mixed": {"type": ["string", "boolean"]},
        "groups": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": NUMBER}},
        "keyed": {"anyOf": [{"type": "array", "items": TEXT}, {"type": "object", "additionalProperties": TEXT}]},
    },
}


def exactly(properties: dict[str, JsonSchema], *, optional: tuple[str, ...] = ()) -> JsonSchema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties}


STATUS = {"enum": ["succeeded", "failed", "skipped"]}
ERROR = exactly({"code": TEXT, "status": INTEGER}, optional=("status",))
OUTER = exactly(
    {
        "tasks": exactly({"user": exactly({"output": ADDRESS, "status": STATUS})}),
        "sku": TEXT,
        "$parent": exactly({"tasks": exactly({"first": exactly({"output": INTEGER})})}),
    }
)
SCOPE = exactly(
    {
        "input": INPUT,
        "tasks": exactly(
            {
                "load": exactly({"output": ADDRESS, "status": STATUS}),
                "risky": exactly({"output": INTEGER, "status": STATUS, "error": ERROR}, optional=("output", "error")),
            }
        ),
        "$parent": OUTER,
        "$root": OUTER["properties"]["$parent"],
    }
)


def inferred(text: str, **options: Any) -> Inferred:
    return expression.infer(expression.parse(text), SCOPE, **options)


def problem_of(text: str, **options: Any) -> Problem:
    """The one problem of an expression."""
    (problem,) = inferred(text, **options).problems
    return problem


def schema_of(text: str) -> JsonSchema:
    found = inferred(text)
    assert (found.problems, found.doubts) == ([], [])
    return found.schema


# Types


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'x'", {"const": "x"}),
        ("input.id", INTEGER),
        ("input['id']", INTEGER),
        ("input.tier", {"enum": ["gold", "basic"]}),
        ("input.some[0]", INTEGER),
        ("input.?nickname.orValue('')", TEXT),
        ("input.?nickname.orValue(0)", {"anyOf": [TEXT, {"const": 0}]}),
        ("input.?address.city.orValue('')", TEXT),
        ("input.?home.?street.orValue('x')", TEXT),
        ("tasks.load.output.street", TEXT),
        ("tasks.load.status == 'failed'", BOOLEAN),
        ("tasks.risky.?error.?status.orValue(0)", INTEGER),
        ("$parent.tasks.user.output.street", TEXT),
        ("$parent.sku", TEXT),
        ("$parent.$parent.tasks.first.output", INTEGER),
        ("$root.tasks.first.output", INTEGER),
        ("input.id + 1", INTEGER),
        ("input.id * 0.5", NUMBER),
        ("-input.id % 7", INTEGER),
        ("input.id / 2", NUMBER),
        ("input.name + 'x'", TEXT),
        ("input.tags + input.tags", {"type": "array", "items": TEXT, "maxItems": 10}),
        ("input.id > 3 && !input.flag", BOOLEAN),
        ("input.flag ? 1 : 'x'", {"enum": [1, "x"]}),
        ("input.flag ? input.id : input.name", {"type": ["integer", "string"]}),
        ("'a' in input.tags", BOOLEAN),
        ("'a' in input.prices", BOOLEAN),
        ("size(input.name)", {"type": "integer", "minimum": 0}),
        ("input.tags.size()", {"type": "integer", "minimum": 0, "maximum": 5}),
        ("input.name.split(',')", {"type": "array", "items": TEXT}),
        ("input.tags.map(t, size(t) > 1)", {"type": "array", "items": BOOLEAN, "maxItems": 5}),
        ("input.some.map(n, n + 1)", {"type": "array", "items": INTEGER, "minItems": 1}),
        ("input.tags.filter(t, t != 'x')", {"type": "array", "items": TEXT, "maxItems": 5}),
        ("input.some.map(n, input.flag, n)", {"type": "array", "items": INTEGER}),
        ("input.prices.map(k, input.prices[k])", {"type": "array", "items": NUMBER}),
        ("input.prices.map(k, k)", {"type": "array", "items": TEXT}),
        ("input.items.exists(i, i.price > 3)", BOOLEAN),
        ("input.items.map(i, i.price).sum()", NUMBER),
        ("input.some.max()", INTEGER),
        ("input.tags.first().orValue('')", TEXT),
        ("[[1], [2, 3]].flatten()", {"type": "array", "items": {"enum": [1, 2, 3]}}),
        ("string(timestamp(input.at) + duration('1h'))", TEXT),
        ("timestamp(input.at) < timestamp('2030-01-01T00:00:00Z')", BOOLEAN),
        ("(timestamp(input.at) - timestamp('2030-01-01T00:00:00Z')).getHours()", INTEGER),
        ("math.floor(input.ratio)", INTEGER),
        ("json(input)", TEXT),
        ("[]", {"type": "array", "items": False, "minItems": 0, "maxItems": 0}),
        (
            "[1, input.id]",
            {"type": "array", "prefixItems": [{"const": 1}, INTEGER], "items": False, "minItems": 2, "maxItems": 2},
        ),
        (
            "[1, ?input.?nickname]",
            {"type": "array", "items": {"anyOf": [{"const": 1}, TEXT]}, "minItems": 1, "maxItems": 2},
        ),
        ("{'a': input.id, ?'b': input.?nickname}", exactly({"a": INTEGER, "b": TEXT}, optional=("b",))),
        ("{input.name: input.id}", {"type": "object", "additionalProperties": INTEGER}),
    ],
)
def test_an_expression_has_the_type_of_what_it_gives(text: str, expected: JsonSchema):
    """Every operator, macro, literal and function has an exact type, without problem or doubt."""
    assert schema_of(text) == expected


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("input.?nickname", True),
        ("input.?id", False),
        ("input.?address.city", True),
        ("input.tags[?0]", True),
        ("input.some[?0]", False),
        ("input.some.first()", False),
        ("input.?home.?street", True),
        ("tasks.risky.?output", True),
        ("input.?nickname.or(input.?address.city)", True),
        ("input.?nickname.or(optional.of('x'))", False),
        ("input.?nickname.optMap(n, n + '!')", True),
        ("input.?nickname.orValue('')", False),
        ("optional.none()", True),
        ("input.flag ? input.?nickname : optional.none()", True),
    ],
)
def test_absent_spreads_to_where_it_is_ended(text: str, absent: bool):
    """An optional may be absent exactly where something on its way may be, until a default ends it."""
    found = inferred(text)
    assert (found.problems, found.absent) == ([], absent)


def test_literals_of_the_values_listed_in_a_constant_are_typed():
    """What a schema lists as a whole value can be looked into."""
    assert schema_of("input.?fixed.list[1].orValue('b')") == {"enum": ["a", "b"]}


# Narrowing


@pytest.mark.parametrize(
    "text",
    [
        "has(input.address) ? input.address.street : ''",
        "has(input.address) && input.address.street == 'x'",
        "!has(input.address) || input.address.street == 'x'",
        "has(input.address) && has(input.address.city) ? input.address.city : ''",
        "input.?address.?city.hasValue() ? input.address.city : ''",
        "input.maybe != null ? input.maybe + 'x' : ''",
        "input.maybe == null ? '' : input.maybe.trim()",
        "input.maybe != null && input.maybe.size() > 3",
        "has(input.home) && input.home != null ? input.home.street : ''",
        "input.?nickname.orValue(null) != null ? input.nickname : ''",
        "input.id != 0 ? 6 / input.id : 0",
        "input.id > 0 && 6 / input.id > 1",
        "6 / input.count",
        "size(input.tags) > 1 ? input.tags[1] : ''",
        "input.tags.size() == 0 ? '' : input.tags.max()",
        "'a' in input.prices ? input.prices.a : 0",
        "input.items.filter(i, has(i.size)).map(i, i.size + 1)",
        "input.items.filter(i, has(i.note) && i.note != null).map(i, i.note + '!')",
        "input.items.map(i, has(i.size), i.size + 1)",
        "input.some.filter(n, n > 0).map(n, 6 / n)",
        "input.items.all(i, !has(i.size) || i.size > 1)",
        "input.name in input.prices ? input.prices[input.name] : 0",
        "input.tags.map(t, t in input.prices, input.prices[t])",
        "input.name in input.prices && input.prices[input.name] > 1",
        "input.mixed == 'x' ? input.mixed + 'y' : ''",
        "input.mixed == true ? !input.mixed : false",
        "'abc'.charAt(2) + input.tier.substring(4)",
    ],
)
def test_a_condition_narrows_what_stands_behind_it(text: str):
    """has(), hasValue(), comparisons and size() prove what is read under them."""
    schema_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "has(input.address) || input.address.street == 'x'",
        "has(input.address) ? '' : input.address.street",
        "!has(input.address) && input.address.street == 'x'",
        "has(input.address) && input.address.city == 'x'",
        "input.maybe == null ? input.maybe.trim() : ''",
        "input.items.exists(i, has(i.size)) ? input.items.map(i, i.size) : []",
        "has(input.address) ? [1].map(input, input.address) : []",
        "input.name in input.prices ? [{'name': ''}].map(input, input.name).map(n, input.prices[n]) : []",
        "input.groups.map(k, input.groups[k].map(k, input.groups[?k][?k].value()))",
        "input.name in input.prices ? input.prices[input.tier] : 0",
        "input.some.map(n, n in input.some, input.some[?n].value())",
        "'a' in input.?keyed.orValue([]) && has(input.keyed) ? input.?keyed.?a.value() : ''",
        "has(input.keyed) && 'a' in input.keyed ? input.keyed.?a.value() : ''",
        "has(input.keyed) && input.name in input.keyed ? input.keyed[?input.name].value() : ''",
    ],
)
def test_what_a_condition_does_not_prove_is_still_a_problem(text: str):
    """The other branch, the other side of `||`, another element, a variable of the same name: nothing is known."""
    assert inferred(text).problems


# Problems


@pytest.mark.parametrize(
    ("text", "kind", "offset", "fix"),
    [
        ("inptu.id", "unknown-name", 0, "input.id"),
        ("tasks.laod.output", "unknown-name", 6, "tasks.load.output"),
        ("tasks.user.output", "unknown-name", 6, "$parent.tasks.user.output"),
        ("tasks.first.output + 1", "unknown-name", 6, "$parent.$parent.tasks.first.output + 1"),
        ("sku + 'x'", "unknown-name", 0, "$parent.sku + 'x'"),
        ("input.nam", "unknown-field", 6, "input.name"),
        ("input['nickame']", "unknown-field", 6, "input.nickname"),
        ("input.items.map(i, i.prize)", "unknown-field", 21, "input.items.map(i, i.price)"),
        ("input.zzz", "unknown-field", 6, None),
        ("tasks", "type", 0, None),
        ("tasks.load", "type", 0, None),
        ("$parent", "type", 0, None),
        ("tasks[input.name].output", "type", 0, None),
        ("input.nickname", "optional-as-value", 6, "input.?nickname"),
        ("input.nickname + 'x'", "optional-as-value", 6, "input.?nickname.orValue('') + 'x'"),
        ("input.address.city == 'x'", "optional-as-value", 6, "input.?address.?city.orValue('') == 'x'"),
        ("input.nickname.orValue('')", "optional-as-value", 6, "input.?nickname.orValue('')"),
        ("input.?nickname + 'x'", "optional-as-value", 0, "input.?nickname.orValue('') + 'x'"),
        ("input.?nickname.trim()", "optional-as-value", 0, "input.?nickname.orValue('').trim()"),
        ("input.?address == input.any", "optional-as-value", 0, "input.?address.orValue({}) == input.any"),
        ("input.?id + 1", "optional-as-value", 0, "input.?id.value() + 1"),
        ("input.?nickname == null", "optional-as-value", 0, "!input.?nickname.hasValue()"),
        ("input.tags[0]", "optional-as-value", 11, "input.tags[?0]"),
        ("input.prices[input.name]", "optional-as-value", 13, "input.prices[?input.name]"),
        ("has(input.address.city)", "optional-as-value", 10, "input.?address.?city.hasValue()"),
        ("[input.?nickname]", "optional-as-value", 1, "[?input.?nickname]"),
        ("{'a': input.?nickname}", "optional-as-value", 6, "{?'a': input.?nickname}"),
        ("input.items.map(i, i.size)", "optional-as-value", 21, "input.items.map(i, i.?size.orValue(0))"),
        ("tasks.risky.output", "optional-as-value", 12, "tasks.risky.?output"),
        ("tasks.risky.error.code", "optional-as-value", 12, "tasks.risky.?error.?code"),
        ("input.?nickname.value() + 'x'", "optional-as-value", 0, "input.?nickname.orValue('') + 'x'"),
        ("input.maybe + 'x'", "null-as-value", 0, "(input.maybe != null ? input.maybe : '') + 'x'"),
        ("input.maybe.trim()", "null-as-value", 0, "(input.maybe != null ? input.maybe : '').trim()"),
        ("input.?home.orValue(null).street", "null-as-value", 26, "input.?home.orValue(null).?street"),
        ("input.tier == 'glod'", "never-equal", 14, "input.tier == 'gold'"),
        ("input.tier != 'silver'", "never-equal", 14, None),
        ("'glod' == input.tier", "never-equal", 0, "'gold' == input.tier"),
        ("tasks.load.status == 'fialed'", "never-equal", 21, "tasks.load.status == 'failed'"),
        ("input.id == 'x'", "never-equal", 0, None),
        ("input.name == null", "never-equal", 0, None),
        ("input.id in input.tags", "never-equal", 0, None),
        ("input.id && true", "not-boolean", 0, None),
        ("!input.name", "not-boolean", 1, None),
        ("input.tags ? 1 : 2", "not-boolean", 0, "size(input.tags) > 0 ? 1 : 2"),
        ("input.tags.filter(t, size(t))", "not-boolean", 21, None),
        ("input.id + 'x'", "type", 0, "string(input.id) + 'x'"),
        ("input.name < input.id", "type", 0, None),
        ("input.tags > 3", "type", 0, None),
        ("-input.name", "type", 1, None),
        ("input.ratio % 2 == 0", "type", 0, "int(input.ratio) % 2 == 0"),
        ("input.id / 0", "type", 11, None),
        ("input.id.x", "type", 9, None),
        ("input[0]", "type", 6, None),
        ("size(input.id)", "type", 5, None),
        ("input.tags.sum()", "type", 0, None),
        ("[1, 'a'].sort()", "type", 0, None),
        ("[1, 2].join(',')", "type", 0, None),
        ("input.id.orValue(1)", "type", 8, "input.id"),
        ("input.name.or(input.?nickname)", "type", 10, "input.name"),
        ("input.?nickname.or('x')", "type", 19, "input.?nickname.orValue('x')"),
        ("[?input.id]", "type", 2, None),
        ("duration('soon')", "type", 9, None),
        ("timestamp(input.at).getHours('Europe/Berlin')", "type", 29, None),
        ("timestamp(input.at)", "not-json", 0, "string(timestamp(input.at))"),
        ("[duration('1h')]", "not-json", 0, None),
    ],
)
def test_what_would_break_is_a_problem_with_its_place_and_cure(text: str, kind: str, offset: int, fix: str | None):
    """Each problem has its kind and offset, and the whole corrected text where that is certain; the cure works."""
    problem = problem_of(text)
    assert (problem.kind, problem.offset) == (kind, offset), problem
    assert problem.fix == fix
    if fix is not None:
        assert all(again.kind != kind for again in inferred(fix).problems)


def test_all_problems_of_an_expression_are_told_in_order():
    """One problem does not hide the next, nor does it make others up."""
    found = inferred("input.nam + 1 > 2 && input.nickname == 'x' || input.id")
    assert [problem.kind for problem in found.problems] == ["unknown-field", "optional-as-value", "not-boolean"]
    assert found.schema == {}


def test_the_nearest_names_are_candidates_and_else_all_are_listed():
    """A name that does not exist comes with those that sound alike, or with what there is."""
    assert problem_of("input.nickname2").candidates[:1] == ("nickname",)
    assert "`address`, `any`, `at`" in problem_of("input.zzz").message


# Doubts


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("input.any.x", 10),
        ("input.any + 1", 0),
        ("input.any ? 1 : 2", 0),
        ("6 / input.id", 4),
        ("6 % input.id", 4),
        ("input.tags[input.id]", 11),
        ("int(input.name)", 4),
        ("double(input.name)", 7),
        ("bool(input.name)", 5),
        ("string(timestamp(input.name))", 17),
        ("input.tags.max()", 0),
        ("math.sqrt(input.ratio)", 10),
        ("input.name.charAt(1)", 18),
        ("{'a': 1, input.name: 2}", 9),
        ("input.name.substring(2)", 21),
        ("input.tags.slice(0, 2)", 17),
        ("timestamp(input.at).getHours(input.name)", 29),
    ],
)
def test_what_only_some_data_breaks_is_a_doubt(text: str, offset: int):
    """Where schemas allow a value that fails, or say nothing, the checker doubts and says where."""
    found = inferred(text)
    assert found.problems == []
    assert [(doubt.kind, doubt.offset) for doubt in found.doubts] == [("unproven", offset)]


def test_one_unknown_value_is_doubted_once():
    """What follows from something doubtful is not doubted again."""
    assert len(inferred("input.any.x.y + 1 > 2 && input.any.x.y > 3").doubts) == 2


# Places


@pytest.mark.parametrize(
    ("text", "kinds", "fix"),
    [
        ("input.flag", [], None),
        ("input.id", ["not-boolean"], None),
        ("input.tags", ["not-boolean"], "size(input.tags) > 0"),
        ("input.?flag", ["optional-as-value"], "input.?flag.value()"),
        ("input.nickname", ["not-boolean", "optional-as-value"], None),
    ],
)
def test_a_condition_must_be_true_or_false(text: str, kinds: list[str], fix: str | None):
    """Asked for a condition, everything but a boolean is a problem."""
    problems = inferred(text, wanted="condition").problems
    assert sorted(problem.kind for problem in problems) == kinds
    assert fix is None or problems[0].fix == fix


def test_text_needs_what_can_be_printed():
    """Inside text a list is a problem, a missing value needs a default, and a timestamp needs string()."""
    assert problem_of("input.tags", wanted="text").kind == "not-text"
    assert problem_of("input.?nickname", wanted="text").fix == "input.?nickname.orValue('')"
    assert problem_of("timestamp(input.at)", wanted="text").fix == "string(timestamp(input.at))"
    assert inferred("input.ratio", wanted="text").problems == []


# Scopes and definitions


def test_definitions_of_the_scope_serve_all_it_lists():
    """References may lead into the `$defs` of the scope; the inferred type carries along what it needs of them."""
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}, "n": {"$ref": "#/$defs/N"}}}
    scope = {
        **exactly({"input": exactly({"left": {"$ref": "#/$defs/Tree"}}, optional=("left",))}),
        "$defs": {"Tree": tree, "N": INTEGER, "Other": {"type": "null"}},
    }
    deep = expression.infer(expression.parse("[?input.?left.?left]"), scope)
    assert deep.problems == []
    assert set(deep.schema["$defs"]) == {"Tree", "N"}
    assert jsonschema_rs.is_valid(deep.schema, [{"left": {"n": 1}}])
    assert not jsonschema_rs.is_valid(deep.schema, [{"left": {"n": "1"}}])


def test_each_schema_of_the_scope_keeps_its_own_definitions():
    """References inside the schema of a root, a task or an enclosing scope begin at that schema."""
    label = {**exactly({"label": {"$ref": "#/$defs/Label"}}), "$defs": {"Label": TEXT}}
    other = {**label, "$defs": {"Label": INTEGER}}
    outer = exactly({"tasks": exactly({"a": exactly({"output": other})})})
    scope = exactly({"input": label, "$parent": outer})
    both = expression.infer(expression.parse("[input, $parent.tasks.a.output]"), scope)
    assert jsonschema_rs.is_valid(both.schema, [{"label": "x"}, {"label": 1}])
    assert not jsonschema_rs.is_valid(both.schema, [{"label": 1}, {"label": 1}])
    added = expression.infer(expression.parse("input.label + $parent.tasks.a.output.label"), scope)
    assert [problem.kind for problem in added.problems] == ["type"]


def test_the_cost_of_a_path_does_not_grow_with_its_scope():
    """Only what a path chooses is looked into: the other tasks may even be no schemas."""
    tasks = {f"t{at}": {"not": "looked at"} for at in range(500)}
    scope = exactly({"tasks": exactly({**tasks, "a": exactly({"output": TEXT})})})
    assert expression.infer(expression.parse("tasks.a.output"), scope).schema == TEXT


def test_every_function_of_the_language_has_a_type():
    """The table of types and the table of functions name the same functions."""
    named = {name for name, _ in FUNCTIONS} - OPTIONALS
    assert set(SIGNATURES) == named


def test_true_and_one_are_different_constants():
    """A union keeps values apart that Python takes for equal."""
    assert schema.union([{"const": 1}, {"const": True}]) == {"enum": [1, True]}


def test_a_type_that_doubles_at_each_step_stays_small():
    """A short text can spell a type of astronomic size: beyond a bound only its kind is kept, which is still true."""
    text = "[input]" + ".map(x, [x, x])" * 60 + ".map(x, {'a': x, 'b': x})" * 60
    found = expression.infer(expression.parse(text), SCOPE)
    assert found.problems == []
    assert len(str(found.schema)) < 1_000_000
    assert schema.types_of(found.schema) == {"array"}
