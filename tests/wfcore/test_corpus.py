"""The corpus: definitions that are wrong in known ways, and definitions that are right and run.

A bad file begins with its diagnostics, in the order of the text:

    # expect: WF-503 at /spec/output, line 23, column 32
    #    fix: set /spec/output to "{{tasks.user.output.name}}"

`fix` is one that a machine can make, `by hand` one that needs a person, and a warning is called one. Beside a good
file stands a `.json` with its runs: `{workflow, input, fails, answers, status, output, problem, tasks}`. Calls are
answered by the mocks of their tasks, but for those that are named under `fails` and `answers`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.wfcore.definitions import Known, diagnostics_of, fixed
from tests.wfcore.mocked import Problem, run_mocked

from wfcore.definition import read_definitions
from wfcore.diagnostics import CODES, Diagnostic, Fix, Position, render
from wfcore.source import read

CORPUS = Path(__file__).parents[1] / "corpus"


def files(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).glob("*.yaml"))


BAD, GOOD = files("bad"), files("good")
FOUND = {path: diagnostics_of(path.read_text()) for path in BAD}


def each_file(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


# --- what is wrong -----------------------------------------------------------------------------------


def header(found: list[Diagnostic]) -> list[str]:
    """What a file says that is wrong with it."""
    placed = sorted(found, key=lambda each: (each.position.line, each.position.column, each.code, each.pointer))
    return [line for each in placed for line in _said(each)]


def _said(each: Diagnostic) -> Iterator[str]:
    warning = "" if each.is_error else " (warning)"
    assert each.position is not None
    yield f"# expect: {each.code}{warning} at {each.pointer}, line {each.position.line}, column {each.position.column}"
    if each.fix is not None:
        yield f"#    fix: {_edit(each.fix)}" if each.fix.edit else f"# by hand: {each.fix.title}"


def _edit(fix: Fix) -> str:
    match fix.edit:
        case "set":
            return f"set {fix.pointer} to {json.dumps(fix.value, ensure_ascii=False)}"
        case "rename":
            return f"rename {fix.pointer} to {fix.value}"
    return f"remove {fix.pointer}"


def expected(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("# expect: ", "#    fix: ", "# by hand: "))]


@each_file(BAD)
def test_a_bad_file_gives_exactly_its_diagnostics(path: Path):
    """Every fault of a file is told with its code, its place and its fix, and nothing that is no fault."""
    text = path.read_text()
    assert header(FOUND[path]) == expected(text), "\n".join(render(each, text) for each in FOUND[path])


@each_file(BAD)
def test_a_diagnostic_names_the_line_that_is_wrong(path: Path):
    """Each position lies inside the file, on text, so that an editor can underline it."""
    text = path.read_text()
    lines = text.splitlines()
    for each in FOUND[path]:
        assert each.position is not None
        assert lines[each.position.line - 1][each.position.column - 1 :].strip(), render(each, text)


def test_every_code_is_in_the_corpus():
    """No fault that we know has never been seen."""
    assert {each.code for found in FOUND.values() for each in found} == set(CODES)


# --- how it is put right -----------------------------------------------------------------------------


def machine_fixes(*, only_faults: bool) -> list[Any]:
    return [
        pytest.param(path, each, id=f"{path.stem}-{each.pointer}")
        for path, found in FOUND.items()
        for each in found
        if each.fix and each.fix.edit and (len(found) == 1 or not only_faults)
    ]


def put_right(path: Path, fault: Diagnostic) -> list[Diagnostic]:
    """What is still wrong with a file after the edit of a fix, made in the object that has the fault."""
    text, documents = path.read_text(), read(path.read_text()).documents
    assert fault.fix is not None
    assert fault.position is not None
    line = fault.position.line
    faulty = max((each for each in documents if each.first_line <= line), key=lambda each: each.first_line)
    if not faulty.complete:
        return diagnostics_of(quoted_at(text, fault.position, fault.fix))
    edited = [fixed(each.data, fault.fix) if each is faulty else each.data for each in documents if each.complete]
    return diagnostics_of("\n---\n".join(map(json.dumps, edited)))


def quoted_at(text: str, position: Position, fix: Fix) -> str:
    """The text with quotes around what stands at a place: an object that YAML cannot read has no data to edit."""
    lines = text.splitlines(keepends=True)
    line, start = lines[position.line - 1], position.column - 1
    assert line[start:].startswith(fix.value)
    lines[position.line - 1] = line[:start] + json.dumps(fix.value) + line[start + len(fix.value) :]
    return "".join(lines)


@pytest.mark.parametrize(("path", "fault"), machine_fixes(only_faults=False))
def test_a_fix_that_a_machine_can_make_cures_its_fault(path: Path, fault: Diagnostic):
    """After the edit the same fault is not found there again."""
    remaining = put_right(path, fault)
    assert (fault.code, fault.pointer, fault.seen) not in [(each.code, each.pointer, each.seen) for each in remaining]


@pytest.mark.parametrize(("path", "fault"), machine_fixes(only_faults=True))
def test_a_fix_of_the_only_fault_makes_the_file_valid(path: Path, fault: Diagnostic):
    """Nobody who takes the advice is sent on to the next fault."""
    assert [render(each, None) for each in put_right(path, fault)] == []


# --- what is right -----------------------------------------------------------------------------------


@each_file(GOOD)
def test_a_good_file_has_no_diagnostics(path: Path):
    """What is right is not complained about, not even with a warning."""
    text = path.read_text()
    assert [render(each, text) for each in diagnostics_of(text)] == []


def runs() -> list[Any]:
    return [
        pytest.param(path.with_suffix(".yaml"), said, id=f"{path.stem}-{at}")
        for path in sorted((CORPUS / "good").glob("*.json"))
        for at, said in enumerate(json.loads(path.read_text()))
    ]


@pytest.mark.parametrize(("path", "said"), runs())
def test_a_good_file_runs(path: Path, said: dict[str, Any]):
    """What was accepted works: it gives the output, or the problem, that stands beside it."""
    definitions = read_definitions(path.read_text()).definitions
    workflows = [each.ref for each in definitions if each.ref.kind == "Workflow"]
    workflow = next(ref for ref in reversed(workflows) if ref.name == said.get("workflow", ref.name))
    ended = run_mocked(
        Known(definitions), workflow, said["input"], fails=said.get("fails"), answers=said.get("answers")
    )
    assert ended.status == said.get("status", "succeeded"), ended
    assert ended.output == said.get("output")
    assert ended.problem == (Problem(**said["problem"]) if "problem" in said else None)
    assert said.get("tasks", {}).items() <= ended.tasks.items()


@each_file(GOOD)
def test_every_good_workflow_has_a_run(path: Path):
    """Who says that something works shows it."""
    has_workflow = any(each.ref.kind == "Workflow" for each in read_definitions(path.read_text()).definitions)
    assert path.with_suffix(".json").exists() == has_workflow
