"""Which addresses a call may reach: public ones, unless its upstream says otherwise."""

import socket

import pytest

from wf_executor.calling import Caller
from wf_executor.egress import DestinationForbidden, forbidden, guarded_socket
from wfcore.errors import CODE_OF_CALL

from .calls import an_http, called, failed, succeeded
from .upstream import Upstream, answers

HOSTS = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "100.64.0.1",
    "localhost",
]
"""Ways to write an address that is not public. (`localhost.` is one more where the resolver knows it.)"""

FORBIDDEN = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "fd00::1", "fc00::1", "fe80::1", "fe80::1%eth0"),
    *("fec0::1", "ff02::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "::ffff:8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_forbidden(address: str):
    """Private, local, reserved, multicast, and wrappers of them: none is reached, not even a socket is made."""
    assert forbidden(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(DestinationForbidden):
        guarded_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80)))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str):
    """The rest of the world can be called; its sockets never block the loop."""
    assert not forbidden(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with guarded_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 80))) as made:
        assert (made.family, made.getblocking()) == (family, False)


@pytest.mark.parametrize("host", HOSTS)
async def test_no_way_of_writing_an_address_gets_around_the_guard(caller: Caller, upstream: Upstream, host: str):
    """However the address is written, not one packet reaches the listener behind it, and it is told as forbidden."""
    upstream.at("*", answers())
    http = an_http(f"http://{host}:{upstream.port}", private_addresses=False)
    outcome = await failed(caller, http, reason="forbidden", sent=False)
    assert CODE_OF_CALL[outcome.reason] == "DESTINATION_FORBIDDEN"
    assert http.base_url in outcome.message
    assert upstream.connections == 0


async def test_a_name_with_a_dot_at_its_end_is_no_way_around(caller: Caller, upstream: Upstream):
    """`localhost.` is forbidden or, where the resolver does not know it, unknown; never reached."""
    upstream.at("*", answers())
    outcome = await called(caller, an_http(f"http://localhost.:{upstream.port}", private_addresses=False))
    assert outcome.reason in ("forbidden", "connection")  # type: ignore[union-attr]
    assert outcome.sent is False  # type: ignore[union-attr]
    assert upstream.connections == 0


async def test_a_name_with_two_forbidden_addresses_is_told_as_forbidden(
    caller: Caller, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
):
    """Many names have an address of each family: with both forbidden the answer is still "forbidden"."""
    genuine = socket.getaddrinfo

    def both(host: str, port: int, *more: object, **options: object) -> object:
        if host != "two.example":
            return genuine(host, port, *more, **options)  # type: ignore[arg-type]
        kind = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(socket.AF_INET6, *kind, ("::1", port, 0, 0)), (socket.AF_INET, *kind, ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    http = an_http(f"http://two.example:{upstream.port}", private_addresses=False)
    outcome = await failed(caller, http, reason="forbidden", sent=False)
    assert "privateAddresses: true" in outcome.message
    assert upstream.connections == 0


async def test_a_connection_to_a_private_upstream_is_not_lent(caller: Caller, upstream: Upstream):
    """An open connection that one upstream was allowed to make serves no other that is not allowed to."""
    upstream.at("/", answers())
    await succeeded(caller, an_http(upstream.url, private_addresses=True))
    await failed(caller, an_http(upstream.url, private_addresses=False), reason="forbidden", sent=False)
    assert len(upstream.received) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"])
async def test_private_addresses_are_reached_where_the_upstream_says_so(caller: Caller, upstream: Upstream, host: str):
    """`privateAddresses: true` opens the way, for that upstream."""
    upstream.at("/", answers())
    await succeeded(caller, an_http(f"http://{host}:{upstream.port}", private_addresses=True))
