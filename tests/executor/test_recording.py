"""What may be written down: no credential in any event, however it travelled, and no giant bodies."""

import hashlib
import json
from typing import Any

import msgspec
import pytest

from wfcore import events, recording, run
from wfcore.events import (
    Body,
    CallFailed,
    CallStarted,
    CallSucceeded,
    Event,
    Failure,
    OriginalError,
    TaskCompleted,
    TaskSummary,
    Timings,
    WorkflowCompleted,
)
from wfcore.recording import BODY_BYTES, MASK
from wfcore.run import Happened

from ..wfcore.programs import a_program, started

CANARY = "canary-5e1f"

SECRET_HEADERS = [
    *("Authorization", "authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Stripe-Api-Key"),
    *("apikey", "X-ApiKey", "X-Auth-Token", "X-Client-Secret"),
]
SECRET_FIELDS = [
    *("password", "Password", "newPassword", "old_password", "userPassword", "passphrase", "secret", "clientSecret"),
    *("client_secret", "apiKey", "api_key", "api-key", "x-api-key", "token", "accessToken", "refresh_token", "idToken"),
    *("jwt", "authorization", "Authorization", "credentials", "privateKey", "cvv", "cvc", "pin", "otp", "cardNumber"),
    *("Cookie", "set-cookie"),
]
HARMLESS_FIELDS = ["shipping", "keyword", "passenger", "tokens", "cardToken", "nextPageToken", "pinned", "number"]


def recorded(data: Any) -> Any:
    """The data of an event as it is written down."""
    return recording.event(Event("x", 1, 1, 0, type(data).__name__, data)).data


def body_of(value: Any) -> Body:
    return events.body(json.dumps(value).encode())


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_credentials_in_headers_are_masked(name: str):
    """Sent or received, the header is there and its value is not."""
    sent = {name: f"Bearer {CANARY}", "X-Other": "stays"}
    for data in (
        CallStarted("GET", "http://u/", sent, Body(), 1000),
        CallSucceeded(200, sent, Body()),
        CallFailed("status", True, "no", 500, sent),
    ):
        assert recorded(data).headers == {name: MASK, "X-Other": "stays"}


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_fields_named_like_secrets_are_masked(name: str):
    """At any depth of a JSON body; what stands beside them stays."""
    value = {"a": 1, name: CANARY, "in": [{"deeper": {name: {"whole": CANARY}, "b": None}}]}
    masked = recording.body(body_of(value))
    assert json.loads(masked.data) == {"a": 1, name: MASK, "in": [{"deeper": {name: MASK, "b": None}}]}
    assert (masked.cut, masked.size, masked.sha256) == ("redacted", len(json.dumps(value)), "")


@pytest.mark.parametrize("name", HARMLESS_FIELDS)
def test_fields_that_only_sound_alike_stay(name: str):
    """Masking is by the whole name: what merely contains such a word is kept, byte for byte."""
    kept = events.body(b'{ "%s" : "x" }' % name.encode())
    assert recording.body(kept) is kept


@pytest.mark.parametrize(
    "data",
    [
        f"username=ada&password={CANARY}",
        f"grant_type=refresh_token&refresh_token={CANARY}",
        f"client_secret={CANARY}&grant_type=password",
        f'--b\r\nContent-Disposition: form-data; name="apiKey"\r\n\r\n{CANARY}\r\n--b--\r\n',
        f"<login><password>{CANARY}</password></login>",
        f'{{"token": "{CANARY}", broken',
        f'event: data\n{{"jwt": "{CANARY}"}}\n',
        json.dumps({"next": f"login with password={CANARY}"}),
        "[" * 50_000 + f'{{"token":"{CANARY}"}}' + "]" * 50_000,
    ],
    ids=["form", "grant", "first field", "multipart", "xml", "broken json", "lines", "text in json", "too deep"],
)
def test_what_cannot_be_opened_is_dropped_whole(data: str):
    """Forms, parts, XML and broken JSON that name a secret: size only, not even a hash."""
    assert recording.body(events.body(data.encode())) == Body(b"", len(data), "redacted")


def test_a_name_written_with_escapes_is_found():
    """JSON can spell a name with escapes; the secret behind it is masked all the same."""
    spelt = b'{"pass\\u0077ord": "%s"}' % CANARY.encode()
    assert CANARY.encode() not in recording.body(events.body(spelt)).data


def test_secret_parameters_of_a_url_are_masked():
    """In the URL of a call, and in headers and values that hold URLs."""
    secret = f"http://u/x?a=1&access_token={CANARY}&b=2"
    clean = f"http://u/x?a=1&access_token={MASK}&b=2"
    assert recorded(CallStarted("GET", secret, {}, Body(), 1000)).url == clean
    assert recorded(CallSucceeded(302, {"location": secret}, Body())).headers == {"location": clean}


def test_a_violation_does_not_show_a_secret():
    """The message about a field that breaks its schema shows the value, unless it may be a secret."""
    shown = "/count: expected integer, but saw 1.5"
    hidden = f"/user/password: expected integer, but saw {CANARY}"
    summary = TaskSummary("a", "do-a", "failed", error=Failure("RESPONSE_MISMATCH", hidden, "a"))
    data = recorded(TaskCompleted(summary, None, (), (shown, hidden)))
    assert data.warnings == (shown, f"/user/password: expected integer, but saw {MASK}")
    assert CANARY not in data.summary.error.message


def test_a_large_body_becomes_size_and_hash():
    """Over 64 KiB nothing of the body is kept but how long it was and its hash; 64 KiB itself is kept."""
    fits, large = b"x" * BODY_BYTES, b"x" * (BODY_BYTES + 1)
    assert recording.body(events.body(fits)).data == fits
    assert recording.body(events.body(large)) == Body(b"", len(large), "truncated", hashlib.sha256(large).hexdigest())


def test_the_hash_of_a_large_body_is_that_of_the_masked_one():
    """Whoever guesses a secret cannot prove it by the hash."""
    value = {"text": "x" * BODY_BYTES, "pin": "1234"}
    masked = recording.body(body_of(value))
    assert masked.cut == "truncated"
    assert masked.sha256 == hashlib.sha256(msgspec.json.encode({**value, "pin": MASK})).hexdigest()


CLEAN = [
    started(),
    CallStarted("POST", "http://u/?page=2", {"Content-Type": "application/json"}, body_of({"a": 1}), 1000),
    CallSucceeded(200, {"content-type": "application/json"}, body_of([1, "password"])),
    CallFailed("status", True, "no", 500, {}, events.body(b"oops")),
    TaskCompleted(TaskSummary("a", "do-a", "succeeded"), None, (), ("/a: expected text, but saw 1",)),
    TaskCompleted(
        TaskSummary(
            "a", "do-a", "failed", error=Failure("UPSTREAM_ERROR", "no", "a", OriginalError(500, {}, Body(), "no"))
        )
    ),
    WorkflowCompleted("succeeded", "none", Timings(1, 1), body_of({"a": 1})),
    events.RetryDue(),
]


@pytest.mark.parametrize("data", CLEAN, ids=lambda data: type(data).__name__)
def test_a_clean_event_is_the_same_object(data: Any):
    """Nothing is copied where nothing has to go."""
    event = Event("x", 1, 1, 0, type(data).__name__, data)
    assert recording.event(event) is event


@pytest.mark.parametrize("status", [200, 401])
def test_a_canary_is_in_no_event_of_a_run(status: int):
    """A login that carries its secret in every place that a call has, succeeding or not: no event holds it."""
    secret = {"password": CANARY, "in": [{"accessToken": CANARY}]}
    program = a_program("login", login={"method": "POST", "input": "{{input}}"})
    encoded = json.dumps(secret).encode()
    begun = msgspec.structs.replace(started(), input=events.body(encoded))
    steps = [run.begin(program, begun, secret, execution="x", attempt=1, at=0)]
    steps.append(run.advance(steps[-1].run, Happened(1, events.Granted("e", "a"))))
    said = {"content-type": "application/json", "set-cookie": f"session={CANARY}"}
    answer: Any = CallSucceeded(status, said, events.body(encoded))
    if status != 200:
        answer = CallFailed("status", True, f"the upstream answered {status}", status, said, events.body(encoded))
    steps.append(run.advance(steps[-1].run, Happened(2, answer, "login", 1)))
    log = [recording.event(event) for step in steps for event in step.events]
    assert [event.type for event in log][-1] == "WorkflowCompleted"
    assert CANARY.encode() in msgspec.msgpack.encode([event for step in steps for event in step.events])
    assert CANARY.encode() not in msgspec.msgpack.encode(log)


def test_a_canary_is_in_no_failure_that_a_fallback_stood_in_for():
    """What the upstream said when the task fell back is written down masked like any other failure."""
    said = {"set-cookie": f"session={CANARY}", "content-type": "application/json"}
    original = events.OriginalError(401, said, body_of({"password": CANARY}))
    fell_back = events.TaskFellBack(events.Failure("UPSTREAM_ERROR", "the upstream answered 401", "x", original))
    written = recording.event(Event("x", 1, 1, 0, "TaskFellBack", fell_back))
    assert CANARY.encode() in msgspec.msgpack.encode(fell_back)
    assert CANARY.encode() not in msgspec.msgpack.encode(written)
