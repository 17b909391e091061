"""Closures of the macros. Each pays for all its rounds before the first one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wfcore.expression.errors import EvaluationError
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.sense import children
from wfcore.expression.steps import Code, place
from wfcore.expression.tree import Macro, Node
from wfcore.expression.values import ABSENT, NONE, Optional, check_sortable, kind_of

if TYPE_CHECKING:
    from wfcore.expression.closures import Compiler, Variables


def loop(compiler: "Compiler", node: Macro, outer: "Variables", inner: "Variables", slot: int) -> Code:
    """The closure of a macro; `slot` is the place of its variable."""
    if node.function in ("optMap", "optFlatMap"):
        return _opt_map(compiler, node, outer, inner, slot)
    items = _items(compiler, node, outer)
    match node.function:
        case "map":
            return _map(compiler, node, items, inner, slot)
        case "filter":
            return _filter(items, compiler.condition(node.body, inner), slot)
        case "all":
            return _quantifier(items, compiler.condition(node.body, inner), slot, decides=False)
        case "exists":
            return _quantifier(items, compiler.condition(node.body, inner), slot, decides=True)
        case "exists_one":
            return _exists_one(items, compiler.condition(node.body, inner), slot)
        case _:
            return _sort_by(compiler, node, items, inner, slot)


def _items(compiler: "Compiler", node: Macro, outer: "Variables") -> Code:
    """What the macro ranges over, paid for: the elements of a list, or the keys of an object."""
    target = compiler.code(node.target, outer)
    cost = 1 + _operations(node.body) + (0 if node.condition is None else _operations(node.condition))

    def run(evaluation: Evaluation) -> list[Any]:
        value = target(evaluation)
        if type(value) is not list:
            if not isinstance(value, Mapping) or node.function == "sortBy":
                where = place(compiler.text, node.target.start, node.target.end)
                raise compiler.failure(
                    f"{node.function}() ranges over an array, and `{where}` is {kind_of(value)}", node
                )
            value = list(value)
        evaluation.spend(len(value) * cost)
        return value

    return run


def _operations(body: Node) -> int:
    count, waiting = 0, [body]
    while waiting:
        count += 1
        waiting.extend(children(waiting.pop()))
    return count


def _map(compiler: "Compiler", node: Macro, items: Code, inner: "Variables", slot: int) -> Code:
    body = compiler.plain(node.body, inner)
    if node.condition is None:

        def run(evaluation: Evaluation) -> list[Any]:
            variables, made = evaluation.variables, []
            for item in items(evaluation):
                variables[slot] = item
                made.append(body(evaluation))
            return made

        return run
    holds = compiler.condition(node.condition, inner)

    def run_some(evaluation: Evaluation) -> list[Any]:
        variables, made = evaluation.variables, []
        for item in items(evaluation):
            variables[slot] = item
            if holds(evaluation):
                made.append(body(evaluation))
        return made

    return run_some


def _filter(items: Code, holds: Code, slot: int) -> Code:
    def run(evaluation: Evaluation) -> list[Any]:
        variables, kept = evaluation.variables, []
        for item in items(evaluation):
            variables[slot] = item
            if holds(evaluation):
                kept.append(item)
        return kept

    return run


def _quantifier(items: Code, holds: Code, slot: int, *, decides: bool) -> Code:
    """`exists` is decided by one true, `all` by one false, whatever errors the others have."""

    def run(evaluation: Evaluation) -> bool:
        variables = evaluation.variables
        error: EvaluationError | None = None
        for item in items(evaluation):
            variables[slot] = item
            try:
                held: bool = holds(evaluation)
                if held is decides:
                    return held
            except EvaluationError as refused:
                error = error or refused
        if error is not None:
            raise error
        return not decides

    return run


def _exists_one(items: Code, holds: Code, slot: int) -> Code:
    def run(evaluation: Evaluation) -> bool:
        variables = evaluation.variables
        count = 0
        for item in items(evaluation):
            variables[slot] = item
            count += int(holds(evaluation))
        return count == 1

    return run


def _sort_by(compiler: "Compiler", node: Macro, items: Code, inner: "Variables", slot: int) -> Code:
    """Stable: what has the same key stays in its order."""
    key, check = compiler.code(node.body, inner), compiler.located(check_sortable, node)

    def run(evaluation: Evaluation) -> list[Any]:
        variables, keyed = evaluation.variables, []
        array = items(evaluation)
        for item in array:
            variables[slot] = item
            keyed.append(key(evaluation))
        check(keyed, evaluation)
        return [array[at] for at in sorted(range(len(array)), key=keyed.__getitem__)]

    return run


def _opt_map(compiler: "Compiler", node: Macro, outer: "Variables", inner: "Variables", slot: int) -> Code:
    """`optMap` wraps what its body gives, `optFlatMap` wants its body to give an optional."""
    target, body = compiler.code(node.target, outer), compiler.code(node.body, inner)

    def run(evaluation: Evaluation) -> Any:
        given = target(evaluation)
        if type(given) is not Optional:
            where = place(compiler.text, node.target.start, node.target.end)
            raise compiler.failure(f"{node.function}() needs an optional, and `{where}` is {kind_of(given)}", node)
        if given.value is ABSENT:
            return NONE
        evaluation.variables[slot] = given.value
        made = body(evaluation)
        if node.function == "optMap":
            return Optional(made)
        if type(made) is not Optional:
            raise compiler.failure(f"optFlatMap() needs an optional of its body, not {kind_of(made)}", node.body)
        return made

    return run
