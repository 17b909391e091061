"""From plain JSON, as it stands in a definition, to steps. Everything wrong with it is told at once."""

from collections.abc import Callable
from typing import Any, TypeVar

from wfcore import expression, template
from wfcore.diagnostics import did_you_mean, nearest
from wfcore.expression import ExpressionError, Problem
from wfcore.schema.places import pointer as pointer_of
from wfcore.template import Template, TemplateError
from wfcore.transform.tree import Clause, Distinct, Filter, Flatten, Limit, Map, Select, Sort, SortKey, Step, Transform

MAX_STEPS = 20
"""More than anybody can follow."""

MAX_SORT_KEYS = 10

_Made = TypeVar("_Made")


class TransformError(ValueError):
    """The value is no transform; `problems` lists everything wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.pointer or '/'}: {problem.message}" for problem in problems))
        self.problems = problems


def parse(written: Any, *, pointer: str = "") -> Transform:
    """Parse `{"from": template, "steps": [{"filter": "…"}, …]}`; pointers in problems begin with `pointer`.

    Raises TransformError with all problems: those of expressions and templates as they tell them, wrong shapes as
    kind "syntax".
    """
    if not isinstance(written, dict):
        raise _refused(pointer, "a transform is an object with `from` and `steps`", written)
    problems = _unknown_fields(written, pointer, "from", "steps")
    source = _noted(problems, _source, written, pointer)
    steps = _noted(problems, _steps, written.get("steps", []), f"{pointer}/steps")
    if problems or source is None or steps is None:
        raise TransformError(problems)
    return Transform(source, f"{pointer}/from", tuple(steps))


def _source(written: dict[str, Any], pointer: str) -> Template:
    if "from" not in written:
        raise _refused(pointer, "`from` is missing: which list does the transform begin with?")
    return template.parse(written["from"], pointer=f"{pointer}/from")


_ITEM = "item"
"""The item itself, where a step does not say what of it counts."""


# --- steps -------------------------------------------------------------------------------------------------------


def _steps(written: Any, pointer: str) -> list[Step]:
    if not isinstance(written, list):
        raise _refused(pointer, "`steps` is a list of steps", written)
    if len(written) > MAX_STEPS:
        raise _refused(pointer, f"{len(written)} steps: at most {MAX_STEPS} are taken")
    return _each(_step, written, pointer)


def _step(written: Any, pointer: str) -> Step:
    if not isinstance(written, dict) or not written:
        raise _refused(pointer, f"a step is an object with exactly one of {', '.join(_STEPS)}", written)
    if unknown := _unknown_fields(written, pointer, *_STEPS):
        raise TransformError(unknown)
    if len(written) > 1:
        both = " and ".join(f"`{name}`" for name in written)
        raise _refused(pointer, f"{both} in one step leave open which comes first: give each a step of its own")
    ((name, value),) = written.items()
    return _STEPS[name](value, f"{pointer}/{name}")


def _filter(written: Any, pointer: str) -> Step:
    return Filter(_clause(written, pointer))


def _map(written: Any, pointer: str) -> Step:
    return Map(template.parse(written, pointer=pointer), pointer)


def _select(written: Any, pointer: str) -> Step:
    if not isinstance(written, list) or not written or not all(isinstance(name, str) for name in written):
        raise _refused(pointer, "`select` lists the names of the properties to keep, as [id, name]", written)
    twice = [(at, name) for at, name in enumerate(written) if name in written[:at]]
    if twice:
        raise TransformError([_wrong(f"{pointer}/{at}", f"`{name}` stands here twice", name) for at, name in twice])
    return Select(tuple(written), pointer)


def _flatten(written: Any, pointer: str) -> Step:
    if not isinstance(written, str):
        message = "`flatten` takes an expression that gives a list for each item: `item` where the items are lists"
        raise _refused(pointer, message, written)
    return Flatten(None if written.strip() == _ITEM else _clause(written, pointer), pointer)


def _sort(written: Any, pointer: str) -> Step:
    if not isinstance(written, list) or not 1 <= len(written) <= MAX_SORT_KEYS:
        example = "[{by: item.price, order: desc}]"
        raise _refused(pointer, f"`sort` lists 1 to {MAX_SORT_KEYS} keys, as {example}", written)
    return Sort(tuple(_each(_sort_key, written, pointer)))


def _sort_key(written: Any, pointer: str) -> SortKey:
    by = _by(written, pointer, "order")
    order = written.get("order", "asc")
    if order not in ("asc", "desc"):
        raise _refused(f"{pointer}/order", "`order` is asc or desc", order)
    return SortKey(by, order == "desc")


def _distinct(written: Any, pointer: str) -> Step:
    if not isinstance(written, dict):
        message = "`distinct` is {by: …} with an expression that tells items apart, or {} for the items themselves"
        raise _refused(pointer, message, written)
    return Distinct(None if written.get("by", _ITEM) == _ITEM else _by(written, pointer))


def _limit(written: Any, pointer: str) -> Step:
    if type(written) is not int or written < 1:
        raise _refused(pointer, "`limit` is a whole number of items, at least 1", written)
    return Limit(written)


_STEPS: dict[str, Callable[[Any, str], Step]] = {
    "filter": _filter,
    "map": _map,
    "select": _select,
    "flatten": _flatten,
    "sort": _sort,
    "distinct": _distinct,
    "limit": _limit,
}


def _by(written: Any, pointer: str, *others: str) -> Clause:
    """Read the expression of an object such as `{by: item.id}`, which may have the other fields too."""
    if not isinstance(written, dict):
        raise _refused(pointer, "a key is an object, as {by: item.id}", written)
    if unknown := _unknown_fields(written, pointer, "by", *others):
        raise TransformError(unknown)
    if "by" not in written:
        raise _refused(pointer, "a key needs `by`, an expression, as {by: item.id}")
    return _clause(written["by"], f"{pointer}/by")


def _clause(written: Any, pointer: str) -> Clause:
    name = pointer.rpartition("/")[2]
    if not isinstance(written, str):
        raise _refused(pointer, f"`{name}` takes an expression, in double quotes", written)
    bare = written.strip()
    if bare.startswith("{{") and bare.endswith("}}"):
        message = f"`{name}` is an expression already: write it without {{{{ }}}}"
        raise TransformError([Problem(pointer, 0, message, "syntax", written, (), bare[2:-2].strip())])
    try:
        return Clause(expression.parse(written), pointer)
    except ExpressionError as error:
        problem = Problem(pointer, error.offset, error.message, error.kind, written, (), error.fix)
        raise TransformError([problem]) from None


# --- telling what is wrong ---------------------------------------------------------------------------------------


def _noted(problems: list[Problem], read: Callable[[Any, str], _Made], written: Any, pointer: str) -> _Made | None:
    """Return what `read` makes of a part; note its problems and go on where it cannot."""
    try:
        return read(written, pointer)
    except (TransformError, TemplateError) as error:
        problems += error.problems
        return None


def _each(read: Callable[[Any, str], _Made], written: list[Any], pointer: str) -> list[_Made]:
    problems: list[Problem] = []
    made = [_noted(problems, read, part, f"{pointer}/{at}") for at, part in enumerate(written)]
    if problems:
        raise TransformError(problems)
    return [part for part in made if part is not None]


def _unknown_fields(written: dict[str, Any], pointer: str, *known: str) -> list[Problem]:
    return [
        Problem(
            pointer + pointer_of((name,)),
            0,
            f"there is no field `{name}` here{did_you_mean(name, known)}",
            "syntax",
            name,
            tuple(filter(None, [nearest(name, known)])),
        )
        for name in map(str, written)
        if name not in known
    ]


def _wrong(pointer: str, message: str, seen: Any = "") -> Problem:
    return Problem(pointer, 0, message, "syntax", seen if isinstance(seen, str) else type(seen).__name__)


def _refused(pointer: str, message: str, seen: Any = "") -> TransformError:
    return TransformError([_wrong(pointer, message, seen)])
