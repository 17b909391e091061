"""A WorkflowTask by itself."""

import pytest
from tests.wfcore.validation.objects import a_task, an_upstream, check, codes, only


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"timeout": "31s"}, "WF-702"),
        ({"timeout": "0s"}, "WF-702"),
        ({"timeout": "1s", "attemptTimeout": "2s"}, "WF-704"),
        ({"mocks": [{"output": {"id": 1}}]}, "WF-607"),
        ({"takes": {"type": "string"}}, "WF-601"),
        ({"gives": {"$ref": "other.json"}}, "WF-601"),
    ],
)
def test_a_task_that_contradicts_itself_is_refused(spec: dict, code: str):
    """Times, mocks and schemas of a task agree with each other."""
    assert codes(check(an_upstream(), a_task(**spec))) == [code]


def test_the_body_of_a_response_is_not_doubted():
    """What the upstream answers is judged when it arrives, so reading from it is no news."""
    task = a_task(http={"output": {"id": "{{response.body.id}}", "name": "{{response.body.first}} 1"}})
    assert check(an_upstream(), task).diagnostics == []


def test_an_output_that_reads_the_body_is_proven_in_its_other_fields():
    """A body is judged when it arrives; a status where text is promised could never fit, whatever arrives."""
    gives = {"type": "object", "required": ["code", "v"], "properties": {"code": {"type": "string"}, "v": {}}}
    http = {"output": {"code": "{{response.status}}", "v": "{{response.body.v}}"}}
    fault = only(check(an_upstream(), a_task(gives=gives, http=http)))
    assert (fault.code, fault.pointer) == ("WF-606", "/spec/http/output/code")
    sound = {**gives, "properties": {"code": {"type": "integer"}, "v": {"type": "string"}}}
    assert check(an_upstream(), a_task(gives=sound, http=http)).diagnostics == []
