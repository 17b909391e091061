"""The one Dockerfile can be built for every service, from what is in the repository."""

import importlib.util
import json
import re
import tomllib
from pathlib import PurePosixPath

import pytest

from tests.deploy.services import DOCKERFILE, REPOSITORY, image_environment, instructions
from wfcli.dev.services import SERVICES, Service

COPIED = [rest.split() for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
SOURCES = [source for *sources, _ in COPIED for source in sources]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_copied_exists_and_is_let_through(source: str):
    """No COPY fails, neither for a missing file nor for one that .dockerignore hides."""
    assert (REPOSITORY / source).exists()
    assert f"!{source}" in DOCKERFILE.with_name("Dockerfile.dockerignore").read_text().splitlines()


def test_the_whole_workspace_is_copied():
    """uv refuses a workspace whose members are not all there."""
    for pattern in PROJECT["tool"]["uv"]["workspace"]["members"]:
        assert any(PurePosixPath(pattern).is_relative_to(source) for source in SOURCES), pattern


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_argument_leads_to_a_package_and_a_module(service: Service):
    """`SERVICE=history-writer` installs wf-history-writer and runs wf_history_writer."""
    packages = {
        tomllib.loads(path.read_text())["project"]["name"] for path in REPOSITORY.glob("services/*/pyproject.toml")
    }
    assert f"wf-{service.name}" in packages
    assert f"wf_{service.name.replace('-', '_')}" == service.module
    assert importlib.util.find_spec(f"{service.module}.__main__") is not None


def test_images_are_named_without_a_registry():
    """Where images come from is the business of whoever builds."""
    for name in (rest.split()[0] for word, rest in instructions() if word == "FROM"):
        assert re.fullmatch(r"[a-z]+:[\w.-]+", name)


def test_nothing_runs_as_root():
    """The last word about the user is a number above zero, so that `runAsNonRoot` can check it."""
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users == ["65532:65532"]


def test_commands_are_in_exec_form():
    """Signals reach the service: no shell stands before it."""
    forms = {word: rest for word, rest in instructions() if word in ("ENTRYPOINT", "HEALTHCHECK")}
    assert json.loads(forms["ENTRYPOINT"]) == ["/app/serve"]
    assert r"exec python -I -m wf_%s" in DOCKERFILE.read_text()
    probe = json.loads(forms["HEALTHCHECK"].partition("CMD ")[2])
    assert f"http://127.0.0.1:{image_environment()['WORKFLOW_HEALTH_PORT']}/livez" in probe[-1]


def test_the_image_holds_what_the_lock_says():
    """Versions come from uv.lock, and uv itself is the one that people use."""
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert "uv sync --frozen --no-dev" in runs
    (ours,) = re.findall(r"UV_VERSION=([\d.]+)", (REPOSITORY / ".ci" / "setup").read_text())
    assert f"uv=={ours}" in runs


def test_the_pages_that_errors_link_to_are_in_the_image():
    """`type` of every problem leads to a page, in a container too."""
    assert ["docs", image_environment()["WORKFLOW_GATEWAY_DOCS"]] in COPIED
