"""The input of one task entry against what the task takes."""

from typing import Any

from wfcore.definition import TaskEntry
from wfcore.diagnostics import Fix, did_you_mean, nearest
from wfcore.schema import JsonSchema
from wfcore.source import join, tokens
from wfcore.validation.entries import Entry
from wfcore.validation.findings import Findings
from wfcore.validation.templates import Typed
from wfcore.validation.types import check_fits, judges_fields_together, not_requiring, without

_SAYS_MORE = frozenset({"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "not", "if", "patternProperties"})


def check_input(
    findings: Findings, entry: Entry, typed: Typed, taken: JsonSchema, workflow_input: JsonSchema | None
) -> bool:
    """Tell what is wrong with the input; False where it could not be decided.

    Where the type is vague the value is taken to fit: what is wrong there is told, or not known yet.
    """
    written, pointer = entry.written, f"{entry.pointer}/input"
    what = f"the input of `{written.id}` does not fit the task `{written.task_ref}`"
    if typed.absent:
        message = f"the whole input of `{written.id}` may be absent; give it a default with orValue(…)"
        findings.add("WF-504", message, pointer, seen=written.input)
        return True
    given = typed.schema
    if not (isinstance(taken, dict) and isinstance(given, dict) and isinstance(written.input, dict)):
        return bool(typed.vague) or check_fits(findings, given, taken, "WF-604", what, pointer)
    vague = {next(tokens(place.removeprefix(pointer)), "") for place in typed.vague}
    surplus = _tell_unknown(findings, written, pointer, taken)
    # A misspelt name is told once, not a second time as missing.
    vague |= {meant for name in surplus if (meant := _meant(name, written, taken)) is not None}
    lacking = _tell_missing(findings, written, pointer, given, taken, workflow_input, vague)
    if vague and judges_fields_together(taken):
        return True
    offered, wanted = without(given, surplus | vague), not_requiring(taken, lacking | vague)
    return check_fits(findings, offered, wanted, "WF-604", what, pointer)


def _tell_unknown(findings: Findings, written: TaskEntry, pointer: str, taken: dict[str, Any]) -> set[str]:
    if _SAYS_MORE & taken.keys() or taken.get("additionalProperties", False) is not False:
        return set()
    declared = taken.get("properties", {})
    surplus = {name for name in written.input if name not in declared}
    for name in sorted(surplus):
        place = join(pointer, name)
        close = _meant(name, written, taken)
        fix = (
            Fix(f"rename it to `{close}`", place, close, "rename") if close else Fix("remove it", place, edit="remove")
        )
        message = f"the task `{written.task_ref}` takes no input `{name}`{did_you_mean(name, declared)}"
        findings.add("WF-603", message, place, seen=name, fix=fix, at_key=True)
    return surplus


def _meant(name: str, written: TaskEntry, taken: dict[str, Any]) -> str | None:
    return nearest(name, (known for known in taken.get("properties", ()) if known not in written.input))


def _tell_missing(
    findings: Findings,
    written: TaskEntry,
    pointer: str,
    given: dict[str, Any],
    taken: dict[str, Any],
    workflow_input: JsonSchema | None,
    vague: set[str],
) -> set[str]:
    lacking = {name for name in taken.get("required", ()) if name not in given["required"]} - vague
    for name in sorted(lacking):
        place, message = join(pointer, name), f"the task `{written.task_ref}` requires the input `{name}`"
        if name in given["properties"]:
            fix = Fix("give a default with orValue(…)", place)
            findings.add("WF-602", f"{message}, which may be absent here", place, seen=written.input[name], fix=fix)
        else:
            findings.add("WF-602", message, place, fix=_offer(name, place, workflow_input))
    return lacking


def _offer(name: str, pointer: str, workflow_input: JsonSchema | None) -> Fix:
    """The workflow's own input of that name is most likely what is wanted."""
    if isinstance(workflow_input, dict) and name in workflow_input.get("required", ()):
        value = f"{{{{input.{name}}}}}"
        return Fix(f'add `{name}: "{value}"`', pointer, value, "set")
    return Fix(f"add `{name}:` to the input", pointer)
