"""The names that a workflow gives: ids of tasks and of the item of a forEach. Expressions must be able to say them."""

import re
from collections.abc import Collection, Mapping

from wfcore.diagnostics import Fix
from wfcore.validation.findings import Findings

_ID = re.compile(r"[a-z][A-Za-z0-9_]*")
_ROOTS = frozenset(
    [
        *("body", "error", "execution", "headers", "index", "input", "item"),
        *("response", "secrets", "task", "tasks", "workflow"),
    ]
)
_CEL_WORDS = frozenset(
    [
        *("as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"),
        *("namespace", "null", "package", "return", "true", "var", "void", "while"),
    ]
)
MOST_CHARACTERS = 63
"""Of a name, as Kubernetes has it: paths of tasks inside tasks are made of them."""
USUAL_ITEM = "item"
"""What the item of a forEach is called where nobody says otherwise."""


def check_id(findings: Findings, id_: str, pointer: str, before: Mapping[str, str]) -> None:
    """Tell what is wrong with the id of a task; `before` maps the ids of its scope so far to their pointers."""
    if id_ in before:
        message = f"the id `{id_}` is already that of {before[id_]}"
        findings.add("WF-312", message, pointer, seen=id_, fix=Fix("give it another id", pointer))
    else:
        _check_name(findings, id_, pointer, "an id", "Task")


def check_item_name(findings: Findings, name: str, pointer: str, around: Collection[str]) -> None:
    """Tell what is wrong with the `as` of a forEach; `around` are those of the forEach around it."""
    if name == USUAL_ITEM:
        return
    if name in around:
        better = f"inner{name[:1].upper()}{name[1:]}"
        fix = Fix(f"for example `{better}`", pointer, better, "set")
        findings.add("WF-311", f"`{name}` is already the item of a forEach around it", pointer, seen=name, fix=fix)
    else:
        _check_name(findings, name, pointer, "the name of an item", "Item")


def _check_name(findings: Findings, name: str, pointer: str, what: str, suffix: str) -> None:
    if name in _CEL_WORDS or name in _ROOTS:
        why = "a reserved word" if name in _CEL_WORDS else "a name that expressions already use"
        fix = Fix(f"for example `{name}{suffix}`", pointer, f"{name}{suffix}", "set")
        findings.add("WF-311", f"`{name}` is {why}", pointer, seen=name, fix=fix)
    elif len(name) > MOST_CHARACTERS:
        message = f"{what} has at most {MOST_CHARACTERS} characters, this one has {len(name)}"
        findings.add("WF-311", message, pointer, seen=f"{name[:MOST_CHARACTERS]}…", fix=Fix("shorten it", pointer))
    elif not _ID.fullmatch(name):
        message = f"`{name}` cannot stand in an expression: {what} is a small letter, then letters, digits and `_`"
        findings.add("WF-311", message, pointer, seen=name, fix=_better(name, pointer))


def _better(name: str, pointer: str) -> Fix | None:
    """`get-user` -> `getUser`."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word]
    joined = "".join(word[0].upper() + word[1:] for word in words)
    better = joined[:1].lower() + joined[1:]
    return Fix(f"for example `{better}`", pointer, better, "set") if _ID.fullmatch(better) else None
