"""What the steps ask of the values that they are given, and how to say that it is not so."""

from msgspec import Struct
from msgspec.structs import replace

from wfcore import expression
from wfcore import schema as schemas
from wfcore.expression import Inferred, Problem, ProblemKind
from wfcore.expression.tree import Binary, Conditional, Unary

_ANYTHING = schemas.types_of({})


class Demand(Struct, frozen=True):
    """The types that a value must have, and a literal to stand in where it may be absent."""

    types: frozenset[str]
    need: str
    default: str | None = None
    """None where an absent value does no harm."""


SOURCE = Demand(frozenset({"array"}), "a transform begins with a list", "[]")
LIST = Demand(frozenset({"array"}), "flatten needs a list for each item", "[]")
OBJECT = Demand(frozenset({"object"}), "select needs items that are objects")
SORT_KEY = Demand(
    frozenset({"number", "integer", "string", "boolean", "null"}), "a sort key is a number, a string or a boolean"
)


class Subject(Struct, frozen=True):
    """A value that something is asked of: where it is written, as what, and what to call it."""

    pointer: str
    text: str
    name: str


class Findings:
    """All that is told about one transform.

    Once something about the items as a whole is wrong or unproven, doubts only follow from it and are not told.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.doubts: list[Problem] = []
        self._is_vague = False

    def tell(self, problem: Problem) -> None:
        """Take down a problem or a doubt."""
        if problem.kind != "unproven":
            self.problems.append(problem)
        elif not self._is_vague:
            self.doubts.append(problem)

    def note(self, found: Inferred, pointer: str | None = None) -> None:
        """Take over what was told about a template, or about the expression at a pointer."""
        for problem in (*found.problems, *found.doubts):
            self.tell(problem if pointer is None else replace(problem, pointer=pointer))

    def items_are_vague(self) -> None:
        """From here on nothing certain is known about the items, and the reason was told."""
        self._is_vague = True

    def meets(self, demand: Demand, found: Inferred, subject: Subject) -> bool:
        """Whether the value has what is asked of it; tells what is wrong where it may not."""
        if found.problems:
            return False
        types = schemas.types_of(found.schema)
        others = " or ".join(sorted(types - demand.types))
        pointer, text, name = subject.pointer, subject.text, subject.name
        if found.absent and demand.default is not None:
            message = f"{name} may be absent, and {demand.need}: give a default with orValue(…)"
            fix = _with_default(text, demand.default)
            self.tell(Problem(pointer, 0, message, "optional-as-value", text, (), fix))
            return False
        if types == _ANYTHING:
            if not found.doubts:
                self.tell(Problem(pointer, 0, f"{name} has no declared type, and {demand.need}", "unproven", text))
            return False
        if others:
            verb = "may be" if types & demand.types else "is"
            kind: ProblemKind = "null-as-value" if others == "null" else "type"
            self.tell(Problem(pointer, 0, f"{name} {verb} {others}, and {demand.need}", kind, text))
            return False
        return True


def _with_default(text: str, default: str) -> str:
    """The same expression or `{{ expression }}`, with a value for the case that it has none."""
    bare = text.strip()
    if bare.startswith("{{"):
        return f"{{{{{_with_default(bare[2:-2], default)}}}}}"
    is_loose = isinstance(expression.parse(bare).body, Binary | Conditional | Unary)
    return f"({bare}).orValue({default})" if is_loose else f"{bare}.orValue({default})"
