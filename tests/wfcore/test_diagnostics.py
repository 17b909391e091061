"""Diagnostics: the registry of codes, near names, and how a fault looks on a terminal."""

import pytest

from wfcore.diagnostics import CODES, Diagnostic, Fix, ObjectRef, Position, did_you_mean, nearest, place, render

REF = ObjectRef("Workflow", "shop", "user-profile")


def test_codes_stand_in_their_ranges():
    """A code tells its topic by its first digit."""
    assert {code[:4] for code in CODES} == {"WF-1", "WF-2", "WF-3", "WF-4", "WF-5", "WF-6", "WF-7", "WF-8", "WF-9"}
    assert all(len(code) == 6 and info.title for code, info in CODES.items())


def test_titles_are_told_apart():
    """No two codes have the same title."""
    assert len({info.title for info in CODES.values()}) == len(CODES)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("inputschema", "inputSchema"), ("timout", "timeout"), ("descripton", "description"), ("xyz", None), ("", None)],
)
def test_the_nearest_name_is_the_one_that_was_meant(name: str, meant: str | None):
    """Typing errors and wrong case find their name; what is like nothing finds none."""
    assert nearest(name, ["inputSchema", "outputSchema", "timeout", "description"]) == meant


def test_names_that_differ_in_case_only_are_both_found():
    """Of names that are equal but for case, one of them is offered, always the same."""
    assert nearest("ID", ["id", "Id"]) == nearest("ID", ["Id", "id"])


def test_where_no_name_is_near_the_known_ones_are_listed():
    """A reader is never left without a way on, unless there is nothing to choose from."""
    assert did_you_mean("x", ["beta", "alpha"]) == "; there is `alpha`, `beta`"
    assert did_you_mean("alpa", ["beta", "alpha"]) == "; did you mean `alpha`?"
    assert did_you_mean("x", []) == ""
    assert did_you_mean("x", [f"name{n}" for n in range(20)]).endswith("`name15` …")


def test_an_object_is_shown_by_kind_and_full_name():
    """Messages name objects the same way everywhere."""
    assert str(REF) == "Workflow shop/user-profile"


def test_a_diagnostic_links_to_its_page():
    """The page of a code is served under its name."""
    assert Diagnostic(code="WF-203", message="").docs == "/errors/WF-203"


def test_a_diagnostic_is_shown_with_line_caret_and_fix():
    """The caret stands under the fault, tabs included."""
    fault = Diagnostic(
        code="WF-203",
        message="unknown field `timout`",
        object=REF,
        pointer="/spec/timout",
        position=Position("a.yaml", 2, 2),
        fix=Fix("rename it to `timeout`", "/spec/timout", "timeout", "rename"),
    )
    assert render(fault, "spec:\n\ttimout: 5s\n").splitlines() == [
        "a.yaml:2:2: error WF-203: unknown field `timout`",
        "  in Workflow shop/user-profile /spec/timout",
        "    2 | \ttimout: 5s",
        "      | \t^",
        "  fix: rename it to `timeout`",
    ]


def test_a_diagnostic_without_place_or_text_is_shown_all_the_same():
    """What has no source, or a source that has changed, still has its message."""
    bare = Diagnostic(code="WF-301", severity="warning", message="there is no task `x`")
    assert render(bare, None) == "warning WF-301: there is no task `x`"
    moved = Diagnostic(code="WF-101", message="gone", position=Position(None, 99, 1))
    assert render(moved, "one line") == "<text>:99:1: error WF-101: gone"


def test_diagnostics_sort_by_place():
    """Faults are told in the order of the text; those without a place come first."""
    later = Diagnostic(code="WF-101", message="", position=Position("a", 2, 1))
    first = Diagnostic(code="WF-101", message="", position=Position("a", 1, 9))
    nowhere = Diagnostic(code="WF-101", message="")
    assert sorted([later, first, nowhere], key=place) == [nowhere, first, later]
