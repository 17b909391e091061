"""The commands of the house: what `make` lists, what CI and the git hooks run."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()


def read(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text())


def make(*arguments: str) -> str:
    # Our own make may run these tests: its flags are not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_make_alone_lists_every_command() -> None:
    """Nobody has to read the Makefile to know what there is."""
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^  (\S+) +\S", make(), re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_ci_runs_the_commands_that_people_type() -> None:
    """`.ci/run` is `make test`; packages are built only from what passed."""
    assert (REPOSITORY / ".ci" / "run").read_text().rstrip().endswith("exec make test")
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)
    pipeline = read(".gitlab-ci.yml")
    assert pipeline["stages"] == ["test", "build"]
    assert (pipeline["test"]["script"], pipeline["check"]["script"]) == (".ci/run", "make check")
    assert sorted(pipeline["build"]["needs"]) == ["check", "test"]


def test_the_reports_that_ci_shows_are_those_that_the_tests_write() -> None:
    """JUnit and Cobertura, under the names of the Makefile; less than 90 % covered is a failure."""
    reports = read(".gitlab-ci.yml")["test"]["artifacts"]["reports"]
    said = make("--dry-run", "--always-make", "test")
    assert f"--junitxml={reports['junit']}" in said
    assert f"--cov-report=xml:{reports['coverage_report']['path']}" in said
    assert "--cov-fail-under=90" in said


def test_git_hooks_fetch_nothing() -> None:
    """All of them are local, and run the tools of uv.lock."""
    repositories = read(".pre-commit-config.yaml")["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repositories[0]["hooks"])
