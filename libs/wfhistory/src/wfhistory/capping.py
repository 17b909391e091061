"""How much of what a run carried is kept: 64 KiB of one body, 2 MiB of one run.

A body that is cut becomes its size, its SHA-256 and the word `truncated`; the largest go first. Pure: event data in
msgpack goes in and comes out, and data that is small enough is not even decoded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

BODY_LIMIT = 64 * 1024
RUN_LIMIT = 2 * 1024 * 1024

_WORTH_CUTTING = 256
"""A smaller body hardly shrinks when it becomes a hash."""

_DECODER = msgspec.msgpack.Decoder()
_ENCODER = msgspec.msgpack.Encoder()


def capped(data: Sequence[bytes], budget: int = RUN_LIMIT) -> list[bytes]:
    """The data of a run's events: no body above 64 KiB and, as far as bodies can give way, `budget` bytes in all."""
    kept = [_without_giants(item) for item in data]
    total = sum(map(len, kept))
    return kept if total <= budget else _within(kept, total - budget)


def _without_giants(item: bytes) -> bytes:
    if len(item) <= BODY_LIMIT:
        return item
    tree = _DECODER.decode(item)
    for found in _bodies(tree):
        if len(found["data"]) > BODY_LIMIT:
            _cut(found)
    return _ENCODER.encode(tree)


def _within(data: list[bytes], excess: int) -> list[bytes]:
    trees = {place: _DECODER.decode(item) for place, item in enumerate(data) if len(item) > _WORTH_CUTTING}
    found = [(len(body["data"]), place, body) for place, tree in trees.items() for body in _bodies(tree)]
    touched = set()
    for size, place, body in sorted(found, key=lambda one: -one[0]):
        if excess <= 0 or size <= _WORTH_CUTTING:
            break
        _cut(body)
        touched.add(place)
        excess -= size - _WORTH_CUTTING // 2
    return [_ENCODER.encode(trees[place]) if place in touched else item for place, item in enumerate(data)]


def _bodies(tree: Any) -> Iterator[dict[str, Any]]:
    """Every Body in the data of an event. What users sent is opaque bytes, so nothing of theirs can look like one."""
    if isinstance(tree, dict):
        if isinstance(tree.get("data"), bytes):
            yield tree
        else:
            for value in tree.values():
                yield from _bodies(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _bodies(value)


def _cut(body: dict[str, Any]) -> None:
    data = body["data"]
    body.update(data=b"", size=body.get("size") or len(data), cut="truncated", sha256=hashlib.sha256(data).hexdigest())
