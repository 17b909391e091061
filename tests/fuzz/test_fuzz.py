"""If it deploys, it works: random workflows of the whole language, validated and run. `make fuzz` runs longer."""

from random import Random

import pytest
from msgspec.structs import replace

from wfcore import schema as schemas
from wfcore.expression.signatures import SIGNATURES

from .fuzzing import Figures, Found, fuzz, shrunk
from .shapes import a_document, a_schema, loosened
from .workflows import a_project, written

PROJECTS = 20


@pytest.fixture(scope="module")
def figures() -> Figures:
    return Figures()


@pytest.mark.parametrize("part", range(4))
def test_what_is_accepted_without_a_warning_runs(part, figures):
    """No run of an accepted workflow fails by a type, a path or an expression, takes longer than its worst case, or
    gives what its types exclude: whatever valid input and answers it meets, and whatever fails upstream."""
    seeds = (f"test-{part}-{number}" for number in range(PROJECTS // 4))
    found = list(fuzz(seeds, figures, runs=12))
    assert not found, _told(found[0])


def test_the_fuzzer_is_worth_its_time(figures):
    """Enough of what is made up is accepted, it is no toy, and most runs come to an answer."""
    if not figures.made:
        list(fuzz((f"test-0-{number}" for number in range(PROJECTS // 4)), figures, runs=4))
    assert figures.accepted >= figures.made * 0.2
    assert figures.tasks >= figures.accepted * 5
    assert figures.ended["succeeded"] >= figures.runs * 0.4


def test_every_part_of_the_language_is_met():
    """The made-up workflows use all constructs and nearly all functions."""
    text = "\n".join(written(a_project(Random(f"parts-{number}"))) for number in range(14))
    constructs = ("forEach", "switch", "workflowRef", "transform", "onError: skip", "fallback", "when", "dependsOn")
    assert [each for each in constructs if each not in text] == []
    steps = ("filter", "map", "select", "flatten", "sort", "distinct", "limit")
    assert [each for each in steps if f"- {each}:" not in text] == []
    names = ("orValue", "optMap", "hasValue", "map", "filter", "exists", "all", "size", "split", "join", "timestamp")
    assert [each for each in names if f"{each}(" not in text] == []
    assert "$parent." in text
    assert "$root." in text


def test_a_seed_makes_the_same_again():
    """A fault that was printed with its seed can be seen again."""
    assert a_project(Random("again")) == a_project(Random("again"))


def test_a_hole_in_the_checker_is_found(monkeypatch):
    """Without the doubts about empty lists and places outside a string, the fuzzer finds a run that fails by them."""
    for name in ("min", "max", "charAt", "substring", "slice", "math.sqrt"):
        monkeypatch.setitem(SIGNATURES, name, replace(SIGNATURES[name], doubts=None))
    found = next(fuzz((f"hole-{number}" for number in range(60)), Figures(), runs=8), None)
    assert found is not None
    assert found.fault.kind.startswith("EXPRESSION_ERROR")


def test_documents_are_valid_for_the_schemas_they_are_drawn_from():
    """Inputs and answers are valid, extreme ones too, and what a task takes accepts what it is given."""
    rng = Random("documents")
    for _ in range(150):
        schema = a_schema(rng)
        given, taken = schemas.compile(schema), schemas.compile(loosened(rng, schema))
        for extreme in (False, True):
            document = a_document(rng, schema, extreme=extreme)
            assert given.accepts(document)
            assert taken.accepts(given.prune(document)[0])


def _told(found: Found) -> str:
    documents = shrunk(found, seconds=20)
    return f"{found.fault.kind}: {found.fault.what}\nrun {found.run}\n{written(documents)}"
