"""Conditions: true or false in every run, for nothing else is."""

from wfcore import schema as schemas
from wfcore.diagnostics import Fix
from wfcore.expression import ANY_TYPE
from wfcore.validation.findings import Findings
from wfcore.validation.templates import Typed

_BOOLEAN = frozenset({"boolean"})


def check_condition(findings: Findings, typed: Typed, text: str, pointer: str) -> None:
    """Tell where the condition at `pointer` may be absent or something else than true or false."""
    if typed.vague:
        return
    types = schemas.types_of(typed.schema)
    if types != ANY_TYPE and not types <= _BOOLEAN:
        said = " or ".join(sorted(types))
        message = f"a condition is true or false, this is {said}; nothing else counts as true"
        findings.add("WF-508", message, pointer, seen=text, fix=Fix("compare it with something", pointer))
    elif typed.absent:
        better = f"{text.strip()}.orValue(false)" if _is_path(text) else f"({text.strip()}).orValue(false)"
        fix = Fix(f"write `{better}`", pointer, better, "set")
        findings.add("WF-504", "the condition may be absent, and then nothing decides", pointer, seen=text, fix=fix)
    elif types == ANY_TYPE:
        message = "nothing says that this is true or false, so it is found out in each run"
        fix = Fix("declare its type as boolean, or compare it with something", pointer)
        findings.add("WF-605", message, pointer, seen=text, fix=fix, severity="warning")


def _is_path(text: str) -> bool:
    return all(character.isalnum() or character in "_$.?[]'" for character in text.strip())
