"""Upstreams."""

import pytest
from tests.wfcore.validation.objects import an_upstream, check, only


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example.com",
        "users.example.com",
        "https://",
        "https://user:word@x.example.com",
        "https://x.example.com/?q=1",
        "https://x.example.com/#top",
        "https://x.example.com/a/../b",
        "https://{{input.host}}",
        "https://x.example.com:port",
        "https://x.example.com:0",
        "https://x example.com",
        "https://x.example.com\\@evil.example.com",
        "https://[::1",
    ],
)
def test_an_upstream_is_a_constant_origin(url: str):
    """Anything but a plain http or https origin with a base path is refused."""
    assert only(check(an_upstream(url))).code == "WF-213"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "[fd00::1]",
        "localhost",
        "a.localhost",
        "0.0.0.0",
        "100.64.0.1",
    ],
)
def test_a_private_address_needs_consent(host: str):
    """Private, loopback and link-local addresses are reached only by those who say so; the fix says it."""
    fault = only(check(an_upstream(f"http://{host}:8080")))
    assert (fault.code, fault.fix.pointer, fault.fix.value) == ("WF-215", "/spec/privateAddresses", True)
    assert check(an_upstream(f"http://{host}:8080", privateAddresses=True)).diagnostics == []
