"""What nats-py does not do by itself: the guards of the bus, each against the fault that it guards from."""

import asyncio
import contextlib
import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import nats as nats_py
import pytest
import pytest_asyncio
from msgspec import Struct

from tests.wfservice.waiting import until
from wfcli.local import nats
from wfcore.errors import WorkflowError
from wfservice.bus import TransportLost, on
from wfservice.bus import nats as bus_module
from wfservice.bus.nats import NatsBus

GENEROUS = 60.0


class Asked(Struct, frozen=True):
    number: int


class Server:
    """A nats-server that can die and come back on its port."""

    def __init__(self, folder: Path, running: nats.NatsServer) -> None:
        self.folder, self.running = folder, running

    async def kill(self) -> None:
        self.running.signal(signal.SIGKILL)
        await self.running.wait()

    async def start(self) -> None:
        port = self.running.port
        self.running = await nats.start(self.folder, port)
        assert self.running.port == port


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server of this test alone."""
    made = Server(tmp_path / "nats", await nats.start(tmp_path / "nats"))
    yield made
    await made.running.stop()


class Pair:
    """Who asks and who answers."""

    def __init__(self, asker: NatsBus, answerer: NatsBus) -> None:
        self.asker, self.answerer = asker, answerer
        self.where = f"wf.v1.test.{uuid.uuid4().hex}"
        self.seen: list[int] = []
        self.held = asyncio.Event()

    async def answer(self, asked: Asked) -> Asked | None:
        self.seen.append(asked.number)
        if asked.number < 0:
            await self.held.wait()
        return asked

    async def ask(self, number: int) -> Asked:
        return await self.asker.request(self.where, Asked(number), Asked, within=GENEROUS)  # type: ignore[no-any-return]


@pytest_asyncio.fixture
async def pair(server: Server) -> AsyncIterator[Pair]:
    """Two connections; a negative number is answered only when `held` is set."""
    made = Pair(
        await NatsBus.connect(server.running.url, "asker"), await NatsBus.connect(server.running.url, "answers")
    )
    await made.answerer.serve([on(made.where, Asked, made.answer)])
    yield made
    made.held.set()
    await made.asker.drain(1)
    await made.answerer.drain(1)


async def test_a_request_in_flight_fails_with_its_connection(server: Server, pair: Pair):
    """The server dies while a reply is awaited: TransportLost at once, and it says that the message had left."""
    asking = asyncio.create_task(pair.ask(-1))
    await until(lambda: pair.seen == [-1])
    await server.kill()
    with pytest.raises(TransportLost) as lost:
        async with asyncio.timeout(GENEROUS / 2):
            await asking
    assert lost.value.sent
    await server.start()


async def test_nothing_is_kept_for_later_while_disconnected(server: Server, pair: Pair):
    """Asked without a connection: refused at once as not sent, and nobody hears of it after the reconnect."""
    await server.kill()
    await until(lambda: not pair.asker.connected, GENEROUS)
    for send in (pair.ask(1), pair.asker.publish(pair.where, Asked(2)), pair.asker.append("s", Asked(3), id="x")):
        with pytest.raises(TransportLost) as lost:
            async with asyncio.timeout(10):
                await send
        assert not lost.value.sent
    await server.start()
    await until(lambda: pair.asker.connected and pair.answerer.connected, GENEROUS)

    async def answered() -> bool:
        try:
            return await pair.ask(4) == Asked(4)
        except (bus_module.NoResponders, TransportLost):
            return False  # the other side is still telling the server what it listens to

    await until(answered, GENEROUS)
    assert set(pair.seen) == {4}


async def test_a_fault_in_the_error_callback_does_not_end_the_read_loop(pair: Pair, monkeypatch: pytest.MonkeyPatch):
    """nats-py reports a slow consumer and our own report of it fails: messages go on arriving."""
    reported = asyncio.Event()

    class Broken:
        def warning(self, *_: object, **__: object) -> None:
            reported.set()
            raise RuntimeError("the log is broken too")

        error = exception = warning

    hold = asyncio.Event()

    async def slow(_: object) -> None:
        await hold.wait()

    await pair.asker._client.subscribe("slow", cb=slow, pending_msgs_limit=1)
    monkeypatch.setattr(bus_module, "log", Broken())
    for _ in range(8):
        await pair.asker._client.publish("slow", b"")
    async with asyncio.timeout(GENEROUS):
        await reported.wait()
    assert await pair.ask(5) == Asked(5)
    hold.set()


async def test_faults_of_the_bus_are_counted(pair: Pair):
    """What only the error callback hears is a metric: `wf_bus_errors_total{kind}`."""
    counter = bus_module.telemetry.BUS_ERRORS.labels("SlowConsumerError")
    before = counter._value.get()
    await pair.asker._on_error(nats_py.errors.SlowConsumerError("s", "r", 1, None))  # type: ignore[arg-type]
    assert counter._value.get() == before + 1


async def test_a_server_that_stands_still_is_left(server: Server, pair: Pair):
    """A connection that is open and silent is found dead in seconds, not minutes, and made anew."""
    asking = asyncio.create_task(pair.ask(-1))
    await until(lambda: pair.seen == [-1])
    server.running.signal(signal.SIGSTOP)
    try:
        with pytest.raises(TransportLost):
            async with asyncio.timeout(GENEROUS / 2):
                await asking
    finally:
        server.running.signal(signal.SIGCONT)
    await until(lambda: pair.asker.connected, GENEROUS)


async def test_what_is_served_is_known_to_the_server(server: Server):
    """When `serve` returns the server has the subscription: its PONG answers a PING that left after the SUB."""
    proxy = await Recorder.open(server.running.port)
    bus = await NatsBus.connect(f"nats://127.0.0.1:{proxy.port}", "served")
    for number in range(20):

        async def answer(asked: Asked) -> Asked:
            return asked

        where = f"wf.v1.test.served-{number}"
        await bus.serve([on(where, Asked, answer)])
        # What the server answered with its last PONG is all that had arrived by the last answered PING.
        arrived = proxy.sent[: proxy.sent.rindex(b"PING\r\n")]
        assert f"SUB {where} ".encode() in arrived
    await bus.drain(1)
    await proxy.close()


class Recorder:
    """A TCP proxy that keeps what the client sent, in order."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.sent = bytearray()
        self.port = 0
        self._pipes: list[asyncio.Task[None]] = []
        self._server: asyncio.Server

    @classmethod
    async def open(cls, target: int) -> "Recorder":
        made = cls(target)
        made._server = await asyncio.start_server(made._serve, "127.0.0.1", 0)
        made.port = made._server.sockets[0].getsockname()[1]
        return made

    async def close(self) -> None:
        self._server.close()
        for pipe in self._pipes:
            pipe.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_connection("127.0.0.1", self.target)
        self._pipes.append(asyncio.create_task(self._pipe(reader, down, self.sent)))
        self._pipes.append(asyncio.create_task(self._pipe(up, writer, None)))

    async def _pipe(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, kept: bytearray | None) -> None:
        while piece := await source.read(1 << 16):
            if kept is not None:
                kept += piece
            sink.write(piece)
            await sink.drain()
        sink.close()


async def test_a_message_as_large_as_can_be_does_not_cost_the_connection(pair: Pair):
    """The server counts headers too and hangs up for good on too much: refused here, and the connection stands."""

    class Large(Struct, frozen=True):
        data: bytes

    most = pair.asker._client.max_payload
    for room in (0, 16, 64, 128):  # below and above what the headers take
        with contextlib.suppress(WorkflowError):
            await pair.asker.publish("nobody", Large(b"x" * (most - room)))
        with contextlib.suppress(WorkflowError):
            await pair.asker.append("nobody", Large(b"x" * (most - room)), id="x")
    assert await pair.ask(1) == Asked(1)
    assert not pair.asker.closed.is_set()


async def test_who_stops_listening_answers_what_is_on_its_way(server: Server, pair: Pair):
    """Requests that the server had routed before it knew are answered; the rest goes to others of the group."""

    async def answer(asked: Asked) -> Asked:
        return asked

    other = await NatsBus.connect(server.running.url, "other")
    where = f"{pair.where}.group"
    await other.serve([on(where, Asked, answer, queue="group", at_once=4096)])

    async def ask(number: int) -> Asked:
        return await pair.asker.request(where, Asked(number), Asked, within=5)  # type: ignore[no-any-return]

    for _ in range(10):
        await pair.answerer.serve([on(where, Asked, answer, queue="group", at_once=4096)])
        asked: list[asyncio.Task[Asked]] = []
        leaving = None
        for round in range(60):
            asked += [asyncio.create_task(ask(number)) for number in range(8)]
            if round == 30:
                leaving = asyncio.create_task(pair.answerer.unserve(where))
            await asyncio.sleep(0.001)
        await asyncio.gather(*asked)
        assert leaving is not None
        await leaving
    await other.drain(1)
