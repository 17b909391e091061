"""What a transform is made of: a source and the steps that its items go through."""

from msgspec import Struct

from wfcore.expression import Expression
from wfcore.template import Template


class Clause(Struct, frozen=True):
    """An expression that stands in a field of a step, and the JSON Pointer of that field."""

    expression: Expression
    pointer: str


class Filter(Struct, frozen=True):
    """Keep the items for which the condition holds."""

    condition: Clause


class Map(Struct, frozen=True):
    """Replace each item by the filled template; an item whose value is absent is left out."""

    value: Template
    pointer: str


class Select(Struct, frozen=True):
    """Keep only these properties of each object."""

    names: tuple[str, ...]
    pointer: str


class Flatten(Struct, frozen=True):
    """Join the lists that the items give, or, without an expression, that they are."""

    lists: Clause | None
    pointer: str


class SortKey(Struct, frozen=True):
    by: Clause
    descending: bool


class Sort(Struct, frozen=True):
    """Order by the first key, what is equal there by the second, and so on; null and absent keys stand last."""

    keys: tuple[SortKey, ...]


class Distinct(Struct, frozen=True):
    """Of items with equal keys, or without an expression of equal items, keep the first."""

    by: Clause | None


class Limit(Struct, frozen=True):
    """Keep the first `count` items."""

    count: int


Step = Filter | Map | Select | Flatten | Sort | Distinct | Limit


class Transform(Struct, frozen=True):
    """A parsed transform. `pointer` leads to its `from`, whose template is `source`."""

    source: Template
    pointer: str
    steps: tuple[Step, ...]
