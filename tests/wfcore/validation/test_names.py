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
