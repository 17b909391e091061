"""From the text of an address to the JSON that an inputSchema describes.

A path and a query are text; which JSON is meant is said by the type that the schema gives a parameter. Where it
allows several, the first of integer, number, boolean, string, null counts that can be written so and that fits the
schema: null stands last, so that where text is welcome `null` is a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from msgspec import Struct

from wf_gateway.addresses import parameters_of
from wfcore import jsontext, schema
from wfcore.bundle import Route
from wfcore.diagnostics import did_you_mean
from wfcore.errors import WorkflowError
from wfcore.schema import Found, JsonSchema
from wfcore.schema.places import Document, pointer

BY_QUERY = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose input stands in path and query; that of the others stands in path and body."""

MOST = 1_000
"""Parameters in one query."""

_SHOWN = 60
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNREADABLE = object()


class Wrong(NamedTuple):
    """One fault of a parameter: where it would stand in the input, which rule, what is wrong."""

    pointer: str
    code: str
    detail: str


class ParametersInvalid(WorkflowError):
    """Path or query cannot be read; `wrong` lists every fault."""

    code = "PARAMETER_INVALID"

    def __init__(self, wrong: list[Wrong]) -> None:
        """At least one fault."""
        count = "1 parameter" if len(wrong) == 1 else f"{len(wrong)} parameters"
        super().__init__(f"{count} of the address cannot be used: {wrong[0].detail}")
        self.wrong = wrong


class Parameter(Struct, frozen=True):
    """One name in a path or a query, and what its text may mean."""

    name: str
    source: JsonSchema
    required: bool
    scalars: tuple[str, ...]
    """Types of a single value, in the order in which they are tried."""
    items: tuple[str, ...]
    """Types of an element where the parameter may be repeated; none where it may not."""
    accepts: Callable[[Any], bool]
    accepts_item: Callable[[Any], bool]

    def read(self, texts: Sequence[str]) -> Any:
        """The value that these texts mean, one text for each time the parameter was given; raises ValueError."""
        if len(texts) > 1 and not self.items:
            raise ValueError(f"`{self.name}` is given {len(texts)} times, and takes one value")
        readings = list(_readings(texts[0], self.scalars)) if len(texts) == 1 else []
        if self.items:
            elements = [_chosen(list(_readings(text, self.items)), self.accepts_item) for text in texts]
            if _UNREADABLE not in elements:
                readings.append(elements)
            elif not readings:
                raise ValueError(self._misread(texts[elements.index(_UNREADABLE)], self.items))
        found = _chosen(readings, self.accepts)
        if found is _UNREADABLE:
            raise ValueError(self._misread(texts[0], self.scalars))
        return found

    def _misread(self, text: str, types: tuple[str, ...]) -> str:
        shown = _SURROGATE.sub("\ufffd", text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
        each = "each value of " if types is self.items else ""
        return f"{each}`{self.name}` is {' or '.join(_WORDS[type] for type in types)}, and `{shown}` is not"


class Parameters:
    """All that the path and the query of a route may say."""

    def __init__(self, route: Route, source: JsonSchema) -> None:
        """`source` is the workflow's inputSchema."""
        in_path = parameters_of(route.path)
        declared = {name: _parameter(name, source) for name in (*in_path, *_names(source))}
        self.path = {name: _as_text(name) if (found := declared[name]) is None else found for name in in_path}
        asked = declared if route.method in BY_QUERY else {}
        self.query = {name: p for name, p in asked.items() if p is not None and name not in in_path}
        self._elsewhere = dict.fromkeys(in_path, "stands in the path")
        for name in declared.keys() - self.path.keys() - self.query.keys():
            shaped = "is no scalar and no list of scalars, so it cannot be written in an address"
            self._elsewhere[name] = shaped if route.method in BY_QUERY else "belongs into the body"

    def read(self, texts: Mapping[str, str], query: bytes) -> dict[str, Any]:
        """The part of the input that stands in an address; raises ParametersInvalid. What is absent is not judged."""
        found: dict[str, Any] = {}
        wrong: list[Wrong] = []
        given = [(self.path[name], name, [text]) for name, text in texts.items()]
        for name, values in _split(query).items():
            if name in self.query:
                given.append((self.query[name], name, values))
            else:
                wrong.append(Wrong(pointer((name,)), "unknown", self._unknown(name)))
        for parameter, name, values in given:
            try:
                found[name] = parameter.read(values)
            except ValueError as error:
                wrong.append(Wrong(pointer((name,)), "type", str(error)))
        if wrong:
            raise ParametersInvalid(wrong)
        return found

    def _unknown(self, name: str) -> str:
        shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
        if name in self._elsewhere:
            return f"`{shown}` {self._elsewhere[name]}"
        return f"unknown parameter `{shown}`{did_you_mean(name, self.query)}"


def _split(query: bytes) -> dict[str, list[str]]:
    """The values of each name, in order."""
    if not query:
        return {}
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except UnicodeError:
        raise ParametersInvalid([Wrong("", "encoding", "the query is not percent-encoded UTF-8")]) from None
    except ValueError:
        raise ParametersInvalid([Wrong("", "maxItems", f"the query has more than {MOST} parameters")]) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


# --- what a text may mean -------------------------------------------------------------------------


def _integer(text: str) -> Any:
    if not _INTEGER.fullmatch(text) or len(text) > 17 or abs(int(text)) > jsontext.MAX_INTEGER:
        return _UNREADABLE
    return int(text)


def _number(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return _UNREADABLE
    try:
        return jsontext.decode(text.encode())
    except jsontext.JsonTextError:
        return _UNREADABLE


def _text(text: str) -> Any:
    # Percent-encoded bytes that are no UTF-8 arrive as surrogates.
    return text if text.isascii() or not _SURROGATE.search(text) else _UNREADABLE


def _word(**words: Any) -> Callable[[str], Any]:
    return lambda text: words.get(text, _UNREADABLE)


_READ: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _word(true=True, false=False),
    "string": _text,
    "null": _word(null=None),
}
"""In the order in which they are tried."""

_WORDS = {
    "integer": "an integer (exact up to 2^53)",
    "number": "a number",
    "boolean": "`true` or `false`",
    "string": "a text (in percent-encoded UTF-8)",
    "null": "`null`",
}


def _readings(text: str, types: tuple[str, ...]) -> Iterator[Any]:
    return (value for type in types if (value := _READ[type](text)) is not _UNREADABLE)


def _chosen(readings: list[Any], accepts: Callable[[Any], bool]) -> Any:
    """The first that is accepted; where none is, the first: what is wrong with it is told with all other violations."""
    if len(readings) < 2:
        return readings[0] if readings else _UNREADABLE
    return next((reading for reading in readings if accepts(reading)), readings[0])


# --- what a schema says ---------------------------------------------------------------------------


def _parameter(name: str, source: JsonSchema) -> Parameter | None:
    """What a property means as a parameter; None where text cannot say it."""
    inside = schema.property_of(source, name)
    if not isinstance(inside, Found):
        return None
    types = schema.types_of(inside.schema)
    if "object" in types:
        return None
    items: tuple[str, ...] = ()
    accepts_item: Callable[[Any], bool] = _anything
    if "array" in types:
        element = schema.item_of(inside.schema)
        if not isinstance(element, Found) or schema.types_of(element.schema) & {"object", "array"}:
            return None
        items = _in_order(schema.types_of(element.schema))
        accepts_item = _judge(element.schema, ways=len(items))
    scalars = _in_order(types)
    accepts = _judge(inside.schema, ways=len(scalars) + bool(items))
    return Parameter(name, inside.schema, not inside.optional, scalars, items, accepts, accepts_item)


def _as_text(name: str) -> Parameter:
    """A name in a path that the schema does not describe: the schema decides on its text."""
    return Parameter(name, {"type": "string"}, True, ("string",), (), _anything, _anything)


def _in_order(types: frozenset[str]) -> tuple[str, ...]:
    return tuple(type for type in _READ if type in types)


def _anything(_: Any) -> bool:
    return True


def _judge(source: JsonSchema, *, ways: int) -> Callable[[Any], bool]:
    """Tells which way of reading a text fits; where there is one only, nobody is asked."""
    return schema.compile(source).accepts if ways > 1 else _anything


def _names(source: JsonSchema) -> dict[str, None]:
    """Every property that the schema describes by name, in order."""
    document = Document(source)
    found: dict[str, None] = {}
    waiting, seen = [source], 0
    while waiting and seen < MOST:  # a schema may refer to itself
        part, seen = waiting.pop(0), seen + 1
        if not isinstance(part, dict):
            continue
        found.update(dict.fromkeys(part.get("properties", {})))
        for keyword in ("allOf", "anyOf", "oneOf"):
            waiting += part.get(keyword, [])
        if "$ref" in part:
            waiting.append(document.target(part["$ref"]))
    return found
