"""Ports move when they are taken."""

import socket

import pytest

from wfcli.local.errors import CannotStart
from wfcli.local.ports import any_port, free_port, free_ports


def listener(port: int) -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


def test_a_free_port_is_given_as_wished():
    """Who asks for a free port gets that one."""
    port = any_port()
    assert free_port(port) == port


def test_a_taken_port_moves_to_the_next_free_one():
    """A port somebody listens on is passed over, upwards."""
    port = any_port()
    with listener(port):
        assert free_port(port) > port


def test_ports_asked_for_together_are_all_different():
    """The same wish twice gives two ports, though neither is bound yet."""
    port = any_port()
    first, second = free_ports([port, port])
    assert first == port
    assert second > first


def test_no_free_port_at_all_is_told():
    """Running out of ports names the range and what to do."""
    with listener(free_port(65_535)), pytest.raises(CannotStart, match=r"no free port .* 65535 .*choose another port"):
        free_port(65_535)
