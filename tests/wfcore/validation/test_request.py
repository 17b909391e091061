"""The HTTP request of a task."""

import pytest
from tests.wfcore.validation.objects import a_task, an_upstream, check, only


@pytest.mark.parametrize(
    ("call", "code", "pointer"),
    [
        ({"path": "users"}, "WF-211", "path"),
        ({"path": "//evil.example.com"}, "WF-211", "path"),
        ({"path": "https://evil.example.com"}, "WF-211", "path"),
        ({"path": "/a/../b"}, "WF-211", "path"),
        ({"path": "/a/%2E%2e/b"}, "WF-211", "path"),
        ({"path": "/a%2f..%2fb"}, "WF-211", "path"),
        ({"path": "/a?x=1"}, "WF-211", "path"),
        ({"path": "/a b"}, "WF-211", "path"),
        ({"path": "/a\r\nHost: x"}, "WF-211", "path"),
        ({"headers": {"Host": "x"}}, "WF-212", "headers/Host"),
        ({"headers": {"content-length": "1"}}, "WF-212", "headers/content-length"),
        ({"headers": {"Proxy-Authorization": "x"}}, "WF-212", "headers/Proxy-Authorization"),
        ({"headers": {"a b": "x"}}, "WF-212", "headers/a b"),
        ({"headers": {"X": "a\r\nHost: b"}}, "WF-212", "headers/X"),
        ({"headers": {"X": "{{input}}"}}, "WF-608", "headers/X"),
        ({"query": {"x": "{{input}}"}}, "WF-608", "query/x"),
        ({"body": {"a": 1}}, "WF-214", "body"),
        ({"method": "POST", "bodyType": "text", "body": {"a": 1}}, "WF-608", "body"),
        ({"method": "POST", "bodyType": "form", "body": {"a": {"b": 1}}}, "WF-608", "body/a"),
        ({"path": "/{{input.id.x}}"}, "WF-507", "path"),
        ({"headers": {"X": "{{secrets['a'].key}}"}}, "WF-901", "headers/X"),
        ({"output": "{{response.stauts}}"}, "WF-503", "output"),
        ({"output": {"id": "{{response.status}}", "name": 5}}, "WF-606", "output/name"),
    ],
)
def test_a_request_that_must_not_be_sent_is_refused(call: dict, code: str, pointer: str):
    """Nothing in a request leaves the upstream's base path, breaks its framing or has no text form."""
    fault = only(check(an_upstream(), a_task(http=call)))
    assert (fault.code, fault.pointer) == (code, f"/spec/http/{pointer}")


@pytest.mark.parametrize(
    "call",
    [
        {"path": "/users/{{input.id}}.json"},
        {"path": "/a..b/.well-known/x"},
        {"query": {"id": "{{input.id}}", "at": "{{execution.startedAt}}", "of": "{{workflow.name}}"}},
        {"output": {"id": "{{response.body.data.id}}", "name": "{{response.headers.?etag.orValue('')}}"}},
        {"output": {"id": "{{response.status}}", "name": "{{input.id}} and more"}},
        {"method": "DELETE", "body": {"reason": "{{input.id}}"}},
    ],
)
def test_a_request_that_can_be_sent_is_accepted(call: dict):
    """What a service may reasonably want is not complained about."""
    assert check(an_upstream(), a_task(http=call)).diagnostics == []
