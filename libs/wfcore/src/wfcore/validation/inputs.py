"""The input of one task entry against what it calls takes."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.schema import JsonSchema
from wfcore.source import JsonValue, join, tokens
from wfcore.validation.findings import Findings
from wfcore.validation.references import Callee
from wfcore.validation.templates import Typed
from wfcore.validation.types import check_fits, judges_fields_together, not_requiring, without

_SAYS_MORE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties"})


class Given(Struct, frozen=True):
    """What an entry gives to what it calls, and where it stands."""

    value: JsonValue
    pointer: str
    by: str
    """The id of the entry."""


def check_input(
    findings: Findings, given: Given, typed: Typed, callee: Callee, workflow_input: JsonSchema | None
) -> bool:
    """Tell what is wrong with the input; False where it could not be decided.

    Where the type is vague the value is taken to fit: what is wrong there is told, or not known yet.
    """
    pointer, taken = given.pointer, callee.input
    what = f"the input of `{given.by}` does not fit the {callee.name}"
    if typed.absent:
        message = f"the whole input of `{given.by}` may be absent; give it a default with orValue(…)"
        findings.add("WF-504", message, pointer, seen=given.value)
        return True
    offered = typed.schema
    if not (isinstance(taken, dict) and isinstance(offered, dict) and isinstance(given.value, dict)):
        return bool(typed.vague) or check_fits(findings, offered, taken, "WF-604", what, pointer)
    if pointer in typed.vague:
        return True
    vague = {next(tokens(place.removeprefix(pointer)), "") for place in typed.vague}
    surplus = _tell_unknown(findings, given, callee.name, taken)
    # A misspelt name is told once, not a second time as missing.
    vague |= {meant for name in surplus if (meant := _meant(name, given, taken)) is not None}
    lacking = _tell_missing(findings, given, offered, callee.name, taken.get("required", ()), workflow_input, vague)
    if vague and judges_fields_together(taken):
        return True
    offered, wanted = without(offered, surplus | vague), not_requiring(taken, lacking | vague)
    return check_fits(findings, offered, wanted, "WF-604", what, pointer)


def _tell_unknown(findings: Findings, given: Given, called: str, taken: dict[str, Any]) -> set[str]:
    if _SAYS_MORE & taken.keys() or taken.get("additionalProperties", False) is not False:
        return set()
    declared = taken.get("properties", {})
    surplus = {name for name in given.value if name not in declared}
    for name in sorted(surplus):
        place = join(given.pointer, name)
        close = _meant(name, given, taken)
        fix = (
            Fix(f"rename it to `{close}`", place, close, "rename") if close else Fix("remove it", place, edit="remove")
        )
        message = f"the {called} takes no input `{name}`{did_you_mean(name, declared)}"
        findings.add("WF-603", message, place, seen=name, fix=fix, at_key=True)
    return surplus


def _meant(name: str, given: Given, taken: dict[str, Any]) -> str | None:
    return nearest(name, (known for known in taken.get("properties", ()) if known not in given.value))


def _tell_missing(
    findings: Findings,
    given: Given,
    offered: dict[str, Any],
    called: str,
    required: Sequence[str],
    workflow_input: JsonSchema | None,
    vague: set[str],
) -> set[str]:
    lacking = {name for name in required if name not in offered["required"]} - vague
    for name in sorted(lacking):
        place, message = join(given.pointer, name), f"the {called} requires the input `{name}`"
        if name in offered["properties"]:
            fix = Fix("give a default with orValue(…)", place)
            findings.add("WF-602", f"{message}, which may be absent here", place, seen=given.value[name], fix=fix)
        else:
            findings.add("WF-602", message, place, fix=_offer(name, place, workflow_input))
    return lacking


def _offer(name: str, pointer: str, workflow_input: JsonSchema | None) -> Fix:
    """The workflow's own input of that name is most likely what is wanted."""
    if isinstance(workflow_input, dict) and name in workflow_input.get("required", ()):
        value = f"{{{{input.{name}}}}}"
        return Fix(f'add `{name}: "{value}"`', pointer, value, "set")
    return Fix(f"add `{name}:` to the input", pointer)
