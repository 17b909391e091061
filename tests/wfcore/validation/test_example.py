"""The example of the language, with everything that the language has."""

from pathlib import Path

from tests.wfcore.definitions import Known

from wfcore.definition import read_definitions
from wfcore.validation import validate

EXAMPLE = Path(__file__).parents[2] / "corpus" / "not-yet" / "user-profile.yaml"


def test_the_example_of_the_language_validates_offline():
    """With everything known but nothing run, it has only "not executed yet" to it, and all its types are known."""
    reading = read_definitions(EXAMPLE.read_text(), unexecuted="warning")
    known = Known(reading.definitions)
    found = {one.ref.name: validate(one, known, unexecuted="warning") for one in reading.definitions}
    assert {each.code for each in reading.diagnostics} == {"WF-901"}
    assert [each for one in found.values() for each in one.diagnostics] == []
    types = found["user-profile"].types
    assert types is not None
    assert {name: sorted(entry.needs) for name, entry in types.body.tasks.items()} == {
        "user": [],
        "orders": ["user"],
        "stock": [],
        "shipping": ["orders"],
        "big": ["orders"],
    }
    assert types.output["properties"]["shipping"] == {"enum": ["express", "standard"]}
    assert types.bound.seconds <= 10
