"""Texts: which of them are expressions, and how the others are refused."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfcore import expression
from wfcore.expression import ExpressionError, Read
from wfcore.expression.tree import Binary, Call, Conditional, Field, Has, Index, Literal, Macro, Name, Unary


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as refused:
        expression.parse(text)
    return refused.value


def shape(text: str) -> str:
    """The tree of an expression, with a pair of brackets for each operation."""
    return _shape(expression.parse(text).body)


def _shape(node: object) -> str:
    match node:
        case Binary(operator, left, right):
            return f"({_shape(left)} {operator} {_shape(right)})"
        case Unary(operator, operand):
            return f"({operator}{_shape(operand)})"
        case Conditional(condition, then, otherwise):
            return f"({_shape(condition)} ? {_shape(then)} : {_shape(otherwise)})"
        case Name(name):
            return name
        case Literal(value):
            return repr(value)
        case Field(target, name, optional):
            return f"{_shape(target)}.{'?' if optional else ''}{name}"
        case Index(target, key):
            return f"{_shape(target)}[{_shape(key)}]"
        case Call(function, target, arguments):
            return f"{function}({', '.join(_shape(each) for each in ([target] if target else []) + list(arguments))})"
        case Macro(function, target, variable, condition, body):
            middle = "" if condition is None else f" {_shape(condition)}"
            return f"{function}({_shape(target)} {variable}{middle} {_shape(body)})"
    return type(node).__name__


# What is an expression


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a || b && c == d", "(a || (b && (c == d)))"),
        ("a && b || c", "((a && b) || c)"),
        ("a < b == c", "((a < b) == c)"),
        ("a in b + c", "(a in (b + c))"),
        ("!a && -b < 3", "((!a) && ((-b) < 3))"),
        ("- -a", "(-(-a))"),
        ("-3.5", "-3.5"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a || b ? c : d", "((a || b) ? c : d)"),
        ("-a.b[0]", "(-a.b[0])"),
        ("a.?b.c[d]", "a.?b.c[d]"),
        ("size(a) + a.size()", "(size(a) + size(a))"),
        ("math.abs(a)", "math.abs(a)"),
        ("a.map(x, x.b)", "map(a x x.b)"),
        ("a.map(x, x > 1, x)", "map(a x (x > 1) x)"),
        ("a.filter(x, x.b).all(y, y)", "all(filter(a x x.b) y y)"),
        ("$parent.$root.a", "$parent.$root.a"),
        ("a // why\n + b", "(a + b)"),
    ],
)
def test_operators_bind_as_in_cel(text: str, tree: str):
    """Precedence, grouping and macros give the tree that CEL gives."""
    assert shape(text) == tree


def test_every_node_knows_its_place():
    """A node's start and end cut its own text out of the whole; names inside it have places of their own."""
    text = " (input . user).?name.filter( x , x > 1 )"
    macro = expression.parse(text).body
    assert isinstance(macro, Macro)
    assert text[macro.start : macro.end] == text.strip()
    assert text[macro.name_start :].startswith("filter(")
    assert text[macro.variable_start :].startswith("x ,")
    assert text[macro.body.start : macro.body.end] == "x > 1"
    field = macro.target
    assert isinstance(field, Field)
    assert text[field.start : field.end] == "(input . user).?name"
    assert text[field.name_start :].startswith("name")
    assert text[field.target.start : field.target.end] == "input . user"


def test_has_is_a_node_of_its_own():
    """`has(a.b)` asks about a field, so it never reads what stands there."""
    body = expression.parse("has(input.user.name)").body
    assert isinstance(body, Has)
    assert body.operand.name == "name"


@settings(deadline=None)
@given(st.lists(st.text(max_size=8) | st.integers(0, 2**53), max_size=5), st.booleans())
def test_every_key_can_be_written_and_read_back(keys: list[str | int], optional: bool):
    """Any key at all, quotes and line ends included, has a spelling that parses to the same path."""
    text = "input" + "".join(expression.written(key, optional=optional) for key in keys)
    assert expression.parse(text).reads() == (Read("input", tuple(keys), 0),)


# What is none


@pytest.mark.parametrize(
    ("text", "offset", "expected"),
    [
        ("", 0, "the expression is empty"),
        (" \n", 0, "the expression is empty"),
        ("// nothing", 10, "expected a value, found the end"),
        ("input.", 6, "expected a name after `.`, found the end"),
        ("input.a b", 8, "expected an operator or the end of the expression, found `b`"),
        ("input[", 6, "expected a value, found the end"),
        ("input[0", 7, "expected an operator, `]`, found the end"),
        ("input[-1]", 6, "counted from the start"),
        ("input[1.5]", 6, "an index is a whole number"),
        ("input[true]", 6, "expected a key such as ['name']"),
        ("(a + b", 6, "expected an operator, `)`, found the end"),
        ("a + b)", 5, "expected an operator or the end of the expression, found `)`"),
        ("a +", 3, "expected a value behind `+`, found the end"),
        ("a + * b", 4, "expected a value behind `+`, found `*`"),
        ("a ? b", 5, "expected `:` and the value for where the condition does not hold"),
        ("size(a", 6, "`,` or `)`, found the end"),
        ("'abc", 0, "no closing '"),
        ("'a\nb'", 0, "no closing '"),
        (r"'\q'", 1, "no such escape"),
        (r"'\ud800'", 1, "no such character"),
        ("0700", 0, "as JSON writes it"),
        ("3km", 0, "as JSON writes it"),
        ("9007199254740993", 0, "±2^53"),
        ("1e999", 0, "too large"),
        ("[1 2]", 3, "expected an operator, `,` or `]`, found `2`"),
        ("{a: 1}", 1, "a key is a string: write 'a'"),
        ("{1: 1}", 1, "a key is a string in quotes"),
        ("{'a' 1}", 5, "expected `:` after the key"),
        ("{'a': 1, 'a': 2}", 9, "stands here twice"),
        ("if.a", 0, "reserved word"),
        ("[1].map(for, 1)", 8, "reserved word"),
        ("[1].map($root, 1)", 8, "a meaning of its own"),
        ("input.?a.orValue()", 9, "orValue() takes 1 argument, not 0"),
        ("size(1, 2)", 0, "size() takes 1 argument, not 2"),
        ("[1].slice(1)", 4, "slice() takes 2 arguments, not 1"),
        ("'a'.replace('b')", 4, "replace() takes 2 to 3 arguments, not 1"),
        ("input.?a ?? 1", 9, "is written .orValue"),
        ("[1].map(x)", 4, "map() takes a variable and an expression"),
        ("[1].all(x.y, true)", 4, "all() takes a variable and an expression"),
        ("has(input)", 0, "has() takes one field"),
        ("has(input.?a)", 0, "has() takes one field"),
        ("nothing(1)", 0, "there is no function `nothing`"),
        ("contains('a', 'b')", 0, "contains() is written x.contains()"),
        ("'a'.string()", 4, "string() is written string(x)"),
        ("'a'.matches(input.p)", 12, "the pattern of matches() is a string in quotes"),
        ("'a'.matches('(?=a)')", 12, "no look-around"),
        ("'a'.matches('[a')", 12, "this is no pattern"),
        ("ü", 0, "expected a path, a value or an operator, found `ü`"),
        ("a \x00", 2, "found `U+0000`"),
        ("a \ud800", 2, "half a surrogate pair"),
        ("a; b", 1, "found `;`"),
        ("[" * 70, 64, "nested deeper than 64 brackets"),
        ("!" * 200 + "a", 128, "more than 128 operations"),
        ("a" + " + a" * 200, 292, "more than 128 operations"),
        ("[1].map(a, [1].map(b, [1].map(c, [1].map(d, [1].map(e, 1)))))", 48, "more than 4 macros"),
    ],
)
def test_what_is_no_expression_is_refused_at_its_place(text: str, offset: int, expected: str):
    """A text that cannot be read is refused with the offset of the slip and what was expected there."""
    error = refusal(text)
    assert expected in error.message
    assert (error.offset, error.kind) == (offset, "syntax")


@pytest.mark.parametrize("text", ["type(1)", "dyn(1)", "uint(1)", "b'a'", "bytes('a')", "'a'.format([])", "now()"])
def test_what_cel_has_and_we_do_not_offer_says_so(text: str):
    """What a reader of CEL's documents may look for is told apart from slips, with what to write instead."""
    error = refusal(text)
    assert error.kind == "unsupported"
    assert ": " in error.message


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("input.a?.b", "input.a.?b"),
        ("input.a?[0]", "input.a[?0]"),
        ("input.?['a b']", "input[?'a b']"),
        ("input.items.0.id", "input.items[0].id"),
        ("input.'a b'", "input['a b']"),
        ("input..a", "input.a"),
        ("input.user-id", "input['user-id']"),
        ("input.user-id == 3", "input['user-id'] == 3"),
        ("input.?x-y-z", "input[?'x-y-z']"),
        ("input.in", "input['in']"),
        ("input.?true", "input[?'true']"),
        ("input.$ref.a", "input['$ref'].a"),
        ("input.?a.orvalue(1)", "input.?a.orValue(1)"),
        ("input.a = 1", "input.a == 1"),
        ("input.a === 1", "input.a == 1"),
        ("input.a !== 1", "input.a != 1"),
        ("input.a => 1", "input.a >= 1"),
        ("input.a <> 1", "input.a != 1"),
        ("input.a and input.b", "input.a && input.b"),
        ("input.a OR input.b", "input.a || input.b"),
        ("not input.a", "!input.a"),
        ("input.a is null", "input.a == null"),
        ("input.a & input.b", "input.a && input.b"),
        ("input.a | input.b", "input.a || input.b"),
        ("input.a == 'x", "input.a == 'x'"),
        ("size(input.a", "size(input.a)"),
        ("{'a': [input.b", "{'a': [input.b]}"),
        ("size(input.b // why", "size(input.b)"),
        ("{ (a(1//", None),
        ("input.a.startswith('x')", "input.a.startsWith('x')"),
        ("math.sgn(1)", "math.sign(1)"),
        ("math.max(1, 2)", "math.greatest(1, 2)"),
        ("input.a.length()", "input.a.size()"),
        ("len(input.a)", "size(input.a)"),
        ("input.a.any(x, x > 1)", "input.a.exists(x, x > 1)"),
        ("input.a.Map(x, x)", "input.a.map(x, x)"),
        ("1 + (", None),
    ],
)
def test_a_usual_slip_carries_its_correction(text: str, fix: str | None):
    """What people bring along from other languages is answered with the text they meant, and that text parses."""
    assert refusal(text).fix == fix
    if fix is not None:
        expression.parse(fix)


@pytest.mark.parametrize("text", ["input.a - input.b", "input.a-input.b", "input.a-1", "input.a - tax", "a-b"])
def test_a_subtraction_is_one(text: str):
    """Where a minus can only subtract, it needs no spaces."""
    assert isinstance(expression.parse(text).body, Binary)
    assert isinstance(expression.parse("[1].map(tax, input.a-tax)").body, Macro)


def test_an_expression_is_at_most_four_kibibytes():
    """The size is checked before anything is parsed, in bytes; 4,096 of them are still fine."""
    expression.parse("a" * 4096)
    for text in ("a" * 4097, f"'{'é' * 2048}'", "x" * 1_000_000):
        with pytest.raises(ExpressionError, match="at most 4096 bytes"):
            expression.parse(text)


SCRAPS = st.lists(
    st.sampled_from(
        [
            "a",
            "input",
            ".",
            "?",
            "[",
            "]",
            "(",
            ")",
            "{",
            "}",
            ",",
            ":",
            "'k'",
            "'",
            "1",
            "0.5",
            "+",
            "-",
            "&&",
            "==",
            "!",
            "in",
            "true",
            ".map(",
            "x,",
            "has(",
            ".orValue(",
            " ",
            "=",
            "&",
            "$root",
            "$x",
            "//",
            "\n",
            "for",
            "math.abs(",
        ]
    ),
    max_size=25,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(SCRAPS | st.text(alphabet="ab.?[]{}()'\"\\0 1-,:$\n", max_size=40) | st.text(max_size=40))
def test_any_text_parses_or_is_refused_inside_itself(text: str):
    """No text makes the parser fail in another way than with a place inside that text; and what parses, recovers."""
    recovered = expression.recover(text)
    assert all(0 <= error.offset <= len(text) for error in recovered.errors)
    if recovered.errors:
        assert 0 <= refusal(text).offset <= len(text)
    else:
        assert recovered.expression == expression.parse(text)


# Texts that are being written


@pytest.mark.parametrize(
    ("text", "tree", "errors"),
    [
        ("input.", "input.", 1),
        ("input.user.", "input.user.", 1),
        ("size(input.", "size(input.)", 2),
        ("a &&", "(a && )", 1),
        ("a && && b", "((a && ) && b)", 1),
        ("[1, 2", "ListOf", 1),
        ("a b", "a", 1),
        ("items.filter(x, x.", "filter(items x x.)", 2),
        ("a ? b", "(a ? b : )", 2),
        ("'abc", "'abc'", 1),
        ("a = 1 and b === 2", "((a == 1) && (b == 2))", 3),
        ("unknown(a.)", "unknown(a.)", 2),
    ],
)
def test_a_text_that_is_being_written_has_a_tree(text: str, tree: str, errors: int):
    """The editor gets as much of a tree as can be read, with empty names where one is missing, and every error."""
    recovered = expression.recover(text)
    assert recovered.expression is not None
    assert _shape(recovered.expression.body) == tree
    assert len(recovered.errors) == errors


# Where an expression ends


def test_the_end_of_an_expression_is_found_behind_quotes_and_braces():
    """`}}` inside a string or a map belongs to the expression."""
    assert expression.end_of("x {{ '}}' }}", 4, "}}") == 10
    assert expression.end_of("{{ {'a': {}}}}", 2, "}}") == 12
    assert expression.end_of("{{ '''it's }}''' }}", 2, "}}") == 17
    assert expression.end_of("{{ 'a }}", 2, "}}") is None
    assert expression.end_of("{{ a", 2, "}}") is None


# Hostile texts


@pytest.mark.parametrize(
    "text",
    [
        "x" * 1_000_000,
        "(" * 5_000,
        "(" * 4_000,
        "[" * 4_096,
        "{" * 4_096,
        "!" * 4_096,
        "-" * 4_096,
        "a." * 2_048,
        "a?" * 2_048,
        "'" * 4_095,
        "\\" * 4_096,
        "a" + "[a" * 2_000,
        "a" + "+a" * 2_000,
        "f(" * 2_000,
        "{{" * 2_000,
        "\ud800" * 100,
        "\x00" * 4_096,
        "é" * 2_048,
        "1" * 4_096,
        "'" + "\\x" * 2_000 + "'",
        "[1].map(x," * 400,
        "true?" * 800,
        "a" + ".?b" * 1_300,
        "//" * 2_048,
        "'''" * 1_365,
        "0." * 2_000,
    ],
)
def test_a_hostile_text_is_refused_quickly(text: str):
    """Whatever is sent, there is an answer at once, from the parser and from the one for editors."""
    started = time.perf_counter()
    with pytest.raises(ExpressionError):
        expression.parse(text)
    assert expression.recover(text).errors
    assert time.perf_counter() - started < 10
