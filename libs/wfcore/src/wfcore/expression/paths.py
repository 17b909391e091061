"""The type of a path: followed through the schemas as it will be followed through the data.

Whatever would break in a run is told here, with the step at which it breaks. As in CEL, all steps behind an optional
one are optional too.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wfcore import schema as schemas
from wfcore.expression import narrowing, types
from wfcore.expression.narrowing import Fact, Key
from wfcore.expression.problem import ProblemKind
from wfcore.expression.refusals import Refusals, advice, nearest_names
from wfcore.expression.scopes import Level
from wfcore.expression.tree import Field, Has, Index, Literal, Name, Node, written
from wfcore.expression.types import TOLD, Typed
from wfcore.schema.walking import Inner, Place, place

if TYPE_CHECKING:
    from wfcore.expression.checking import Checker, Known, Use

Step = Field | Index


def path(checker: "Checker", node: Name | Step, known: "Known", use: "Use") -> Typed:
    """Type a name, or steps behind anything."""
    first, steps = _unrolled(node)
    walk = _Walk(checker, known, use, first, steps)
    return walk.finished(walk.start())


def has(checker: "Checker", node: Has, known: "Known") -> Typed:
    """Type `has(a.b)`: `a` must be an object that may have a `b`."""
    first, steps = _unrolled(node.operand)
    walk = _Walk(checker, known, "optional", first, steps, tested=node)
    walk.finished(walk.start())
    return types.BOOLEAN


def _unrolled(node: Node) -> tuple[Node, list[Step]]:
    steps: list[Step] = []
    while isinstance(node, Field | Index):
        steps.append(node)
        node = node.target
    return node, steps[::-1]


class _Walk:
    """One path being followed."""

    def __init__(
        self,
        checker: "Checker",
        known: "Known",
        use: "Use",
        first: Node,
        steps: list[Step],
        tested: Has | None = None,
    ) -> None:
        self.checker = checker
        self.refusals: Refusals = checker.refusals
        self.known = known
        self.use = use
        self.first = first
        self.steps = steps
        self.test = tested
        self.tested: Step | None = tested.operand if tested is not None else None
        """The step that has() asks for: it may be missing, but not in what has no fields."""
        self.key: Key | None = narrowing.key_of(first)
        self.broken: tuple[int, ProblemKind, str] | None = None
        """The first step that needs a `?`, and why."""

    def start(self) -> Typed:
        """Follow the whole path."""
        if isinstance(self.first, Name) and self.first.name not in self.known.variables:
            return self._listed(self.first)
        if isinstance(self.first, Name):
            found = self._narrowed(self.known.variables[self.first.name])
        else:
            found = self.checker.check(self.first, self.known, "optional")
        return self._followed(found, 0)

    def finished(self, found: Typed) -> Typed:
        """Tell what needs a `?`; with the fix the path is an optional, and has a default where a value is needed."""
        if self.broken is None:
            return found
        at, kind, message = self.broken
        step = self.steps[at]
        text, end = self.refusals.text, self.steps[-1].end
        for later in reversed(self.steps[at:]):
            text = _marked(text, later)
        end += len(text) - len(self.refusals.text)
        if self.test is not None:
            asked = text[self.test.operand.start : end] + ".hasValue()"
            text = self.refusals.with_text(self.test.start, self.test.end, asked)
        elif self.use == "value":
            text = f"{text[:end]}.orValue({types.default_for(found.types())}){text[end:]}"
        self.refusals.tell(kind, step, message, offset=_key_start(step), seen=_seen(step), fix=text)
        return replace(found, optional=self.use == "optional", absent=self.use == "optional")

    # --- through the scope -----------------------------------------------------------------------------------------

    def _listed(self, root: Name) -> Typed:
        level: Level = self.checker.scope
        name, offset, absent, marked = root.name, root.start, False, False
        for at in range(len(self.steps) + 1):
            step = self.steps[at - 1] if at else None
            if step is not None:
                constant = _constant(step)
                if not isinstance(constant, str):
                    return self._incomplete(step)
                name, offset = constant, _key_start(step)
                self.key = (*self.key, name) if self.key is not None else None
            found = level.listed(name)
            if isinstance(found, schemas.Missing):
                return self._unlisted(level, step, name, offset, found.declared)
            fact = self._fact()
            marked = marked or (step is not None and step.optional)
            optional = found.optional and not (fact is not None and fact.present)
            if step is not None:
                if optional and not marked and step is not self.tested:
                    self._need_mark(at - 1, "optional-as-value", f"`{self._through(step)}` may be absent")
                absent = absent or optional
            if isinstance(found.entry, Place):
                listed = self._narrowed(Typed(found.entry, marked, absent and marked))
                return self._followed(listed, at)
            level = found.entry
        return self._incomplete(self.first)

    def _unlisted(self, level: Level, step: Step | None, name: str, offset: int, declared: tuple[str, ...]) -> Typed:
        """No such name. One that an enclosing scope has is read there."""
        if level.kind == "task" and step is not None:
            self._unknown_step(step, name, declared)
            return TOLD
        task = level.kind == "tasks"
        reason = f"there is no task `{name}`" if task else f"`{name}` is not known here"
        outer = self.checker.scope.enclosing_with(name, task=task) if step is None or self.steps[:1] == [step] else None
        nearest: tuple[str, ...] = ()
        if outer is not None:
            start, end, correct = self.first.start, self.first.end, f"{outer}.{self._first_name()}"
            reason = f"{reason}, but in an enclosing scope: write {outer}.{'tasks.' if task else ''}{name}"
        else:
            known = declared if step is not None else [*declared, *self.known.variables]
            nearest, reason = nearest_names(name, known), reason + advice(nearest_names(name, known), known)
            start, end = (self._end_before(step), step.end) if step is not None else (offset, offset + len(name))
            correct = "" if not nearest else nearest[0] if step is None else _written(nearest[0], step.optional)
        fix = self.refusals.with_text(start, end, correct) if correct else None
        self.refusals.tell("unknown-name", self.first, reason, offset=offset, seen=name, candidates=nearest, fix=fix)
        return TOLD

    def _first_name(self) -> str:
        return self.first.name if isinstance(self.first, Name) else ""

    def _incomplete(self, node: Node) -> Typed:
        end = node.end if isinstance(node, Field | Index) else self.first.end
        before = self.refusals.text[self.first.start : end]
        message = f"`{before}` is no value: read one thing by its name, as in tasks.<id>.output"
        self.refusals.tell("type", self.first, message, seen=before)
        return TOLD

    # --- through values --------------------------------------------------------------------------------------------

    def _followed(self, found: Typed, done: int) -> Typed:
        for at in range(done, len(self.steps)):
            step = self.steps[at]
            constant = _constant(step)
            self.key = _key_behind(self.key, step, constant)
            optional = step.optional or found.optional
            if constant is None:
                found = self._chosen(found, step, at, optional)
            else:
                found = self._stepped(found, step, constant, at, optional)
            found = self._narrowed(replace(found, optional=optional, absent=found.absent and optional))
        return found

    def _stepped(self, found: Typed, step: Step, key: str | int, at: int, optional: bool) -> Typed:
        """One constant step further."""
        wanted = types.ARRAYS if isinstance(key, int) else types.OBJECTS
        nowhere = self._leads_nowhere(found, step, at, optional, wanted)
        if nowhere is not None:
            return nowhere
        sometimes = bool(found.types() - wanted)
        match found.place.item(key) if isinstance(key, int) else found.place.property(key):
            case schemas.Missing(declared):
                self._unknown_step(step, key, declared)
                return TOLD
            case schemas.Unknown():
                if not optional and step is not self.tested:
                    self._unproven(found, step)
                return Typed(place({}), absent=True, told=found.told or not optional)
            case Inner(inside, may_lack):
                fact = self._fact() or narrowing.Fact()
                lacks = not fact.present and (sometimes or (may_lack and not fact.keyed))
                if lacks and not optional and step is not self.tested and not found.told and not sometimes:
                    self._need_mark(at, "optional-as-value", f"`{self._through(step)}` may be absent")
                return Typed(inside, absent=found.absent or lacks, told=found.told)

    def _leads_nowhere(self, found: Typed, step: Step, at: int, optional: bool, wanted: frozenset[str]) -> Typed | None:
        """What there is behind a step into what has no such parts, or None; tells where it may break on these."""
        parts = "elements" if wanted == types.ARRAYS else "fields"
        if found.place.says_nothing():
            if not optional:
                self._unproven(found, step)
            return Typed(place({}), absent=True, told=found.told or not optional)
        seen = found.types()
        others = seen - wanted
        if not wanted & seen:
            if not found.told:
                message = f"`{self._before(step)}` is {types.spoken(others)}, which has no {parts}"
                self._tell(step, "type", message)
            return replace(TOLD, absent=True)
        if others and not optional and not found.told:
            message = f"`{self._before(step)}` may be {types.spoken(others)}, which has no {parts}"
            self._need_mark(at, "null-as-value" if others == types.NULLS else "type", message)
        return None

    def _chosen(self, found: Typed, step: Step, at: int, optional: bool) -> Typed:
        """One step further that is chosen only when it runs."""
        assert isinstance(step, Index)
        chooser = self.checker.check(step.key, self.known, "value")
        seen = found.types()
        if found.place.says_nothing():
            self.checker.fit(step.key, chooser, types.STRINGS | types.INTEGERS)
        by_name = seen & types.OBJECTS and not (seen & types.ARRAYS and chooser.types() <= types.NUMBERS)
        nowhere = self._leads_nowhere(found, step, at, optional, types.OBJECTS if by_name else types.ARRAYS)
        if nowhere is not None:
            return nowhere
        self.checker.fit(step.key, chooser, types.STRINGS if by_name else types.INTEGERS)
        if by_name:
            return self._property(found, step, at, optional)
        match found.place.item():
            case Inner(inside):
                sure = self._is_inside(chooser.place, types.lengths(found)[0])
                if not sure and not optional and not found.told:
                    self._unproven_index(step)
                return Typed(inside, absent=found.absent or not sure, told=found.told)
            case schemas.Missing():
                self._tell(step, "unknown-field", f"`{self._before(step)}` never has elements")
                return TOLD
        return Typed(place({}), absent=True, told=found.told)

    def _property(self, found: Typed, step: Index, at: int, optional: bool) -> Typed:
        fact = self._fact() or narrowing.Fact()
        sure = fact.present or (fact.keyed and found.types() == types.OBJECTS)
        if not sure and not optional and not found.told:
            self._need_mark(at, "optional-as-value", f"`{self._through(step)}` may be absent")
        return Typed(found.place.values(), absent=found.absent or not sure, told=found.told)

    def _is_inside(self, chooser: Place, shortest: int) -> bool:
        schema = chooser.folded()
        if not isinstance(schema, dict):
            return False
        least, most = schema.get("minimum", -1), schema.get("maximum", shortest)
        return bool(schema.get("type") == "integer" and least >= 0 and most < shortest)

    # --- what is known of the place --------------------------------------------------------------------------------

    def _fact(self) -> Fact | None:
        return self.known.facts.get(self.key) if self.key is not None and self.known.facts else None

    def _narrowed(self, found: Typed) -> Typed:
        fact = self._fact()
        if fact is None:
            return found
        return replace(found, place=fact.applied(found.place), absent=found.absent and not fact.present)

    # --- telling ---------------------------------------------------------------------------------------------------

    def _need_mark(self, at: int, kind: ProblemKind, reason: str) -> None:
        if self.broken is None:
            step = self.steps[at]
            constant = _constant(step)
            mark = written(constant, optional=True) if constant is not None else "[?…]"
            message = f"{reason}: write {mark}, and behind it orValue(…) where a value is needed"
            if self.test is not None:
                message = f"{reason}: ask with {mark} and hasValue()"
            self.broken = (at, kind, message)

    def _unproven(self, found: Typed, step: Step) -> None:
        if found.told:
            return
        message = f"nothing promises that `{self._before(step)}` has {_named(step)}: no schema says what it holds"
        text = self.refusals.text
        for later in reversed(self.steps[self.steps.index(step) :]):
            text = _marked(text, later)
        self.refusals.doubt(step, message, offset=_key_start(step), seen=_seen(step), fix=text)

    def _unproven_index(self, step: Index) -> None:
        message = f"nothing promises that `{self._before(step)}` is long enough for this index"
        fix = _marked(self.refusals.text, step)
        self.refusals.doubt(step, message, offset=step.key.start, seen=self.refusals.written(step.key), fix=fix)

    def _unknown_step(self, step: Step, key: str | int, declared: tuple[str, ...]) -> None:
        before = self._before(step)
        if isinstance(key, int):
            self._tell(step, "unknown-field", f"`{before}` never has an element {key}")
            return
        nearest = nearest_names(key, declared)
        fix = None
        if nearest:
            start = self._end_before(step)
            fix = self.refusals.with_text(start, step.end, written(nearest[0], optional=step.optional))
        offset = _key_start(step)
        message = f"`{before}` has no field `{key}`" + advice(nearest, declared)
        self.refusals.tell("unknown-field", step, message, offset=offset, seen=key, candidates=nearest, fix=fix)

    def _tell(self, step: Step, kind: ProblemKind, message: str) -> None:
        offset = _key_start(step)
        self.refusals.tell(kind, step, message, offset=offset, seen=_seen(step))

    def _end_before(self, step: Step) -> int:
        """Where the step begins in the text: behind its target and closing parentheses."""
        text = self.refusals.text
        sign = "." if isinstance(step, Field) else "["
        return text.index(sign, step.target.end)

    def _before(self, step: Step) -> str:
        return self.refusals.text[self.first.start : self._end_before(step)].strip()

    def _through(self, step: Step) -> str:
        return self.refusals.text[self.first.start : step.end].strip()


def _constant(step: Step) -> str | int | None:
    if isinstance(step, Field):
        return step.name
    key = step.key.value if isinstance(step.key, Literal) else None
    return key if isinstance(key, str | int) and not isinstance(key, bool) else None


def _key_behind(key: Key | None, step: Step, constant: str | int | None) -> Key | None:
    if key is None:
        return None
    if constant is not None:
        return (*key, constant)
    chosen = narrowing.key_of(step.key) if isinstance(step, Index) else None
    return None if chosen is None else (*key, chosen)


def _key_start(step: Step) -> int:
    return step.name_start if isinstance(step, Field) else step.key.start


def _written(name: str, optional: bool) -> str:
    return f".{name}" if name.startswith("$") else written(name, optional=optional)


def _seen(step: Step) -> str:
    constant = _constant(step)
    return "" if constant is None else str(constant)


def _marked(text: str, step: Step) -> str:
    """The text with a `?` in one step; what stands behind the step may have changed already."""
    if step.optional:
        return text
    at = step.name_start if isinstance(step, Field) else text.index("[", step.target.end) + 1
    return text[:at] + "?" + text[at:]


def _named(step: Step) -> str:
    constant = _constant(step)
    if isinstance(constant, int):
        return f"an element {constant}"
    return f"a field `{constant}`" if constant is not None else "what is chosen here"
