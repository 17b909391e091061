"""The rules by which a workflow tells its callers about a failure."""

from collections.abc import Sequence

from wfcore.definition import ErrorRule
from wfcore.diagnostics import Fix
from wfcore.validation import templates
from wfcore.validation.conditions import check_condition
from wfcore.validation.findings import Findings

_TEXT = {"type": "string"}
_STATUS = {"type": "integer", "minimum": 100, "maximum": 599}
_FAILURE = templates.exactly(
    {
        "task": _TEXT,
        "error": {
            "type": "object",
            "required": ["code", "title"],
            "properties": {"code": _TEXT, "title": _TEXT, "status": _STATUS},
        },
    }
)


def check_rules(findings: Findings, rules: Sequence[ErrorRule]) -> None:
    """Tell which rules cannot be judged, or never are because one before them always holds."""
    always: str | None = None
    for index, rule in enumerate(rules):
        pointer = f"/spec/errors/{index}"
        typed = templates.infer(findings, templates.parse_expression(findings, rule.when, f"{pointer}/when"), _FAILURE)
        check_condition(findings, typed, rule.when, f"{pointer}/when")
        if always is not None:
            fix = Fix("remove this rule, or move it up", pointer, edit="remove")
            message = f"{always} always holds, so this rule is never looked at"
            findings.add("WF-217", message, pointer, fix=fix, severity="warning")
        elif typed.schema == {"const": True} and not typed.vague:
            always = f"the rule of {pointer}"
