"""Each diagnostic code has a page whose bad example gives the code and whose good example gives nothing."""

import re
from pathlib import Path

import pytest
from tests.wfcore.definitions import diagnostics_of

from wfcore.diagnostics import CODES

PAGES = Path(__file__).parents[2] / "docs" / "errors"
EXAMPLE = re.compile(r"## (Bad|Good)\n\n```yaml\n(.*?)```", re.DOTALL)


def examples(code: str) -> dict[str, str]:
    return dict(EXAMPLE.findall((PAGES / f"{code}.md").read_text()))


def test_every_code_has_a_page_and_every_page_a_code():
    """A link from a diagnostic into the docs never leads nowhere, and no page describes a code that is gone."""
    assert {page.stem for page in PAGES.glob("WF-*.md")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_the_page_has_the_title_of_its_code(code: str):
    """Page and registry call a fault by the same name."""
    assert (PAGES / f"{code}.md").read_text().startswith(f"# {code}: {CODES[code].title}\n")


@pytest.mark.parametrize("code", CODES)
def test_the_bad_example_gives_the_code_with_a_place_and_a_fix(code: str):
    """What the page calls wrong is what the engine calls wrong, and each fault has a position."""
    found = [each for each in diagnostics_of(examples(code)["Bad"]) if each.code == code]
    assert found
    assert all(each.position is not None and each.message for each in found)


@pytest.mark.parametrize("code", CODES)
def test_the_good_example_is_clean(code: str):
    """What the page offers as the fix has no diagnostics at all."""
    assert diagnostics_of(examples(code)["Good"]) == []
