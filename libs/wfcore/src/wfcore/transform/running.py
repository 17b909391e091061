"""From steps to a Python closure.

Items flow through the steps one by one, each step drawing them from the one before it; only a sort waits for all. So
a `limit` ends the work in front of it too: items behind the last one taken are not looked at, and what would have
broken on them does not break the run. That makes `limit` bound the work and not only the answer, and lets it change
places with a `map` without anybody noticing. What the types can tell is told for all items anyway, before any run.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from wfcore import expression, template
from wfcore.expression import ABSENT, EvaluationError, Expression, Reader, Scope
from wfcore.expression.errors import Exhausted, Fault, OutOfFuel
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.values import identity, kind_of
from wfcore.transform.tree import Clause, Distinct, Filter, Flatten, Limit, Map, Select, Sort, SortKey, Step, Transform

MAX_ITEMS = 100_000
"""Items that may enter steps in one run, all steps together, and items of the result: a tenth of a second of work."""

Stage = Callable[[Iterator[Any], dict[str, Any]], Iterator[Any]]
"""What a step does to the items. The scope shows it the item it was handed last, as `item` and `index`."""


def compile(transform: Transform) -> Callable[[Scope], list[Any]]:
    """Make the function that runs the transform in a scope such as `{"input": …, "tasks": {…}}`.

    Raises EvaluationError. Items that no step changes are handed out as they are, not copied: never change them.
    """
    read_source, written = template.compile(transform.source), transform.source.value
    stages = [_stage(step) for step in transform.steps]

    def run(scope: Scope) -> list[Any]:
        source = read_source(scope)
        if not isinstance(source, list):
            raise _unfit(f"`from` is {kind_of(source)}, not an array", str(written))
        if not stages:
            return source
        budget = _Budget()
        items = iter(source)
        for stage in stages:
            inside = dict(scope)
            items = stage(budget.entering(items, inside), inside)
        return budget.leaving(items)

    return run


class _Budget:
    """How many items may still enter a step."""

    def __init__(self) -> None:
        self._left = MAX_ITEMS

    def entering(self, items: Iterator[Any], scope: dict[str, Any]) -> Iterator[Any]:
        """Hand out the items one by one, each as `item` in the scope of the step that it enters."""
        for index, item in enumerate(items):
            self._left -= 1
            if self._left < 0:
                raise _too_many()
            scope["item"] = item
            scope["index"] = index
            yield item

    def leaving(self, items: Iterator[Any]) -> list[Any]:
        """Gather what comes out of the last step: a flatten there may have made many of few."""
        made = list(islice(items, MAX_ITEMS + 1))
        if len(made) > MAX_ITEMS:
            raise _too_many()
        return made


def _stage(step: Step) -> Stage:
    match step:
        case Filter(Clause(condition)):
            return _filtering(condition)
        case Map(value):
            return _mapping(template.compile(value))
        case Select(names):
            return lambda items, scope: (_selected(item, names) for item in items)
        case Flatten(lists):
            read, text = _reader(lists)
            return lambda items, scope: (inner for _ in items for inner in _listed(read(scope), text))
        case Sort(keys):
            return _sorting(keys)
        case Distinct(by):
            return _telling_apart(*_reader(by))
        case Limit(count):
            return lambda items, scope: islice(items, count)


def _filtering(condition: Expression) -> Stage:
    holds = expression.compile_condition(condition)
    return lambda items, scope: (item for item in items if holds(scope))


def _mapping(fill: Reader) -> Stage:
    return lambda items, scope: (value for _ in items if (value := fill(scope)) is not ABSENT)


def _selected(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise _unfit(f"select needs objects, this item is {kind_of(item)}")
    return {name: item[name] for name in names if name in item}


def _listed(value: Any, text: str) -> list[Any]:
    if not isinstance(value, list):
        raise _unfit(f"flatten needs a list for each item, this is {kind_of(value)}", text)
    return value


def _telling_apart(read: Reader, text: str) -> Stage:
    def stage(items: Iterator[Any], scope: dict[str, Any]) -> Iterator[Any]:
        # Looking through values costs steps, as it does in an expression.
        evaluation = Evaluation(scope, 0)
        seen = set()
        for item in items:
            try:
                key = identity(read(scope), evaluation)
            except Exhausted:
                raise OutOfFuel("distinct has to look through too much data", text) from None
            except Fault as fault:
                raise _unfit(str(fault), text) from None
            if key not in seen:
                seen.add(key)
                yield item

    return stage


def _reader(clause: Clause | None) -> tuple[Reader, str]:
    """What reads the value of a clause, and its text; without a clause the item is the value."""
    if clause is None:
        return lambda scope: scope["item"], ""
    return expression.compile(clause.expression), clause.expression.text


# --- order -------------------------------------------------------------------------------------------------------

_RANKS = {int: 0, float: 0, str: 1, bool: 2}
"""Numbers stand before strings, these before booleans, where one key gives values of several types."""

_Row = tuple[Any, list[tuple[int, Any] | None]]
"""An item and its keys; None stands last."""


def _sorting(keys: tuple[SortKey, ...]) -> Stage:
    readers = [_reader(key.by) for key in keys]

    def stage(items: Iterator[Any], scope: dict[str, Any]) -> Iterator[Any]:
        rows = [(item, [_orderable(read(scope), text) for read, text in readers]) for item in items]
        # Each sort is stable, so the most significant key comes last.
        for at in reversed(range(len(keys))):
            rows = _ordered(rows, at, keys[at].descending)
        for item, _ in rows:
            yield item

    return stage


def _ordered(rows: list[_Row], at: int, descending: bool) -> list[_Row]:
    present = [row for row in rows if row[1][at] is not None]
    present.sort(key=lambda row: row[1][at], reverse=descending)  # type: ignore[arg-type, return-value]
    return present + [row for row in rows if row[1][at] is None]


def _orderable(value: Any, text: str) -> tuple[int, Any] | None:
    if value is None or value is ABSENT:
        return None
    rank = _RANKS.get(type(value))
    if rank is None:
        raise _unfit(f"a sort key is a number, string or boolean, this is {kind_of(value)}", text)
    return rank, value


# --- what does not fit -------------------------------------------------------------------------------------------


def _too_many() -> EvaluationError:
    return _unfit(f"the transform handles more than {MAX_ITEMS:,} items, all its steps together")


def _unfit(message: str, text: str = "") -> EvaluationError:
    return EvaluationError(message, text)
