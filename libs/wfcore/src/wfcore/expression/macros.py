"""The types of macros: what their variable is, what is known in their body, and what they make of it."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wfcore.expression import narrowing, types
from wfcore.expression.narrowing import Facts
from wfcore.expression.tree import Macro
from wfcore.expression.types import TOLD, Typed, typed
from wfcore.schema.building import array_of

if TYPE_CHECKING:
    from wfcore.expression.checking import Checker, Known


def macro(checker: "Checker", node: Macro, known: "Known") -> Typed:
    """Type a macro with its target, condition and body."""
    if node.function in ("optMap", "optFlatMap"):
        return _of_optional(checker, node, known)
    wanted = types.ARRAYS if node.function == "sortBy" else types.ARRAYS | types.OBJECTS
    target = checker.operand(node.target, known, wanted)
    inside = known.with_variable(node.variable, _ranged(target)).where(_chosen(node, target))
    match node.function:
        case "map":
            return _mapped(checker, node, inside, target)
        case "filter":
            checker.condition(node.body, inside)
            return _filtered(node, inside, target)
        case "sortBy":
            _refuse_unsortable(checker, node, checker.value(node.body, inside))
            return types.same_items(target)
    checker.condition(node.body, inside)
    return types.BOOLEAN


def _of_optional(checker: "Checker", node: Macro, known: "Known") -> Typed:
    target = checker.check(node.target, known, "optional")
    if not target.optional and not target.told:
        text = checker.refusals.written(node.target)
        checker.refusals.tell("type", node.target, f"`{text}` is no optional, and {node.function} is for these only")
    inside = known.with_variable(node.variable, target.as_value())
    if node.function == "optMap":
        body = checker.value(node.body, inside)
        return replace(body, optional=True, absent=target.absent, told=body.told or target.told)
    body = checker.check(node.body, inside, "optional")
    if not body.optional and not body.told:
        checker.refusals.tell("type", node.body, f"`{checker.refusals.written(node.body)}` must be an optional here")
    return replace(body, optional=True, absent=target.absent or body.absent, told=body.told or target.told)


def _ranged(target: Typed) -> Typed:
    """What the variable is: an element of a list, a key of an object."""
    seen = target.types()
    if target.told and not seen <= types.ARRAYS | types.OBJECTS:
        return TOLD
    ways = [types.element(target)] if seen & types.ARRAYS else []
    ways += [types.STRING] if seen & types.OBJECTS else []
    return types.union(ways) if ways else TOLD


def _chosen(node: Macro, target: Typed) -> Facts:
    """A key that an object is ranged over is there: `input.prices.map(k, input.prices[k])`."""
    key = narrowing.key_of(node.target)
    if key is None or narrowing.mentions(key, node.variable) or target.types() != types.OBJECTS:
        return narrowing.NOTHING
    return {(*key, (node.variable,)): narrowing.Fact(present=True)}


def _mapped(checker: "Checker", node: Macro, inside: "Known", target: Typed) -> Typed:
    if node.condition is not None:
        checker.condition(node.condition, inside)
        inside = inside.where(narrowing.proven(node.condition))
    body = checker.value(node.body, inside)
    least, most = types.lengths(target)
    made = array_of(body.alone(), 0 if node.condition is not None else least, most)
    return types.composed(made, body.told or target.told)


def _filtered(node: Macro, inside: "Known", target: Typed) -> Typed:
    """The same elements, fewer of them; what the condition proves about each is known from here on."""
    item = inside.variables[node.variable]
    where = narrowing.kept(node.body, node.variable, item.place)
    return replace(typed(array_of(where.alone(), 0, types.lengths(target)[1])), told=item.told or target.told)


def _refuse_unsortable(checker: "Checker", node: Macro, key: Typed) -> None:
    if key.told:
        return
    if key.place.says_nothing():
        checker.refusals.unproven(node.body)
    elif key.types() and types.class_of(key.types(), types.ORDERED) is None:
        text, seen = checker.refusals.written(node.body), types.spoken(key.types())
        checker.refusals.tell("type", node.body, f"`{text}` is {seen}: only values of one ordered type can be sorted")
