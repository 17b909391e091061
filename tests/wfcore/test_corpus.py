"""The corpus: definitions that are wrong in known ways, and definitions that are right.

A bad file begins with one `# expect: WF-nnn at /pointer` for each diagnostic; order does not count.
"""

import json
import re
from pathlib import Path

import pytest
from tests.wfcore.definitions import diagnostics_of, fixed

from wfcore.diagnostics import Diagnostic, render
from wfcore.source import read

CORPUS = Path(__file__).parents[1] / "corpus"
EXPECTED = re.compile(r"^# expect: (WF-\d{3}) at (\S*)$", re.MULTILINE)


def files(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).glob("*.yaml"))


@pytest.mark.parametrize("path", files("bad"), ids=lambda path: path.stem)
def test_a_bad_file_gives_exactly_its_diagnostics(path: Path):
    """Every fault of a file is told, each at its own pointer, and nothing that is no fault."""
    text = path.read_text()
    found = diagnostics_of(text)
    assert sorted((each.code, each.pointer) for each in found) == sorted(EXPECTED.findall(text)), "\n".join(
        render(each, text) for each in found
    )


@pytest.mark.parametrize("path", files("bad"), ids=lambda path: path.stem)
def test_a_diagnostic_names_the_line_that_is_wrong(path: Path):
    """Each position lies inside the file, on text, so that an editor can underline it."""
    text = path.read_text()
    lines = text.splitlines()
    for each in diagnostics_of(text):
        assert each.position is not None
        assert lines[each.position.line - 1][each.position.column - 1 :].strip(), render(each, text)


@pytest.mark.parametrize("path", files("good"), ids=lambda path: path.stem)
def test_a_good_file_has_no_diagnostics(path: Path):
    """What is right is not complained about, not even with a warning."""
    text = path.read_text()
    assert [render(each, text) for each in diagnostics_of(text)] == []


def machine_fixes() -> list[tuple[Path, Diagnostic]]:
    return [
        (path, each) for path in files("bad") for each in diagnostics_of(path.read_text()) if each.fix and each.fix.edit
    ]


@pytest.mark.parametrize(
    ("path", "fault"), [pytest.param(*each, id=f"{each[0].stem}-{each[1].pointer}") for each in machine_fixes()]
)
def test_a_fix_that_a_machine_can_make_cures_its_fault(path: Path, fault: Diagnostic):
    """After the edit the same fault is not found there again."""
    documents = [each for each in read(path.read_text()).documents if each.complete]
    assert fault.position is not None
    faulty = max(
        (each for each in documents if each.first_line <= fault.position.line), key=lambda each: each.first_line
    )
    texts = [json.dumps(fixed(each.data, fault.fix) if each is faulty else each.data) for each in documents]
    remaining = diagnostics_of("\n---\n".join(texts))
    assert (fault.code, fault.pointer, fault.seen) not in [(each.code, each.pointer, each.seen) for each in remaining]
