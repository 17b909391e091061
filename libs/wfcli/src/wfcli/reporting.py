"""What the offline commands found, as text for people and as JSON for machines."""

from collections.abc import Sequence
from typing import Any

import msgspec

from wfcli.doctoring import Finding
from wfcli.terminal.paint import Paint
from wfcli.validating import Checked
from wfcore.diagnostics import Diagnostic, render


def as_text(checked: Checked, paint: Paint) -> str:
    """Every diagnostic with its line and caret, then one line that says how it stands."""
    parts = [_painted(each, checked.texts, paint) for each in checked.diagnostics]
    parts += [paint.quiet(f"{name}: skipped, it holds no objects") for name in checked.skipped]
    return "\n\n".join([*parts, _summary(checked, paint)] if parts else [_summary(checked, paint)])


def as_json(checked: Checked) -> str:
    """One object; `diagnostics` carry the fields of wfcore.diagnostics.Diagnostic and the text for people."""
    told = {
        "ok": checked.errors == 0,
        "files": len(checked.texts),
        "objects": checked.objects,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "skipped": checked.skipped,
        "diagnostics": [_as_data(each) for each in checked.diagnostics],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def findings_as_text(findings: Sequence[Finding], paint: Paint) -> str:
    """A line each, below those that are wrong what to do."""
    lines = []
    for finding in findings:
        lines.append(f"  {paint.good('ok') if finding.ok else paint.bad('!!')}  {finding.what:<12} {finding.told}")
        if finding.fix:
            lines.append(f"      {'':<12} {paint.strong('fix:')} {finding.fix}")
    wrong = sum(not finding.ok for finding in findings)
    lines += ["", "  all well" if not wrong else f"  {_count(wrong, 'thing')} to fix"]
    return "\n".join(lines)


def findings_as_json(findings: Sequence[Finding]) -> str:
    """One object: whether all is well, and the findings."""
    told = {"ok": all(finding.ok for finding in findings), "findings": findings}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _painted(diagnostic: Diagnostic, texts: dict[str, str], paint: Paint) -> str:
    position = diagnostic.position
    first, *rest = render(diagnostic, texts.get(position.file or "") if position else None).split("\n")
    mark = f"{diagnostic.severity} {diagnostic.code}"
    colour = paint.bad if diagnostic.is_error else paint.warning
    return "\n".join([first.replace(mark, colour(mark), 1), *rest])


def _as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(diagnostic)
    return told | {"docs": diagnostic.docs}


def _summary(checked: Checked, paint: Paint) -> str:
    read = f"{_count(checked.objects, 'object')} in {_count(len(checked.texts), 'file')}"
    if not checked.diagnostics:
        return f"{paint.good('ok')}  {read}: no errors, no warnings"
    found = f"{_count(checked.errors, 'error')}, {_count(checked.warnings, 'warning')}"
    return f"{paint.bad('!!') if checked.errors else paint.good('ok')}  {read}: {found}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
