"""The definitions on disk: generated from the document, readable by the engine, safe as YAML 1.1 and 1.2."""

import json
import re

import pytest
import yaml
from jsonschema_rs import Draft202012Validator
from tests.testapi_tests.calling import names, operations
from tests.testapi_tests.playing import files, specs

from testapi import DEFINITIONS, definitions
from testapi.app import shop
from wfcore.definition import read_definitions

MOST_EVENTS = 20_000
"""As many parse events as the engine takes per text."""

SAFE_PLAIN = re.compile(
    r"""
    true | false | -?(0|[1-9][0-9]*)(\.[0-9]+)?           # the same in YAML 1.1 and 1.2
    | (?! (y|n|yes|no|on|off|null|~)$ )                   # words of YAML 1.1
      (?! [-+]?(0[xob][0-9a-f_]+|[.0-9][0-9_:.]*)(e[-+]?[0-9]+)?$ ) # numbers and times of some reader
      (?! [-+]?\.(inf|nan)$ | [0-9]{4}-[0-9] )            # more numbers, and dates
      .+
    """,
    re.VERBOSE | re.IGNORECASE,
)


TRAPS = [
    *("yes", "NO", "on", "y", "~", "null"),
    *("0700", "1:30", "1e3", "1_000", "0o7", "0x1f", "+1", ".5", ".inf", "2026-01-01"),
]


def tasks():
    """Return the spec of every task by name."""
    return {name: spec for (kind, name), spec in specs().items() if kind == "WorkflowTask"}


def test_the_generated_files_are_up_to_date(monkeypatch):
    """What stands on disk is what the document says now, and the command agrees."""
    assert definitions.stale(DEFINITIONS, definitions.files(shop().openapi())) == []
    monkeypatch.setattr("sys.argv", ["testapi.definitions", "--check"])
    assert definitions.main() == 0


def test_a_stale_file_is_named(tmp_path, monkeypatch, capsys):
    """A changed, a missing and a superfluous file fail the check; writing puts all three right."""
    monkeypatch.setattr("sys.argv", ["testapi.definitions", "--folder", str(tmp_path)])
    assert definitions.main() == 0
    (tmp_path / "tasks/orders.yaml").write_text("---\n")
    (tmp_path / "tasks/errors.yaml").unlink()
    (tmp_path / "tasks/other.yaml").write_text("---\n")
    monkeypatch.setattr("sys.argv", ["testapi.definitions", "--check", "--folder", str(tmp_path)])
    assert definitions.main() == 1
    told = capsys.readouterr().err
    assert [name for name in ("orders", "errors", "other", "users") if f"{name}.yaml is stale" in told] == [
        "orders",
        "errors",
        "other",
    ]
    definitions.write(tmp_path, definitions.files(shop().openapi()))
    assert definitions.main() == 0


def test_there_is_a_task_per_operation():
    """100 tasks, named as the operations, all of the upstream `testapi`."""
    assert tasks().keys() == set(names())
    assert {spec["http"]["upstream"] for spec in tasks().values()} == {"testapi"}
    assert len(tasks()) == 100


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_the_engine_reads_the_file_without_complaint(path):
    """No diagnostic, not even a warning."""
    reading = read_definitions(path.read_text(), file=path.name)
    assert [str(diagnostic) for diagnostic in reading.diagnostics] == []
    assert {definition.metadata.namespace for definition in reading.definitions} == {"test"}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_no_plain_scalar_is_read_differently_by_different_readers(path):
    """What YAML 1.1 and 1.2 read differently stands in quotes, expressions in double quotes; the file is small."""
    text = path.read_text()
    scalars = [token for token in yaml.scan(text) if isinstance(token, yaml.ScalarToken)]
    assert [token.value for token in scalars if token.plain and not SAFE_PLAIN.fullmatch(token.value)] == []
    assert [token.value for token in scalars if "{{" in token.value and token.style != '"'] == []
    assert sum(1 for _ in yaml.parse(text)) < MOST_EVENTS


@pytest.mark.parametrize("word", TRAPS)
def test_the_guard_against_traps_knows_them(word):
    """Each of the classic traps would be found."""
    assert not SAFE_PLAIN.fullmatch(word)


@pytest.mark.parametrize("name", names())
def test_a_task_takes_its_example(name):
    """The example fits the input schema; no schema has references or titles left."""
    spec = tasks()[name]
    example = json.loads((DEFINITIONS / "examples.json").read_text())[name]
    assert Draft202012Validator(spec["inputSchema"], validate_formats=True).is_valid(example)
    keywords = set(keywords_of(spec["inputSchema"])) | set(keywords_of(spec["outputSchema"]))
    assert not keywords & {"$ref", "$defs", "title", "discriminator"}


def keywords_of(schema):
    """Go through all keywords of a schema and of those inside it; names of properties are none."""
    for keyword, value in schema.items():
        yield keyword
        inner = value.values() if keyword in ("properties", "patternProperties") else [value]
        for one in inner:
            for each in one if isinstance(one, list) else [one]:
                if isinstance(each, dict):
                    yield from keywords_of(each)


def test_expected_failures_are_marked():
    """A task that only ever fails says with which status, in an annotation."""
    objects = yaml.safe_load_all((DEFINITIONS / "tasks/errors.yaml").read_text())
    marked = {
        found["metadata"]["name"]: found["metadata"].get("annotations", {}).get("workflow.io/expected-status")
        for found in objects
    }
    facts = {name: operations()[name][2]["x-workflow"].get("expectedStatus") for name in marked}
    assert marked == {name: status and str(status) for name, status in facts.items()}
    assert sum(status is not None for status in marked.values()) == 9


def test_parameters_become_templates():
    """Required ones are read as they are, optional ones may be absent; headers keep their names."""
    order, user = tasks()["get-order"]["http"], tasks()["get-current-user"]["http"]
    assert order["path"] == "/orders/{{input.orderId}}"
    assert tasks()["list-orders"]["http"]["query"]["limit"] == "{{input.?limit}}"
    assert user["headers"] == {"Authorization": "{{input.authorization}}"}


def test_bodies_become_templates():
    """Properties of an object stand beside the parameters; any other body is the input `body`."""
    assert tasks()["confirm-order"]["http"]["body"] == {
        "reservationId": "{{input.reservationId}}",
        "paymentId": "{{input.paymentId}}",
    }
    assert tasks()["update-order"]["http"]["body"]["email"] == "{{input.?email}}"
    assert tasks()["sum-numbers"]["http"]["body"] == "{{input.body}}"
    kinds = {name: spec["http"].get("bodyType") for name, spec in tasks().items()}
    assert {name: kind for name, kind in kinds.items() if kind} == {
        "login": "form",
        "create-template": "multipart",
        "shout": "text",
    }


def test_a_schema_that_contains_itself_is_refused():
    """Tasks have no references, so recursion is told with its way round."""
    components = {"Node": {"properties": {"next": {"$ref": "#/components/schemas/Node"}}}}
    with pytest.raises(ValueError, match="Node -> Node"):
        definitions.inline({"$ref": "#/components/schemas/Node"}, components)
