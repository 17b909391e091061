"""One closure for each node of the tree, put together from the closures of the nodes inside it."""

from collections.abc import Callable, Mapping
from typing import Any

from wfcore.expression.errors import EvaluationError, Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.functions import FUNCTIONS
from wfcore.expression.loops import loop
from wfcore.expression.operations import COMPARISONS, OPERATIONS, negate
from wfcore.expression.optionals import of_optional, unwrapped
from wfcore.expression.regex import compiled
from wfcore.expression.steps import Code, Step, fields_of_variable, names, place, step_into, walk
from wfcore.expression.tree import (
    Binary,
    Call,
    Conditional,
    Field,
    Has,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Name,
    Node,
    Unary,
)
from wfcore.expression.values import ABSENT, NONE, Optional, kind_of

Variables = Mapping[str, int]
"""The place of each macro variable in sight."""

_NO_VARIABLES: Variables = {}


class Compiler:
    """Compiles one expression. Afterwards `most_variables` tells how many variables exist at once at most, and
    `makes_values` whether a result may hold what is no JSON, or more than was read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.most_variables = 0
        self.makes_values = False

    def result(self, node: Node) -> Code:
        """The closure of the whole expression."""
        return self.code(node, _NO_VARIABLES)

    def code(self, node: Node, variables: Variables) -> Code:
        """The closure that computes a node."""
        match node:
            case Literal(value):
                return lambda evaluation: value
            case Name() | Field() | Index():
                return self._path(node, variables)
            case Binary("&&" | "||"):
                return self._logic(node, variables)
            case Binary():
                return self._operation(node, variables)
            case Unary():
                return self._unary(node, variables)
            case Conditional():
                return self._conditional(node, variables)
            case ListOf():
                return self._list(node, variables)
            case MapOf():
                return self._map(node, variables)
            case Has():
                return self._has(node, variables)
            case Call():
                return self._call(node, variables)
            case Macro():
                return self._macro(node, variables)

    def failure(self, message: str, node: Node) -> EvaluationError:
        """What is wrong at a node."""
        return EvaluationError(message, self.text, node.start)

    def condition(self, node: Node, variables: Variables) -> Code:
        """The closure of a node that has to be true or false."""
        code = self.code(node, variables)
        if gives_boolean(node):
            return code

        def run(evaluation: Evaluation) -> bool:
            value = code(evaluation)
            if value is True or value is False:
                return value
            where = place(self.text, node.start, node.end)
            raise self.failure(f"a condition is true or false, and `{where}` is {kind_of(value)}", node)

        return run

    def plain(self, node: Node, variables: Variables) -> Code:
        """The closure of a node whose value goes into an array or an object, where no optional may be."""
        code = self.code(node, variables)
        if isinstance(node, _NEVER_OPTIONAL) or (isinstance(node, Macro) and node.function not in _OPTIONAL_MACROS):
            return code

        def run(evaluation: Evaluation) -> Any:
            value = code(evaluation)
            if type(value) is Optional:
                where = place(self.text, node.start, node.end)
                raise self.failure(f"`{where}` is an optional: write orValue(…) behind it, or `?` in front", node)
            return value

        return run

    def _path(self, node: Node, variables: Variables) -> Code:
        steps: list[Step] = []
        base = node
        while isinstance(base, Field | Index):
            steps.append(self._step(base, variables))
            base = base.target
        steps.reverse()
        code = self._name(base, variables) if isinstance(base, Name) else self.code(base, variables)
        if not steps:
            return code
        careful = walk(self.text, code, steps)
        keys = [step.key for step in steps if isinstance(step.key, str) and not step.node.optional]
        if len(keys) < len(steps) or not isinstance(base, Name):
            return careful
        if base.name in variables:
            return fields_of_variable(variables[base.name], keys, careful)
        return names([base.name, *keys], careful)

    def _step(self, node: Field | Index, variables: Variables) -> Step:
        if isinstance(node, Field):
            return Step(node, node.name, None)
        if isinstance(node.key, Literal) and type(node.key.value) in (str, int):
            return Step(node, node.key.value, None)
        return Step(node, None, self.code(node.key, variables))

    def _name(self, node: Name, variables: Variables) -> Code:
        name = node.name
        if name in variables:
            slot = variables[name]
            return lambda evaluation: evaluation.variables[slot]

        def unknown(evaluation: Evaluation) -> Any:
            raise self.failure(f"`{name}` is not known here", node)

        return names([name], unknown)

    def _logic(self, node: Binary, variables: Variables) -> Code:
        """As in CEL a side that decides makes up for an error of the other one."""
        left, right = self.condition(node.left, variables), self.condition(node.right, variables)
        if node.operator == "&&":

            def run(evaluation: Evaluation) -> Any:
                try:
                    if not left(evaluation):
                        return False
                except EvaluationError:
                    if _is(False, right, evaluation):
                        return False
                    raise
                return right(evaluation)

        else:

            def run(evaluation: Evaluation) -> Any:
                try:
                    if left(evaluation):
                        return True
                except EvaluationError:
                    if _is(True, right, evaluation):
                        return True
                    raise
                return right(evaluation)

        return run

    def _operation(self, node: Binary, variables: Variables) -> Code:
        left, right = self.code(node.left, variables), self.code(node.right, variables)
        self.makes_values = self.makes_values or node.operator in ("+", "-")
        operate, text, offset = OPERATIONS[node.operator], self.text, node.start
        fixed = node.right.value if isinstance(node.right, Literal) else None
        if type(fixed) is str and node.operator in ("==", "!="):
            wanted, negated = fixed, node.operator == "!="
            return (lambda e: left(e) != wanted) if negated else (lambda e: left(e) == wanted)

        def run(evaluation: Evaluation) -> Any:
            try:
                return operate(left(evaluation), right(evaluation), evaluation)
            except Fault as fault:
                raise EvaluationError(str(fault), text, offset) from None

        if node.operator not in COMPARISONS:
            return run
        compare = COMPARISONS[node.operator]

        def compare_integers(evaluation: Evaluation) -> Any:
            a, b = left(evaluation), right(evaluation)
            if type(a) is int and type(b) is int:
                return compare(a, b)
            try:
                return operate(a, b, evaluation)
            except Fault as fault:
                raise EvaluationError(str(fault), text, offset) from None

        return compare_integers

    def located(self, function: Callable[..., Any], node: Node) -> Callable[..., Any]:
        """The function, telling where in the text it was called when it refuses its arguments."""
        text, offset = self.text, node.name_start if isinstance(node, Call) else node.start

        def run(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except Fault as fault:
                raise EvaluationError(str(fault), text, offset) from None

        return run

    def _unary(self, node: Unary, variables: Variables) -> Code:
        if node.operator == "!":
            holds = self.condition(node.operand, variables)
            return lambda evaluation: not holds(evaluation)
        operand, opposite = self.code(node.operand, variables), self.located(negate, node)
        return lambda evaluation: opposite(operand(evaluation))

    def _conditional(self, node: Conditional, variables: Variables) -> Code:
        holds = self.condition(node.condition, variables)
        then, otherwise = self.code(node.then, variables), self.code(node.otherwise, variables)
        return lambda evaluation: then(evaluation) if holds(evaluation) else otherwise(evaluation)

    def _list(self, node: ListOf, variables: Variables) -> Code:
        self.makes_values = self.makes_values or bool(node.elements)
        if all(isinstance(element.value, Literal) and not element.optional for element in node.elements):
            values = [element.value.value for element in node.elements if isinstance(element.value, Literal)]
            return lambda evaluation: values
        if not any(element.optional for element in node.elements):
            codes = [self.plain(element.value, variables) for element in node.elements]
            return lambda evaluation: [code(evaluation) for code in codes]
        parts = [self._part(element.value, element.optional, variables) for element in node.elements]
        return lambda evaluation: [value for part in parts if (value := part(evaluation)) is not ABSENT]

    def _map(self, node: MapOf, variables: Variables) -> Code:
        self.makes_values = self.makes_values or bool(node.entries)
        parts = [
            (self._key(entry.key, variables), self._part(entry.value, entry.optional, variables))
            for entry in node.entries
        ]

        def run(evaluation: Evaluation) -> dict[str, Any]:
            made: dict[str, Any] = {}
            for key, part in parts:
                name, value = key(evaluation), part(evaluation)
                if name in made:
                    raise self.failure("a key stands in this object twice", node)
                if value is not ABSENT:
                    made[name] = value
            return made

        return run

    def _key(self, node: Node, variables: Variables) -> Code:
        code = self.code(node, variables)
        if isinstance(node, Literal):
            return code

        def run(evaluation: Evaluation) -> str:
            name = code(evaluation)
            if type(name) is str:
                return name
            raise self.failure(f"a key is a string, and this one is {kind_of(name)}", node)

        return run

    def _part(self, node: Node, optional: bool, variables: Variables) -> Code:
        """An element or entry; an optional one gives ABSENT where it is to be left out."""
        return unwrapped(self, node, variables, "`?`") if optional else self.plain(node, variables)

    def _has(self, node: Has, variables: Variables) -> Code:
        target, name = self.code(node.operand.target, variables), node.operand.name

        def run(evaluation: Evaluation) -> bool:
            value = target(evaluation)
            if type(value) is Optional:
                value = value.value
            elif not isinstance(value, Mapping):
                inside = node.operand.target
                where = place(self.text, inside.start, inside.end)
                raise self.failure(f"`{where}` is {kind_of(value)} and has no fields", inside)
            return value is not ABSENT and step_into(value, name) is not ABSENT

        return run

    def _call(self, node: Call, variables: Variables) -> Code:
        match node.function:
            case "orValue" | "or" | "hasValue" | "value":
                return of_optional(self, node, variables)
            case "optional.of":
                code = self.code(node.arguments[0], variables)
                self.makes_values = True
                return lambda evaluation: Optional(code(evaluation))
            case "optional.none":
                return lambda evaluation: NONE
            case "matches":
                return self._matches(node, variables)
        self.makes_values = True
        function = self.located(FUNCTIONS[node.function, node.target is not None].run, node)
        given = node.arguments if node.target is None else (node.target, *node.arguments)
        codes = [self.code(argument, variables) for argument in given]
        if len(codes) == 1:
            only = codes[0]
            return lambda evaluation: function(evaluation, only(evaluation))
        return lambda evaluation: function(evaluation, *[code(evaluation) for code in codes])

    def _matches(self, node: Call, variables: Variables) -> Code:
        assert node.target is not None
        pattern = node.arguments[0]
        assert isinstance(pattern, Literal)
        matches, target = compiled(pattern.value), self.code(node.target, variables)
        weight = 1 + len(pattern.value) // _WEIGHT

        def run(evaluation: Evaluation) -> bool:
            value = target(evaluation)
            if type(value) is not str:
                raise self.failure(f"matches() looks at a string, not at {kind_of(value)}", node)
            evaluation.spend_text(len(value) * weight)
            return matches(value)

        return run

    def _macro(self, node: Macro, variables: Variables) -> Code:
        self.makes_values = True
        slot = len(variables)
        inner = {**variables, node.variable: slot}
        if node.variable in variables:
            inner = {**variables, node.variable: max(variables.values()) + 1}
            slot = inner[node.variable]
        self.most_variables = max(self.most_variables, slot + 1)
        return loop(self, node, variables, inner, slot)


_WEIGHT = 16
"""So many characters of a pattern make looking for it as dear as going through the text once more."""

_NEVER_OPTIONAL = (Literal, Binary, Unary, ListOf, MapOf, Has)
_OPTIONAL_MACROS = frozenset({"optMap", "optFlatMap"})
_QUANTIFIERS = frozenset({"all", "exists", "exists_one"})
_GIVE_BOOLEANS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"})


def gives_boolean(node: Node) -> bool:
    """Whether a node gives true or false, whatever the data."""
    if isinstance(node, Macro):
        return node.function in _QUANTIFIERS
    return isinstance(node, Has) or (isinstance(node, Binary) and node.operator in _GIVE_BOOLEANS)


def _is(wanted: bool, side: Code, evaluation: Evaluation) -> bool:
    try:
        return side(evaluation) is wanted
    except EvaluationError:
        return False
