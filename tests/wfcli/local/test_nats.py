"""The local NATS server: the real one, answering, keeping its data, alone on its folder."""

import asyncio
import signal
import socket
from pathlib import Path

import nats as client
import pytest
from nats.js.api import StreamConfig

from wfcli.local import nats
from wfcli.local.errors import CannotStart
from wfcli.local.ports import any_port


async def test_it_answers_with_jetstream_on_this_machine_only(tmp_path: Path):
    """Once start returns, JetStream takes messages, and the limits are those of production."""
    server = await nats.start(tmp_path)
    try:
        connection = await client.connect(server.url)
        stream = connection.jetstream()
        await stream.add_stream(StreamConfig(name="S", subjects=["s.>"]))
        acknowledged = await stream.publish("s.a", b"1")
        assert acknowledged.seq == 1
        assert connection.max_payload == 8 * 1024 * 1024
        assert server.version in str(connection.connected_server_version)
        assert server.url == f"nats://127.0.0.1:{server.port}"
        await connection.close()
        with pytest.raises(OSError, match="Connect call failed"):
            await asyncio.open_connection("127.0.0.2", server.port)  # a server that listens everywhere would answer
    finally:
        await server.stop()


async def test_what_was_acknowledged_is_there_after_a_restart(tmp_path: Path):
    """Streams survive an orderly stop and a kill, on the same port."""
    server = await nats.start(tmp_path)
    connection = await client.connect(server.url)
    await connection.jetstream().add_stream(StreamConfig(name="S", subjects=["s"]))
    await connection.jetstream().publish("s", b"kept")
    await connection.close()
    await server.stop()
    server = await nats.start(tmp_path, server.port)
    server.signal(signal.SIGKILL)
    await server.wait()
    again = await nats.start(tmp_path, server.port)
    try:
        assert again.port == server.port
        connection = await client.connect(again.url)
        assert (await connection.jetstream().get_msg("S", 1)).data == b"kept"
        await connection.close()
    finally:
        await again.stop()


async def test_a_taken_port_moves_on(tmp_path: Path):
    """With the wished port taken the server listens on a later one and says which."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", any_port()))
        taken.listen()
        wish = taken.getsockname()[1]
        server = await nats.start(tmp_path, wish)
    try:
        assert server.port > wish
        await (await client.connect(server.url)).close()
    finally:
        await server.stop()


async def test_many_at_once_all_get_a_port_of_their_own(tmp_path: Path):
    """Servers that race for one port all come up: who loses tries the next."""
    wish = any_port()
    servers = await asyncio.gather(*(nats.start(tmp_path / str(number), wish) for number in range(4)))
    try:
        assert len({server.port for server in servers}) == 4
    finally:
        await asyncio.gather(*(server.stop() for server in servers))


async def test_a_second_server_on_the_same_data_is_refused(tmp_path: Path):
    """Two servers would corrupt each other's streams: the second start names who is there."""
    server = await nats.start(tmp_path)
    try:
        with pytest.raises(CannotStart, match=r"in use by process \d+: stop it, or give another folder"):
            await nats.start(tmp_path)
    finally:
        await server.stop()


async def test_a_server_that_gives_up_says_why(tmp_path: Path):
    """The error holds the server's own last words."""
    (tmp_path / "jetstream").write_text("a file where the folder should be")
    with pytest.raises(CannotStart, match=r"(?s)nats-server gave up; the end of .*nats\.log:.*not a directory"):
        await nats.start(tmp_path)


async def test_a_binary_named_wrongly_is_told(tmp_path: Path):
    """WORKFLOW_NATS_SERVER must be a program; nothing else is tried in its place."""
    with pytest.raises(CannotStart, match="WORKFLOW_NATS_SERVER=/nowhere/nats is not a program"):
        nats.find_binary({"WORKFLOW_NATS_SERVER": "/nowhere/nats"})
