"""Does what is given fit what is taken? The answers of `wfcore.compatibility`, told as diagnostics."""

from typing import Any

from wfcore import compatibility
from wfcore.diagnostics import Fix
from wfcore.schema import JsonSchema, SchemaError
from wfcore.schema.wording import shown
from wfcore.source import join, tokens
from wfcore.validation.findings import Findings


def check_fits(findings: Findings, given: JsonSchema, taken: JsonSchema, code: str, what: str, pointer: str) -> bool:
    """Tell with `code` why `given` does not fit `taken`. False where it could not be decided."""
    answer = _answer(given, taken)
    if answer.verdict == "no":
        example = f"for example {shown(answer.counterexample)} would be given and refused"
        for finding in answer.findings:
            written, beyond = _split(findings, pointer, finding.pointer)
            reason = f"at `{beyond}` {finding.message}" if beyond else finding.message
            findings.add(code, f"{what}: {reason}; {example}", written)
    elif answer.verdict == "undecided":
        message = f"{what}: cannot be proven because of `{answer.hidden_by}`, so it is checked in each run"
        fix = Fix("say it in simpler keywords on both sides", pointer)
        findings.add("WF-605", message, pointer, seen=answer.hidden_by, fix=fix, severity="warning")
        return False
    return True


def judges_fields_together(taken: dict[str, Any]) -> bool:
    """Whether a field of which nothing is known could decide if the others fit."""
    return not _TOGETHER.isdisjoint(taken)


_TOGETHER = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "const", "enum"}) | frozenset(
    {"minProperties", "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties"}
)


def without(given: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """What a spelled-out object gives besides these fields."""
    shapes = {name: shape for name, shape in given["properties"].items() if name not in names}
    return {**given, "properties": shapes, "required": [name for name in given["required"] if name in shapes]}


def not_requiring(taken: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The same schema for objects in which these fields may be missing."""
    return {**taken, "required": [name for name in taken.get("required", ()) if name not in names]}


def _answer(given: JsonSchema, taken: JsonSchema) -> compatibility.Answer:
    try:
        return compatibility.covers(given, taken)
    except SchemaError:
        # Each schema was taken by itself; what an output puts together from many of them may be larger than allowed.
        return compatibility.Answer("undecided", hidden_by="the size of the schemas")


def _split(findings: Findings, pointer: str, inside: str) -> tuple[str, str]:
    """How far a pointer into the value leads in what is written, and what of it lies inside an expression's value."""
    written, beyond = pointer, inside
    for token in tokens(inside):
        if not findings.definition.positions.has(join(written, token)):
            break
        written, beyond = join(written, token), beyond.removeprefix(join("", token))
    return written, beyond
