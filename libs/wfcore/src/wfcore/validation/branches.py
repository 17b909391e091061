"""The branches of a switch, tried in order: each of them can be taken."""

from collections.abc import Sequence

from wfcore.definition import Branch
from wfcore.diagnostics import Fix
from wfcore.schema import JsonSchema
from wfcore.validation.findings import Findings


def check_reached(
    findings: Findings, written: Sequence[Branch], conditions: Sequence[JsonSchema], pointer: str
) -> None:
    """Tell which branches no run takes. `conditions` are the types of their `when`; `{}` where nothing is known."""
    behind_true = False
    for index, (branch, condition) in enumerate(zip(written, conditions, strict=False)):
        place = f"{pointer}/{index}"
        fix = Fix("remove this branch", place, edit="remove")
        if any(before.default for before in written[:index]):
            message = "this branch stands behind the default, so it is never taken"
            findings.add("WF-217", message, place, fix=fix if branch.default else _default_last(findings, pointer))
        elif behind_true:
            message = "this branch stands behind a condition that is always true, so it is never taken"
            findings.add("WF-217", message, place, fix=fix, severity="warning")
        elif branch.when is None and not branch.default:
            repaired = Fix("write `default: true`", f"{place}/default", True, "set")
            findings.add(
                "WF-205", "`default` is either true or not there", f"{place}/default", seen=False, fix=repaired
            )
        elif condition == {"const": False}:
            message = "the condition of this branch is always false, so it is never taken"
            findings.add("WF-217", message, f"{place}/when", seen=branch.when, fix=fix, severity="warning")
        behind_true |= condition == {"const": True}


def _default_last(findings: Findings, pointer: str) -> Fix:
    """The branches with the (first) default moved to the end."""
    branches = findings.written(pointer)
    ordered = sorted(branches, key=lambda branch: bool(branch.get("default")))
    return Fix("put the default last", pointer, ordered, "set")
