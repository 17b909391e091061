"""The list of a forEach: one `{{…}}` that is always a list, and what its items are."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from wfcore import schema as schemas
from wfcore.diagnostics import Fix
from wfcore.expression import ANY_TYPE
from wfcore.schema import JsonSchema
from wfcore.schema.walking import Place, place
from wfcore.source import quoted
from wfcore.template.tree import Constant, Whole, spliced
from wfcore.validation.findings import Findings
from wfcore.validation.templates import Parsed, Typed

MAX_ITEMS = 1000
"""More items no run takes."""


class Items(Struct, frozen=True):
    """What a forEach ranges over."""

    item: JsonSchema
    known: bool
    """Something can be said about an item."""
    least: int = 0
    most: int | None = None


_UNKNOWN = Items({}, False)


def items_of(findings: Findings, parsed: Parsed, typed: Typed, pointer: str) -> Items:
    """What the items are; tells where the text at `pointer` is no list."""
    if typed.vague:
        return _UNKNOWN
    written, root = parsed.template.value, parsed.template.root
    if not isinstance(root, Whole) and not (isinstance(root, Constant) and isinstance(root.value, list)):
        _tell_text(findings, str(written), pointer)
        return _UNKNOWN
    types = schemas.types_of(typed.schema)
    if types not in (ANY_TYPE, {"array"}):
        message = f"a forEach ranges over a list, this is {' or '.join(sorted(types))}"
        code = "WF-505" if types == {"array", "null"} else "WF-507"
        findings.add(code, message, pointer, seen=written, fix=Fix("give a list, if need be by a condition", pointer))
    elif typed.absent and isinstance(root, Whole):
        source = root.hole.expression.text
        better = spliced(root.hole.string, root.hole.offset, source, f"{source}.orValue([])")
        fix = Fix(f"write {quoted(str(better))}", pointer, better, "set")
        findings.add("WF-504", "the list may be absent", pointer, seen=written, fix=fix)
    elif types == ANY_TYPE:
        message = "nothing says that this is a list, so it is found out in each run"
        findings.add("WF-605", message, pointer, seen=written, fix=Fix("declare its type", pointer), severity="warning")
    else:
        return _items(typed.schema)
    return _UNKNOWN


def _tell_text(findings: Findings, written: str, pointer: str) -> None:
    message = "`items` is a text; it must be one `{{…}}` that gives a list"
    better = f"{{{{{written.strip()}}}}}"
    fix = Fix(f"write {quoted(better)}", pointer, better, "set") if "{{" not in written else None
    findings.add("WF-507", message, pointer, seen=written, fix=fix or Fix("write one `{{…}}`", pointer))


def _items(schema: JsonSchema) -> Items:
    where = place(schema)
    least, most = _length(where, _least, min, max) or 0, _length(where, _most, max, min)
    match schemas.item_of(schema):
        case schemas.Found(schema=item):
            return Items(item, True, least, most)
        case schemas.Unknown():
            return Items({}, True, least, most)
    return Items({}, False, least, 0)


Several = Callable[[list[int]], int]


def _length(where: Place, plain: Callable[[dict[str, Any]], int | None], either: Several, both: Several) -> int | None:
    """The length of a list, as the schema or each of its alternatives says it; None where one says nothing."""
    schema = where.folded()
    if not isinstance(schema, dict):
        return None
    said = [length] if (length := plain(schema)) is not None else []
    for inner in schema.get("allOf", ()):
        length = _length(Place(inner, where.document), plain, either, both)
        said += [] if length is None else [length]
    for keyword in ("anyOf", "oneOf"):
        ways = [_length(Place(way, where.document), plain, either, both) for way in schema.get(keyword, ())]
        known = [way for way in ways if way is not None]
        said += [either(known)] if ways and len(known) == len(ways) else []
    return both(said) if said else None


def _least(schema: dict[str, Any]) -> int | None:
    if isinstance(schema.get("const"), list):
        return len(schema["const"])
    found = schema.get("minItems")
    return None if found is None else int(found)


def _most(schema: dict[str, Any]) -> int | None:
    if isinstance(schema.get("const"), list):
        return len(schema["const"])
    lists = [len(value) for value in schema.get("enum", ()) if isinstance(value, list)]
    said = [max(lists)] if lists else []
    said += [int(schema["maxItems"])] if "maxItems" in schema else []
    said += [len(schema.get("prefixItems", ()))] if schema.get("items") is False else []
    return min(said) if said else None
