"""`workflow-cli eval`: an expression is tried out over a file."""

import json
from pathlib import Path

import pytest

from .conftest import Cli

ORDER = {"input": {"items": [{"price": 1.5, "count": 2}, {"price": 4, "count": 1}], "name": "Ada"}}
TYPES = """type: object
required: [input]
properties:
  input:
    type: object
    required: [items]
    properties:
      name: {type: string}
      items:
        type: array
        items: {type: object, required: [price, count], properties: {price: {type: number}, count: {type: integer}}}
"""


@pytest.fixture
def order(tmp_path: Path) -> Path:
    """A document with the root `input`, and `types.yaml` with its schema."""
    (tmp_path / "order.json").write_text(json.dumps(ORDER))
    (tmp_path / "types.yaml").write_text(TYPES)
    return tmp_path


def test_the_value_is_printed_as_json(cli: Cli, order: Path) -> None:
    """The keys of the file are the names; whole numbers print without a fraction."""
    done = cli("eval", "input.items.map(i, i.price * i.count)", "--data", "order.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[\n  3,\n  4\n]\n"


def test_yaml_is_read_too(cli: Cli, order: Path) -> None:
    """As definitions are written."""
    (order / "order.yaml").write_text("input: {name: Ada}\n")
    done = cli("eval", "'Hello ' + input.name", "--data", "order.yaml")
    assert (done.returncode, done.stdout) == (0, '"Hello Ada"\n')


def test_an_optional_that_leads_nowhere_is_told_as_absent(cli: Cli, order: Path) -> None:
    """Absent is not null: in JSON there is no value at all."""
    assert cli("eval", "input.?note", "--data", "order.json").stdout == "absent\n"
    assert json.loads(cli("eval", "input.?note", "--data", "order.json", "-o", "json").stdout) == {
        "ok": True,
        "diagnostics": [],
    }


def test_a_slip_shows_its_place(cli: Cli, order: Path) -> None:
    """Code, message and a caret under the character; exit code 1 and nothing on stdout."""
    done = cli("eval", "input.name ===", "--data", "order.json")
    assert (done.returncode, done.stdout) == (1, "")
    first, line, caret, *_ = done.stderr.split("\n")
    assert first.startswith("expression:1:12: error WF-501: ")
    assert caret.index("^") == line.index("===")


def test_data_that_does_not_fit_is_told_with_its_place(cli: Cli, order: Path) -> None:
    """As a run would fail: the place and the types, never the data."""
    done = cli("eval", "1 +\n input.name", "--data", "order.json")
    assert done.returncode == 1
    assert "error EXPRESSION_ERROR: " in done.stderr
    assert done.stderr.startswith("expression:1:")
    assert "Ada" not in done.stderr


def test_with_a_schema_the_checker_speaks_first(cli: Cli, order: Path) -> None:
    """What would work with this data alone is refused, with the nearest name as a fix."""
    wanted = ("eval", "input.items.map(i, i.prize)", "--data", "order.json", "--schema", "types.yaml", "-o", "json")
    done = cli(*wanted)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == (1, False)
    (fault,) = told["diagnostics"]
    assert (fault["code"], fault["position"]["column"]) == ("WF-503", 22)
    assert fault["fix"]["value"] == "input.items.map(i, i.price)"
    optional = cli("eval", "input.name", "--data", "order.json", "--schema", "types.yaml")
    assert optional.returncode == 1
    assert "WF-504" in optional.stderr


def test_with_a_schema_a_sound_expression_gives_its_value(cli: Cli, order: Path) -> None:
    """The check says nothing and the value is the same."""
    done = cli("eval", "input.items.map(i, i.price)", "--data", "order.json", "--schema", "types.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[\n  1.5,\n  4\n]\n", "")


def test_data_that_breaks_the_schema_is_told(cli: Cli, order: Path) -> None:
    """Or the answer would say nothing about runs."""
    (order / "order.json").write_text('{"input": {"items": [{"price": "free", "count": 1}]}}')
    done = cli("eval", "input.items.map(i, i.price)", "--data", "order.json", "--schema", "types.yaml")
    assert done.returncode == 1
    assert "/input/items/0/price" in done.stderr


@pytest.mark.parametrize(
    ("data", "said"),
    [("[1]", "one object is needed"), ("{", "WF-101"), ("a: 1\n---\nb: 2\n", "one object is needed")],
)
def test_a_file_that_is_no_document_is_wrong_usage(cli: Cli, order: Path, data: str, said: str) -> None:
    """Exit code 2, with the file and what it should be."""
    (order / "bad.yaml").write_text(data)
    done = cli("eval", "input", "--data", "bad.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "bad.yaml" in done.stderr
    assert said in done.stderr


def test_a_schema_that_cannot_be_used_is_wrong_usage(cli: Cli, order: Path) -> None:
    """The reason is told."""
    (order / "types.yaml").write_text("type: objekt\n")
    done = cli("eval", "input", "--data", "order.json", "--schema", "types.yaml")
    assert done.returncode == 2
    assert "the schema cannot be used" in done.stderr
