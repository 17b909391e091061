"""YAML events become plain data, counted before anything grows.

libyaml only delivers events: what a scalar means, what a key may be and how much is allowed is decided here.
"""

from typing import Any, Final

import yaml
from msgspec import UNSET, Struct
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from wfcore.diagnostics import Fix
from wfcore.source import quoting, scalars
from wfcore.source.faults import Event, Faults, StopError, short
from wfcore.source.positions import Mark, Member, Node, join

JsonValue = Any
"""None, bool, int, float, str, or lists and dicts (keys are str) of these."""

MAX_EVENTS: Final = 20_000
MAX_DEPTH: Final = 100

_TAG_PREFIX = "tag:yaml.org,2002:"
_HARMLESS_TAGS = {"!", _TAG_PREFIX + "str", _TAG_PREFIX + "map", _TAG_PREFIX + "seq"}
_TRUE_OR_FALSE = {"y": "true", "yes": "true", "on": "true", "n": "false", "no": "false", "off": "false"}


class Built(Struct, frozen=True):
    """A finished value, how many events it took and how deep it is: what an alias to it costs."""

    data: JsonValue
    node: Node
    events: int = 1
    height: int = 0


class Builder:
    """Builds one document from the events of a loader. Used once."""

    def __init__(self, loader: yaml.CSafeLoader, text: str, faults: Faults) -> None:
        self.root: Built | None = None
        """The mapping at the top, as far as it is read."""
        self.pointer = ""
        """The value that was begun last."""
        self._loader = loader
        self._text = text
        self._faults = faults
        self._events = 0
        self._anchors: dict[str, Built] = {}

    def document(self) -> Built | None:
        """Read the document; None where there is none. Raises StopError and the errors of the parser."""
        built: Built | None = None
        while self._loader.check_event():
            if isinstance(self._loader.get_event(), DocumentStartEvent):
                built = self._build(self._next(), "", 1)
        return built

    def _next(self) -> Event:
        event = self._loader.get_event()
        self._events += 1
        if self._events > MAX_EVENTS:
            self._stop(f"the document has more than {MAX_EVENTS} parts", event, seen=MAX_EVENTS)
        return event

    def _build(self, event: Event, pointer: str, depth: int) -> Built:
        self.pointer = pointer
        before = self._events
        if isinstance(event, AliasEvent):
            return self._alias(event, pointer, depth)
        if isinstance(event, ScalarEvent):
            data, node, height = (
                self._scalar(event, pointer),
                Node(self._faults.mark(event), inner=self._inner(event)),
                0,
            )
        else:
            if depth > MAX_DEPTH:
                self._stop(f"the document is nested deeper than {MAX_DEPTH} levels", event)
            fill = self._mapping if isinstance(event, MappingStartEvent) else self._sequence
            data, node, height = fill(event, pointer, depth)
            self._check_tag(event, pointer, UNSET)
        built = Built(data, node, self._events - before + 1, height)
        if event.anchor:
            self._anchors[event.anchor] = built
        return built

    def _inner(self, event: Event) -> int | None:
        start, end = event.start_mark.index, event.end_mark.index
        quotes = 1 if event.style in ("'", '"') else 0
        return quotes if self._text[start + quotes : end - quotes] == event.value else None

    def _alias(self, event: Event, pointer: str, depth: int) -> Built:
        known = self._anchors.get(event.anchor)
        if known is None:
            message = f"`*{event.anchor}` repeats a value, but no `&{event.anchor}` is complete before it"
            self._complain("WF-105", message, pointer, event)
            return Built(None, Node(self._faults.mark(event)))
        self._events += known.events
        if self._events > MAX_EVENTS:
            self._stop(f"with its aliases written out the document has more than {MAX_EVENTS} parts", event)
        if depth + known.height > MAX_DEPTH + 1:
            self._stop(f"with its aliases written out the document is deeper than {MAX_DEPTH} levels", event)
        return Built(known.data, Node(self._faults.mark(event), known.node.members), 1, known.height)

    def _sequence(self, start: Event, pointer: str, depth: int) -> tuple[JsonValue, Node, int]:
        data: list[JsonValue] = []
        members: list[Node] = []
        height = 0
        while not isinstance(event := self._next(), SequenceEndEvent):
            built = self._build(event, join(pointer, len(data)), depth + 1)
            data.append(built.data)
            members.append(built.node)
            height = max(height, built.height)
        return data, Node(self._faults.mark(start), members), height + 1

    def _mapping(self, start: Event, pointer: str, depth: int) -> tuple[JsonValue, Node, int]:
        data: dict[str, JsonValue] = {}
        members: dict[str, Member] = {}
        merged: list[Built] = []
        node = Node(self._faults.mark(start), members)
        if depth == 1:
            self.root = Built(data, node)
        height, braces = 0, False
        while not isinstance(event := self._next(), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                braces = self._key_that_is_no_text(start, event, pointer) or braces
                continue
            if event.value == "<<" and event.implicit[0]:
                merged.append(self._build(self._next(), join(pointer, "<<"), depth + 1))
                continue
            key = self._key(event, pointer)
            if key in members:
                self._complain_of_second(key, members[key].key, pointer, event)
            built = self._build(self._next(), join(pointer, key), depth + 1)
            data[key] = built.data
            members[key] = Member(self._faults.mark(event), built.node)
            height = max(height, built.height)
        if braces:
            return self._braces(start, event, pointer), Node(node.mark), 0
        for built in merged:
            height = max(height, built.height)
            self._merge(built, data, members, pointer)
        return data, node, height + 1

    def _merge(self, built: Built, data: dict[str, JsonValue], members: dict[str, Member], pointer: str) -> None:
        """`<<: *base` and `<<: [*first, *second]`: what is written here wins, then the earlier one."""
        pairs: list[tuple[JsonValue, Node]] = [(built.data, built.node)]
        if isinstance(built.node.members, list):
            pairs = list(zip(built.data, built.node.members, strict=True))
        for base, node in pairs:
            if not isinstance(base, dict) or not isinstance(node.members, dict):
                message = "`<<` merges mappings, and this is none; to have a key named `<<`, put it in quotes"
                self._faults.add("WF-105", message, join(pointer, "<<"), built.node.mark)
                continue
            for key, value in base.items():
                data.setdefault(key, value)
                members.setdefault(key, node.members[key])

    def _scalar(self, event: Event, pointer: str) -> JsonValue:
        text: str = event.value
        if event.tag is not None:
            self._check_tag(event, pointer, text)
            return text
        if not event.implicit[0]:
            return text
        reading = scalars.resolve(text)
        if reading.trap:
            fix = Fix(f"write {quoting.quoted(text)} in quotes{_or_plain(text)}", pointer, text, "set")
            self._complain("WF-104", f"`{text}` is ambiguous: {reading.trap}", pointer, event, seen=text, fix=fix)
        elif reading.refused:
            fix = Fix(f"as text: {quoting.quoted(text)}", pointer, text, "set")
            self._complain("WF-107", f"`{short(text)}`: {reading.refused}", pointer, event, seen=text, fix=fix)
        return reading.value

    def _key(self, event: Event, pointer: str) -> str:
        text: str = event.value
        if event.tag is None and event.implicit[0]:
            reading = scalars.resolve(text)
            # An integer key, say a status code, becomes its text everywhere, so it is no trap.
            if not isinstance(reading.value, str | int) or isinstance(reading.value, bool) or reading.trap:
                reason = reading.trap or "a key is text, and YAML reads something else here"
                place = join(pointer, text)
                fix = Fix(f"write {quoting.quoted(text)} in quotes", place, text, "rename")
                self._complain("WF-104", f"the key `{text}` is ambiguous: {reason}", place, event, seen=text, fix=fix)
        return text

    def _complain_of_second(self, key: str, first: Mark, pointer: str, event: Event) -> None:
        message = f"the key `{short(key)}` stands twice here, first in line {first.line}"
        place = join(pointer, key)
        self._complain("WF-103", message, place, event, seen=key, fix=Fix("keep one of the two", place))

    def _key_that_is_no_text(self, start: Event, event: Event, pointer: str) -> bool:
        """Skip a key that is a mapping, sequence or alias. True where it is the inside of an unquoted `{{…}}`."""
        adjacent: bool = event.start_mark.index == start.start_mark.index + 1
        inside = adjacent and isinstance(event, MappingStartEvent)
        self._skip(event)
        self._skip(self._next())
        if not inside:
            message = "a key must be text, this one is a mapping, a sequence or an alias"
            self._complain("WF-107", message, pointer, event, fix=Fix("write the key as text", pointer))
        return inside

    def _skip(self, event: Event) -> None:
        open_ = 0
        while True:
            if isinstance(event, MappingStartEvent | SequenceStartEvent):
                open_ += 1
            elif isinstance(event, MappingEndEvent | SequenceEndEvent):
                open_ -= 1
            if open_ == 0:
                return
            event = self._next()

    def _braces(self, start: Event, end: Event, pointer: str) -> str:
        text = self._text[start.start_mark.index : end.end_mark.index]
        fix = Fix(f"quote the expression: {quoting.quoted(text)}", pointer, text, "set")
        message = f"without quotes YAML reads `{short(text)}` as a mapping: quote the expression"
        self._complain("WF-106", message, pointer, start, seen=text, fix=fix)
        return text

    def _check_tag(self, event: Event, pointer: str, text: Any) -> None:
        tag: str | None = event.tag
        if tag is None or tag in _HARMLESS_TAGS:
            return
        shown = tag.replace(_TAG_PREFIX, "!!")
        message = f"the tag `{short(shown)}` means nothing in JSON; definitions are plain JSON values"
        if text is UNSET:
            fix = Fix("take the tag away", pointer)
        else:
            fix = Fix(f"without the tag, as text: {quoting.quoted(short(text))}", pointer, text, "set")
        self._complain("WF-105", message, pointer, event, seen=shown, fix=fix)

    def _complain(
        self, code: str, message: str, pointer: str, event: Event, *, seen: Any = UNSET, fix: Fix | None = None
    ) -> None:
        self._faults.add(code, message, pointer, self._faults.mark(event), seen=seen, fix=fix)

    def _stop(self, message: str, event: Event, seen: Any = UNSET) -> None:
        fix = Fix("split it into smaller objects", "")
        self._complain("WF-102", message, self.pointer, event, seen=seen, fix=fix)
        raise StopError


def _or_plain(text: str) -> str:
    meant = _TRUE_OR_FALSE.get(text.lower())
    return f", or {meant} if you mean yes or no" if meant else ""
