"""Which addresses a call may reach.

Checked when the socket is made, with the address that is really connected to: names that change their
address between check and connect have nothing to win, and literals are seen as well.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

_FORBIDDEN = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
# Written out, because what the standard library calls global differs between its versions.


class DestinationForbidden(OSError):
    """The address is not public.

    Says the same for every address: of several failures with different words aiohttp makes one OSError, and
    a name with two forbidden addresses would look like one that is merely not reachable.
    """

    def __init__(self) -> None:
        super().__init__("its address is not public; set `privateAddresses: true` on the Upstream if it is yours")


def forbidden(address: str) -> bool:
    """Is this IP address private, local, reserved, or a public-looking wrapper of one that is?"""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in _FORBIDDEN if network.version == ip.version)


def guarded_socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket for this resolved address; raises DestinationForbidden before any packet."""
    family, kind, protocol, _, where = address
    if forbidden(where[0]):
        raise DestinationForbidden
    made = socket.socket(family=family, type=kind, proto=protocol)
    made.setblocking(False)
    return made
