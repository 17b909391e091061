"""The proof, one place after the other.

Giver and taker are walked side by side: objects property by property, arrays item by item, unions case by case, so
that large schemas are decided piece by piece and each obstacle is found where it is. No gap left means proven. A gap
means only that this walk found no proof; whether the answer is no is for a counterexample to say.

Recursive schemas are proven by induction over the size of the value: a pair of places that is met again, deeper in
the value, may be taken for granted while it is being proven.
"""

from typing import Any

from wfcore.compatibility import keyword_sets as sets
from wfcore.compatibility import library
from wfcore.compatibility.answer import Gap
from wfcore.compatibility.containers import array_gaps, object_gaps
from wfcore.compatibility.keyword_sets import Keywords, Path, Schemas
from wfcore.compatibility.samples import Sampler
from wfcore.compatibility.scalars import (
    OF_NUMBERS,
    OF_TEXTS,
    RULES,
    fractions,
    is_whole,
    number_candidates,
    number_fits,
    text_candidates,
    text_fits,
)
from wfcore.jsontext import JsonValue
from wfcore.schema.navigation import self_contained, type_name, with_reachable
from wfcore.schema.parts import Reader
from wfcore.schema.places import ANNOTATIONS, Document, JsonSchema
from wfcore.schema.wording import shown

_STEPS = 20_000
_CASES = 256


class Side:
    """One of the two schemas, with what is needed to take it apart and to judge values by a piece of it."""

    def __init__(self, schema: JsonSchema) -> None:
        self.root = self_contained(schema)
        self.reader = Reader(Document(self.root))
        self._definitions: dict[str, JsonSchema] = self.root.get("$defs", {}) if isinstance(self.root, dict) else {}

    def piece(self, schemas: Schemas) -> dict[str, Any]:
        """The schemas that hold together as a schema of their own."""
        return with_reachable({"allOf": list(schemas)}, self._definitions)

    def accepts(self, schemas: Schemas, value: JsonValue) -> bool:
        """Whether a piece accepts a value."""
        return library.accepts(self.piece(schemas), value)


class TooManyStepsError(Exception):
    """The two schemas are too large to be compared in reasonable time."""


class Walk:
    """One comparison."""

    def __init__(self, giver: JsonSchema, taker: JsonSchema) -> None:
        self.giver = Side(giver)
        self.taker = Side(taker)
        self.sampler = Sampler(self.giver.reader)
        self._in_progress: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
        self._alive: list[Any] = []
        self._steps = 0

    def gaps(self, givers: Schemas, takers: Schemas, path: Path = ()) -> list[Gap]:
        """What keeps "every value of the givers fits the takers" from being proven. Raises TooManyStepsError."""
        self._step()
        takers = [taker for taker in takers if sets.says_something(taker)]
        if not takers or False in givers:
            return []
        key = (tuple(sorted(map(id, givers))), tuple(sorted(map(id, takers))))
        if key in self._in_progress:
            return []
        self._alive += [givers, takers]
        self._in_progress.add(key)
        found = [gap for case in self._cases(givers) for gap in self._gaps_of_case(case, takers, path)]
        self._in_progress.discard(key)
        if found and False not in takers and not any(sets.says_something(giver) for giver in givers):
            candidates = [value for gap in found for value in gap.candidates]
            message = "anything may be given, because the giving side declares no type"
            return [Gap(path, "type-widened", "type", message, candidates)]
        return found

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _STEPS:
            raise TooManyStepsError

    # Cases of the giver

    def _cases(self, givers: Schemas) -> list[list[Keywords]]:
        """The giver's values as cases without alternatives, each of one JSON type.

        Where there are too many, alternatives are passed over: the cases then hold more than may be given.
        """
        found: list[list[Keywords]] = []
        waiting = [list(givers)]
        while waiting:
            parts = self.giver.reader.parts(waiting.pop(0))
            ways = sets.ways(parts) or sets.unfolded(parts.always)
            if ways and len(waiting) + len(found) + len(ways) <= _CASES:
                waiting = [*ways, *waiting]
            else:
                found += [[{"type": kind}, *parts.always] for kind in sets.types(parts.always)]
        self._alive.append(found)
        return found

    def _gaps_of_case(self, case: list[Keywords], takers: Schemas, path: Path) -> list[Gap]:
        listed = sets.listed(case)
        if listed is not None:
            return self._gaps_of_values(listed, case, takers, path)
        found = self.all_of(case, takers, path)
        return [] if found and library.is_empty(self.giver.piece(case)) else found

    def _gaps_of_values(self, values: list[JsonValue], case: list[Keywords], takers: Schemas, path: Path) -> list[Gap]:
        found: list[Gap] = []
        for value in values:
            if not self.giver.accepts(case, value) or self.taker.accepts(takers, value):
                continue
            rule = "nullable" if value is None else "enum-widened"
            message = f"{shown(value)} may be given, but is not accepted"
            found.append(Gap(path, rule, "enum", message, [value]))
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
            return Gap(path, "type-widened", "type", message, fractions(case))
        rule = "nullable" if kind == "null" else "type-widened"
        message = f"{kind} may be given, only {' or '.join(names)} is accepted"
        return self.gap(case, path, rule, "type", message)

    def _text(self, case: list[Keywords], keyword: str, limit: Any, path: Path) -> list[Gap]:
        if text_fits(case, keyword, limit):
            return []
        message = f"texts may be given that break {keyword} {shown(limit)}"
        return [Gap(path, RULES[keyword], keyword, message, text_candidates(case, keyword, limit))]

    def _number(self, case: list[Keywords], keyword: str, limit: Any, path: Path) -> list[Gap]:
        whole = case[0]["type"] == "integer" or is_whole(case)
        if number_fits(case, whole, keyword, limit):
            return []
        message = f"numbers may be given that break {keyword} {shown(limit)}"
        return [Gap(path, RULES[keyword], keyword, message, number_candidates(case, whole, keyword, limit))]

    def _constants(self, case: list[Keywords], keyword: str, value: Any, path: Path) -> list[Gap]:
        """A case that lists no values itself: only a handful of integers or an empty case could fit a list."""
        options = value if keyword == "enum" else [value]
        if self.library_proves(case, {keyword: value}):
            return []
        candidates = [v for v in self.sampler.values(case) if v not in options and type_name(v) != "null"] or (
            self.sampler.values(case)
        )
        message = (
            f"only {', '.join(shown(option) for option in options[:5])} is accepted, any {case[0]['type']} is given"
        )
        return [Gap(path, "enum-widened", keyword, message, candidates[:4])]

    # Alternatives and conditions

    def _alternatives(self, case: list[Keywords], keyword: str, ways: list[JsonSchema], path: Path) -> list[Gap]:
        tried: list[list[Gap]] = []
        for at, way in enumerate(ways):
            tried.append(self.all_of(case, [way], path))
            others = [other for n, other in enumerate(ways) if n != at]
            if not tried[-1] and (keyword == "anyOf" or all(self._is_disjoint(case, [other]) for other in others)):
                return []
        if self.library_proves(case, {keyword: ways}):
            return []
        split = self._split(case, ways)
        if split and keyword == "anyOf":
            return [gap for part in split for gap in self._alternatives(part, keyword, ways, path)]
        candidates = [value for gaps in tried for gap in gaps for value in gap.candidates]
        nearest = min((gaps for gaps in tried if gaps), key=len, default=[])
        if len(nearest) == 1 and len(ways) - sets.of_other_types(ways, case[0]["type"]) == 1:
            return [nearest[0]]
        message = f"none of {len(ways)} alternatives is proven to accept every {case[0]['type']} that may be given"
        return [Gap(path, "alternatives", keyword, message, [*candidates[:8], *self.sampler.values(case)[:6]])]

    def _split(self, case: list[Keywords], ways: list[JsonSchema]) -> list[list[Keywords]]:
        """The case once for each constant of a property by which the alternatives are told apart."""
        for name in sets.marks(self.taker.reader, ways):
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
        candidates = [value for gap in (*if_so, *if_not) for value in gap.candidates]
        message = f"what is accepted depends on `if`: {shown(condition)}"
        return [Gap(path, "condition", "if", message, [*candidates[:8], *self.sampler.values(case)[:6]])]

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
        mine, theirs = self.giver.piece(case), self.taker.piece(takers)
        if "$defs" in mine or "$defs" in theirs:
            return False
        return library.is_empty({"allOf": [mine, theirs]})

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
        return library.proves(self.giver.piece(case), self.taker.piece([taker]))

    def gap(self, case: list[Keywords], path: Path, rule: str, keyword: str, message: str) -> Gap:
        """A gap whose candidates are just some values of the case."""
        return Gap(path, rule, keyword, message, self.sampler.values(case)[:6])
