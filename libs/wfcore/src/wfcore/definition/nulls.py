"""Literal nulls in value fields.

`kubectl apply` silently drops a null inside a mapping, so the same file would mean one thing from a directory and
another in a cluster. A null is therefore written `{{null}}`, which survives.
"""

from collections.abc import Callable
from typing import Any

from wfcore.diagnostics import Fix
from wfcore.source import JsonValue, join

Complain = Callable[..., None]
"""Takes code, message, pointer and what else a diagnostic holds."""

_NULL = "{{null}}"


def without_nulls(complain: Complain, holds: str, data: JsonValue, pointer: str) -> Any:
    """Report each literal null in `data`, a value field that holds a `template`, a `literal` or a `schema`.

    Returns the value; in a literal, where nothing is evaluated later, `{{null}}` becomes null here.
    """
    _report(complain, data, pointer, in_schema=holds == "schema", in_list=False)
    return _evaluated(data) if holds == "literal" else data


def _report(complain: Complain, data: JsonValue, pointer: str, *, in_schema: bool, in_list: bool) -> None:
    if isinstance(data, dict):
        for key, value in data.items():
            _report(complain, value, join(pointer, key), in_schema=in_schema, in_list=False)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _report(complain, value, join(pointer, index), in_schema=in_schema, in_list=True)
    elif data is None and not (in_schema and in_list):  # `enum: [a, null]` survives kubectl
        message = "kubectl drops a literal null"
        if in_schema:
            fix = Fix('say it with `type: "null"` or `enum: [null]`, or remove it', pointer, edit="remove")
        else:
            message += ", so write it as an expression"
            fix = Fix(f'write "{_NULL}"', pointer, _NULL, "set")
        complain("WF-108", message, pointer, seen=None, fix=fix)


def _evaluated(data: JsonValue) -> JsonValue:
    if isinstance(data, dict):
        return {key: _evaluated(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_evaluated(value) for value in data]
    if isinstance(data, str) and data.startswith("{{") and data.endswith("}}") and data[2:-2].strip() == "null":
        return None
    return data
