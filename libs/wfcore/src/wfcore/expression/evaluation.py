"""One evaluation of one expression: what it reads, the variables of its macros, and the work it may still do."""

from collections.abc import Mapping
from typing import Any

from wfcore.expression.errors import Exhausted

Scope = Mapping[str, Any]

MAX_STEPS = 1_000_000
"""About a tenth of a second of work. A step is one operation inside a macro, for one element; one element that is
produced or looked through; or 64 characters."""

_CHARACTERS = 64
"""So many characters cost one step."""


class Evaluation:
    """Handed to every closure. `variables` has a place for each macro around the current one."""

    __slots__ = ("scope", "steps", "variables")

    def __init__(self, scope: Scope, variables: int) -> None:
        self.scope = scope
        self.steps = MAX_STEPS
        self.variables: list[Any] = [None] * variables

    def spend(self, steps: int) -> None:
        """Pay for work before it is done. Raises Exhausted."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted

    def spend_text(self, characters: int) -> None:
        """Pay for characters that are produced or looked through. Raises Exhausted."""
        self.steps -= characters // _CHARACTERS
        if self.steps < 0:
            raise Exhausted
