"""Where the checks write down what they find about one definition."""

from typing import Any

from msgspec import UNSET

from wfcore.definition import Definition
from wfcore.diagnostics import Diagnostic, Fix, ObjectRef, Severity
from wfcore.source import JsonValue, tokens


class Findings:
    """The diagnostics of one definition, and the references that led nowhere."""

    def __init__(self, definition: Definition, unexecuted: Severity = "error") -> None:
        self.definition = definition
        self.unexecuted: Severity = unexecuted
        self.diagnostics: list[Diagnostic] = []
        self.missing: list[ObjectRef] = []
        self.looked_up: set[ObjectRef] = set()

    @property
    def refused(self) -> bool:
        return any(diagnostic.is_error for diagnostic in self.diagnostics)

    def written(self, pointer: str) -> JsonValue:
        """What stands at a pointer that begins with `/spec`; None where nothing stands."""
        value: JsonValue = {"spec": self.definition.raw}
        for token in tokens(pointer):
            if isinstance(value, list):
                value = value[int(token)] if token.isdecimal() and int(token) < len(value) else None
            else:
                value = value.get(token) if isinstance(value, dict) else None
        return value

    def add(
        self,
        code: str,
        message: str,
        pointer: str,
        *,
        seen: Any = UNSET,
        fix: Fix | None = None,
        severity: Severity = "error",
        offset: int | None = None,
        at_key: bool = False,
    ) -> None:
        """Note a fault at `pointer`; `offset` counts characters inside the text there."""
        positions = self.definition.positions
        if offset is not None:
            position = positions.inside(pointer, offset)
        else:
            position = positions.key_at(pointer) if at_key else positions.at(pointer)
        self.diagnostics.append(
            Diagnostic(
                code=code,
                severity=severity,
                message=message,
                object=self.definition.ref,
                pointer=pointer,
                position=position,
                seen=seen,
                fix=fix,
            )
        )

    def lack(self, code: str, ref: ObjectRef, message: str, pointer: str, fix: Fix | None = None) -> None:
        """Note something a later object may cure: a warning, and nothing is published until then."""
        if ref not in self.missing:
            self.missing.append(ref)
        self.add(code, message, pointer, seen=ref.name, fix=fix, severity="warning")
