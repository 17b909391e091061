"""Each package that we depend on has been chosen, and the page says why."""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from tests.docs.tables import DOCS, REPOSITORY, rows

PAGE = (DOCS / "dependencies.md").read_text()
LINES = {cells[0].strip("`"): cells[1:] for cells in rows(PAGE) if cells[0].startswith("`")}
PROJECTS = [
    REPOSITORY / "pyproject.toml",
    *(path for root in ("libs", "services", "tests") for path in sorted(REPOSITORY.glob(f"{root}/*/pyproject.toml"))),
]


def declared(path: Path) -> Iterator[str]:
    """The requirements that a pyproject.toml names, everywhere it may name them."""
    project = tomllib.loads(path.read_text())
    yield from project.get("project", {}).get("dependencies", [])
    for group in project.get("project", {}).get("optional-dependencies", {}).values():
        yield from group
    for group in project.get("dependency-groups", {}).values():
        yield from group


def normal(requirement: str) -> str:
    """The package's name alone, as package indexes compare names."""
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def ours() -> set[str]:
    found = (tomllib.loads(path.read_text())["project"]["name"] for path in PROJECTS)
    return {normal(name) for name in found}


DIRECT = sorted({normal(each) for path in PROJECTS for each in declared(path)} - ours())


@pytest.mark.parametrize("package", DIRECT)
def test_each_direct_dependency_has_its_line(package: str):
    """A package that nobody can give a reason for does not come in."""
    licence, why, instead = LINES[package]
    assert licence
    assert why
    assert instead


def test_no_line_is_left_over():
    """What we no longer use is no longer explained."""
    assert set(LINES) == set(DIRECT)


@pytest.mark.parametrize("package", DIRECT)
def test_the_licence_is_the_one_that_is_declared(package: str):
    """The licence stands in the package that is installed, not in our memory."""
    told = metadata.metadata(package)
    expression = told.get("License-Expression")
    if expression:
        assert LINES[package][0] == expression
        return
    words = " ".join([told.get("License") or "", *(told.get_all("Classifier") or [])])
    for licence in re.split(r" (?:AND|OR) ", LINES[package][0]):
        assert licence.split("-")[0] in words


def test_lines_are_in_order():
    """Who looks for a package finds it."""
    for part in PAGE.split("\n## ")[1:]:
        names = [cells[0].strip("`") for cells in rows(part)[1:]]
        assert names == sorted(names)
