"""A link in the documentation leads somewhere."""

import re

import pytest

from tests.docs.tables import DOCS, REPOSITORY

PAGES = [*sorted(DOCS.rglob("*.md")), REPOSITORY / "proto" / "README.md"]
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_every_link_to_a_file_or_a_heading_leads_there(page):
    """Files exist beside the page, headings in the page they are said to be in."""
    for link in LINK.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, link
