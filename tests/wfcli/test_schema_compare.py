"""`workflow-cli schema compare`: two files, one answer, one exit code."""

import json
from pathlib import Path

import pytest

from .conftest import Cli

ORDER = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "total": {"type": "number"}}}
BILL = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
STRICT_BILL = {"type": "object", "required": ["id", "total"], "properties": {"total": {"type": "integer"}}}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder in which the command runs, with a few schemas."""
    for name, schema in {"order": ORDER, "bill": BILL, "strict": STRICT_BILL}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    (tmp_path / "bill.yaml").write_text("type: object\nrequired: [id]\nproperties:\n  id: {type: string}\n")
    (tmp_path / "words.json").write_text('{"type": "string", "pattern": "^(a|b)*$"}')
    (tmp_path / "letters.json").write_text('{"type": "string", "pattern": "^[ab]*$"}')
    return tmp_path


def test_what_fits_is_a_yes_and_exit_code_0(cli: Cli, files: Path) -> None:
    """A proof needs no more than one line."""
    done = cli("schema", "compare", "order.json", "bill.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "yes  every value that order.json gives fits bill.json\n"


def test_what_does_not_fit_is_told_with_place_rule_and_example(cli: Cli, files: Path) -> None:
    """A no tells every obstacle and shows one value that the consumer refuses; exit code 1."""
    done = cli("schema", "compare", "order.json", "strict.json")
    assert done.returncode == 1
    assert done.stdout.startswith("no  order.json may give what strict.json does not accept\n")
    assert "  /total  required-missing\n      `total` is required, but optional on the giving side\n" in done.stdout
    assert "  /total  type-widened\n" in done.stdout
    assert 'for example {"id":""}' in done.stdout


def test_without_proof_and_example_it_is_undecided_and_exit_code_4(cli: Cli, files: Path) -> None:
    """What nobody can prove is named, so that people can say it in other words."""
    done = cli("schema", "compare", "words.json", "letters.json")
    assert done.returncode == 4
    assert done.stdout.startswith("undecided  no proof that words.json fits letters.json, and no counterexample")
    assert "`pattern` hides the answer" in done.stdout


@pytest.mark.parametrize(
    ("consumer", "code", "verdict", "rules", "counterexample"),
    [
        ("bill.json", 0, "yes", set(), None),
        ("strict.json", 1, "no", {"required-missing", "type-widened"}, {"id": ""}),
    ],
)
def test_json_for_machines(
    cli: Cli, files: Path, consumer: str, code: int, verdict: str, rules: set[str], counterexample: object
) -> None:
    """`-o json` prints one object with verdict, findings and counterexample, and ends with the same exit code."""
    done = cli("schema", "compare", "order.json", consumer, "-o", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["counterexample"]) == (code, verdict, counterexample)
    assert {finding["rule"] for finding in told["findings"]} == rules
    assert all(finding.keys() == {"pointer", "rule", "message"} for finding in told["findings"])


def test_yaml_is_read_as_well(cli: Cli, files: Path) -> None:
    """Schemas stand in definitions, and these are YAML."""
    assert cli("schema", "compare", "order.json", "bill.yaml").returncode == 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("cut.json", '{"type": "string"', "cut.json ends in the middle of a JSON value (byte 17)"),
        ("twice.json", '{"type": "string", "type": "null"}', 'has the key "type" twice'),
        ("cut.yaml", "type: [string", "cut.yaml:2:1: error WF-101"),
        ("many.yaml", "type: string\n---\ntype: string\n", "many.yaml holds 2 documents: a schema is one"),
        ("none.yaml", "", "none.yaml holds 0 documents: a schema is one"),
        ("list.json", "[]", "list.json is no schema that we take:\n  /: a schema is an object or true or false"),
        (
            "typo.json",
            '{"properties": {"a": {"type": "strin"}}}',
            "typo.json is no schema that we take:\n  /properties/a/type",
        ),
        ("away.json", '{"$ref": "http://127.0.0.1:1/x"}', "  /$ref: nothing is fetched, so a reference starts with #"),
        ("big.json", '{"maximum": 9007199254740993}', "big.json has the number 9007199254740993"),
        ("big.yaml", "maximum: 9007199254740993", "9007199254740993"),
    ],
)
def test_what_is_no_schema_is_wrong_usage(cli: Cli, files: Path, name: str, text: str, message: str) -> None:
    """The file, the place and the reason stand on stderr, nothing on stdout; exit code 2."""
    (files / name).write_text(text)
    done = cli("schema", "compare", "order.json", name)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_missing_file_is_wrong_usage(cli: Cli, files: Path) -> None:
    """A file that is not there, or is a folder, is named; exit code 2."""
    assert cli("schema", "compare", "order.json", "nowhere.json").returncode == 2
    done = cli("schema", "compare", str(files), "order.json")
    assert done.returncode == 2
    assert "directory" in done.stderr
