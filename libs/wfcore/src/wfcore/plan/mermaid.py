"""A plan as a Mermaid flowchart. Scopes are subgraphs, the critical path has thick borders.

Names, conditions and addresses come from authors. They stand only in quoted labels, and there every character that
Mermaid or the HTML it makes could take for its own is written as its number.
"""

from collections.abc import Iterator

from wfcore.plan import model, wording
from wfcore.plan.model import Node, Plan, Scope, nodes

_PLAIN = frozenset(" _.,:/=+-()")
_ARROWS = {"reads": "-->", "dependsOn": "-.->"}


def as_mermaid(plan: Plan) -> str:
    """Return the flowchart. Dotted arrows are pure order."""
    names = {node.path: f"n{number}" for number, node in enumerate(nodes(plan.scope), 1)}
    lines = ["flowchart TD", *_scope(plan.scope, names, "  ")]
    lines += [f"  {names[edge.source]} {_ARROWS[edge.kind]} {names[edge.target]}" for edge in plan.edges]
    on_path = model.critical(plan)
    critical = [name for path, name in names.items() if path in on_path]
    if critical:
        lines += ["  classDef critical stroke-width:3px", f"  class {','.join(critical)} critical"]
    return "\n".join(lines) + "\n"


def _scope(scope: Scope, names: dict[str, str], indent: str) -> Iterator[str]:
    for node in scope.nodes:
        yield from _node(node, names, indent)


def _node(node: Node, names: dict[str, str], indent: str) -> Iterator[str]:
    name, label = names[node.path], _label(*wording.lines(node))
    if not node.scopes:
        yield f"{indent}{name}({label})" if node.kind == "transform" else f"{indent}{name}[{label}]"
        return
    yield f"{indent}subgraph {name}[{label}]"
    for number, scope in enumerate(node.scopes):
        frame = wording.scope_line(node, scope)
        deeper = indent + ("    " if frame else "  ")
        if frame:
            yield f"{indent}  subgraph {name}_{number}[{_label(frame)}]"
        yield from _scope(scope, names, deeper)
        if not scope.nodes:
            # An arrow to an empty frame would make Mermaid draw a box instead of it.
            yield f"{deeper}{name}_{number}_none({_label('no tasks')})"
        if frame:
            yield f"{indent}  end"
    yield f"{indent}end"


def _label(*lines: str) -> str:
    return '"' + "<br/>".join("".join(map(_written, line)) for line in lines) + '"'


def _written(character: str) -> str:
    return character if character.isalnum() or character in _PLAIN else f"#{ord(character)};"
