"""The words in the boxes of a drawn plan: the same in every picture."""

from wfcore import durations
from wfcore.plan.model import Node, Plan, Scope

_LONGEST = 80
"""Characters. A condition may be 4 KiB long; a box shows how it begins."""


def title(plan: Plan) -> str:
    """The name of the whole picture."""
    return f"{plan.namespace}/{plan.workflow}"


def lines(node: Node) -> tuple[str, ...]:
    """What a box says of a task: its id, then what it does, then what may become of it."""
    told = [node.id, _work(node)]
    if node.timeout_ms is not None:
        told.append(f"at most {duration(node.timeout_ms)}" + (f", {node.attempts} tries" if node.attempts > 1 else ""))
    if node.when is not None:
        told.append(f"when {node.when}")
    if node.fallback is not None:
        told.append(f"on error: {node.fallback.ref or 'a value'}")
    elif node.on_error != "fail":
        told.append(f"on error: {node.on_error}")
    return tuple(shortened(line) for line in told if line)


def scope_line(node: Node, scope: Scope) -> str:
    """What the frame of a branch says; nothing for the only scope of a task."""
    if node.kind != "switch":
        return ""
    return shortened("default" if scope.when is None else f"when {scope.when}")


def duration(milliseconds: int) -> str:
    """`1500` -> `1.5s`."""
    return durations.written(milliseconds / 1000)


def shortened(text: str) -> str:
    """One line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _work(node: Node) -> str:
    match node.kind:
        case "call":
            return f"{node.method} {node.upstream}: {node.ref}"
        case "forEach":
            most = f"at most {node.max_items} items, " if node.max_items is not None else ""
            return f"for each of {node.items} ({most}{node.max_parallel} at a time)"
        case "workflow":
            return f"workflow {node.ref}"
        case "transform":
            return f"transform {node.ref}".rstrip()
        case "switch":
            return "switch"
