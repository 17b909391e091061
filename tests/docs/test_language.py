"""The page about the language says what the code does: every example is run, every table is compared.

A `yaml` block may use the objects of the blocks before it and has no diagnostics; `yaml refused WF-nnn` has these and
no others. A `json` block runs the last workflow before it: `{input, fails, status, output, problem, tasks}`. A line of
a `cel` block is `expression  →  value`, or `absent`, `error`, or the code with which it is refused; it reads the input
of `json data`, which has the type of `yaml schema`.
"""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, get_type_hints

import msgspec
import pytest
import yaml

from tests.docs.tables import DOCS, rows
from tests.wfcore.definitions import Known
from tests.wfcore.expression import test_deviations
from tests.wfcore.mocked import Problem, run_mocked
from wf_gateway import requests
from wfcore import durations, jsontext
from wfcore.definition import model, read_definitions
from wfcore.definition.fields import MAX_TASKS, NotYet
from wfcore.diagnostics import Diagnostic, ObjectRef, render
from wfcore.expression import evaluation, functions, parsing, sense
from wfcore.expression.building import MACROS
from wfcore.run import calls, machine, scopes
from wfcore.source import building, reader
from wfcore.transform import MAX_ITEMS, MAX_SORT_KEYS, MAX_STEPS
from wfcore.validation import blocks, chains, lists, timing, validate

NOTHING = object()
"""The default of what has to be written."""

PAGE = (DOCS / "language.md").read_text()


class Block(NamedTuple):
    """A fenced block: its language, the words behind that, its text and its line in the page."""

    language: str
    about: str
    text: str
    line: int


def fenced() -> Iterator[Block]:
    for found in re.finditer(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        yield Block(found[1], found[2], found[3], PAGE.count("\n", 0, found.start()) + 1)


class Example(NamedTuple):
    """A block and the text of all the objects that the page has defined before its end."""

    block: Block
    before: str

    def diagnostics(self) -> list[Diagnostic]:
        """All that is wrong with the block, beside what the page has defined before it."""
        reading = read_definitions(self.block.text)
        known = Known([*read_definitions(self.before).definitions, *reading.definitions])
        found = [each for definition in reading.definitions for each in validate(definition, known).diagnostics]
        return reading.diagnostics + found


def examples(language: str, about: str) -> list[Any]:
    """Blocks of a kind, each with what stands before it."""
    found, before = [], ""
    for block in fenced():
        if (block.language, block.about.partition(" ")[0]) == (language, about):
            found.append(pytest.param(Example(block, before), id=f"line-{block.line}"))
        if (block.language, block.about) == ("yaml", ""):
            before += f"---\n{block.text}"
    return found


def the(language: str, about: str) -> str:
    (block,) = [block for block in fenced() if (block.language, block.about) == (language, about)]
    return block.text


# --- definitions and their runs ----------------------------------------------------------------------


def test_every_block_is_an_example():
    """No block of the page is left out by a slip of the pen."""
    known = {("yaml", ""), ("yaml", "refused"), ("yaml", "schema"), ("json", ""), ("json", "data"), ("cel", "")}
    assert {(block.language, block.about.partition(" ")[0]) for block in fenced()} == known


@pytest.mark.parametrize("example", examples("yaml", ""))
def test_a_definition_is_right(example: Example):
    """Whoever copies it has nothing to correct, not even a warning."""
    assert [render(each, example.block.text) for each in example.diagnostics()] == []


@pytest.mark.parametrize("example", examples("yaml", "refused"))
def test_a_refused_definition_is_refused_for_the_reason_that_is_told(example: Example):
    """The page names every code that the definition gives."""
    found = example.diagnostics()
    codes = sorted({each.code for each in found})
    assert codes == sorted(example.block.about.split()[1:]), [render(each, example.block.text) for each in found]


@pytest.mark.parametrize("example", examples("json", ""))
def test_a_run_gives_the_answer_of_the_page(example: Example):
    """Input, failures and answer belong together."""
    said = json.loads(example.block.text)
    definitions = read_definitions(example.before).definitions
    workflow = [each.ref for each in definitions if each.ref.kind == "Workflow"][-1]
    ended = run_mocked(Known(definitions), workflow, said["input"], fails=said.get("fails"))
    assert ended.status == said.get("status", "succeeded"), ended
    assert ended.output == said.get("output")
    assert ended.problem == (Problem(**said["problem"]) if "problem" in said else None)
    assert said.get("tasks", {}).items() <= ended.tasks.items()


# --- expressions -------------------------------------------------------------------------------------


def lines() -> list[Any]:
    found = []
    for block in fenced():
        if block.language == "cel":
            for at, line in enumerate(block.text.splitlines()):
                text, value = line.rsplit("→", 1)
                found.append(pytest.param(text.strip(), value.strip(), id=f"line-{block.line + at + 1}"))
    return found


def around(expression: str) -> Known:
    """A workflow whose answer is the expression."""
    spec = {
        "inputSchema": yaml.safe_load(the("yaml", "schema")),
        "tasks": [{"id": "nothing", "transform": {"from": []}}],
        "output": {"value": f"{{{{ {expression} }}}}"},
    }
    text = json.dumps({"apiVersion": "workflow.io/v1", "kind": "Workflow", "metadata": {"name": "w"}, "spec": spec})
    return Known(read_definitions(text).definitions)


@pytest.mark.parametrize(("expression", "value"), lines())
def test_an_expression_gives_what_the_page_says(expression: str, value: str):
    """Behind the arrow stands the value of the expression, or the code with which it is refused."""
    known = around(expression)
    (found,) = [validate(definition, known) for definition in known.definitions.values()]
    codes = [each.code for each in found.diagnostics]
    if value.startswith("WF-"):
        assert codes == [value], found.diagnostics
        return
    assert codes == [] or value == "error", found.diagnostics
    ended = run_mocked(known, ObjectRef("Workflow", "default", "w"), json.loads(the("json", "data")))
    if value == "error":
        assert ended.problem is not None
        assert ended.problem.code == "EXPRESSION_ERROR"
    else:
        assert ended.output == ({} if value == "absent" else {"value": json.loads(value)})


# --- tables ------------------------------------------------------------------------------------------


def under(heading: str) -> str:
    """What stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return re.sub(r"^```.*?^```$", "", found[1], flags=re.MULTILINE | re.DOTALL)


def executed(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a struct that this version executes, by their YAML names; the value is the default."""
    hints = get_type_hints(shape, include_extras=True)
    return {
        field.encode_name: NOTHING if field.required else default_of(field)
        for field in msgspec.structs.fields(shape)
        if not is_later(hints[field.name])
    }


def default_of(field: msgspec.structs.FieldInfo) -> Any:
    """As plain data."""
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    plain = msgspec.to_builtins(default)
    return list(plain) if isinstance(plain, tuple) else plain


def is_later(kind: Any) -> bool:
    return any(isinstance(mark, NotYet) for mark in getattr(kind, "__metadata__", ()))


TABLES = [
    ("Upstream", model.UpstreamSpec, "field"),
    ("WorkflowTask", model.WorkflowTaskSpec, "field"),
    ("The call: http", model.HttpCall, "field"),
    ("Tries: retry", model.Retry, "field"),
    ("Workflow", model.WorkflowSpec, "field"),
    ("Task entries", model.TaskEntry, "field"),
    ("switch", model.Branch, "field of a branch"),
    ("forEach", model.ForEach, "field"),
    ("When a task fails", model.Fallback, "field of `fallback`"),
    ("Errors", model.ErrorRule, "field of a rule"),
    ("Route", model.Route, "field"),
    ("Transforms", model.TransformStep, "step"),
]


REQUIRED_ALL_THE_SAME = {(model.HttpCall, "`upstream`"), (model.Branch, "`output`")}
"""Fields that may be missing to the reader, and that a later check wants."""


@pytest.mark.parametrize(("heading", "shape", "head"), TABLES, ids=[each[0] for each in TABLES])
def test_a_table_lists_every_field_and_its_default(heading: str, shape: type[msgspec.Struct], head: str):
    """No field is missing, none is left over, and a default that is written is the one that counts."""
    fields = executed(shape)
    if shape is model.UpstreamSpec:
        del fields["limits"]
        fields |= {f"limits.{name}": default for name, default in executed(model.UpstreamLimits).items()}
    first, *listed = rows(under(heading))
    assert first[0] == head
    assert [cells[0].strip("`") for cells in listed] == list(fields) or {c[0].strip("`") for c in listed} == set(fields)
    if "default" in first:
        for cells in listed:
            written, default = cells[first.index("default")], fields[cells[0].strip("`")]
            must = default is NOTHING or (shape, cells[0]) in REQUIRED_ALL_THE_SAME
            assert (written == "required") == must, cells
            if written.startswith("`"):
                assert meant(written.strip("`")) == default, cells


def meant(text: str) -> Any:
    """A default as the definition holds it: durations are seconds, sizes bytes."""
    for read in (durations.seconds, durations.size):
        try:
            return read(text)
        except ValueError:
            continue
    return text if text.startswith("{{") else yaml.safe_load(text)


def test_fields_that_are_not_executed_yet_are_listed():
    """Nobody has to try out what is still missing."""
    listed = {cells[0]: set(re.findall(r"`([\w.]+)`", cells[1])) for cells in rows(under("Not executed yet"))[1:]}
    for kind, shape, inner, prefix in (
        ("Upstream", model.UpstreamSpec, model.UpstreamLimits, "limits."),
        ("WorkflowTask", model.WorkflowTaskSpec, model.HttpCall, "http."),
        ("Workflow", model.WorkflowSpec, model.TaskEntry, "tasks."),
    ):
        assert listed[kind] - {"secrets"} == later(shape) | {f"{prefix}{name}" for name in later(inner)}


def later(shape: type[msgspec.Struct]) -> set[str]:
    hints = get_type_hints(shape, include_extras=True)
    return {field.encode_name for field in msgspec.structs.fields(shape) if is_later(hints[field.name])}


SIGNATURE = re.compile(r"`(?:(math|lists|optional)\.)?(?:\w+\.)?(\w+)\(([^`]*)\)`")


def signatures() -> dict[str, str]:
    """Every function and macro of the tables, with what stands in its brackets."""
    found: dict[str, str] = {}
    for heading in ("Macros", "Strings", "Lists", "Numbers", "Conversions", "Time", "Optionals"):
        for cells in rows(under(heading))[1:]:
            for space, name, arguments in SIGNATURE.findall(cells[0]):
                found[f"{space}.{name}" if space else name] = arguments
    return found


def test_every_function_and_macro_has_its_line_and_an_example():
    """What an expression can call is told and shown, and nothing that it cannot."""
    told = signatures()
    assert set(told) == {name for name, _ in functions.FUNCTIONS} | set(MACROS) | {"has"}
    shown = "\n".join(block.text for block in fenced() if block.language == "cel")
    assert [name for name in told if f"{name}(" not in shown] == []


def test_a_signature_has_the_arguments_that_the_function_takes():
    """What stands in square brackets may be left out."""
    told = signatures()
    for (name, _), function in functions.FUNCTIONS.items():
        if name != "size" and "…" not in told[name]:
            named = [each for each in told[name].split(", ") if each]
            least = sum(not each.startswith("[") for each in named)
            assert (least, len(named)) == (function.least, function.most), name


def test_limits_are_those_of_the_code():
    """A number that is written here is the number at which the engine stops."""
    assert jsontext.MAX_DEPTH == building.MAX_DEPTH
    assert lists.MAX_ITEMS == scopes.MOST_ITEMS
    assert [tuple(cells) for cells in rows(under("Limits"))[1:]] == [
        ("one file, one object", f"{reader.MAX_BYTES >> 20} MiB"),
        ("parts of an object (keys, values)", f"{building.MAX_EVENTS:,}"),
        ("nesting of an object, of JSON", f"{building.MAX_DEPTH}"),
        ("length of an expression", f"{parsing.MAX_BYTES:,} bytes"),
        ("open brackets in an expression", f"{parsing.MAX_BRACKETS}"),
        ("macros inside each other", f"{sense.MAX_MACROS}"),
        ("work of one expression", f"{evaluation.MAX_STEPS:,} steps"),
        ("tasks of a workflow, all scopes counted", f"{MAX_TASKS}"),
        ("nested scopes", f"{blocks.MAX_NESTING}"),
        ("sub-workflows inside each other", f"{chains.MAX_DEPTH}"),
        ("items of a `forEach`", f"{scopes.MOST_ITEMS:,}"),
        ("tasks of a run, every item counted", f"{scopes.MOST_TASKS:,}"),
        ("steps of a transform", f"{MAX_STEPS}"),
        ("keys of a sort", f"{MAX_SORT_KEYS}"),
        ("items that enter steps in one run of a transform", f"{MAX_ITEMS:,}"),
        ("timeout of a workflow", f"{timing.CEILING:g} s"),
        ("request body", f"{requests.BODY_BYTES >> 20} MiB"),
        ("one answer of an upstream", f"{model.UpstreamLimits().max_response_bytes >> 20} MiB"),
        ("answer of a workflow", f"{machine.ANSWER_CAP >> 20} MiB"),
        ("all values of a run", f"{calls.VALUES_CAP >> 20} MiB"),
    ]


def test_deviations_are_those_that_have_a_test():
    """The list is the one that is held against the oracle, word for word."""
    listed = re.findall(r"^(\d+\. .*(?:\n +.*)*)", under("Deviations from CEL"), re.MULTILINE)
    tested = [
        inspect.getdoc(test) for name, test in vars(test_deviations).items() if name.startswith("test_deviation_")
    ]
    assert [" ".join(each.split()) for each in listed] == [" ".join(str(each).split()) for each in tested]
