"""Transforms: a list that goes through steps, behind one door: `parse`, `infer`, `compile`, `reads`.

`from` gives the list; `filter`, `map`, `select`, `flatten`, `sort`, `distinct` and `limit` make another one of it.
"""

from wfcore.transform.inference import infer
from wfcore.transform.parsing import MAX_SORT_KEYS, MAX_STEPS, TransformError, parse
from wfcore.transform.reading import reads
from wfcore.transform.running import MAX_ITEMS, compile
from wfcore.transform.tree import (
    Clause,
    Distinct,
    Filter,
    Flatten,
    Limit,
    Map,
    Select,
    Sort,
    SortKey,
    Step,
    Transform,
)

__all__ = [
    "MAX_ITEMS",
    "MAX_SORT_KEYS",
    "MAX_STEPS",
    "Clause",
    "Distinct",
    "Filter",
    "Flatten",
    "Limit",
    "Map",
    "Select",
    "Sort",
    "SortKey",
    "Step",
    "Transform",
    "TransformError",
    "compile",
    "infer",
    "parse",
    "reads",
]
