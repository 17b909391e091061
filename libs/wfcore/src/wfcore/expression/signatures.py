"""The types of all functions: what each takes, what it gives, and where it may fail on values of the right type.

A receiver counts as the first argument. How the functions work stands in `functions`; a test holds the two together.
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from wfcore.expression import conversions, moments, types
from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.tree import Literal, Node
from wfcore.expression.types import BOOLEAN, INTEGER, NUMBER, STRING, Typed, typed
from wfcore.schema.building import array_of
from wfcore.schema.walking import Place


class Given(Struct, frozen=True):
    """One argument: as it is written, and its type."""

    node: Node
    type: Typed


class Reason(Struct, frozen=True):
    """Why an argument does not fit, or may not; `{}` in the message stands for it."""

    node: Node
    message: str


Gives = Callable[[list[Given]], Typed]
Judges = Callable[[list[Given]], Reason | None]


class Signature(Struct, frozen=True):
    """The type of one function. The last of `takes` holds for all arguments behind it, too."""

    takes: tuple[frozenset[str], ...]
    gives: Gives
    refuses: Judges | None = None
    """Why it fails for all values of these types."""
    doubts: Judges | None = None
    """Why it fails for some of them."""


_TEXT, _NUMBER, _WHOLE, _LIST = types.STRINGS, types.NUMBERS, types.INTEGERS, types.ARRAYS
_TIME, _LENGTH = types.TIMESTAMPS, types.DURATIONS
_SIZED = _TEXT | _LIST | types.OBJECTS
_SCALAR = _TEXT | _NUMBER | types.BOOLEANS
_ANY = types.ANY_TYPE | _WHOLE
_COUNT = typed({"type": "integer", "minimum": 0})
_PLACE = typed({"type": "integer", "minimum": -1})


def _always(result: Typed) -> Gives:
    return lambda given: result


# --- what the results are --------------------------------------------------------------------------------------------


def _size(given: list[Given]) -> Typed:
    least, most = types.lengths(given[0].type)
    bounds = {"minimum": least} | ({} if most is None else {"maximum": most})
    return typed({"type": "integer", **bounds}) if given[0].type.types() <= _LIST else _COUNT


def _same(given: list[Given]) -> Typed:
    """A number that is whole where the argument is."""
    return INTEGER if given[0].type.types() <= _WHOLE else NUMBER


def _widest(given: list[Given]) -> Typed:
    """The greatest or least number of some, or of a list."""
    inside = [_element(one) if one.type.types() & _LIST else one.type for one in given]
    return INTEGER if all(one.types() <= _WHOLE for one in inside) else NUMBER


def _element(given: Given) -> Typed:
    return types.element(given.type)


def _any_element(given: list[Given]) -> Typed:
    return replace(_element(given[0]), told=given[0].type.told)


def _end(given: list[Given]) -> Typed:
    """The first or last element: an optional, as the list may be empty."""
    return replace(_any_element(given), optional=True, absent=types.lengths(given[0].type)[0] == 0)


def _sum(given: list[Given]) -> Typed:
    item = _element(given[0])
    if item.types() and item.types() <= types.DURATIONS:
        some = types.lengths(given[0].type)[0] > 0
        return types.DURATION if some else types.union([types.DURATION, INTEGER])
    return INTEGER if item.types() <= _WHOLE else NUMBER


def _array(given: list[Given], *, same_length: bool = False) -> Typed:
    least, most = types.lengths(given[0].type)
    item = _element(given[0]).alone()
    return typed(array_of(item, least if same_length else min(least, 1), most))


def _part(given: list[Given]) -> Typed:
    return typed(array_of(_element(given[0]).alone(), 0, types.lengths(given[0].type)[1]))


def _reversed(given: list[Given]) -> Typed:
    seen = given[0].type.types()
    ways = [STRING] if seen & _TEXT else []
    ways += [types.same_items(Typed(types.only(given[0].type.place, _LIST)))] if seen & _LIST else []
    return types.union(ways) if ways else types.TOLD


def _flat(given: list[Given]) -> Typed:
    """Elements of inner lists in their place. A depth that nobody knows leaves lists of anything."""
    depth = _literal(given[1]) if len(given) > 1 else 1
    if not isinstance(depth, int) or not 0 <= depth <= _DEEPEST:
        return typed({"type": "array"})
    item = _element(given[0])
    for _ in range(depth):
        item = _unwrapped(item)
    return typed(array_of(item.alone()))


_DEEPEST = 8


def _unwrapped(item: Typed) -> Typed:
    seen = item.types()
    if not seen & _LIST or item.place.says_nothing():
        return item
    ways = [types.element(Typed(types.only(item.place, _LIST)))]
    if seen - _LIST:
        ways.append(Typed(types.only(item.place, seen - _LIST)))
    return replace(types.union(ways), told=False)


def _timed(given: list[Given]) -> Typed:
    return types.TIMESTAMP


def _texts(given: list[Given]) -> Typed:
    return typed({"type": "array", "items": {"type": "string"}})


# --- what never fits -------------------------------------------------------------------------------------------------


def _one_class(given: list[Given]) -> Reason | None:
    """Elements of one ordered type."""
    seen = _element(given[0]).types()
    if not seen or types.class_of(seen, types.ORDERED):
        return None
    return Reason(given[0].node, f"{{}} holds {types.spoken(seen)}: only values of one ordered type can be compared")


def _elements_of(wanted: frozenset[str]) -> Judges:
    """Elements of a wanted type, in a first argument that is a list."""

    def judge(given: list[Given]) -> Reason | None:
        if not given[0].type.types() & _LIST:
            return None
        others = _element(given[0]).types() - wanted
        if not others or _untyped(given[0]):
            return None
        message = f"{{}} holds {types.spoken(others)}: its elements must be {types.spoken(wanted)}"
        return Reason(given[0].node, message)

    return judge


def _summed(given: list[Given]) -> Reason | None:
    seen = _element(given[0]).types()
    return None if seen and seen <= types.DURATIONS else _elements_of(_NUMBER)(given)


def _bad_zone(given: list[Given]) -> Reason | None:
    if len(given) == 1:
        return None
    if given[0].type.types() & types.DURATIONS:
        return Reason(given[1].node, "a duration has no time zone: {} has no place here")
    zone = _literal(given[1])
    if isinstance(zone, str) and _ZONE.fullmatch(zone) is None:
        return Reason(given[1].node, "{} is no time zone: write 'UTC' or an offset such as '+02:00'")
    return None


_ZONE = re.compile(r"UTC|[+-]?(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _unreadable(read: Callable[[str], Any]) -> Judges:
    """A literal string that the function cannot read."""

    def judge(given: list[Given]) -> Reason | None:
        value = _literal(given[0])
        if not isinstance(value, str) or _reads(read, value):
            return None
        return Reason(given[0].node, "{} is a string that this function cannot read")

    return judge


def _negative(given: list[Given]) -> Reason | None:
    value = _literal(given[0])
    return Reason(given[0].node, "{} is negative and has no square root") if _is_number(value) and value < 0 else None


# --- what may fail ---------------------------------------------------------------------------------------------------


def _untyped(given: Given) -> bool:
    return _element(given).place.says_nothing()


def _empty(given: list[Given]) -> Reason | None:
    """An empty list has no least or greatest element."""
    if not given[0].type.types() & _LIST:
        return None
    if _untyped(given[0]):
        return Reason(given[0].node, "no schema says what the elements of {} are")
    if types.lengths(given[0].type)[0] > 0:
        return None
    return Reason(given[0].node, "{} may be empty, which is an error here: test `size(…) > 0` before")


def _untyped_elements(given: list[Given]) -> Reason | None:
    unknown = given[0].type.types() & _LIST and _untyped(given[0])
    return Reason(given[0].node, "no schema says what the elements of {} are") if unknown else None


def _conversion(read: Callable[[str], Any], but: tuple[str, ...] = ()) -> Judges:
    """Strings that may not be what the function reads; the formats in `but` always are."""

    def judge(given: list[Given]) -> Reason | None:
        seen, where = given[0].type.types(), given[0].type.place
        listed = types.values_of(where)
        if listed is not None and all(not isinstance(value, str) or _reads(read, value) for value in listed):
            return None
        if "string" not in seen or _has_format(where, but):
            return None
        return Reason(given[0].node, "{} may be a string that this function cannot read: no schema says that it can")

    return judge


def _moment(given: list[Given]) -> Reason | None:
    if given[0].type.types() & _NUMBER and _literal(given[0]) is None:
        return Reason(given[0].node, "{} may lie outside the years 1 to 9999")
    return _conversion(moments.timestamp, ("date-time",))(given)


def _has_format(where: Place, formats: tuple[str, ...]) -> bool:
    schema = where.folded()
    return isinstance(schema, dict) and schema.get("format") in formats


def _zone(given: list[Given]) -> Reason | None:
    if len(given) == 1 or isinstance(_literal(given[1]), str):
        return None
    return Reason(given[1].node, "{} may be no time zone such as 'UTC' or '+02:00'")


def _outside(given: list[Given]) -> Reason | None:
    """Places in a string or list that may be beyond its end, or in the wrong order."""
    known = [_literal(one) for one in given[1:]]
    ordered = all(isinstance(at, int) and at >= 0 for at in known) and known == sorted(known)
    if ordered and (not known or known[-1] <= _shortest(given[0])):
        return None
    return Reason(given[1].node, "{} may be outside: no schema says how long this is at least")


def _start_outside(given: list[Given]) -> Reason | None:
    return None if len(given) < 3 else _outside([given[0], *given[2:]])


def _shortest(given: Given) -> int:
    schema = given.type.place.folded()
    if given.type.types() <= _LIST:
        return types.lengths(given.type)[0]
    listed = types.values_of(given.type.place)
    if listed is not None:
        return min((len(value) for value in listed if isinstance(value, str)), default=0)
    return int(schema.get("minLength", 0)) if isinstance(schema, dict) else 0


def _below_zero(given: list[Given]) -> Reason | None:
    schema = given[0].type.place.folded()
    listed = types.values_of(given[0].type.place)
    if listed is not None and all(value >= 0 for value in listed):
        return None
    if isinstance(schema, dict) and (schema.get("minimum", -1) >= 0 or schema.get("exclusiveMinimum", -1) >= 0):
        return None
    return Reason(given[0].node, "{} may be negative, which has no square root")


def _depth(given: list[Given]) -> Reason | None:
    value = _literal(given[1]) if len(given) > 1 else 0
    sure = isinstance(value, int) and value >= 0
    return None if sure else Reason(given[1].node, "{} may be negative, which is no depth")


def _literal(given: Given) -> Any:
    return given.node.value if isinstance(given.node, Literal) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _reads(read: Callable[[str], Any], value: str) -> bool:
    try:
        read(value)
    except Fault:
        return False
    return True


def _converting(convert: Callable[[Evaluation, Any], Any]) -> Callable[[str], Any]:
    return lambda value: convert(Evaluation({}, 0), value)


_integer, _double, _boolean = map(_converting, (conversions.integer, conversions.double, conversions.boolean))


# --- the table -------------------------------------------------------------------------------------------------------


def _of_time(*also: frozenset[str]) -> Signature:
    return Signature((_TIME.union(*also), _TEXT), _always(INTEGER), _bad_zone, _zone)


_TEXT_TEST = Signature((_TEXT,), _always(BOOLEAN))
_TEXT_CHANGE = Signature((_TEXT,), _always(STRING))
_ROUNDING = Signature((_NUMBER,), _always(INTEGER))
_EXTREME = Signature((_LIST,), _any_element, _one_class, _empty)
_EXTREME_NUMBER = Signature((_NUMBER | _LIST, _NUMBER), _widest, _elements_of(_NUMBER), _empty)

SIGNATURES: dict[str, Signature] = {
    "size": Signature((_SIZED,), _size),
    "string": Signature((_SCALAR | types.INTERNAL,), _always(STRING)),
    "int": Signature((_TEXT | _NUMBER | _TIME,), _always(INTEGER), _unreadable(_integer), _conversion(_integer)),
    "double": Signature((_TEXT | _NUMBER,), _always(NUMBER), _unreadable(_double), _conversion(_double)),
    "bool": Signature((_TEXT | types.BOOLEANS,), _always(BOOLEAN), _unreadable(_boolean), _conversion(_boolean)),
    "json": Signature((_ANY,), _always(STRING)),
    "timestamp": Signature((_TEXT | _WHOLE | _TIME,), _timed, _unreadable(moments.timestamp), _moment),
    "duration": Signature(
        (_TEXT | _LENGTH,), _always(types.DURATION), _unreadable(moments.duration), _conversion(moments.duration)
    ),
    "contains": _TEXT_TEST,
    "startsWith": _TEXT_TEST,
    "endsWith": _TEXT_TEST,
    "matches": _TEXT_TEST,
    "lowerAscii": _TEXT_CHANGE,
    "upperAscii": _TEXT_CHANGE,
    "trim": _TEXT_CHANGE,
    "split": Signature((_TEXT, _TEXT, _WHOLE), _texts),
    "join": Signature((_LIST, _TEXT), _always(STRING), _elements_of(_TEXT), _untyped_elements),
    "replace": Signature((_TEXT, _TEXT, _TEXT, _WHOLE), _always(STRING)),
    "substring": Signature((_TEXT, _WHOLE), _always(STRING), None, _outside),
    "indexOf": Signature((_TEXT, _TEXT, _WHOLE), _always(_PLACE), None, _start_outside),
    "lastIndexOf": Signature((_TEXT, _TEXT, _WHOLE), _always(_PLACE), None, _start_outside),
    "charAt": Signature((_TEXT, _WHOLE), _always(STRING), None, _outside),
    "reverse": Signature((_TEXT | _LIST,), _reversed),
    "slice": Signature((_LIST, _WHOLE), _part, None, _outside),
    "flatten": Signature((_LIST, _WHOLE), _flat, None, _depth),
    "distinct": Signature((_LIST,), _array),
    "sort": Signature((_LIST,), lambda given: _array(given, same_length=True), _one_class, _untyped_elements),
    "first": Signature((_LIST,), _end),
    "last": Signature((_LIST,), _end),
    "sum": Signature((_LIST,), _sum, _summed, _untyped_elements),
    "min": _EXTREME,
    "max": _EXTREME,
    "lists.range": Signature((_WHOLE,), _always(typed({"type": "array", "items": {"type": "integer", "minimum": 0}}))),
    "math.abs": Signature((_NUMBER,), _same),
    "math.ceil": _ROUNDING,
    "math.floor": _ROUNDING,
    "math.round": _ROUNDING,
    "math.trunc": _ROUNDING,
    "math.sign": _ROUNDING,
    "math.sqrt": Signature((_NUMBER,), _always(NUMBER), _negative, _below_zero),
    "math.greatest": _EXTREME_NUMBER,
    "math.least": _EXTREME_NUMBER,
    "getFullYear": _of_time(),
    "getMonth": _of_time(),
    "getDate": _of_time(),
    "getDayOfMonth": _of_time(),
    "getDayOfWeek": _of_time(),
    "getDayOfYear": _of_time(),
    "getHours": _of_time(_LENGTH),
    "getMinutes": _of_time(_LENGTH),
    "getSeconds": _of_time(_LENGTH),
    "getMilliseconds": _of_time(_LENGTH),
}
"""By name; `json` and the optionals' own functions take anything and are typed where they are called."""
