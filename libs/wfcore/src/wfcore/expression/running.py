"""From a parsed expression to a Python function, because an expression is evaluated many times and parsed once."""

from collections.abc import Callable
from typing import Any

from wfcore.expression.closures import Compiler, gives_boolean
from wfcore.expression.errors import EvaluationError, Exhausted, Fault, OutOfFuel
from wfcore.expression.evaluation import MAX_STEPS, Evaluation, Scope
from wfcore.expression.tree import Expression, ListOf, Literal, MapOf, Node
from wfcore.expression.values import ABSENT, Optional, check_result, kind_of

Reader = Callable[[Scope], Any]

MAX_RESULT = 4 * 2**20
"""Characters, keys and elements of one result, counted wherever they stand in it."""


def compile(expression: Expression) -> Reader:
    """Make the function that computes this expression in a scope such as `{"input": …, "tasks": {…}}`.

    It returns ABSENT where an optional leads nowhere, and raises EvaluationError where the data does not fit. Values
    come back as they are, not copied: never change them.
    """
    compiler = Compiler(expression.text)
    code = compiler.result(expression.body)
    variables, text = compiler.most_variables, expression.text
    is_made = compiler.makes_values and not gives_boolean(expression.body)

    def read(scope: Scope) -> Any:
        evaluation = Evaluation(scope, variables)
        try:
            value = code(evaluation)
            if type(value) is Optional:
                value = value.value
            if is_made:
                check_result(value, evaluation, MAX_RESULT)
        except Exhausted:
            raise OutOfFuel(f"the expression did more than {MAX_STEPS:,} steps", text) from None
        except Fault as fault:
            raise EvaluationError(str(fault), text) from None
        return value

    return read


def compile_condition(expression: Expression) -> Callable[[Scope], bool]:
    """Make the function that tells whether the expression holds; nothing but true and false decides.

    Raises EvaluationError for any other value, an absent one too.
    """
    read, text = compile(expression), expression.text

    def holds(scope: Scope) -> bool:
        value = read(scope)
        if type(value) is bool:
            return value
        raise EvaluationError(f"a condition is true or false, and this one is {kind_of(value)}", text)

    return holds


def constant(expression: Expression) -> Any:
    """Return the value of an expression that is written out, such as `{'a': [1]}`; ABSENT for all others."""
    return _constant(expression.body)


def _constant(node: Node) -> Any:
    match node:
        case Literal(value):
            return value
        case ListOf(elements):
            values = [ABSENT if element.optional else _constant(element.value) for element in elements]
            return ABSENT if ABSENT in values else values
        case MapOf(entries):
            made: dict[str, Any] = {}
            for key, value, optional in entries:
                name, inside = _constant(key), ABSENT if optional else _constant(value)
                if inside is ABSENT or not isinstance(name, str) or name in made:
                    return ABSENT
                made[name] = inside
            return made
    return ABSENT
