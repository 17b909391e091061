"""Which port to listen on.

A developer's machine is full of other people's servers, so a taken port is normal: we move to the next one.
A port is only ours once the server has bound it; who starts a server tries again when it lost the race.
"""

import random
import socket
from collections.abc import Sequence
from contextlib import ExitStack

from wfcli.local.errors import CannotStart

# Below Linux's range for outgoing connections (32768 and up): a client that reconnects to a dead server in that
# range can be given the very port it calls, and then talks to itself.
LOWEST, HIGHEST = 15_000, 32_000
SPAN = 200


def free_port(preferred: int, host: str = "127.0.0.1") -> int:
    """`preferred`, or the next port above it that nobody listens on. Raises CannotStart after 200 taken ports."""
    return free_ports([preferred], host)[0]


def free_ports(preferred: Sequence[int], host: str = "127.0.0.1") -> list[int]:
    """One free port for each wish, all different, in the order of the wishes."""
    with ExitStack() as held:
        return [_hold(port, host, held) for port in preferred]


def any_port(host: str = "127.0.0.1") -> int:
    """A free port nobody has a wish for: what tests use."""
    return any_ports(1, host)[0]


def any_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """As many free ports nobody has a wish for, all different."""
    return free_ports([random.randrange(LOWEST, HIGHEST) for _ in range(count)], host)


def _hold(preferred: int, host: str, held: ExitStack) -> int:
    for port in range(preferred, min(preferred + SPAN, 65_536)):
        try:
            probe = held.enter_context(_listening(host, port))
        except OSError:
            continue
        found: int = probe.getsockname()[1]
        return found
    raise CannotStart(
        f"no free port on {host} between {preferred} and {preferred + SPAN - 1}: "
        "stop what listens there, or choose another port"
    )


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM)
    try:
        # The servers we start do the same: connections that are still winding down do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        probe.listen(1)
    except OSError:
        probe.close()
        raise
    return probe
