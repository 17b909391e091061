"""Every code has a page, every link to one leads there, and the gateway shows it."""

import ast
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from tests.docs.tables import DOCS, REPOSITORY
from wf_gateway import problems
from wf_gateway.gateway import Gateway
from wf_gateway.problems import Problem
from wf_gateway.settings import Settings
from wfcli.local.ports import any_port
from wfcore import subjects
from wfcore.diagnostics import CODES, Diagnostic
from wfcore.errors import CODE_OF_CALL, ERRORS
from wfservice.settings import SettingsInvalid
from wfservice.testing import MemoryBus

PAGES = DOCS / "errors"
SECTIONS = ["What was done", "What a caller does", "What an operator does", "Example"]


def page(code: str) -> str:
    return (PAGES / f"{code}.md").read_text()


# --- the pages --------------------------------------------------------------------------------------


def test_every_code_has_a_page_and_every_page_a_code():
    """No link leads nowhere, and no page describes a code that is gone."""
    assert {path.stem for path in PAGES.iterdir()} == set(ERRORS) | set(CODES)


@pytest.mark.parametrize("code", ERRORS)
def test_the_page_says_what_the_registry_says(code: str):
    """Title and status are those of the answer, and all questions are answered in the same order."""
    text = page(code)
    assert text.startswith(f"# {code}: {ERRORS[code].title}\n\nHTTP {ERRORS[code].status}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert ("May be tried again." in text) == ERRORS[code].retryable


@pytest.mark.parametrize("code", ERRORS)
def test_the_example_is_an_answer_as_the_gateway_gives_it(code: str):
    """Whoever programs against the example programs against the truth."""
    (text,) = re.findall(r"```json\n(.*?)```", page(code), re.DOTALL)
    example = msgspec.json.decode(text, type=Problem)
    assert json.loads(msgspec.json.encode(example)) == json.loads(text), "a field that no answer has"
    usual = problems.problem(code, "")
    assert (example.type, example.title, example.status, example.fix) == (
        usual.type,
        usual.title,
        usual.status,
        usual.fix,
    )
    if ERRORS[code].effects != "tasks":
        assert example.effects == ERRORS[code].effects


# --- the links --------------------------------------------------------------------------------------


def codes_in_sources() -> Iterator[str]:
    """What stands where a code belongs: `code="…"` in a call or a class of libs and services."""
    for root in ("libs", "services"):
        for path in (REPOSITORY / root).glob("*/src/**/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                match node:
                    case ast.Call(func=ast.Name(id="WorkflowError" | "BadRequest"), keywords=keywords):
                        for keyword in keywords:
                            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
                                yield keyword.value.value
                    case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                        yield code


def test_every_code_that_is_raised_is_registered():
    """A code that somebody makes up where it is raised would have no page."""
    found = set(codes_in_sources()) | set(CODE_OF_CALL.values())
    assert len(found) > 20
    assert found <= set(ERRORS)


@pytest.mark.parametrize("code", [*ERRORS, *CODES])
async def test_the_link_that_the_program_prints_is_served(code: str, gateway: httpx.AsyncClient):
    """`type` of a problem and `docs` of a diagnostic are addresses where the page of the code is."""
    link = problems.problem(code, "").type if code in ERRORS else Diagnostic(code=code, message="").docs
    answer = await gateway.get(link)
    title = ERRORS[code].title if code in ERRORS else CODES[code].title
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<h1>{code}: {title}</h1>".replace("'", "&#x27;") in answer.text.replace("'", "&#x27;")


# --- how they are served ----------------------------------------------------------------------------


async def serving(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A real gateway on a port of its own."""
    bus = MemoryBus()
    await bus.ensure(subjects.STREAMS, subjects.BUCKETS)
    opened = await Gateway.open(bus, settings)
    await bus.serve(opened.asker.handlers())
    await opened.listen()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}") as client:
        yield client
    await opened.stop()
    await bus.drain(5)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway() -> AsyncIterator[httpx.AsyncClient]:
    """A gateway in a checkout, which finds the pages by itself."""
    async for client in serving(Settings(port=any_port())):
        yield client


@pytest_asyncio.fixture
async def with_own_pages(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway that was told where its pages are. Only one is there."""
    (tmp_path / "errors").mkdir()
    (tmp_path / "errors" / "INTERNAL.md").write_text(
        "# Ours\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1))\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    (tmp_path / "errors" / "SECRET.md").write_text("# Not a code")
    async for client in serving(Settings(port=any_port(), docs=str(tmp_path))):
        yield client


async def test_a_page_loads_and_runs_nothing(gateway: httpx.AsyncClient):
    """The browser is told to allow a style sheet in the page and nothing else."""
    answer = await gateway.get("/errors/INTERNAL")
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<style>" in answer.text
    assert "<script" not in answer.text


async def test_the_folder_of_the_pages_can_be_told(with_own_pages: httpx.AsyncClient):
    """WORKFLOW_GATEWAY_DOCS names the documentation; HTML in it is shown and never run."""
    text = (await with_own_pages.get("/errors/INTERNAL")).text
    assert "<h1>Ours</h1>" in text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert 'href="javascript' not in text
    assert "<td>1</td>" in text


@pytest.mark.parametrize("code", ["PAUSED", "WF-101"])
async def test_a_code_without_a_page_is_explained_by_its_registry(code: str, with_own_pages: httpx.AsyncClient):
    """A link of the program leads to an explanation even where the documentation is not at hand."""
    answer = await with_own_pages.get(f"/errors/{code}")
    assert answer.status_code == 200
    assert (ERRORS[code].title if code in ERRORS else CODES[code].title) in answer.text


@pytest.mark.parametrize(
    "code",
    ["SECRET", "internal", "..%2F..%2Fpyproject.toml", "..", "%2e%2e", "INTERNAL%00", "INTERNAL.md.md", "a" * 5000],
)
async def test_what_is_no_code_is_no_page(code: str, with_own_pages: httpx.AsyncClient):
    """Only codes of the registries lead to a file; all else is a clear 404."""
    answer = await with_own_pages.get(f"/errors/{code}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "ROUTE_NOT_FOUND"


async def test_a_misspelt_code_is_answered_with_the_nearest(gateway: httpx.AsyncClient):
    """Whoever types the address is helped."""
    answer = await gateway.get("/errors/UPSTREAM_TIMOUT")
    assert "did you mean `UPSTREAM_TIMEOUT`?" in answer.json()["detail"]


async def test_a_link_between_pages_works_when_it_is_served(gateway: httpx.AsyncClient):
    """Pages link to the files beside them, as they must to work where the repository is read."""
    assert (await gateway.get("/errors/PAUSED.md")).text == (await gateway.get("/errors/PAUSED")).text


async def test_a_folder_without_pages_is_told_at_the_start(tmp_path: Path):
    """A wrong WORKFLOW_GATEWAY_DOCS is found by whoever set it, not by a reader."""
    with pytest.raises(SettingsInvalid, match="WORKFLOW_GATEWAY_DOCS"):
        await Gateway.open(MemoryBus(), Settings(docs=str(tmp_path)))
