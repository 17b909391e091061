"""What leaves the executor is what the task says, byte for byte."""

import json
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl

import pytest

from wf_executor.calling import Caller
from wfcore import request
from wfcore.request import RequestRefused
from wfservice import telemetry

from .calls import EXECUTION, an_http, called, failed, succeeded
from .upstream import Received, Upstream, answers


async def arrived(
    caller: Caller, upstream: Upstream, method: str = "POST", path: str = "/", input: Any = None, **more: Any
) -> Received:
    """What comes to the upstream from a call of a task."""
    upstream.at("*", answers())
    await succeeded(caller, an_http(upstream.url, method, path, **more), input)
    (only,) = upstream.received
    return only


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
async def test_every_method_arrives(caller: Caller, upstream: Upstream, method: str):
    """The method of the task is the method on the wire; without a body nothing is sent and no type is claimed."""
    sent = await arrived(caller, upstream, method, "/thing")
    assert (sent.method, sent.target, sent.body) == (method, "/thing", b"")
    assert sent.header("content-type") is None


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_json_body_arrives_as_json(caller: Caller, upstream: Upstream, method: str):
    """Values keep their JSON types, and text outside of ASCII survives."""
    body = {"name": "{{input.name}}", "n": "{{input.n}}", "more": [True, None, 1.5], "said": "is {{input.n}}"}
    sent = await arrived(caller, upstream, method, body=body, has_body=True, input={"name": "Zoë ☕", "n": 3})
    assert sent.header("content-type") == "application/json"
    expected = {"name": "Zoë ☕", "n": 3, "more": [True, None, 1.5], "said": "is 3"}
    assert json.loads(sent.body) == expected


async def test_a_form_arrives_as_a_form(caller: Caller, upstream: Upstream):
    """Fields are encoded, lists repeat their field, absent ones are left out."""
    body = {"a": "{{input.a}}", "many": "{{input.many}}", "none": "{{input.?none}}"}
    sent = await arrived(
        caller, upstream, body=body, has_body=True, body_type="form", input={"a": "x&y=ü z", "many": [1, True]}
    )
    assert sent.header("content-type") == "application/x-www-form-urlencoded"
    assert parse_qsl(sent.body.decode()) == [("a", "x&y=ü z"), ("many", "1"), ("many", "true")]


async def test_a_multipart_body_arrives_in_parts(caller: Caller, upstream: Upstream):
    """Each field is a part; a value cannot end its part or forge another one."""
    forged = '--\r\nContent-Disposition: form-data; name="role"\r\n\r\nadmin'
    body = {"name": "{{input.name}}", 'odd"\r\nfield': "2"}
    sent = await arrived(caller, upstream, body=body, has_body=True, body_type="multipart", input={"name": forged})
    kind = sent.header("content-type")
    assert kind is not None
    parts = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + sent.body).get_payload()
    assert [part.get_param("name", header="content-disposition") for part in parts] == ["name", "odd%22%0D%0Afield"]
    assert parts[0].get_payload() == forged


@pytest.mark.parametrize(
    ("body_type", "kind"), [("text", "text/plain; charset=utf-8"), ("raw", "application/octet-stream")]
)
async def test_text_arrives_as_it_is(caller: Caller, upstream: Upstream, body_type: str, kind: str):
    """Text and raw bodies are the text in UTF-8 and nothing else."""
    sent = await arrived(caller, upstream, body="{{input}}", has_body=True, body_type=body_type, input="naïve\r\n")
    assert (sent.header("content-type"), sent.body) == (kind, "naïve\r\n".encode())


async def test_the_content_type_of_the_task_wins(caller: Caller, upstream: Upstream):
    """A content type that the task names is sent instead of the one of its encoding, once."""
    headers = {"content-type": "image/png"}
    sent = await arrived(caller, upstream, body="x", has_body=True, body_type="raw", headers=headers)
    assert sent.header("content-type") == "image/png"


async def test_query_parameters_arrive_as_the_task_says(caller: Caller, upstream: Upstream):
    """Arrays repeat the parameter, absent ones are left out, and no value can add a parameter of its own."""
    query = {"q": "{{input.q}}", "tag": "{{input.tags}}", "none": "{{input.?none}}", "fixed": "a b"}
    sent = await arrived(
        caller, upstream, "GET", "/find", query=query, input={"q": "1&admin=1#x", "tags": ["a/b", "ü"]}
    )
    assert sent.target == "/find?q=1%26admin%3D1%23x&tag=a%2Fb&tag=%C3%BC&fixed=a%20b"


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("../../admin", "..%2F..%2Fadmin"),
        ("%2e%2e/", "%252e%252e%2F"),
        ("..;/", "..%3B%2F"),
        ("a?b#c", "a%3Fb%23c"),
        ("\r\nHost: evil", "%0D%0AHost%3A%20evil"),
        ("é", "%C3%A9"),
        ("x" * 4000, "x" * 4000),
        ("{{input}}", "%7B%7Binput%7D%7D"),
        ("${jndi:ldap://x}", "%24%7Bjndi%3Aldap%3A%2F%2Fx%7D"),
    ],
    ids=range(9),
)
async def test_a_value_in_a_path_stays_one_segment(caller: Caller, upstream: Upstream, value: str, segment: str):
    """Whatever a value holds, it arrives as one encoded piece of the path."""
    sent = await arrived(caller, upstream, "GET", "/users/{{input.id}}/orders", input={"id": value})
    assert sent.target == f"/users/{segment}/orders"


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_segment_that_would_change_the_path_is_refused(value: str):
    """An empty piece and the dots that servers resolve never become a request."""
    write = request.compile(an_http("http://upstream", path="/users/{{input}}/orders"))
    with pytest.raises(RequestRefused, match="cannot be a piece of a path"):
        write({"input": value})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
def test_a_line_break_in_a_header_is_refused(value: str):
    """A header value from data cannot end its line."""
    write = request.compile(an_http("http://upstream", headers={"X-Name": "{{input}}"}))
    with pytest.raises(RequestRefused, match="line break"):
        write({"input": value})


@pytest.mark.parametrize("value", ["ok\x01", "ok\x7f", "naïve ☕"])
async def test_an_odd_header_value_cannot_break_out(caller: Caller, upstream: Upstream, value: str):
    """Control characters and text outside of ASCII either arrive inside their header or are refused unsent."""
    upstream.at("*", answers())
    http = an_http(upstream.url, headers={"X-Name": "{{input}}"})
    outcome = await called(caller, http, value)
    if upstream.received:
        (sent,) = upstream.received
        assert (sent.header("x-name") or "").encode("latin-1") == value.encode()
    else:
        assert (outcome.reason, outcome.sent) == ("connection", False)  # type: ignore[union-attr]


async def test_headers_arrive_and_absent_ones_do_not(caller: Caller, upstream: Upstream):
    """A header with an absent value is left out; numbers and booleans are written as JSON writes them."""
    headers = {"X-Count": "{{input.count}}", "X-None": "{{input.?none}}", "Authorization": "Bearer {{input.token}}"}
    sent = await arrived(caller, upstream, "GET", headers=headers, input={"count": 2.0, "token": "t"})
    assert (sent.header("x-count"), sent.header("x-none")) == ("2", None)
    assert sent.header("authorization") == "Bearer t"


@pytest.mark.parametrize(
    "text", ["{{input}}", "${jndi:ldap://x}", "{{''.__class__}}", "%s %(x)s", "{0.__class__}", "{{secrets['x'].key}}"]
)
async def test_a_value_that_looks_like_a_template_is_text(caller: Caller, upstream: Upstream, text: str):
    """Values are filled in once and never read as templates again: in bodies, queries and headers."""
    sent = await arrived(
        caller,
        upstream,
        body={"value": "{{input}}"},
        has_body=True,
        query={"value": "{{input}}"},
        headers={"X-Value": "{{input}}"},
        input=text,
    )
    assert json.loads(sent.body) == {"value": text}
    assert dict(parse_qsl(sent.target.partition("?")[2])) == {"value": text}
    assert sent.header("x-value") == text


async def test_an_upstream_can_tell_tries_runs_and_traces_apart(caller: Caller, upstream: Upstream):
    """The number of the try, the execution and the trace travel with every call."""
    upstream.at("*", answers())
    with telemetry.span("run"):
        await called(caller, an_http(upstream.url), call=3)
        trace = telemetry.trace_id()
    (sent,) = upstream.received
    assert sent.header("x-attempt") == "3"
    assert sent.header("wf-execution-id") == EXECUTION
    assert trace is not None
    assert (sent.header("traceparent") or "").split("-")[1] == trace


@pytest.mark.parametrize(
    ("codes", "status", "success"),
    [
        (("2xx",), 200, True),
        (("2xx",), 299, True),
        (("2xx",), 301, False),
        (("2xx", "404"), 404, True),
        (("2xx", "404"), 410, False),
        (("200",), 201, False),
        (("3xx",), 307, True),
        (("5xx",), 503, True),
    ],
)
async def test_success_is_what_the_task_calls_success(
    caller: Caller, upstream: Upstream, codes: tuple[str, ...], status: int, success: bool
):
    """`successCodes` decides; any other status is a failure that keeps status, headers and body."""
    upstream.at("*", answers(b'{"a":1}', status=status, more=b"X-Said: yes\r\n"))
    http = an_http(upstream.url, success_codes=codes)
    outcome = await succeeded(caller, http) if success else await failed(caller, http, reason="status", sent=True)
    assert (outcome.status, outcome.body.data, outcome.headers["x-said"]) == (status, b'{"a":1}', "yes")
