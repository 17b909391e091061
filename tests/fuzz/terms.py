"""Random expressions over a scope, grown from what can be read there.

A pool begins with the paths of its scope. Productions make new expressions of old ones, chosen by their types or now
and then blindly; what the checker has nothing against joins the pool. So most of what is drawn from it is sound, as
the checker sees it, and reaches every function of the language.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from wfcore import expression
from wfcore import schema as schemas
from wfcore.expression import ExpressionError
from wfcore.schema import Found, JsonSchema, Missing

TEXT, NUMBER, TRUTH, LIST, OBJECT = "string", "number", "boolean", "array", "object"


class Term(NamedTuple):
    """An expression: what it gives, whether that may be absent, its JSON types (whole numbers are numbers), whether it
    reads anything."""

    text: str
    schema: JsonSchema
    absent: bool
    kinds: frozenset[str]
    reads: bool


Scope = dict[str, Any]

_LITERALS = ("1", "2", "0", "-3", "2.5", "'a'", "'gold'", "''", "true", "false", "null", "[]", "{}", "[1, 2]", "['b']")


class Pool:
    """The expressions that were found for one scope."""

    def __init__(self, rng: Random, scope: Scope, *, macros: int = 2) -> None:
        self._rng = rng
        self._scope = scope
        self._macros = macros
        """How deep macros may nest in what is grown here."""
        self._terms: list[Term] = []
        self._seen: set[str] = set()

    def read(self, paths: Iterable[str], depth: int = 4) -> None:
        """Add paths and what lies behind them."""
        for path in paths:
            self._follow(path, depth)

    def grow(self, attempts: int) -> None:
        """Make new expressions of those in the pool."""
        for text in _LITERALS:
            self._add(text)
        for _ in range(attempts):
            made = self._rng.choice(_PRODUCTIONS)(self)
            if made is not None:
                self._add(made)

    def copy_with(self, **names: JsonSchema) -> Pool:
        """A pool for the same scope with more names in it, grown from them and from some of what is here."""
        inner = copy.copy(self._scope)
        inner["properties"] = {**self._scope["properties"], **names}
        inner["required"] = [*self._scope["required"], *names]
        pool = Pool(self._rng, inner, macros=self._macros - 1)
        pool.read(names, 3)
        for term in self._rng.sample(self._terms, min(3, len(self._terms))):
            if len(term.text) < 60:
                pool._add(term.text)
        pool.grow(8)
        return pool

    def some(self, *kinds: str, absent: bool = False) -> Term | None:
        """An expression of these types alone; of any types where none are named."""
        wanted = frozenset(kinds)
        found = [
            term
            for term in self._terms
            if (absent or not term.absent) and (not wanted or (term.kinds and term.kinds <= wanted))
        ]
        reading = [term for term in found if term.reads]
        if reading and self._rng.random() < 0.9:
            # The later ones are made of the earlier ones.
            return self._rng.choice(reading[len(reading) // 2 :] if self._rng.random() < 0.4 else reading)
        return self._rng.choice(found) if found else None

    def all(self) -> list[Term]:
        """Every expression of the pool."""
        return list(self._terms)

    # --- for productions

    @property
    def rng(self) -> Random:
        return self._rng

    def text(self, *kinds: str) -> str:
        """The text of an expression of these types, or a literal of them."""
        if self._rng.random() < 0.03:
            kinds = ()  # a wild one
        found = self.some(*kinds)
        if found is not None and self._rng.random() < 0.85:
            return found.text
        return self._rng.choice(_OF_KIND[kinds[0] if kinds else TEXT])

    def optional(self) -> str | None:
        """An expression that may be absent."""
        found = [term for term in self._terms if term.absent]
        return self._rng.choice(found).text if found else None

    def nullable(self) -> Term | None:
        found = [term for term in self._terms if "null" in term.kinds and len(term.kinds) > 1 and not term.absent]
        return self._rng.choice(found) if found else None

    def with_variable(self, name: str, of: JsonSchema, *kinds: str) -> str | None:
        """An expression of these types over a variable, for the body of a macro."""
        if not self._macros:
            return None
        pool = self.copy_with(**{name: of})
        found = [term for term in pool._terms if name in term.text and not term.absent]
        fitting = [term for term in found if not kinds or term.kinds <= set(kinds)]
        longer = [term for term in fitting if len(term.text) > 3]
        return self._rng.choice(longer or fitting).text if fitting else None

    def item(self, term: Term) -> JsonSchema | None:
        found = schemas.item_of(term.schema)
        return found.schema if isinstance(found, Found) else None

    def list_term(self) -> Term | None:
        return self.some(LIST)

    # --- how it grows

    def _add(self, text: str) -> Term | None:
        if text in self._seen or len(text) > 300:
            return None
        self._seen.add(text)
        try:
            parsed = expression.parse(text)
            inferred = expression.infer(parsed, self._scope)
        except ExpressionError:
            return None
        if inferred.problems or inferred.doubts:
            return None
        kinds = frozenset(NUMBER if kind == "integer" else kind for kind in schemas.types_of(inferred.schema))
        term = Term(text, inferred.schema, inferred.absent, kinds, bool(parsed.reads()))
        self._terms.append(term)
        return term

    def _follow(self, path: str, depth: int) -> None:
        term = self._add(path)
        if term is None or not depth:
            return
        none = schemas.property_of(term.schema, "\0") if OBJECT in term.kinds else None
        for name in none.declared if isinstance(none, Missing) else ():
            found = schemas.property_of(term.schema, name)
            optional = isinstance(found, Found) and (found.optional or found.nullable)
            self._follow(step(path, name, optional=optional and not term.absent), depth - 1)
        if LIST in term.kinds and term.kinds <= {LIST}:
            self._follow(f"{path}[?0]" if not term.absent else f"{path}[0]", depth - 2 if depth > 1 else 0)


def step(path: str, name: str, *, optional: bool) -> str:
    """One step further."""
    if name.isidentifier():
        return f"{path}.{'?' if optional else ''}{name}"
    return f"{path}[{'?' if optional else ''}'{name}']"


_OF_KIND = {
    TEXT: ("'a'", "'Ada'", "'x,y'", "''"),
    NUMBER: ("1", "2", "0", "2.5", "-1"),
    TRUTH: ("true", "false"),
    LIST: ("[]", "[1, 2]", "['b', 'a']", "[{'id': 1}]"),
    OBJECT: ("{}", "{'k': 1}", "{'id': 'a', 'm': null}"),
    "null": ("null",),
}


# --- productions -----------------------------------------------------------------------------------------------------

Production = Callable[[Pool], "str | None"]


def _fixed(pattern: str, *kinds: str) -> Production:
    """A pattern with a place for one expression of each type."""

    def made(pool: Pool) -> str:
        return pattern.format(*(pool.text(kind) if kind else pool.text() for kind in kinds))

    return made


def _with_optional(pattern: str) -> Production:
    def made(pool: Pool) -> str | None:
        optional = pool.optional()
        return None if optional is None else pattern.format(optional, pool.text(), pool.text())

    return made


def _default(pool: Pool) -> str | None:
    """An optional with a default of the same type, mostly."""
    optional = pool.optional()
    if optional is None:
        return None
    inferred = next(term for term in pool.all() if term.text == optional)
    kinds = sorted(inferred.kinds) or [TEXT]
    default = pool.text(pool.rng.choice(kinds)) if pool.rng.random() < 0.8 else pool.text()
    return f"{optional}.orValue({default})"


def _guarded(pool: Pool) -> str | None:
    """What may be null, used where it is not."""
    term = pool.nullable()
    if term is None:
        return None
    rest = sorted(term.kinds - {"null"})
    used = term.text
    match rest:
        case ["string"]:
            used = pool.rng.choice(("size({0})", "{0} + 'x'", "{0}.upperAscii()", "{0}")).format(term.text)
        case ["number"]:
            used = pool.rng.choice(("{0} + 1", "{0} * 2", "{0}", "math.abs({0})")).format(term.text)
        case ["array"]:
            used = f"size({term.text})"
        case ["object"]:
            none = schemas.property_of(term.schema, "\0")
            if isinstance(none, Missing) and none.declared:
                used = step(term.text, pool.rng.choice(none.declared), optional=pool.rng.random() < 0.5)
    default = pool.text(rest[0]) if rest else "null"
    return pool.rng.choice(("{0} != null ? {1} : {2}", "{0} == null ? {2} : {1}")).format(term.text, used, default)


def _has(pool: Pool) -> str | None:
    optional = pool.optional()
    if optional is None or "?" not in optional or "(" in optional:
        return None
    plain = optional.replace(".?", ".").replace("[?", "[")
    if pool.rng.random() < 0.5:
        return f"has({plain})"
    return f"has({plain}) ? {plain} : {pool.text()}"


def _macro(name: str, *kinds: str, items: str = LIST) -> Production:
    def made(pool: Pool) -> str | None:
        term = pool.some(items)
        of = None if term is None else pool.item(term) if items == LIST else {"type": "string"}
        if term is None or of is None:
            return None
        variable = pool.rng.choice("vwxyz")
        body = pool.with_variable(variable, of, *kinds)
        return None if body is None else f"{term.text}.{name}({variable}, {body})"

    return made


def _filtering_map(pool: Pool) -> str | None:
    term = pool.list_term()
    of = None if term is None else pool.item(term)
    if term is None or of is None:
        return None
    condition, body = pool.with_variable("q", of, TRUTH), pool.with_variable("q", of)
    return None if condition is None or body is None else f"{term.text}.map(q, {condition}, {body})"


def _opt_map(pool: Pool) -> str | None:
    found = [term for term in pool.all() if term.absent]
    if not found:
        return None
    term = pool.rng.choice(found)
    body = pool.with_variable("o", term.schema)
    return None if body is None else f"{term.text}.optMap(o, {body})"


def _nonempty(pool: Pool) -> str | None:
    term = pool.list_term()
    if term is None:
        return None
    inside = pool.rng.choice(("[0]", ".first().value()", ".max()", "[size({0}) - 1]", ".last().value()"))
    return f"size({term.text}) > 0 ? {term.text}{inside.format(term.text)} : {pool.text()}"


def _divided(pool: Pool) -> str:
    number, by = pool.text(NUMBER), pool.text(NUMBER)
    return pool.rng.choice(
        (f"{by} != 0 ? {number} / {by} : 0", f"{number} / 3", f"{number} / 4", f"int({number}) % 7", f"{number} / {by}")
    )


def _moment(pool: Pool) -> str:
    moments = ["timestamp(execution.startedAt)", "timestamp('2026-01-31T12:00:00Z')", "timestamp('2024-02-29')"]
    dated = [
        term.text
        for term in pool.all()
        if isinstance(term.schema, dict) and term.schema.get("format") in ("date", "date-time") and not term.absent
    ]
    moment = f"timestamp({pool.rng.choice(dated)})" if dated and pool.rng.random() < 0.7 else pool.rng.choice(moments)
    return pool.rng.choice(
        (
            f"{moment}.getFullYear()",
            f"{moment}.getDayOfWeek('+02:00')",
            f"string({moment})",
            f"string({moment} + duration('1h30m'))",
            f"{moment} < timestamp(execution.startedAt)",
            f"string({moment} - timestamp(execution.startedAt))",
            f"(timestamp(execution.startedAt) - {moment}).getHours()",
            f"int({moment})",
        )
    )


_PRODUCTIONS: tuple[Production, ...] = (
    *[_default] * 6,
    *[_guarded] * 4,
    *[_has] * 3,
    *[_macro("map")] * 5,
    *[_macro("filter", TRUTH)] * 4,
    _macro("all", TRUTH),
    _macro("exists", TRUTH),
    _macro("exists_one", TRUTH),
    _macro("sortBy", TEXT, NUMBER),
    _macro("map", items=OBJECT),
    _macro("filter", TRUTH, items=OBJECT),
    *[_filtering_map] * 2,
    *[_opt_map] * 2,
    *[_nonempty] * 2,
    *[_divided] * 2,
    *[_moment] * 2,
    *[_fixed("{0} == {1}", "", "")] * 2,
    _fixed("{0} == {1}", TEXT, TEXT),
    _fixed("{0} != {1}", NUMBER, NUMBER),
    _fixed("{0} < {1}", NUMBER, NUMBER),
    _fixed("{0} >= {1}", TEXT, TEXT),
    _fixed("{0} && {1}", TRUTH, TRUTH),
    _fixed("{0} || {1}", TRUTH, TRUTH),
    _fixed("!({0})", TRUTH),
    *[_fixed("{0} ? {1} : {2}", TRUTH, "", "")] * 3,
    _fixed("{0} + {1}", NUMBER, NUMBER),
    _fixed("{0} - {1}", NUMBER, NUMBER),
    _fixed("{0} * {1}", NUMBER, NUMBER),
    _fixed("-({0})", NUMBER),
    _fixed("{0} + {1}", TEXT, TEXT),
    _fixed("{0} + {1}", LIST, LIST),
    _fixed("size({0})", TEXT),
    _fixed("size({0})", LIST),
    _fixed("size({0})", OBJECT),
    _fixed("{0} in {1}", "", LIST),
    _fixed("{0} in {1}", TEXT, OBJECT),
    _fixed("{0}.contains({1})", TEXT, TEXT),
    _fixed("{0}.startsWith({1})", TEXT, TEXT),
    _fixed("{0}.matches('^[a-z]+$')", TEXT),
    _fixed("{0}.lowerAscii()", TEXT),
    _fixed("{0}.upperAscii()", TEXT),
    _fixed("{0}.trim()", TEXT),
    _fixed("{0}.reverse()", TEXT),
    _fixed("{0}.split(',')", TEXT),
    _fixed("{0}.split({1}, 2)", TEXT, TEXT),
    _fixed("{0}.replace({1}, {2})", TEXT, TEXT, TEXT),
    _fixed("{0}.substring(0, 0)", TEXT),
    _fixed("{0}.indexOf({1})", TEXT, TEXT),
    _fixed("{0}.lastIndexOf({1})", TEXT, TEXT),
    _fixed("{0}.charAt(0)", TEXT),
    _fixed("{0}.join('-')", LIST),
    _fixed("{0}.map(t, string(t)).join(', ')", LIST),
    _fixed("{0}.slice(0, 0)", LIST),
    _fixed("{0}.slice(0, 1)", LIST),
    _fixed("{0}.flatten()", LIST),
    _fixed("{0}.flatten(2)", LIST),
    _fixed("{0}.distinct()", LIST),
    _fixed("{0}.sort()", LIST),
    _fixed("{0}.reverse()", LIST),
    _fixed("{0}.first()", LIST),
    _fixed("{0}.last()", LIST),
    _fixed("{0}.sum()", LIST),
    _fixed("{0}.min()", LIST),
    _fixed("{0}[?{1}]", LIST, NUMBER),
    _fixed("{0}[?{1}]", OBJECT, TEXT),
    _fixed("lists.range({0})", NUMBER),
    _fixed("lists.range(3)"),
    _fixed("math.abs({0})", NUMBER),
    _fixed("math.ceil({0})", NUMBER),
    _fixed("math.round({0})", NUMBER),
    _fixed("math.trunc({0})", NUMBER),
    _fixed("math.sign({0})", NUMBER),
    _fixed("math.sqrt({0})", NUMBER),
    _fixed("math.greatest({0}, {1})", NUMBER, NUMBER),
    _fixed("math.least({0}, {1})", NUMBER, NUMBER),
    _fixed("string({0})", NUMBER),
    _fixed("string({0})", TRUTH),
    _fixed("int({0})", NUMBER),
    _fixed("double({0})", NUMBER),
    _fixed("bool({0})", TRUTH),
    *[_fixed("json({0})", "")] * 2,
    *[_fixed("[{0}, {1}]", "", "")] * 2,
    *[_fixed("{{'k': {0}, 'id': {1}}}", "", "")] * 2,
    _fixed("{{'k': {0}}}.k", ""),
    _fixed("optional.of({0})", ""),
    _fixed("optional.none()"),
    _with_optional("{0}.hasValue()"),
    _with_optional("[?{0}, {1}]"),
    _with_optional("{{?'k': {0}, 'm': {1}}}"),
    _with_optional("{0}.or({0})"),
    _with_optional("{0}.or(optional.of({1}))"),
    _with_optional("{0}.hasValue() ? {0}.value() : {1}"),
)
