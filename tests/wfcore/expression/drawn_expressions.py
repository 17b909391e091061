"""Expressions drawn by type: whatever comes out is well formed, and most of it has a value.

What the numbered deviations are about is left out: division of integers, sums of integers and doubles, numbers too
large for a short text, and the order of an object's keys.
"""

from collections.abc import Callable
from random import Random
from typing import Any

Variables = tuple[tuple[str, str], ...]

MOMENTS = ["2024-02-29T23:59:59Z", "2026-01-31T12:00:00.5+02:00", "1969-12-31T23:59:59.999Z", "0001-01-03T00:00:00Z"]
LENGTHS = ["0s", "90m", "1h30m", "1.5s", "-2h", "20ms", "1500us", "-1.25s"]
ZONES = ["'UTC'", "'+02:00'", "'-11:30'", "'00:30'"]
STRINGS = ["''", "'a'", "'b c'", "'aXbXa'", "'ÄÖ'", "'🦊x'", "' t '", '"q\'"', r"'\n\u00e9'", r"r'\d'", "'12'", "'-7'"]
PATTERNS = ["'^a'", "'[0-9]+'", "'b?c$'", "'.X.'", "''", "'(a|🦊)'"]
GETTERS = ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds"]

HAS = ["has(input.oi)", "has(input.om.a)", "has(input.m.a)", "has(input.i.x)", "has(input.nothing)"]
LISTS = [("ints", "int"), ("strings", "string"), ("things", "thing")]
KINDS = ["int", "double", "string", "bool", "bool", "ints", "strings", "things", "map"]


def drawn_expression(random: Random) -> str:
    """The text of one expression over `input`, an object such as `drawn_input` gives."""
    return _Writer(random).write(random.choice(KINDS), random.randint(1, 4), ())


def drawn_input(random: Random) -> dict[str, Any]:
    """Data with all that the expressions read; what they read as optional is there half the time."""

    def several(make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(random.randint(0, 4))]

    def thing() -> dict[str, Any]:
        return {"n": random.randint(-5, 5), "s": random.choice("ab")} | ({"o": 1} if random.random() < 0.5 else {})

    always = {
        "i": random.randint(-20, 20),
        "d": random.randint(-40, 40) / 4 + 0.125,
        "s": random.choice(["", "a", "Ab c", "ÄÖX", "🦊🦊", "12", " x "]),
        "b": random.random() < 0.5,
        "nothing": None,
        "ints": several(lambda: random.randint(-5, 5)),
        "strings": several(lambda: random.choice(["", "a", "b", "X", "é"])),
        "m": {key: random.randint(-5, 5) for key in "abc" if random.random() < 0.5},
        "things": several(thing),
    }
    sometimes = {"oi": random.randint(-5, 5), "om": {"a": {"n": 3}}}
    return always | {key: value for key, value in sometimes.items() if random.random() < 0.5}


class _Writer:
    """Writes an expression of a type, `depth` operations deep, from the variables in sight: (name, type)."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def write(self, kind: str, depth: int, variables: Variables) -> str:
        named = [name for name, type_ in variables if type_ == kind]
        if named and self.random.randint(0, 2) == 0:
            return self.pick(*named)
        return str(getattr(self, f"_{kind}")(depth, variables) if depth > 0 else self._leaf(kind, variables))

    def _leaf(self, kind: str, variables: Variables) -> str:
        match kind:
            case "int":
                return self.pick("0", "1", "2", "-3", "7", "input.i", "input['i']", *_fields(variables, "n"))
            case "double":
                return self.pick("0.5", "2.25", "-1.5", "0.125", "input.d")
            case "string":
                return self.pick(*STRINGS, "input.s", *_fields(variables, "s"))
            case "bool":
                return self.pick("true", "false", "input.b")
            case "ints":
                return self.pick("[]", "[1, 2, 3]", "input.ints", "[2,2,]")
            case "strings":
                return self.pick("['b', 'a']", "input.strings")
            case "things":
                return self.pick("[]", "input.things")
            case "map":
                return self.pick("input.m", "{'a': 1}", "{}")
            case "moment":
                return f"timestamp('{self.pick(*MOMENTS)}')"
            case "length":
                return f"duration('{self.pick(*LENGTHS)}')"
            case "thing":
                return self.pick("{'n': 4, 's': 'a'}", "{'n': input.i, 's': 'b', 'o': 1}")
            case _:
                return self.pick("input.?oi", "input.m[?'a']", "input.ints[?1]", "optional.none()", "input.?om.?a.?n")

    def _choice(self, kind: str, depth: int, v: Variables) -> str:
        condition = self.write("bool", depth - 1, v)
        return f"({condition} ? {self.write(kind, depth - 1, v)} : {self.write(kind, depth - 1, v)})"

    def _int(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        match self.random.randint(0, 16):
            case 0 | 1 | 2:
                return f"({w('int', d, v)} {self.pick('+', '-', '*', '%')} {w('int', d, v)})"
            case 3:
                return f"-({w('int', d, v)})"
            case 4:
                return self.pick("size({})", "{}.size()").format(w(self.pick("ints", "string", "map", "things"), d, v))
            case 5:
                return self._choice("int", depth, v)
            case 6:
                return f"{w('string', d, v)}.{self.pick('indexOf', 'lastIndexOf')}({w('string', d, v)})"
            case 7:
                start = w("int", 0, v)
                return f"{w('string', d, v)}.{self.pick('indexOf', 'lastIndexOf')}({w('string', 0, v)}, {start})"
            case 8:
                return f"int({self.pick(w('double', d, v), w('int', d, v), *STRINGS)})"
            case 9:
                return f"{w('ints', d, v)}[{self.pick('0', '1', 'input.i')}]"
            case 10:
                return f"{w('map', d, v)}[{w('string', 0, v)}]"
            case 11 | 12:
                return f"{w('optional', d, v)}.orValue({w('int', 0, v)})"
            case 13:
                name = self.pick("math.greatest", "math.least")
                return f"{name}({w('int', d, v)}, {w('int', d, v)}, {w('int', 0, v)})"
            case 14:
                return f"{self.pick('math.abs', 'math.sign')}({w('int', d, v)})"
            case 15:
                zone = self.pick("", *ZONES)
                return f"({w('moment', d, v)}).get{self.pick(*GETTERS, 'Milliseconds')}({zone})"
            case _:
                return f"({w('length', d, v)}).get{self.pick('Hours', 'Minutes', 'Seconds', 'Milliseconds')}()"

    def _double(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        match self.random.randint(0, 6):
            case 0 | 1 | 2:
                divided = f"/ {self.pick('2.0', '-0.5', '0.1')}"
                return f"({w('double', d, v)} {self.pick('+ {}', '- {}', '* {}', divided).format(w('double', d, v))})"
            case 3:
                return self._choice("double", depth, v)
            case 4:
                return f"math.{self.pick('ceil', 'floor', 'round', 'trunc', 'abs', 'sign')}({w('double', d, v)})"
            case 5:
                return f"double({self.pick(w('double', d, v), *STRINGS)})"
            case _:
                return f"math.{self.pick('greatest', 'least')}({w('double', d, v)}, {w('double', d, v)})"

    def _string(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        s = w("string", d, v)
        match self.random.randint(0, 13):
            case 0 | 1:
                return f"({s} + {w('string', d, v)})"
            case 2:
                return self._choice("string", depth, v)
            case 3:
                return f"{s}.{self.pick('lowerAscii', 'upperAscii', 'trim', 'reverse')}()"
            case 4:
                return f"{s}.substring({w('int', 0, v)})"
            case 5:
                return f"{s}.substring({w('int', 0, v)}, {w('int', d, v)})"
            case 6:
                return f"{s}.replace({w('string', 0, v)}, {w('string', 0, v)})"
            case 7:
                return f"{s}.replace({w('string', 0, v)}, {w('string', 0, v)}, {self.pick('0', '1', '2', '-1')})"
            case 8:
                return f"{s}.charAt({w('int', 0, v)})"
            case 9:
                return f"{w('strings', d, v)}.join({self.pick('', w('string', 0, v))})"
            case 10:
                return f"string({w(self.pick('int', 'bool', 'string'), d, v)})"
            case 11:
                return f"string({w('moment', d, v)})"
            case 12:
                return f"string({w('length', d, v)})"
            case _:
                return f"{w('strings', d, v)}[{self.pick('0', '1', 'input.i')}]"

    def _bool(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        match self.random.randint(0, 15):
            case 0 | 1:
                kind = self.pick("int", "double", "string", "bool", "moment", "length")
                return f"({w(kind, d, v)} {self.pick('<', '<=', '>', '>=')} {w(kind, d, v)})"
            case 2:
                return f"({w('int', d, v)} {self.pick('<', '>=', '==', '!=')} {w('double', d, v)})"
            case 3:
                kind = self.pick("int", "string", "ints", "strings", "things", "map", "moment", "length", "optional")
                return f"({w(kind, d, v)} {self.pick('==', '!=')} {w(kind, d, v)})"
            case 4:
                kinds = ["int", "string", "bool", "ints", "map"]
                return f"({w(self.pick(*kinds), d, v)} {self.pick('==', '!=')} {w(self.pick(*kinds), d, v)})"
            case 5 | 6 | 7:
                return f"({w('bool', d, v)} {self.pick('&&', '||')} {w('bool', d, v)})"
            case 8:
                return f"!{w('bool', 0, v)}"
            case 9:
                return f"{w('int', d, v)} in {w(self.pick('ints', 'strings'), d, v)}".join("()")
            case 10:
                return f"({w('string', d, v)} in {w('map', d, v)})"
            case 11:
                name = self.pick("contains", "startsWith", "endsWith")
                return f"{w('string', d, v)}.{name}({w('string', d, v)})"
            case 12:
                return f"{w('string', d, v)}.matches({self.pick(*PATTERNS)})"
            case 13:
                return self._quantified(depth, v)
            case 14:
                return self.pick(
                    "has(input.oi)", "has(input.om.a)", "has(input.m.a)", "has(input.i.x)", "has(input.nothing)"
                )
            case _:
                return f"{w('optional', d, v)}.hasValue()"

    def _quantified(self, depth: int, v: Variables) -> str:
        kind, inside = self.random.choice([*LISTS, ("map", "string")])
        name = self.pick("x", "y")
        body = self.write("bool", depth - 1, (*v, (name, inside)))
        return f"{self.write(kind, depth - 1, v)}.{self.pick('all', 'exists', 'exists_one')}({name}, {body})"

    def _list(self, kind: str, element: str, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        variable = self.pick("x", "y")
        match self.random.randint(0, 6):
            case 0:
                return f"({w(kind, d, v)} + {w(kind, d, v)})"
            case 1:
                return self._choice(kind, depth, v)
            case 2 | 3:
                return f"{w(kind, d, v)}.filter({variable}, {w('bool', d, (*v, (variable, element)))})"
            case 4:
                source, inside = self.random.choice(LISTS)
                inner = (*v, (variable, inside))
                condition = self.pick("", w("bool", d, inner) + ", ")
                return f"{w(source, d, v)}.map({variable}, {condition}{w(element, d, inner)})"
            case _:
                return f"[{w(element, d, v)}, {w(element, d, v)}]"

    def _ints(self, depth: int, v: Variables) -> str:
        if self.random.randint(0, 4) == 0:
            return f"[?{self.write('optional', depth - 1, v)}, {self.write('int', depth - 1, v)}]"
        return self._list("ints", "int", depth, v)

    def _strings(self, depth: int, v: Variables) -> str:
        if self.random.randint(0, 3) == 0:
            limit = self.pick("", ", 2", ", 1", ", 0", ", -1")
            return f"{self.write('string', depth - 1, v)}.split({self.write('string', 0, v)}{limit})"
        return self._list("strings", "string", depth, v)

    def _things(self, depth: int, v: Variables) -> str:
        return self._list("things", "thing", depth, v)

    def _thing(self, depth: int, v: Variables) -> str:
        return f"{{'n': {self.write('int', depth - 1, v)}, 's': {self.write('string', depth - 1, v)}}}"

    def _map(self, depth: int, v: Variables) -> str:
        if self.random.random() < 0.5:
            return f"{{'a': {self.write('int', depth - 1, v)}, ?'b': {self.write('optional', depth - 1, v)}}}"
        return self._choice("map", depth, v)

    def _moment(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        return self.pick(
            f"({w('moment', d, v)} {self.pick('+', '-')} {w('length', d, v)})", f"timestamp({w('moment', d, v)})"
        )

    def _length(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        kind = self.pick("moment", "length")
        return f"({w(kind, d, v)} - {w(kind, d, v)})"

    def _optional(self, depth: int, v: Variables) -> str:
        w, d = self.write, depth - 1
        match self.random.randint(0, 5):
            case 0:
                return f"optional.of({w('int', d, v)})"
            case 1:
                return f"{w('optional', d, v)}.or({w('optional', d, v)})"
            case 2:
                return f"{w('optional', d, v)}.optMap(z, {w('int', d, (*v, ('z', 'int')))})"
            case 3:
                return f"{w('optional', d, v)}.optFlatMap(z, {w('optional', d, (*v, ('z', 'int')))})"
            case 4:
                return f"{w('ints', d, v)}[?(0 + {w('int', d, v)})]"
            case _:
                return self._choice("optional", depth, v)


def _fields(variables: Variables, name: str) -> list[str]:
    return [f"{variable}.{name}" for variable, kind in variables if kind == "thing"]
