"""A plan as a Graphviz graph. Scopes are clusters, the critical path has thick borders.

Names, conditions and addresses come from authors; they stand only in quoted strings, where a quote and a backslash
are the only characters with a meaning.
"""

from collections.abc import Iterator

from wfcore.plan import wording
from wfcore.plan.model import Node, Plan, Scope, critical, nodes

_STYLES = {"reads": "solid", "dependsOn": "dashed"}


def as_dot(plan: Plan) -> str:
    """Return the digraph. Dashed arrows are pure order."""
    drawing = _Drawing(plan)
    lines = [
        f"digraph {_quoted(wording.title(plan))} {{",
        "  compound=true;",
        '  node [shape=box, style=rounded, fontname="sans-serif"];',
        '  graph [fontname="sans-serif"];',
        *drawing.scope(plan.scope, "  "),
        *drawing.edges(),
        "}",
    ]
    return "\n".join(lines) + "\n"


class _Drawing:
    """Names of the boxes of one plan. An arrow to a cluster is one to a box in it, cut off at its frame."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._nodes = {node.path: node for node in nodes(plan.scope)}
        self._names = {path: f"n{number}" for number, path in enumerate(self._nodes, 1)}
        self._critical = critical(plan)

    def scope(self, scope: Scope, indent: str) -> Iterator[str]:
        for node in scope.nodes:
            yield from self._node(node, indent)

    def edges(self) -> Iterator[str]:
        for edge in self._plan.edges:
            tail, head = self._nodes[edge.source], self._nodes[edge.target]
            attributes = [f"style={_STYLES[edge.kind]}"]
            attributes += [f"ltail=cluster_{self._names[tail.path]}"] if tail.scopes else []
            attributes += [f"lhead=cluster_{self._names[head.path]}"] if head.scopes else []
            yield f"  {self._box(tail)} -> {self._box(head)} [{', '.join(attributes)}];"

    def _node(self, node: Node, indent: str) -> Iterator[str]:
        name, label = self._names[node.path], _quoted("\n".join(wording.lines(node)))
        thick = ", penwidth=3" if node.path in self._critical else ""
        if not node.scopes:
            yield f"{indent}{name} [label={label}{thick}];"
            return
        yield f"{indent}subgraph cluster_{name} {{"
        yield f"{indent}  label={label};"
        if thick:
            yield f"{indent}  penwidth=3;"
        for number, scope in enumerate(node.scopes):
            yield from self._inner(node, scope, number, f"{indent}  ")
        yield f"{indent}}}"

    def _inner(self, node: Node, scope: Scope, number: int, indent: str) -> Iterator[str]:
        name, frame = self._names[node.path], wording.scope_line(node, scope)
        deeper = f"{indent}  " if frame else indent
        if frame:
            yield f"{indent}subgraph cluster_{name}_{number} {{"
            yield f"{deeper}label={_quoted(frame)};"
        yield from self.scope(scope, deeper)
        if not scope.nodes:
            yield f'{deeper}{name}_{number}_none [label="no tasks"];'
        if frame:
            yield f"{indent}}}"

    def _box(self, node: Node) -> str:
        """The node itself, or the first box inside it."""
        if not node.scopes:
            return self._names[node.path]
        first = node.scopes[0]
        return self._box(first.nodes[0]) if first.nodes else f"{self._names[node.path]}_0_none"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
