"""A drawn plan: what comes out is the syntax of Mermaid and DOT whatever authors write into their definitions."""

import re

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.wfcore.plan.bundles import EVERYTHING, a_bundle, a_call, a_task

from wfcore import plan as planning
from wfcore.plan import Scope

PLAN = planning.plan(EVERYTHING)

# --- a strict reader of the little Mermaid that we write --------------------------------------------------

_TEXT = r'"(?:[^\W_]|[ _.,:/=+()-]|#\d+;|<br/>)*"'
_MERMAID = {
    "open": re.compile(rf"subgraph (\w+)\[{_TEXT}\]"),
    "close": re.compile(r"end"),
    "node": re.compile(rf"(\w+)(?:\[{_TEXT}\]|\({_TEXT}\))"),
    "edge": re.compile(r"(\w+) (?:-->|-\.->) (\w+)"),
    "style": re.compile(r"classDef critical stroke-width:3px"),
    "class": re.compile(r"class ((?:\w+,)*\w+) critical"),
}


def read_mermaid(text: str) -> dict[str, list[str]]:
    """The names of each sort of line. Fails for any line that is none, a name told twice, or an arrow to nowhere."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert first == "flowchart TD"
    found: dict[str, list[str]] = {sort: [] for sort in _MERMAID}
    depth = 0
    for line in lines:
        sort, match = next((s, m) for s, pattern in _MERMAID.items() if (m := pattern.fullmatch(line.strip())))
        found[sort] += [name for group in match.groups() for name in group.split(",")]
        depth += (sort == "open") - (sort == "close")
        assert depth >= 0
    assert depth == 0
    names = found["open"] + found["node"]
    assert len(names) == len(set(names))
    assert {*found["edge"], *found["class"]} <= set(names)
    return found


def test_mermaid_has_a_box_for_each_task_and_a_frame_for_each_scope():
    """The containers are frames themselves; each branch has one, an empty branch says so."""
    found = read_mermaid(planning.as_mermaid(PLAN))
    assert len(found["node"]) == 7 + 1
    assert len(found["open"]) == 3 + 2
    assert len(found["edge"]) == 2 * len(PLAN.edges)


def test_mermaid_marks_the_critical_path():
    """Every task on it, and the frame where the limit of a container counts."""
    text = planning.as_mermaid(PLAN)
    assert "  class n1,n4,n5,n7 critical" in text
    limited = planning.plan(a_bundle(EVERYTHING.body.tasks[-1]))
    assert "  class n1 critical" in planning.as_mermaid(limited)


def test_a_fallback_on_the_critical_path_marks_its_task():
    """It has no box of its own."""
    plan = planning.plan(a_bundle(*EVERYTHING.body.tasks[:2]))
    assert [step.path for step in plan.critical_path.steps] == ["user", "orders", "orders:fallback"]
    assert "  class n1,n2 critical" in planning.as_mermaid(plan)
    assert planning.as_dot(plan).count("penwidth=3") == 2


# --- a strict reader of the little DOT that we write ------------------------------------------------------

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\\n]|\\.)*")|(\w+)|(->|[{}\[\];=,]))')


def read_dot(text: str) -> dict[str, list[str]]:
    """Boxes, clusters and arrows. Fails for anything that is not the grammar of DOT."""
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        assert match is not None, text[at : at + 40]
        tokens.append(match[0].strip())
        at = match.end()
    found: dict[str, list[str]] = {"box": [], "cluster": [], "arrow": []}
    assert tokens[0] == "digraph"
    assert tokens[2] == "{"
    assert _statements(tokens, 3, found) == len(tokens)
    assert set(found["arrow"]) <= set(found["box"])
    assert len(found["box"]) == len(set(found["box"]))
    return found


def _statements(tokens: list[str], at: int, found: dict[str, list[str]]) -> int:
    while tokens[at] != "}":
        if tokens[at] == "subgraph":
            found["cluster"].append(tokens[at + 1])
            assert tokens[at + 2] == "{"
            at = _statements(tokens, at + 3, found)
        elif tokens[at + 1] == "=":
            assert tokens[at + 3] == ";"
            at += 4
        elif tokens[at + 1] == "->":
            found["arrow"] += [tokens[at], tokens[at + 2]]
            at = _attributes(tokens, at + 3)
        else:
            found["box"] += [] if tokens[at] in ("node", "graph") else [tokens[at]]
            at = _attributes(tokens, at + 1)
    return at + 1


def _attributes(tokens: list[str], at: int) -> int:
    assert tokens[at] == "["
    end = tokens.index("]", at)
    parts = tokens[at + 1 : end]
    assert parts[1::4] == ["="] * len(parts[1::4])
    assert parts[3::4] == [","] * len(parts[3::4])
    assert tokens[end + 1] == ";"
    return end + 2


def test_dot_has_a_box_for_each_task_and_a_cluster_for_each_scope():
    """An arrow to a container goes to a box in it and ends at its frame."""
    text = planning.as_dot(PLAN)
    found = read_dot(text)
    assert len(found["box"]) == 7 + 1
    assert found["cluster"] == ["cluster_n3", "cluster_n6", "cluster_n6_0", "cluster_n6_1", "cluster_n9"]
    assert "n1 -> n4 [style=solid, lhead=cluster_n3];" in text


# --- whatever authors write -------------------------------------------------------------------------------

NASTY = st.text(max_size=30) | st.sampled_from(
    [
        '"]',
        '"] --> x',
        "%%{init: {}}%%",
        "end",
        "</div><script>alert(1)</script>",
        "a\nend\n  b",
        "`**x**`",
        "ends in \\",
        '\\"',
        "#quot;",
        "",
    ]
)


@given(NASTY, NASTY)
def test_no_text_breaks_out_of_its_label(name: str, condition: str):
    """Quotes, brackets, line breaks, comments, HTML: the picture has the same boxes, frames and arrows."""
    plan = replace(PLAN, workflow=name, scope=_with_texts(PLAN.scope, name, condition))
    assert read_mermaid(planning.as_mermaid(plan)) == read_mermaid(planning.as_mermaid(PLAN))
    assert read_dot(planning.as_dot(plan)) == read_dot(planning.as_dot(PLAN))


def _with_texts(scope: Scope, name: str, condition: str) -> Scope:
    """The same tasks, with other names and conditions."""
    nodes = tuple(
        replace(
            node,
            id=name,
            ref=name,
            upstream=name,
            items=name,
            when=condition,
            scopes=tuple(_with_texts(inner, name, condition) for inner in node.scopes),
        )
        for node in scope.nodes
    )
    return replace(scope, when=condition, nodes=nodes)


def test_a_long_condition_is_cut():
    """A box stays readable; the whole condition is in the JSON."""
    task = a_task("a", a_call("a"), when="input.x == 1 || " * 50 + "true")
    plan = planning.plan(a_bundle(task))
    assert max(map(len, planning.as_dot(plan).split("\n"))) < 300
    assert plan.scope.nodes[0].when == task.when
