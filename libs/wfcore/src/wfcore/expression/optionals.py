"""Closures of what works on optionals. What a default would compute is computed only where it is needed."""

from typing import TYPE_CHECKING, Any

from wfcore.expression.errors import EvaluationError
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.steps import Code, place
from wfcore.expression.tree import Call, Node
from wfcore.expression.values import ABSENT, Optional, kind_of

if TYPE_CHECKING:
    from wfcore.expression.closures import Compiler, Variables


def unwrapped(compiler: "Compiler", node: Node, variables: "Variables", asker: str) -> Code:
    """What stands in an optional, or ABSENT; `asker` is who needs one."""
    code = compiler.code(node, variables)

    def run(evaluation: Evaluation) -> Any:
        value = code(evaluation)
        if type(value) is Optional:
            return value.value
        where = place(compiler.text, node.start, node.end)
        raise compiler.failure(f"{asker} needs an optional, and `{where}` is {kind_of(value)}", node)

    return run


def of_optional(compiler: "Compiler", node: Call, variables: "Variables") -> Code:
    """`x.hasValue()`, `x.value()`, `x.orValue(default)` or `x.or(other)`."""
    assert node.target is not None
    inside = unwrapped(compiler, node.target, variables, f"{node.function}()")
    match node.function:
        case "hasValue":
            return lambda evaluation: inside(evaluation) is not ABSENT
        case "value":
            return _value(compiler, node, inside)
        case "orValue":
            return _or_value(inside, compiler.code(node.arguments[0], variables))
        case _:
            return _either(inside, unwrapped(compiler, node.arguments[0], variables, "or()"))


def _value(compiler: "Compiler", node: Call, inside: Code) -> Code:
    def run(evaluation: Evaluation) -> Any:
        found = inside(evaluation)
        if found is ABSENT:
            raise EvaluationError("value() of an optional that is absent", compiler.text, node.name_start)
        return found

    return run


def _or_value(inside: Code, default: Code) -> Code:
    def run(evaluation: Evaluation) -> Any:
        found = inside(evaluation)
        return default(evaluation) if found is ABSENT else found

    return run


def _either(inside: Code, other: Code) -> Code:
    def run(evaluation: Evaluation) -> Optional:
        found = inside(evaluation)
        return Optional(other(evaluation) if found is ABSENT else found)

    return run
