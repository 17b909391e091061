"""The types of calls: the optionals' own functions here, all others by the table in `signatures`."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from wfcore.expression import types
from wfcore.expression.signatures import SIGNATURES, Given
from wfcore.expression.tree import Call, Node
from wfcore.expression.types import TOLD, Typed
from wfcore.schema.walking import place

if TYPE_CHECKING:
    from wfcore.expression.checking import Checker, Known, Use


def call(checker: "Checker", node: Call, known: "Known", use: "Use") -> Typed:
    """Type a call with its receiver and arguments. Which functions there are, and how many arguments, parsing knows."""
    match node:
        case Call("optional.none"):
            return Typed(place(False), optional=True, absent=True)
        case Call("optional.of", None, (inside,)):
            return replace(checker.value(inside, known), optional=True)
        case Call("hasValue" | "value" | "orValue" | "or", target) if target is not None:
            return _of_optional(checker, node, target, known)
    given = [node.target] if node.target is not None else []
    given += node.arguments
    signature = SIGNATURES[node.function]
    operands = [
        Given(part, checker.operand(part, known, signature.takes[min(at, len(signature.takes) - 1)]))
        for at, part in enumerate(given)
    ]
    told = any(one.type.told for one in operands)
    if not told and signature.refuses is not None:
        reason = signature.refuses(operands)
        if reason is not None:
            checker.refusals.tell("type", reason.node, _filled(checker, reason.message, reason.node))
            told = True
    if not told and signature.doubts is not None:
        reason = signature.doubts(operands)
        if reason is not None:
            checker.refusals.doubt(reason.node, _filled(checker, reason.message, reason.node))
    result = signature.gives(operands)
    return replace(result, told=True) if told else result


def _filled(checker: "Checker", message: str, node: Node) -> str:
    return message.replace("{}", f"`{checker.refusals.written(node)}`")


def _of_optional(checker: "Checker", node: Call, target: Node, known: "Known") -> Typed:
    found = checker.check(target, known, "optional")
    if not found.optional and not found.told:
        _refuse_needless(checker, node, target)
    if node.function == "hasValue":
        return types.BOOLEAN
    if node.function == "value":
        if found.absent and not found.told:
            literal = types.default_for(found.types())
            message = (
                f"`{checker.refusals.written(target)}` may be absent, and then value() is an error: give a default"
            )
            fix = checker.refusals.with_text(node.name_start, node.end, f"orValue({literal})")
            checker.refusals.tell("optional-as-value", target, message, fix=fix)
        return found.as_value()
    if node.function == "orValue":
        default = checker.value(node.arguments[0], known)
        return types.union([found.as_value(), default]) if found.absent or found.told else found.as_value()
    other = checker.check(node.arguments[0], known, "optional")
    if not other.optional and not other.told:
        text = checker.refusals.written(node.arguments[0])
        fix = checker.refusals.with_text(node.name_start, node.name_start + len("or"), "orValue")
        checker.refusals.tell("type", node.arguments[0], f"`{text}` is no optional: write orValue({text})", fix=fix)
        return TOLD
    return replace(types.union([found, other]), optional=True, absent=found.absent and other.absent)


def _refuse_needless(checker: "Checker", node: Call, target: Node) -> None:
    """What is done to optionals, done to a value that is always there."""
    text = checker.refusals.written(target)
    does = "does nothing (it does not replace null either)" if node.function == "orValue" else "is for optionals only"
    message = f"`{text}` is always there: {node.function}() {does}"
    end = target.end
    closing = checker.refusals.text[end : node.name_start].rstrip().removesuffix(".").rstrip()
    fix = checker.refusals.with_text(end + len(closing), node.end, "") if node.function != "hasValue" else None
    at = checker.refusals.text.rindex(".", 0, node.name_start)
    checker.refusals.tell("type", target, message, offset=at, seen=node.function, fix=fix)
