"""A small world with a value of every type, and random expressions over it, most of them well typed."""

from collections.abc import Callable
from random import Random
from typing import Any

from hypothesis import strategies as st

CITY = {
    "type": "object",
    "required": ["c"],
    "properties": {"c": {"type": "string"}, "d": {"type": "integer"}, "f": {"type": ["string", "null"]}},
}
ITEM = {
    "type": "object",
    "required": ["p", "r"],
    "properties": {
        "p": {"type": "number"},
        "q": {"type": "integer"},
        "r": {"type": ["string", "null"]},
        "city": {"$ref": "#/$defs/city"},
    },
}
WORLD: dict[str, Any] = {
    "type": "object",
    "required": ["i", "pos", "n", "s", "w", "b", "t", "ni", "ns", "xs", "ys", "ps", "m", "mo", "e", "ll", "tup", "k"],
    "properties": {
        "i": {"type": "integer"},
        "pos": {"type": "integer", "minimum": 1, "maximum": 9},
        "n": {"type": "number"},
        "s": {"type": "string"},
        "w": {"enum": ["a", "bb", "gold"]},
        "b": {"type": "boolean"},
        "t": {"type": "string", "format": "date-time"},
        "k": {"const": {"x": [1, "a"], "y": None}},
        "oi": {"type": "integer"},
        "os": {"type": "string"},
        "ob": {"type": "boolean"},
        "ni": {"type": ["integer", "null"]},
        "ns": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "xs": {"type": "array", "items": {"type": "integer"}, "maxItems": 4},
        "ys": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "ps": {"type": "array", "items": ITEM},
        "m": {"type": "object", "additionalProperties": {"type": "number"}},
        "o": {"$ref": "#/$defs/city"},
        "mo": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/city"}]},
        "e": {"anyOf": [CITY, {"type": "string"}]},
        "ll": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "tup": {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "items": False,
            "minItems": 1,
        },
        "u": {},
    },
    "$defs": {"city": CITY},
}

PATHS = {
    "number": [
        "input.i", "input.pos", "input.n", "input.k.x[0]", "input.tup[0]", "?input.ps[?0].p", "?input.m[?'a']",
        "?input.?oi", "!input.ni", "?input.?o.?d", "?input.xs[?1]", "?input.ps.last().?q", "?input.xs[?input.i]",
        "input.ll.flatten().sum()",
    ],
    "string": [
        "input.s", "input.w", "input.t", "input.ys[0]", "input.k.x[1]", "?input.?os", "!input.ns", "?input.?o.c",
        "?input.mo.?c", "?input.e.?c", "?input.tup[?1]", "?input.ys.last()",
    ],
    "boolean": ["input.b", "?input.?ob", "has(input.o)", "has(input.os)", "'a' in input.m", "input.w == 'gold'"],
    "array": [
        "input.xs", "input.ys", "input.ps", "input.ll", "input.tup", "input.k.x", "input.xs.map(y, [y])",
        "?input.ll[?0]", "input.ps.map(y, y.p)", "input.ps.map(y, y.r)",
    ],
    "object": [
        "?input.?o", "input.m", "?input.ps[?0]", "input", "input.k", "!input.mo", "?input.ps.first().?city",
        "{'i': input.i}",
    ],
    "optional": [
        "input.?oi", "input.?os", "input.?ob", "input.?o", "input.?o.c", "input.?o.?d", "input.m[?'a']", "input.xs[?0]",
        "input.xs[?input.i]", "input.mo.?c", "input.e.?c", "input.?o.?f", "input.ps[?1].?q", "input.ps.first().city.d",
        "input.xs.last()", "optional.none()", "optional.of(input.s)", "input.tup[?1]", "input.?u", "input.?u.?c",
    ],
}  # fmt: skip
"""Paths by type. Behind `?` stands an optional that needs a default, behind `!` what may be null."""

WRONG = [
    "input.ps[0].p", "input.oi", "input.ni", "input.ns", "input.os", "input.o.c", "input.mo.c", "input.u", "input.?oi",
    "input.e", "input.xs[input.i]", "input.m.a", "has(input.o.d)", "input.nope", "x", "input.xs.max()",
]  # fmt: skip
"""What may break, or has another type."""

LITERALS = {
    "number": ["0", "1", "2", "-3", "1.5"],
    "string": ["'a'", "'gold'", "''", "'bb c'", "'12'"],
    "boolean": ["true", "false"],
    "array": ["[]", "[1, 2]", "['a']", "[[1], [2, 3]]", "[1, 'a', null]"],
    "object": ["{}", "{'a': 1}", "{'c': 'x', 'd': 2}"],
    "optional": ["optional.of(1)", "optional.none()"],
}
DEFAULTS = {"number": "0", "string": "''", "boolean": "false", "array": "[]", "object": "{}"}

RULES = {
    "number": [
        "{number} + {number}", "{number} - {number}", "{number} * {number}", "{number} / {number}",
        "{number} % {number}", "-{number}", "size({array})", "size({string})", "{object}.size()", "{array}.sum()",
        "{array}.max()", "{array}.min()", "math.abs({number})", "math.floor({number})", "{number} / input.pos",
        "math.greatest({number}, {number})", "int({string})", "int({number})", "math.round({number})",
        "{string}.indexOf({string})", "math.sqrt({number})", "timestamp(input.t).getFullYear()", "input.i % input.pos",
        "duration('90s').getMinutes()", "math.least({array})", "double({number})", "{array}[{number}]",
        "({number} != 0 ? 6 / {number} : 0)", "(input.n != 0 ? 6 / input.n : 0)", "(input.i > 0 ? 1 / input.i : 1)",
        "(input.?oi.hasValue() && input.oi < 0 ? 3 / input.oi : input.i)", "math.sqrt(input.pos)",
        "(size(input.xs) > 1 ? input.xs.max() + input.xs[1] : {number})",
    ],
    "string": [
        "{string} + {string}", "{string}.trim()", "{string}.upperAscii()", "string({number})", "string({boolean})",
        "json({any})", "{array}.join(',')", "{string}.replace('a', {string})", "{string}.substring(0)",
        "{string}.substring(1)", "{string}.charAt(0)", "{string}.reverse()", "{string}.split('b')[0]",
        "string(timestamp(input.t) + duration('1h'))", "{string}.split('a').join({string})",
        "string(timestamp(input.t) - timestamp('2026-01-01T00:00:00Z'))",
    ],
    "boolean": [
        "{any} == {any}", "{number} == {number}", "{string} != {string}", "{number} < {number}", "{string} >= {string}",
        "{boolean} && {boolean}", "{boolean} || {boolean}", "!{boolean}", "{any} in {array}", "{string} in {object}",
        "{array}.exists(x, {x} == {any})", "{array}.all(x, {boolean})", "{array}.exists_one(x, {x} == {x})",
        "{string}.contains({string})", "{string}.startsWith('a')", "{string}.matches('^a+$')", "{optional}.hasValue()",
        "{object}.all(x, x in {object})", "timestamp(input.t) < timestamp('2030-01-01T00:00:00Z')", "{any} != null",
        "has(input.o) && input.o.c == {string}", "input.ni != null && input.ni > {number}", "{boolean} == {boolean}",
        "has(input.o) && has(input.o.d) && input.o.d + 1 > {number}", "input.?os.hasValue() && input.os != {string}",
        "size(input.xs) > 1 && input.xs[1] > 0", "input.w == {string}", "!(input.ni == null) && input.ni < 3",
        "!has(input.o) || input.o.c != {string}", "input.?o.?d.orValue(null) != null && input.o.d > 0",
    ],
    "array": [
        "{array} + {array}", "{array}.map(x, {x})", "{array}.map(x, {boolean}, {x})", "{array}.filter(x, {boolean})",
        "{array}.map(x, {any})", "[{any}, {any}]", "[{any}, ?{optional}]", "{array}.sort()", "{array}.distinct()",
        "{array}.reverse()", "{array}.flatten()", "{array}.slice(0, 1)", "{object}.map(x, x)", "{string}.split(',')",
        "lists.range(input.pos)", "input.ps.filter(x, has(x.q)).map(x, x.q)", "input.ps.map(x, x.p + {number})",
        "input.ps.filter(x, x.r != null).map(x, x.r + 'a')", "input.ps.map(x, has(x.q), x.q * 2)",
        "{array}.sortBy(x, {x})", "input.m.map(x, input.m[x])", "input.ll.map(x, x.sum())", "input.ps.sortBy(x, x.p)",
        "input.xs.map(x, x % 2)", "input.xs.filter(x, x > 0).map(x, 6 / x)", "input.ps.map(x, x.?q.orValue(0))",
        "input.ps.map(x, {{'a': x.p}})", "input.m.filter(x, {boolean})", "input.ll.filter(x, size(x) > 0).map(x, x[0])",
        "input.ps.filter(x, has(x.city) && has(x.city.d) && x.city.d > {number}).map(x, x.city.d)",
    ],
    "object": [
        "{{'a': {any}, 'b': {any}}}", "{{?'a': {optional}, 'b': {any}}}", "{{{string}: {any}}}", "{{'c': {string}}}",
        "{{'a': 1, {string}: {any}}}",
    ],
    "optional": [
        "{optional}.or({optional})", "{optional}.optMap(x, {x})", "{array}.first()", "{array}.last()",
        "optional.of({any})", "{array}[?0]", "{array}[?{number}]", "{optional}.optMap(x, [{x}])",
        "{optional}.optFlatMap(x, {optional})", "({boolean} ? {optional} : optional.none())", "{object}.?c",
        "{object}[?{string}]",
    ],
}  # fmt: skip
VARIABLE = ["x", "x", "x", "[x]", "string(x)", "x + x", "x.p", "x.?q.orValue(0)", "size(x)", "json(x)"]
TYPES = ["number", "string", "boolean", "array", "object"]


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """An expression of any type, as text."""
    return _drawn(draw, draw(st.sampled_from([*TYPES, *TYPES, "optional"])), draw(st.integers(1, depth)), False)


def _drawn(draw: st.DrawFn, kind: str, depth: int, variable: bool) -> str:
    if kind == "any":
        kind = draw(st.sampled_from(TYPES))
    if kind == "x":
        return draw(st.sampled_from(VARIABLE))
    shape = draw(st.integers(0, 11))
    if depth == 0 or shape < 2:
        return _leaf(draw, kind, variable)
    if shape == 4 and kind != "optional":
        optional = _drawn(draw, "optional", depth - 1, variable)
        return f"{optional}.orValue({_drawn(draw, kind, depth - 1, variable)})"
    if shape == 5:
        inner = [_drawn(draw, one, depth - 1, variable) for one in ("boolean", kind, kind)]
        return f"({inner[0]} ? {inner[1]} : {inner[2]})"
    rule = draw(st.sampled_from(RULES[kind]))
    inside = variable or "(x," in rule
    parts = {one: _Later(draw, one, depth - 1, inside) for one in [*TYPES, "any", "x", "optional"]}
    return "(" + rule.format(**parts) + ")"


def _leaf(draw: st.DrawFn, kind: str, variable: bool) -> str:
    sort = draw(st.integers(0, 29))
    if sort < 4:
        return draw(st.sampled_from(LITERALS[kind]))
    if sort == 4:
        return draw(st.sampled_from(WRONG))
    if variable and sort < 14:
        return "x"
    path = draw(st.sampled_from(PATHS[kind]))
    if path.startswith("?"):
        return f"{path[1:]}.orValue({DEFAULTS[kind]})"
    return f"({path[1:]} != null ? {path[1:]} : {DEFAULTS[kind]})" if path.startswith("!") else path


class _Later:
    """A part of a rule that is drawn when its place is filled, each time anew."""

    def __init__(self, draw: st.DrawFn, kind: str, depth: int, variable: bool) -> None:
        self.drawn = lambda: _drawn(draw, kind, depth, variable)

    def __format__(self, _: str) -> str:
        return self.drawn()


def a_document(random: Random) -> dict[str, Any]:
    """A document that is valid in the world."""
    chance, one = random.random, random.choice

    def word() -> str:
        return one(["", "a", "bb", "gold", "a,b", "12", "ÄÖ"])

    def integer() -> float:
        return one([*range(-3, 13), 2.0, 0.0])

    def number() -> float:
        return one([integer(), 0.5, -1.25])

    def city() -> dict[str, Any]:
        return _some(random, {"c": one(["", "x", "gold"])}, {"d": integer(), "f": one([None, "f"])})

    def item() -> dict[str, Any]:
        return _some(random, {"p": number(), "r": one([None, word()])}, {"q": integer(), "city": city()})

    def several(make: Callable[[], Any], least: int = 0, most: int = 3) -> list[Any]:
        return [make() for _ in range(random.randint(least, most))]

    always = {
        "i": integer(),
        "pos": random.randint(1, 9),
        "n": number(),
        "s": word(),
        "w": one(["a", "bb", "gold"]),
        "b": chance() < 0.5,
        "t": one(["2026-02-03T04:05:06Z", "1999-12-31T23:59:59.5+02:00"]),
        "ni": one([None, integer()]),
        "ns": one([None, word()]),
        "k": {"x": [1, "a"], "y": None},
        "xs": several(integer, 0, 4),
        "ys": several(word, 1),
        "ps": several(item),
        "m": {name: number() for name in ("a", "b", "c") if chance() < 0.5},
        "mo": one([None, city()]),
        "e": one([word(), city()]),
        "ll": several(lambda: several(integer, 0, 2)),
        "tup": [integer(), word()][: random.randint(1, 2)],
    }
    maybe = {
        "oi": integer(),
        "os": word(),
        "ob": chance() < 0.5,
        "o": city(),
        "u": one([None, integer(), word(), city()]),
    }
    return _some(random, always, maybe)


def _some(random: Random, always: dict[str, Any], maybe: dict[str, Any]) -> dict[str, Any]:
    return always | {name: value for name, value in maybe.items() if random.random() < 0.5}
