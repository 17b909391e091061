"""Ids of tasks and names of items."""

import pytest
from tests.wfcore.validation.objects import check_workflow, codes, only


@pytest.mark.parametrize(
    "id_", ["in", "null", "input", "tasks", "item", "secrets", "get-user", "First", "_x", "1st", ""]
)
def test_an_id_that_no_expression_could_use_is_refused(id_: str):
    """Reserved words, roots and other spellings are no ids; where there is a better one, the fix has it."""
    fault = only(check_workflow({"id": id_, "input": {"id": 1}}))
    assert fault.code == "WF-311"
    if fault.fix is not None:
        assert codes(check_workflow({"id": fault.fix.value, "input": {"id": 1}})) == []


def test_an_id_has_a_most_of_characters():
    """Paths of tasks inside tasks are made of ids: one of 63 characters is the longest."""
    assert codes(check_workflow({"id": "a" * 63, "input": {"id": 1}})) == []
    assert only(check_workflow({"id": "a" * 64, "input": {"id": 1}})).code == "WF-311"
