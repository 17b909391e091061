"""Objects and arrays: every member that may be given must fit, and there must be as many as asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wfcore.compatibility import keyword_sets as sets
from wfcore.compatibility.answer import Candidates, Gap
from wfcore.compatibility.keyword_sets import Keywords, Path, Schemas
from wfcore.compatibility.samples import item_schemas
from wfcore.jsontext import JsonValue
from wfcore.schema.members import matches
from wfcore.schema.places import JsonSchema

if TYPE_CHECKING:
    from wfcore.compatibility.walk import Walk


def object_gaps(walk: "Walk", case: list[Keywords], taker: Keywords, path: Path) -> list[Gap]:
    """What keeps the objects of a case from being proven to fit one keyword set of the taker."""
    required = {name for part in case for name in part.get("required", [])}
    found = _required(walk, case, taker, required, path)
    given = {name: schemas for name in sets.names(case) if (schemas := sets.of_name(case, name)) is not None}
    impossible = {name for name, schemas in given.items() if False in schemas}
    if impossible & required:
        return []
    for name, schemas in given.items():
        if name not in impossible:
            found += _property(walk, case, name, schemas, taker, path)
    if (rest := sets.rest(case)) is not None:
        found += _undeclared(walk, case, rest, given, taker, path)
    found += _by_pattern(walk, case, taker, path)
    return found + _about_the_object(walk, case, taker, required, set(given) - impossible, path)


def _required(walk: "Walk", case: list[Keywords], taker: Keywords, required: set[str], path: Path) -> list[Gap]:
    found = []
    for name in taker.get("required", []):
        if name in required:
            continue
        declared = sets.of_name(case, name) is not None
        message = f"`{name}` is required, but {'optional on the giving side' if declared else 'never given'}"
        found.append(Gap((*path, name), "required-missing", "required", message, _without(walk, case, name)))
    return found


def _without(walk: "Walk", case: list[Keywords], name: str) -> Candidates:
    return lambda: sets.kept(walk.sampler.object_with(case, {}, [name]))


def _property(
    walk: "Walk", case: list[Keywords], name: str, schemas: Schemas, taker: Keywords, path: Path
) -> list[Gap]:
    accepted, is_declared = sets.accepted(taker, name)
    if accepted == [False] and not is_declared:
        message = f"`{name}` may be given, but only declared properties are accepted"
        gap = Gap((*path, name), "closed-object", "additionalProperties", message, walk.some(schemas, 2))
        return [_with_property(walk, case, name, gap)]
    inner = walk.gaps(schemas, accepted, (*path, name))
    return [_with_property(walk, case, name, gap) for gap in inner]


def _with_property(walk: "Walk", case: list[Keywords], name: str, gap: Gap) -> Gap:
    """The gap of a property as one of the object: its candidates stand in objects now."""
    made = gap.made(lambda value: walk.sampler.object_with(case, {name: value}))
    return Gap(gap.path, gap.rule, gap.keyword, gap.message, made)


def _undeclared(
    walk: "Walk", case: list[Keywords], rest: Schemas, given: Iterable[str], taker: Keywords, path: Path
) -> list[Gap]:
    """Names that the giver leaves open may be any that the taker declares, and any other."""
    found: list[Gap] = []
    patterned = sets.patterns(case)
    for name in taker.get("properties", {}):
        if name not in given and not any(matches(pattern, name) for pattern in patterned):
            inner = walk.gaps(rest, [taker["properties"][name]], (*path, name))
            found += [_with_property(walk, case, name, gap) for gap in inner]
    others = [*taker.get("patternProperties", {}).values(), taker.get("additionalProperties", True)]
    free = next(name for name in sets.free_names() if name not in given and not sets.declares(taker, name))
    for other in others:
        if other is False and False not in rest:
            message = "properties of any name may be given, but only declared properties are accepted"
            gap = Gap((*path, free), "closed-object", "additionalProperties", message, walk.some(rest, 2))
            found.append(_with_property(walk, case, free, gap))
            continue
        found += [_with_property(walk, case, free, gap) for gap in walk.gaps(rest, [other], (*path, free))]
    return found


def _by_pattern(walk: "Walk", case: list[Keywords], taker: Keywords, path: Path) -> list[Gap]:
    """Names that the giver declares by pattern may be any; only the very same pattern is known to the taker."""
    found: list[Gap] = []
    for pattern, schemas in sets.patterns(case).items():
        others: list[JsonSchema] = list(taker.get("patternProperties", {}).values())
        others += [s for name, s in taker.get("properties", {}).items() if matches(pattern, name)]
        if pattern not in taker.get("patternProperties", {}):
            others.append(taker.get("additionalProperties", True))
        inner = [gap for other in others for gap in walk.gaps(schemas, [other], (*path, pattern))]
        found += [Gap(gap.path, gap.rule, "patternProperties", gap.message, nothing) for gap in inner]
    return found


def _about_the_object(
    walk: "Walk", case: list[Keywords], taker: Keywords, required: set[str], possible: set[str], path: Path
) -> list[Gap]:
    found: list[Gap] = []
    most = sets.least_of(case, "maxProperties")
    if sets.rest(case) is None and not sets.patterns(case):
        most = len(possible) if most is None else min(most, len(possible))
    least = max([len(required), *(part["minProperties"] for part in case if "minProperties" in part)])
    if "maxProperties" in taker and (most is None or most > taker["maxProperties"]):
        found.append(walk.gap(case, path, "bound-loosened", "maxProperties", "more properties may be given"))
    if least < taker.get("minProperties", 0):
        found.append(walk.gap(case, path, "bound-loosened", "minProperties", "fewer properties may be given"))
    if "propertyNames" in taker:
        found += _property_names(walk, case, taker["propertyNames"], possible, path)
    for name, needed in taker.get("dependentRequired", {}).items():
        if (name in possible or sets.rest(case) is not None or sets.patterns(case)) and not required.issuperset(needed):
            message = f"with `{name}`, {', '.join(f'`{n}`' for n in needed)} must be given too"
            candidates = _without_others(walk, case, name, set(needed) - {name})
            found.append(Gap(path, "required-missing", "dependentRequired", message, candidates))
    for name, schema in taker.get("dependentSchemas", {}).items():
        if name in possible or sets.rest(case) is not None or sets.patterns(case):
            inner = walk.all_of(case, [schema], path)
            found += [Gap(g.path, "condition", "dependentSchemas", g.message, g.candidates) for g in inner]
    if "unevaluatedProperties" in taker and not walk.library_proves(case, taker):
        found.append(walk.gap(case, path, "closed-object", "unevaluatedProperties", "some properties are refused"))
    return found


def _without_others(walk: "Walk", case: list[Keywords], name: str, others: set[str]) -> Candidates:
    def candidates() -> list[JsonValue]:
        values = walk.some(sets.of_name(case, name) or [], 2)()
        made = [walk.sampler.object_with(case, {name: value}, others) for value in values]
        return [*(value for value in made if value is not None), *walk.some(case, 6)()]

    return candidates


def _property_names(walk: "Walk", case: list[Keywords], names: JsonSchema, possible: set[str], path: Path) -> list[Gap]:
    found: list[Gap] = []
    for name in sorted(possible):
        if not walk.taker.accepts([names], name):
            message = f"the name `{name}` may be given, but is not accepted"
            some = walk.some(sets.of_name(case, name) or [], 2)
            gap = Gap((*path, name), "closed-object", "propertyNames", message, some)
            found.append(_with_property(walk, case, name, gap))
    if sets.rest(case) is not None or sets.patterns(case):
        asked = [part["propertyNames"] for part in case if "propertyNames" in part]
        rest = sets.rest(case) or []
        for gap in walk.gaps([{"type": "string"}, *asked], [names], path):
            made = gap.made(lambda name: walk.sampler.object_with(case, {str(name): walk.one(rest)}), 12)
            found.append(Gap(path, "closed-object", "propertyNames", gap.message, made))
    return found


def array_gaps(walk: "Walk", case: list[Keywords], taker: Keywords, path: Path) -> list[Gap]:
    """What keeps the arrays of a case from being proven to fit one keyword set of the taker."""
    firsts = [len(part.get("prefixItems", [])) for part in (*case, taker)]
    longest = sets.longest(case)
    found: list[Gap] = []
    for at in range(max(firsts) + 1):
        if longest is not None and at >= longest:
            break
        inner = walk.gaps(item_schemas(case, at) or [True], item_schemas([taker], at), (*path, at))
        for gap in inner:
            found.append(Gap(gap.path, gap.rule, gap.keyword, gap.message, _with_item(walk, case, at, gap)))
    return found + _about_the_array(walk, case, taker, longest, path)


def _with_item(walk: "Walk", case: list[Keywords], at: int, gap: Gap) -> Candidates:
    return gap.made(lambda value: walk.sampler.array_with(case, {at: value}))


def _about_the_array(walk: "Walk", case: list[Keywords], taker: Keywords, longest: int | None, path: Path) -> list[Gap]:
    found: list[Gap] = []
    if "maxItems" in taker and (longest is None or longest > taker["maxItems"]):
        longer = [*case, {"minItems": min(taker["maxItems"] + 1, 300)}]
        message = f"more than {taker['maxItems']} items may be given"
        found.append(Gap(path, "bound-loosened", "maxItems", message, _shortest(walk, longer)))
    if max((part.get("minItems", 0) for part in case), default=0) < taker.get("minItems", 0):
        message = f"fewer than {taker['minItems']} items may be given"
        found.append(Gap(path, "bound-loosened", "minItems", message, _shortest(walk, case)))
    is_unique = any(part.get("uniqueItems") for part in case) or (longest is not None and longest <= 1)
    if taker.get("uniqueItems") and not is_unique:
        message = "an item may be given twice"
        found.append(Gap(path, "unique-items", "uniqueItems", message, _twice(walk, case)))
    for keyword in ("contains", "unevaluatedItems"):
        if keyword in taker and not walk.library_proves(case, taker):
            found.append(walk.gap(case, path, "condition", keyword, f"it is not proven that {keyword} is kept"))
    return found


def _shortest(walk: "Walk", case: list[Keywords]) -> Candidates:
    return lambda: sets.kept(walk.sampler.array_with(case, {}))


def _twice(walk: "Walk", case: list[Keywords]) -> Candidates:
    def candidates() -> list[JsonValue]:
        firsts = walk.some(item_schemas(case, 0), 2)()
        twice = [walk.sampler.array_with(case, {0: value, 1: value}) for value in firsts]
        return [value for value in twice if value is not None]

    return candidates


def nothing() -> list[JsonValue]:
    """No candidates: nobody can guess one here."""
    return []
