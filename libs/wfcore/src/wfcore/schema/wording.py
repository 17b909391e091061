"""What a validator found, in words that the sender of the value understands.

Every violation says where, what was seen (shortened) and what was expected. A value that fits none of several
alternatives is judged by the one it was most likely meant for.
"""

import itertools
from collections.abc import Iterable, Iterator

from jsonschema_rs import Draft202012Validator, ValidationError, ValidationErrorKind
from msgspec import Struct

from wfcore import jsontext
from wfcore.jsontext import JsonTextError, JsonValue
from wfcore.schema.places import pointer


class Violation(Struct, frozen=True):
    """One breach: `pointer` into the value (of the missing or surplus property itself), the keyword, one sentence."""

    pointer: str
    keyword: str
    message: str


SHOWN_CHARACTERS = 60
LOOKED_AT = 200
"""Members of one array or object that are looked at when a huge value is wrong. Each breach costs microseconds."""
HUGE = 2_000
"""Values below this many members are looked at whole."""
WHOLE = 5_000
"""Values below this many members are looked at whole where every breach counts."""


def violations_of(validator: Draft202012Validator, value: JsonValue, limit: int) -> list[Violation]:
    """At most `limit` breaches in the order of the schema. Of huge values a part is looked at; never an empty lie."""
    trimmed: list[list[str | int]] = []
    looked_at = _trimmed(value, [], trimmed) if _members(value, HUGE) >= HUGE else value
    errors: Iterable[ValidationError] = validator.iter_errors(looked_at)
    if trimmed:
        errors = [error for error in errors if not _may_be_due_to_trimming(error, trimmed)] or _first(validator, value)
    return list(itertools.islice(itertools.chain.from_iterable(map(_told, errors)), limit))


def places_of(validator: Draft202012Validator, value: JsonValue, most: int | None = WHOLE) -> list[str] | None:
    """Pointers of all breaches; None for a value of `most` members or more, where each could take seconds."""
    if most is not None and _members(value, most) >= most:
        return None
    return [found.pointer for error in validator.iter_errors(value) for found in _told(error)]


def shown(value: object) -> str:
    """A value as JSON, cut to 60 characters."""
    try:
        text = jsontext.encode(value).decode()  # type: ignore[arg-type]
    except (JsonTextError, TypeError):
        text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


# --- one error, one or more sentences ----------------------------------------------------------------------------


def _told(error: ValidationError) -> Iterator[Violation]:
    here = error.instance_path
    kind, keyword = error.kind, error.kind.name
    match kind:
        case ValidationErrorKind.Required(property=name):
            yield Violation(pointer([*here, name]), keyword, f"`{name}` is required, but missing")
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            for name in names:
                yield _surplus([*here, name], keyword, error.instance)
        case ValidationErrorKind.UnevaluatedProperties(unexpected=names):
            for name in names:
                yield _surplus([*here, name], keyword, error.instance)
        case ValidationErrorKind.AnyOf(context=ways) | ValidationErrorKind.OneOfNotValid(context=ways):
            yield from _of_the_likely_way(ways, error)
        case ValidationErrorKind.PropertyNames(error=inner):
            name = str(inner.instance)
            yield Violation(pointer([*here, name]), keyword, f"`{name}` is no allowed name: {_expected(inner)}")
        case ValidationErrorKind.FalseSchema():
            yield Violation(pointer(here), keyword, f"nothing is allowed here, but saw {shown(error.instance)}")
        case _:
            yield Violation(pointer(here), keyword, f"{_expected(error)}, but saw {shown(error.instance)}")


def _surplus(path: list[str | int], keyword: str, parent: object) -> Violation:
    name = str(path[-1])
    seen = f", but saw {shown(parent[name])}" if isinstance(parent, dict) and name in parent else ""
    return Violation(pointer(path), keyword, f"`{name}` is not a known property here: leave it out{seen}")


def _of_the_likely_way(ways: list[list[ValidationError]], error: ValidationError) -> Iterator[Violation]:
    """The breaches of the one alternative whose kind of value this is, else one sentence about all of them."""
    here = len(error.instance_path)
    likely = [way for way in ways if not any(_of_another_kind(inner, here) for inner in way)]
    if len(likely) == 1:
        yield from (found for inner in likely[0] for found in _told(inner))
        return
    reasons = [_expected(way[0]) for way in ways if way]
    listed = "; or ".join(dict.fromkeys(reasons[:4])) + ("; …" if len(reasons) > 4 else "")
    message = f"fits none of {len(ways)} alternatives ({listed}), but saw {shown(error.instance)}"
    yield Violation(pointer(error.instance_path), error.kind.name, message)


def _of_another_kind(error: ValidationError, here: int) -> bool:
    """Whether an alternative is ruled out by the kind of the value itself or by a marker property in it."""
    depth = len(error.instance_path) - here
    if depth == 0:
        return error.kind.name in {"type", "const", "enum"}
    return depth == 1 and error.kind.name in {"const", "enum"}


def _expected(error: ValidationError) -> str:
    match error.kind:
        case ValidationErrorKind.Type(types=types):
            return f"expected {' or '.join(sorted(types, key=lambda name: name == 'null'))}"
        case ValidationErrorKind.Enum(options=options):
            listed = ", ".join(shown(option) for option in options[:8])
            return f"expected one of {listed}{', …' if len(options) > 8 else ''}"
        case ValidationErrorKind.Constant(expected_value=constant):
            return f"expected {shown(constant)}"
        case ValidationErrorKind.Format(format=name):
            return f"expected text of format {name}"
        case ValidationErrorKind.Pattern(pattern=pattern):
            return f"expected text that matches {pattern}"
        case ValidationErrorKind.MultipleOf(multiple_of=step):
            return f"expected a multiple of {step}"
        case ValidationErrorKind.Required(property=name):
            return f"expected the property `{name}`"
        case ValidationErrorKind.AdditionalProperties(unexpected=names):
            return f"expected no property `{names[0]}`"
        case ValidationErrorKind.OneOfMultipleValid():
            return "expected to fit exactly one alternative of oneOf, not several"
        case ValidationErrorKind.AnyOf() | ValidationErrorKind.OneOfNotValid():
            return "expected to fit one of several alternatives"
        case ValidationErrorKind.UniqueItems():
            return "expected every item only once"
        case ValidationErrorKind.Contains():
            return "expected an item that fits `contains`, as often as it asks"
        case ValidationErrorKind.Not(schema=schema):
            return f"expected no value that fits {shown(schema)}"
        case ValidationErrorKind.UnevaluatedItems(unexpected=indices):
            return f"expected no item at index {', '.join(map(str, indices[:8]))}"
        case kind if kind.name in _LIMITS:
            return f"expected {_LIMITS[kind.name].format(kind.value)}"
    return error.message if len(error.message) <= 200 else f"{error.message[:199]}…"


_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} properties",
    "maxProperties": "at most {} properties",
}


# --- huge values -------------------------------------------------------------------------------------------------


def _members(value: JsonValue, enough: int) -> int:
    """How many values stand inside, counted up to `enough`."""
    count, waiting = 0, [value]
    while waiting and count < enough:
        inside = waiting.pop()
        if isinstance(inside, dict):
            count += len(inside)
            waiting.extend(inside.values())
        elif isinstance(inside, list):
            count += len(inside)
            waiting.extend(inside)
    return count


def _trimmed(value: JsonValue, path: list[str | int], trimmed: list[list[str | int]]) -> JsonValue:
    """The value with only the first members of each array and object; `trimmed` collects where some were left out."""
    if not isinstance(value, dict | list):
        return value
    if len(value) > LOOKED_AT:
        trimmed.append(path)
    if isinstance(value, list):
        return [_trimmed(item, [*path, at], trimmed) for at, item in enumerate(value[:LOOKED_AT])]
    some = itertools.islice(value.items(), LOOKED_AT)
    return {name: _trimmed(item, [*path, name], trimmed) for name, item in some}


_SAFE_ABOUT_A_PART = frozenset({"type", "additionalProperties", "propertyNames", "falseSchema", "maxItems"})


def _may_be_due_to_trimming(error: ValidationError, trimmed: list[list[str | int]]) -> bool:
    if error.kind.name in _SAFE_ABOUT_A_PART:
        return False
    here = error.instance_path
    return any(path[: len(here)] == here for path in trimmed)


def _first(validator: Draft202012Validator, value: JsonValue) -> list[ValidationError]:
    try:
        validator.validate(value)
    except ValidationError as error:
        return [error]
    return []
