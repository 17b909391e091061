"""How to tell that a path does not fit its data: the place, the reason, the nearest name, the corrected text."""

import difflib
from collections.abc import Iterable
from itertools import takewhile

from wfcore.expression.problem import Problem, ProblemKind
from wfcore.expression.tree import Default, Path, Step, written

_LISTED_NAMES = 8


class Refusals:
    """The problems that one path may have."""

    def __init__(self, text: str, path: Path) -> None:
        self.text = text
        self.path = path

    def unknown_root(self, declared: Iterable[str]) -> Problem:
        """No such root."""
        name, start = self.path.root, self.path.offset
        nearest = _nearest(name, declared)
        fix = self._spliced(start, start + len(name), nearest[0]) if nearest else None
        message = f"`{name}` is not known here{_advice(nearest, declared)}"
        return Problem("", start, message, "unknown-name", name, nearest, fix)

    def unknown_step(self, step: Step, declared: Iterable[str]) -> Problem:
        """A closed object without this field, or an array that is never this long."""
        before = self._before(step)
        if isinstance(step.key, int):
            return self._problem(step, "unknown-field", f"`{before}` never has an element {step.key}")
        nearest = _nearest(step.key, declared)
        correct = written(nearest[0], optional=step.optional) if nearest else None
        fix = self._spliced(step.offset, step.end, correct) if correct is not None else None
        kind: ProblemKind = "unknown-name" if before == "tasks" else "unknown-field"
        reason = f"there is no task `{step.key}`" if before == "tasks" else f"`{before}` has no field `{step.key}`"
        return Problem("", step.key_offset, reason + _advice(nearest, declared), kind, step.key, nearest, fix)

    def incomplete(self) -> Problem:
        """`tasks` or `tasks.<id>` as a whole."""
        message = f"`{self.text.strip()}` is no value: read one output, as in tasks.<id>.output"
        return Problem("", self.path.offset, message, "type", "tasks")

    def never_a_container(self, step: Step, types: Iterable[str]) -> Problem:
        """A step into a value that has no parts of this sort."""
        is_a = " or ".join(sorted(types)) or "nothing"
        return self._problem(step, "type", f"`{self._before(step)}` is {is_a}, which has no {_parts(step)}")

    def not_always_a_container(self, step: Step, others: Iterable[str]) -> Problem:
        """A step into a value that only sometimes has parts of this sort."""
        may_be = " or ".join(sorted(others))
        message = f"`{self._before(step)}` may be {may_be}, which has no {_parts(step)}; {_ways_out(step)}"
        kind: ProblemKind = "null-as-value" if may_be == "null" else "type"
        return self._problem(step, kind, message, self._with_marks_from(step))

    def optional(self, step: Step) -> Problem:
        """An optional field or element read as if it were always there."""
        message = f"`{self._through(step)}` may be absent: {_ways_out(step)}"
        return self._problem(step, "optional-as-value", message, self._with_marks_from(step))

    def through_absent(self, step: Step) -> Problem:
        """A plain step behind an optional one."""
        message = f"`{self._before(step)}` may be absent: {_ways_out(step)}"
        return self._problem(step, "optional-as-value", message, self._with_marks_from(step))

    def needless_default(self, default: Default) -> Problem:
        """orValue() behind a path that is not optional."""
        message = f"`{self._before(default)}` is always there: orValue() does nothing (it does not replace null either)"
        fix = self._spliced(default.offset, default.end, "")
        return Problem("", default.offset, message, "type", "orValue", fix=fix)

    def unproven(self, step: Step) -> Problem:
        """A step into a value whose schema does not say what it holds: it breaks where the data has nothing there."""
        message = f"nothing promises that `{self._before(step)}` has {_named(step)}: no schema says what it holds"
        return self._problem(step, "unproven", message, self._with_marks_from(step))

    def _problem(self, step: Step, kind: ProblemKind, message: str, fix: str | None = None) -> Problem:
        return Problem("", step.key_offset, message, kind, str(step.key), fix=fix)

    def _before(self, step: Step | Default) -> str:
        return self.text[self.path.offset : step.offset].rstrip()

    def _through(self, step: Step) -> str:
        return self.text[self.path.offset : step.end]

    def _spliced(self, start: int, end: int, replacement: str) -> str:
        return self.text[:start] + replacement + self.text[end:]

    def _with_marks_from(self, first: Step) -> str:
        """The text with a `?` in this step and in those after it, which then may lead nowhere as well."""
        following = self.path.steps[self.path.steps.index(first) :]
        steps = [step for step in takewhile(lambda step: isinstance(step, Step), following) if isinstance(step, Step)]
        text = self.text
        for step in reversed(steps):
            text = text[: step.offset] + written(step.key, optional=True) + text[step.end :]
        return text


def _ways_out(step: Step) -> str:
    return f"write {written(step.key, optional=True)}, and behind it orValue(…) where a value is needed"


def _named(step: Step) -> str:
    return f"an element {step.key}" if isinstance(step.key, int) else f"a field `{step.key}`"


def _parts(step: Step) -> str:
    return "elements" if isinstance(step.key, int) else "fields"


def _nearest(name: str, declared: Iterable[str]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(name, sorted(declared), n=3))


def _advice(nearest: tuple[str, ...], declared: Iterable[str]) -> str:
    if nearest:
        return f": did you mean `{nearest[0]}`?"
    names = sorted(declared)
    more = f" and {len(names) - _LISTED_NAMES} more" if len(names) > _LISTED_NAMES else ""
    listed = ", ".join(f"`{name}`" for name in names[:_LISTED_NAMES]) or "nothing"
    return f"; there is {listed}{more}"
