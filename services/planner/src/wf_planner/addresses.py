"""Which workflow holds an address of its own, where several ask for one.

Whoever has it keeps it, however often he is changed. When he lets go, it passes to the one that has asked longest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from wfcore.bundle import Route
from wfcore.diagnostics import ObjectRef
from wfcore.events import rfc3339
from wfcore.messages import Condition

CONDITION = "RouteConflict"

_PARAMETER = re.compile(r"{[^/{}]*}")


class Addresses:
    """Who asks for what, of all namespaces: a path names none."""

    def __init__(self) -> None:
        """Nobody asks for anything."""
        self._asked: dict[ObjectRef, Route] = {}
        self._queues: dict[str, list[ObjectRef]] = {}
        """By shape: the first one holds it, the others wait."""

    def ask(self, ref: ObjectRef, route: Route | None) -> list[ObjectRef]:
        """A workflow asks for this address, and for no other any more; returns all whose own address stands anew."""
        before = self._asked.pop(ref, None)
        left = before is not None and (route is None or _shape(before) != _shape(route))
        touched = self._leave(ref, _shape(before)) if before is not None and left else []
        if route is not None:
            self._asked[ref] = route
            queue = self._queues.setdefault(_shape(route), [])
            if ref not in queue:
                queue.append(ref)
        return touched

    def _leave(self, ref: ObjectRef, shape: str) -> list[ObjectRef]:
        queue = self._queues[shape]
        held = queue[0] == ref
        queue.remove(ref)
        if not queue:
            del self._queues[shape]
        return list(queue) if held else []

    def holder(self, ref: ObjectRef) -> ObjectRef | None:
        """Who has the address that this workflow asks for, often itself; None where it asks for none."""
        route = self._asked.get(ref)
        return None if route is None else self._queues[_shape(route)][0]

    def refused(self, ref: ObjectRef) -> bool:
        """Whether it asks for an address that another one has."""
        return self.holder(ref) not in (None, ref)

    def conditions(self, ref: ObjectRef, before: Mapping[str, Condition], at: int) -> list[Condition]:
        """How its address stands, as Kubernetes writes it; nothing where it asks for none."""
        holder = self.holder(ref)
        if holder is None:
            return []
        route = self._asked[ref]
        address = f"{route.method} {route.path}"
        said = ("False", "Held", address)
        if holder != ref:
            said = ("True", "AddressTaken", f"{address} is the address of {holder}, which had it first")
        held = before.get(CONDITION)
        since = held.last_transition_time if held is not None and held.status == said[0] else rfc3339(at)
        return [Condition(CONDITION, *said, since)]  # type: ignore[arg-type]


def _shape(route: Route) -> str:
    """The same for all routes that the same requests would reach: what a parameter is called does not count."""
    return f"{route.method} {unquote(_PARAMETER.sub('{}', route.path))}"
