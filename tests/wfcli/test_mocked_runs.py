"""`workflow-cli run --local --mock`: the real machine on files alone, mocks answer."""

import json
from pathlib import Path

import pytest

from .conftest import Cli

EXAMPLE = Path(__file__).parents[1] / "corpus" / "not-yet" / "user-profile.yaml"
INPUT = '{"userId": 42, "skus": ["A1"]}'
MOCKED = ("run", "shop/user-profile", "--local", "--mock", "--dir", EXAMPLE)


def test_the_example_of_the_language_runs_without_a_server(cli: Cli):
    """Output on stdout, tasks by their paths and a summary on stderr, exit code 0."""
    ran = cli(*MOCKED, "-i", INPUT)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "name": "Ada",
        "stock": [{"sku": "A1", "left": 7}],
        "shipping": "standard",
        "big": [{"id": "A1", "net": 81}, {"id": "B2", "net": 16.605}],
    }
    assert "  stock[0].check  succeeded  check-stock\n" in ran.stderr
    assert ran.stderr.endswith("succeeded · 6 tasks · mocked: nothing was called\n")


def test_the_whole_answer_is_the_envelope_of_a_gateway(cli: Cli):
    """`-o json` has the same fields, so that a script need not know where the workflow ran."""
    answer = json.loads(cli(*MOCKED, "-i", INPUT, "-o", "json").stdout)
    assert set(answer) == {
        *("executionId", "namespace", "workflow", "version", "release", "status"),
        *("output", "tasks", "timings", "traceId"),
    }
    check = next(task for task in answer["tasks"] if task["id"] == "stock[0].check")
    assert (check["status"], check["attempts"], check["durationMs"], check["error"]) == ("succeeded", 1, 1, None)


def test_the_input_may_come_from_standard_input(cli: Cli):
    """`-i -`, as against a gateway."""
    ran = cli(*MOCKED, "-i", "-", input=INPUT)
    assert (ran.returncode, json.loads(ran.stdout)["name"]) == (0, "Ada")


def test_mocks_may_be_given_beside_those_of_the_tasks(cli: Cli):
    """They go first; a failure is told in the words of the workflow, exit code 1."""
    ran = cli(*MOCKED, "-i", INPUT, "--mocks", '{"user": {"status": 404}}')
    assert ran.returncode == 1
    assert "NO_SUCH_USER: No such user\n  task `user` failed: the upstream answered 404" in ran.stderr
    assert "orders          pending" in ran.stderr


def test_a_fallback_is_told_with_its_reason(cli: Cli):
    """A task that succeeded all the same says what it would have failed of."""
    ran = cli(*MOCKED, "-i", INPUT, "--mocks", '{"orders": {"status": 500}}')
    assert ran.returncode == 0
    assert "  orders          succeeded  list-orders, fell back: the upstream answered 500\n" in ran.stderr


def test_a_call_without_a_mock_names_its_task_and_the_cure(cli: Cli):
    """No mock of `get-user` holds for this user: exit code 1, a problem that says what to add where."""
    ran = cli(*MOCKED, "-i", '{"userId": 43}', "-o", "json")
    assert ran.returncode == 1
    problem = json.loads(ran.stdout)
    assert (problem["code"], problem["failedTask"]) == ("NO_MOCK", "user")
    assert "add `mocks: [{output: …}]` to task `get-user`" in problem["detail"]


def test_an_input_that_does_not_fit_is_refused_as_a_gateway_does(cli: Cli):
    """Every violation with its place, exit code 1."""
    ran = cli(*MOCKED, "-i", '{"userId": "x"}')
    assert ran.returncode == 1
    assert "INPUT_INVALID" in ran.stderr
    assert '/userId: expected integer, but saw "x"' in ran.stderr


def test_what_is_not_executed_yet_is_a_warning(cli: Cli):
    """A gateway refuses such a field; who tries a workflow out is told and goes on."""
    ran = cli(*MOCKED, "-i", INPUT)
    assert f"warning: {EXAMPLE}:113:3: `triggers` is not executed yet\n" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "x", "--local"), "write --local --mock"),
        (("run", "x", "--mock"), "write --local --mock"),
        (("run", "x", "--mocks", "{}"), "write --local --mock"),
        ((*MOCKED, "--mocks", '{"usr": {"status": 404}}'), "there is no task `usr`; did you mean `user`?"),
        ((*MOCKED, "--mocks", "{"), "the input (--mocks) is not JSON"),
        (("run", "user-profil", "--local", "--mock", "-n", "shop", "--dir", EXAMPLE), "no workflow shop/user-profil"),
        (("run", "x", "--local", "--mock"), "name the one of your definitions with --dir"),
    ],
    ids=["local-alone", "mock-alone", "mocks-alone", "unknown-task", "no-json", "unknown-workflow", "no-folder"],
)
def test_a_wrong_call_says_what_is_right(cli: Cli, arguments: tuple[str, ...], said: str):
    """Exit code 2, and how it is written."""
    ran = cli(*arguments)
    assert ran.returncode == 2, ran.stderr
    assert said in ran.stderr


def test_a_workflow_with_errors_is_not_run(cli: Cli, tmp_path: Path):
    """Its diagnostics, exit code 1."""
    broken = tmp_path / "broken.yaml"
    broken.write_text(EXAMPLE.read_text().replace("{{tasks.user.output.name}}", "{{tasks.user.output.nam}}"))
    ran = cli("run", "shop/user-profile", "--local", "--mock", "--dir", broken, "-i", INPUT)
    assert ran.returncode == 1
    assert "only a workflow without errors can be run" in ran.stderr
    assert "`tasks.user.output` has no field `nam`" in ran.stderr
