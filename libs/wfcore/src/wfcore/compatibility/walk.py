"""The proof, one place after the other.

Giver and taker are walked side by side: objects property by property, arrays item by item, unions case by case, so
that large schemas are decided piece by piece and each obstacle is found where it is. No gap left means proven. A gap
means only that this walk found no proof; whether the answer is no is for a counterexample to say.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from wfcore.compatibility import keyword_sets as sets
from wfcore.compatibility import library
from wfcore.compatibility.answer import Candidates, Gap, just, together
from wfcore.compatibility.containers import array_gaps, object_gaps
from wfcore.compatibility.keyword_sets import Keywords, Path, Schemas
from wfcore.compatibility.marks import Marks
from wfcore.compatibility.proven import Proven, pair_of
from wfcore.compatibility.rules import Rule
from wfcore.compatibility.samples import Sampler
from wfcore.compatibility.scalars import (
    OF_NUMBERS,
    OF_TEXTS,
    fractions,
    is_whole,
    number_candidates,
    number_fits,
    rule_of,
    text_candidates,
    text_fits,
)
from wfcore.compatibility.sides import Side
from wfcore.jsontext import JsonValue
from wfcore.schema.navigation import type_name
from wfcore.schema.places import ANNOTATIONS, JsonSchema
from wfcore.schema.wording import shown

_STEPS = 8_000
"""Work that one comparison may cost. A step takes some 15 µs, a question to the library more, the longer it is."""
_LIBRARY, _CHARACTERS = 5, 20
_TOLD = 20
"""Values of one list that are told one by one."""
_CASES = 256


class TooManyStepsError(Exception):
    """The two schemas are too large to be compared in reasonable time."""


class Walk:
    """One comparison."""

    def __init__(self, giver: JsonSchema, taker: JsonSchema) -> None:
        self.giver = Side(giver)
        self.taker = Side(taker)
        self.sampler = Sampler(self.giver.reader)
        self.marks = Marks(self.giver, self.taker)
        self._proven = Proven()
        self._cases_of: dict[tuple[int, ...], list[list[Keywords]]] = {}
        self._alive: list[Any] = []
        self._steps = 0

    def gaps(self, givers: Schemas, takers: Schemas, path: Path = ()) -> list[Gap]:
        """What keeps "every value of the givers fits the takers" from being proven. Raises TooManyStepsError."""
        self._step()
        takers = [taker for taker in map(self.taker.target, takers) if sets.says_something(taker)]
        if not takers or False in givers:
            return []
        givers = list({id(giver): giver for giver in map(self.giver.target, givers)}.values())
        self._alive += [givers, takers]
        return self._proven.conclude(pair_of(givers, takers), path, lambda: self._find(givers, takers))

    def _of_way(self, case: list[Keywords], way: JsonSchema, path: Path) -> list[Gap]:
        """What keeps a case from fitting one alternative. Big alternatives are the same in many places."""
        target = self.taker.target(way)
        return self._proven.conclude(pair_of(case, [target]), path, lambda: self.all_of(case, [target], ()))

    def _find(self, givers: Schemas, takers: Schemas) -> list[Gap]:
        found = [gap for case in self._cases(givers) for gap in self._gaps_of_case(case, takers, ())]
        if found and False not in takers and not any(sets.says_something(giver) for giver in givers):
            candidates = together(found)
            message = "anything may be given, because the giving side declares no type"
            return [Gap((), "type-widened", "type", message, candidates)]
        return found

    def _step(self, cost: int = 1) -> None:
        self._steps += cost
        if self._steps > _STEPS:
            raise TooManyStepsError

    # Cases of the giver

    def _cases(self, givers: Schemas) -> list[list[Keywords]]:
        """The giver's values as cases without alternatives, each of one JSON type.

        Where there are too many, alternatives are passed over: the cases then hold more than may be given.
        """
        key = tuple(map(id, givers))
        if key not in self._cases_of:
            self._alive.append(givers)
            self._cases_of[key] = list(self._unfolded(givers))
        return self._cases_of[key]

    def _unfolded(self, givers: Schemas) -> Iterator[list[Keywords]]:
        found, waiting = 0, [list(givers)]
        while waiting:
            alternative = waiting.pop(0)
            parts = self.giver.parts(alternative)
            ways = sets.ways(parts) or sets.unfolded(parts.always)
            if ways and len(waiting) + found + len(ways) <= _CASES:
                waiting = [*ways, *waiting]
                continue
            for case in self.giver.by_type(parts.always):
                found += 1
                yield case

    def _gaps_of_case(self, case: list[Keywords], takers: Schemas, path: Path) -> list[Gap]:
        listed = sets.listed(case)
        if listed is not None:
            return self._gaps_of_values(listed, case, takers, path)
        found = self.all_of(case, takers, path)
        return [] if found and self._is_empty(case) else found

    def _is_empty(self, case: Schemas) -> bool:
        piece = self.giver.small_piece(case)
        return piece is not None and self._has_none(piece)

    def _gaps_of_values(self, values: list[JsonValue], case: list[Keywords], takers: Schemas, path: Path) -> list[Gap]:
        found: list[Gap] = []
        self._step(len(values) // 20)
        listed = sets.listed_by_all(takers)
        left = [value for value in values if repr(value) not in listed]
        if left:
            gives, takes = self.giver.judge(case), self.taker.judge(takers)
        cost = 0 if self.taker.small_piece(takers) is not None else 10
        for value in left:
            self._step(cost)
            if len(found) >= _TOLD or not gives(value) or takes(value):
                continue
            rule: Rule = "nullable" if value is None else "enum-widened"
            message = f"{shown(value)} may be given, but is not accepted"
            found.append(Gap(path, rule, "enum", message, just(value)))
        return found

    # The taker, keyword by keyword

    def all_of(self, case: list[Keywords], takers: Schemas, path: Path) -> list[Gap]:
        """What keeps a case from being proven to fit all of the takers."""
        found: list[Gap] = []
        for taker in takers:
            if taker is False:
                found.append(self.gap(case, path, "closed-object", "false", "nothing is accepted here"))
            elif isinstance(taker, dict):
                found += self._one(case, taker, path)
        return found

    def _one(self, case: list[Keywords], taker: Keywords, path: Path) -> list[Gap]:
        self._step()
        kind: str = case[0]["type"]
        if "type" in taker and (gap := self._type_gap(case, taker["type"], path)):
            return [gap]
        found: list[Gap] = []
        for keyword, value in taker.items():
            if keyword in ANNOTATIONS or keyword == "type" or sets.is_met_as_it_stands(case, taker, keyword):
                continue
            match keyword:
                case "$ref":
                    found += self.all_of(case, [self.taker.reader.document.target(value)], path)
                case "allOf":
                    found += self.all_of(case, value, path)
                case "anyOf" | "oneOf":
                    found += self._alternatives(case, keyword, value, path)
                case "enum" | "const":
                    found += self._constants(case, keyword, value, path)
                case "not":
                    if not self._is_disjoint(case, [value]):
                        found.append(self.gap(case, path, "condition", "not", f"{shown(value)} is excluded"))
                case "$dynamicRef":
                    found.append(self.gap(case, path, "condition", keyword, f"{shown(value)} is not followed"))
                case "if":
                    found += self._condition(case, taker, path)
                case _ if kind in {"integer", "number"} and keyword in OF_NUMBERS:
                    found += self._number(case, keyword, value, path)
                case _ if kind == "string" and keyword in OF_TEXTS:
                    found += self._text(case, keyword, value, path)
        if kind == "object":
            found += object_gaps(self, case, taker, path)
        if kind == "array":
            found += array_gaps(self, case, taker, path)
        return found

    def _type_gap(self, case: list[Keywords], wanted: str | list[str], path: Path) -> Gap | None:
        kind: str = case[0]["type"]
        names = [wanted] if isinstance(wanted, str) else wanted
        if kind in names or (kind == "integer" and "number" in names):
            return None
        if kind == "number" and "integer" in names:
            if is_whole(case):
                return None
            message = "a number that is no integer may be given, only integers are accepted"
            return Gap(path, "type-widened", "type", message, lambda: fractions(case))
        rule: Rule = "nullable" if kind == "null" else "type-widened"
        message = f"{kind} may be given, only {' or '.join(names)} is accepted"
        return self.gap(case, path, rule, "type", message)

    def _text(self, case: list[Keywords], keyword: str, limit: Any, path: Path) -> list[Gap]:
        if text_fits(case, keyword, limit, self._proves):
            return []
        message = f"texts may be given that break {keyword} {shown(limit)}"
        return [Gap(path, rule_of(keyword), keyword, message, lambda: text_candidates(case, keyword, limit))]

    def _number(self, case: list[Keywords], keyword: str, limit: Any, path: Path) -> list[Gap]:
        whole = case[0]["type"] == "integer" or is_whole(case)
        if number_fits(case, whole, keyword, limit, self._proves):
            return []
        message = f"numbers may be given that break {keyword} {shown(limit)}"
        candidates = partial(number_candidates, case, whole, keyword, limit)
        return [Gap(path, rule_of(keyword), keyword, message, candidates)]

    def _constants(self, case: list[Keywords], keyword: str, value: Any, path: Path) -> list[Gap]:
        """A case that lists no values itself: only a handful of integers or an empty case could fit a list."""
        options = value if keyword == "enum" else [value]
        if self.library_proves(case, {keyword: value}):
            return []

        def candidates() -> list[JsonValue]:
            values = self.sampler.values(case)
            return ([v for v in values if v not in options and type_name(v) != "null"] or values)[:4]

        message = (
            f"only {', '.join(shown(option) for option in options[:5])} is accepted, any {case[0]['type']} is given"
        )
        return [Gap(path, "enum-widened", keyword, message, candidates)]

    # Alternatives and conditions

    def _alternatives(self, case: list[Keywords], keyword: str, ways: list[JsonSchema], path: Path) -> list[Gap]:
        self._step(len(ways) // 10)
        near = [way for way in ways if not self.marks.rules_out(case, way)]
        tried: list[list[Gap]] = []
        for way in near:
            tried.append(self._of_way(case, way, path))
            if not tried[-1] and (keyword == "anyOf" or self._is_the_only_one(case, way, near)):
                return []
        if self.library_proves(case, {keyword: ways}):
            return []
        split = self._split(case, near)
        if split and keyword == "anyOf":
            return [gap for part in split for gap in self._alternatives(part, keyword, ways, path)]
        if len(near) == 1:
            return tried[0]
        message = f"none of {len(ways)} alternatives is proven to accept every {case[0]['type']} that may be given"
        candidates = together([gap for gaps in tried for gap in gaps], 8, self.some(case))
        return [Gap(path, "alternatives", keyword, message, candidates)]

    def _is_the_only_one(self, case: list[Keywords], way: JsonSchema, near: list[JsonSchema]) -> bool:
        return all(other is way or self._is_disjoint(case, [other]) for other in near)

    def _split(self, case: list[Keywords], ways: list[JsonSchema]) -> list[list[Keywords]]:
        """The case once for each constant of a property by which the alternatives are told apart."""
        for name in self.marks.telling(ways):
            listed = sets.listed([schema for schema in sets.of_name(case, name) or [] if isinstance(schema, dict)])
            required = any(name in part.get("required", []) for part in case)
            if listed is not None and 1 < len(listed) <= _CASES and required:
                split = [[*case, {"properties": {name: {"const": value}}}] for value in listed]
                self._alive.append(split)
                return split
        return []

    def _condition(self, case: list[Keywords], taker: Keywords, path: Path) -> list[Gap]:
        condition, then, otherwise = taker["if"], taker.get("then", True), taker.get("else", True)
        if_so = self.all_of(case, [then], path)
        if_not = self.all_of(case, [otherwise], path)
        never = bool(if_so) and self._is_disjoint(case, [condition])
        always = bool(if_not) and not self.all_of(case, [condition], path)
        if (not if_so or never) and (not if_not or always):
            return []
        message = f"what is accepted depends on `if`: {shown(condition)}"
        return [Gap(path, "condition", "if", message, together([*if_so, *if_not], 8, self.some(case)))]

    def _is_disjoint(self, case: list[Keywords], takers: Schemas) -> bool:
        """Whether it is proven that no value of the case fits the takers."""
        kind = case[0]["type"]
        for taker in self.taker.reader.parts(takers).always:
            if taker.get("not") == {}:
                return True
            if "type" in taker and not sets.may_be(kind, taker["type"]):
                return True
            options = sets.listed([taker])
            if options is not None and all(not self.giver.accepts(case, option) for option in options):
                return True
            if kind == "object" and self._is_told_apart(case, taker):
                return True
        mine, theirs = self.giver.small_piece(case), self.taker.small_piece(takers)
        if mine is None or theirs is None or "$defs" in mine or "$defs" in theirs:
            return False
        return self._has_none({"allOf": [mine, theirs]})

    def _is_told_apart(self, case: list[Keywords], taker: Keywords) -> bool:
        """Whether a property that is surely there has a value that the taker refuses."""
        required = {name for part in case for name in part.get("required", [])}
        for name, schema in taker.get("properties", {}).items():
            schemas = sets.of_name(case, name)
            if name not in required or schemas is None:
                continue
            cases = self._cases(schemas)
            if cases and all(self._is_disjoint(inner, [schema]) for inner in cases):
                return True
        return False

    def library_proves(self, case: list[Keywords], taker: JsonSchema) -> bool:
        """Whether the library proves that a case fits one taker."""
        mine, theirs = self.giver.small_piece(case), self.taker.small_piece([taker])
        return mine is not None and theirs is not None and self._proves(mine, theirs)

    def _proves(self, mine: JsonSchema, theirs: JsonSchema) -> bool:
        self._step(_LIBRARY + (len(repr(mine)) + len(repr(theirs))) // _CHARACTERS)
        return library.proves(mine, theirs)

    def _has_none(self, piece: JsonSchema) -> bool:
        self._step(_LIBRARY + len(repr(piece)) // _CHARACTERS)
        return library.is_empty(piece)

    def gap(self, case: list[Keywords], path: Path, rule: Rule, keyword: str, message: str) -> Gap:
        """A gap whose candidates are just some values of the case."""
        return Gap(path, rule, keyword, message, self.some(case))

    def some(self, schemas: Schemas, most: int = 6) -> Candidates:
        """Some values of the giver's schemas."""
        return lambda: self.sampler.values(schemas)[:most]

    def one(self, schemas: Schemas) -> JsonValue:
        """A value of the giver's schemas; null where none can be guessed."""
        return next(iter(self.sampler.values(schemas)), None)
