"""What a transform reads from its scope, through all its steps.

The items of `{{tasks.orders.output}}` are followed on their way: what a step reads as `item.total` is read at
`tasks.orders.output`, of every element, `total`; and what no step and not the result asks for is not read. A value
that is computed is the end of such a trace: what it is made of is read where it is made.
"""

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from wfcore import expression, template
from wfcore.expression import ABSENT, Expression, Read
from wfcore.expression.tree import Call, Field, Index, Literal, Name
from wfcore.expression.tree import Node as ExpressionNode
from wfcore.template import Template
from wfcore.template.tree import Node as TemplateNode
from wfcore.template.tree import Object, Whole
from wfcore.transform.tree import Clause, Distinct, Filter, Flatten, Map, Select, Sort, Step, Transform


def reads(transform: Transform) -> list[tuple[str, Read]]:
    """Return every path it reads, with the JSON Pointer of the string that reads it there.

    `Read.offset` counts inside that string. What reaches the result unchanged is read as a whole, and so is what only
    its length matters of. A place may be told more than once.
    """
    if not transform.steps:
        return template.reads(transform.source)
    tracing = _Tracing()
    item = tracing.elements(tracing.filled(transform.source.root, {}))
    for step in transform.steps:
        item = tracing.behind(step, item)
    tracing.use(item)
    return tracing.found()


class Trace(Struct, frozen=True):
    """A value that stands unchanged at a place of the scope; `pointer` and the read's offset tell who says so."""

    pointer: str
    read: Read

    def inside(self, *steps: str | int | None) -> "Trace":
        """What stands further inside."""
        return replace(self, read=self.read._replace(path=(*self.read.path, *steps)))

    def covers(self, other: "Trace") -> bool:
        """Whether the other one is read inside this one, or is the same place."""
        path = self.read.path
        return self.read.root == other.read.root and other.read.path[: len(path)] == path


Origin: TypeAlias = "Trace | Mapping[str, Origin] | None"
"""Where a value comes from: a place of the scope, an object of several such values, or somewhere told already."""

Locals: TypeAlias = Mapping[str, Origin]
"""The names that a step adds to the scope: `item` and `index`. The source has none, its `item` is that of a forEach."""


class _Tracing:
    def __init__(self) -> None:
        self._used: list[Trace] = []
        self._passed: list[Trace] = []
        """Read to be handed on or gone through. It has to be there, even if nobody asks for anything inside."""

    def found(self) -> list[tuple[str, Read]]:
        # Backwards, because what was gone through later may stand inside what was gone through before.
        for passed in reversed(self._passed):
            if not any(passed.covers(used) for used in self._used):
                self._used.append(passed)
        return [(used.pointer, used.read) for used in self._used]

    def behind(self, step: Step, item: Origin) -> Origin:
        """Where the items behind a step come from."""
        names: Locals = {"item": item, "index": None}
        match step:
            case Filter(clause) | Distinct(Clause() as clause):
                self._read(clause, names)
            case Sort(keys):
                for key in keys:
                    self._read(key.by, names)
            case Distinct():
                self.use(item)
            case Map(value):
                return self.filled(value.root, names)
            case Select(selected, pointer):
                return {
                    name: _resolved(f"{pointer}/{at}", Read("item", (name,), 0), names)
                    for at, name in enumerate(selected)
                }
            case Flatten(None):
                return self.elements(item)
            case Flatten(Clause(lists, pointer)):
                return self.elements(self._value(lists, pointer, 0, names))
        return item

    def elements(self, lists: Origin) -> Origin:
        """Where the elements of a list come from."""
        return lists.inside(None) if isinstance(lists, Trace) else None

    def filled(self, node: TemplateNode, names: Locals) -> Origin:
        """Where a filled template comes from."""
        match node:
            case Whole(hole):
                return self._value(hole.expression, hole.pointer, hole.offset, names)
            case Object(fields):
                return {key: self.filled(field, names) for key, field in fields}
        for pointer, read in template.reads(Template(None, node)):
            self.use(_resolved(pointer, read, names))
        return None

    def use(self, origin: Origin) -> None:
        """Take down that a value is used as a whole."""
        if isinstance(origin, Trace):
            self._used.append(origin)
        elif origin is not None:
            for inner in origin.values():
                self.use(inner)

    def _value(self, computed: Expression, pointer: str, offset: int, names: Locals) -> Origin:
        """Where the value of an expression comes from: a plain path is followed, anything else is read here."""
        path = _plain_path(computed)
        if path is None:
            self._read_all(computed, pointer, offset, names)
            return None
        origin = _resolved(pointer, path._replace(offset=offset + path.offset), names)
        self._passed += [origin] if isinstance(origin, Trace) else []
        return origin

    def _read(self, clause: Clause, names: Locals) -> None:
        self._read_all(clause.expression, clause.pointer, 0, names)

    def _read_all(self, computed: Expression, pointer: str, offset: int, names: Locals) -> None:
        for read in computed.reads():
            self.use(_resolved(pointer, read._replace(offset=offset + read.offset), names))


def _resolved(pointer: str, read: Read, names: Locals) -> Origin:
    """Where that comes from which a step, or the source, reads."""
    if read.root not in names:
        return Trace(pointer, read)
    origin, steps = names[read.root], read.path
    while steps and isinstance(origin, Mapping) and isinstance(steps[0], str):
        origin, steps = origin.get(steps[0]), steps[1:]
    if isinstance(origin, Trace):
        inside = origin.inside(*steps).read
        return Trace(pointer, inside._replace(offset=read.offset))
    return origin


def _plain_path(computed: Expression) -> Read | None:
    """The path that an expression is, if it is nothing else; it may end in `.orValue()` of a constant."""
    node = computed.body
    if isinstance(node, Call) and node.function == "orValue" and all(map(_is_constant, node.arguments)):
        node = node.target or node
    steps: list[str | int] = []
    while isinstance(node, Field | Index):
        key = node.name if isinstance(node, Field) else _constant_key(node.key)
        if key is None:
            return None
        steps.append(key)
        node = node.target
    return Read(node.name, tuple(reversed(steps)), node.start) if isinstance(node, Name) else None


def _constant_key(node: ExpressionNode) -> str | int | None:
    return node.value if isinstance(node, Literal) and type(node.value) in (str, int) else None


def _is_constant(node: ExpressionNode) -> bool:
    return expression.constant(Expression("", node)) is not ABSENT
