"""Events on their way into history: in groups, none lost, none twice, no group larger than the bus carries."""

import asyncio
from collections import Counter

import pytest

from wfcore.events import Body, CallSucceeded, Event, GrantDenied, TaskStarted, body
from wfcore.messages import HistoryBatch, Told
from wfservice import journal as journals
from wfservice import telemetry
from wfservice.bus import TransportLost
from wfservice.bus.wire import decode
from wfservice.journal import Journal
from wfservice.testing import MAX_PAYLOAD, MemoryBus


class Faulty(MemoryBus):
    """Stores only after so many failures, and remembers all that was sent."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.sent: list[str] = []

    async def append(self, subject: str, message: HistoryBatch, *, id: str) -> None:
        self.sent.append(id)
        if self.failures:
            self.failures -= 1
            if self.failures % 2:
                await super().append(subject, message, id=id)  # stored, but its acknowledgement got lost
            raise TransportLost("as told", sent=True)
        await super().append(subject, message, id=id)

    def stored(self) -> list[HistoryBatch]:
        return [decode(delivery.data, HistoryBatch) for delivery in self._stream("WF_HISTORY").waiting]


def an_event(seq: int, data: bytes = b"") -> Event:
    return Event("x", 1, seq, 0, "TaskStarted", TaskStarted(body(data)) if data else GrantDenied("no"))


def told() -> Told:
    return Told(execution="x", asker="a", namespace="n", workflow="w", at=0, http_status=200, status="succeeded",
                effects="none", duration_us=1)  # fmt: skip


async def test_what_comes_together_is_stored_together():
    """A hundred events of one moment, and what the client was told, make one message."""
    bus = Faulty()
    journal = Journal(bus, "test")
    for seq in range(100):
        journal.add([an_event(seq)])
    journal.tell(told())
    await journal.close()
    (batch,) = bus.stored()
    assert [event.seq for event in batch.events] == list(range(100))
    assert batch.told == [told()]
    assert batch.number == 1


async def test_a_group_is_sent_without_being_told_to_close():
    """Nobody has to close the journal: what was added is stored soon."""
    bus = Faulty()
    journal = Journal(bus, "test")
    journal.add([an_event(1)])
    async with asyncio.timeout(20):
        while not bus.stored():
            await asyncio.sleep(0.001)
    await journal.close()


async def test_a_group_is_repeated_under_its_id_until_it_is_acknowledged():
    """Failures and lost acknowledgements cost a repetition, never a second copy and never an event."""
    bus = Faulty(failures=3)
    journal = Journal(bus, "test")
    journal.add([an_event(1)])
    await journal.close()
    assert len(bus.sent) == 4
    assert len(set(bus.sent)) == 1
    assert [event.seq for batch in bus.stored() for event in batch.events] == [1]


async def test_groups_have_ids_of_their_own():
    """Two groups of one journal, and two journals of one sender, never share an id: nothing is taken for a copy."""
    bus = Faulty()
    for _ in range(2):
        journal = Journal(bus, "test")
        for seq in range(3):
            journal.add([an_event(seq)])
            journal._send()
        await journal.close()
    assert len(set(bus.sent)) == 6
    assert len(bus.stored()) == 6


async def test_close_stores_what_is_left():
    """After `close` every event is acknowledged, also those of the last moment; an empty journal sends nothing."""
    bus = Faulty()
    journal = Journal(bus, "test")
    journal.add([an_event(1)])
    journal._send()
    journal.add([an_event(2)])
    await journal.close()
    assert sorted(event.seq for batch in bus.stored() for event in batch.events) == [1, 2]
    idle = Journal(bus, "test")
    await idle.close()
    assert len(bus.stored()) == 2


@pytest.mark.parametrize("size", [64 << 10, 1 << 20])
async def test_no_burst_makes_a_group_that_the_bus_cannot_carry(size: int):
    """Bodies worth several messages arrive in one turn of the loop: all are stored, in order, none too large."""
    bus = Faulty()
    journal = Journal(bus, "test")
    count = 2 * MAX_PAYLOAD // size
    journal.add(an_event(seq, b"x" * size) for seq in range(count))
    await journal.close()
    messages = bus._stream("WF_HISTORY").waiting
    assert max(len(delivery.data) for delivery in messages) < journals.GROUP_BYTES + size + 4096
    assert [event.seq for batch in bus.stored() for event in batch.events] == list(range(count))


async def test_a_full_group_does_not_wait_for_the_clock(monkeypatch: pytest.MonkeyPatch):
    """What fills a group is sent at once."""
    monkeypatch.setattr(journals, "GROUP_SECONDS", 3600)
    bus = Faulty()
    journal = Journal(bus, "test")
    journal.add([an_event(1, b"x" * journals.GROUP_BYTES)])
    async with asyncio.timeout(20):
        while not bus.stored():
            await asyncio.sleep(0.001)
    await journal.close()


async def test_the_gauge_counts_what_waits_and_returns_to_zero():
    """`wf_journal_waiting` is the number of events not yet acknowledged: 0 when all are."""
    bus = Faulty(failures=1)
    before = telemetry.JOURNAL_WAITING._value.get()
    journal = Journal(bus, "test")
    journal.add([an_event(1), an_event(2)])
    journal._send()
    assert telemetry.JOURNAL_WAITING._value.get() - before == 2
    await journal.close()
    assert telemetry.JOURNAL_WAITING._value.get() == before


async def test_every_event_is_stored_exactly_once_whatever_the_order_of_faults():
    """Many groups over a bus that fails now and then: each event is there once."""
    bus = Faulty(failures=7)
    journal = Journal(bus, "test")
    for seq in range(300):
        journal.add([an_event(seq, b"x" * 20_000)])
    await journal.close()
    counted = Counter(event.seq for batch in bus.stored() for event in batch.events)
    assert counted == Counter(range(300))


def test_a_cut_body_weighs_what_is_left_of_it():
    """The size before the cut does not count: only bytes that travel do."""
    event = Event("x", 1, 1, 0, "TaskStarted", TaskStarted(Body(b"", 1 << 30, "truncated", "0" * 64)))
    assert journals._weight(event) == journals.EVENT_BYTES


async def test_headers_count_as_bytes():
    """Answers of a burst with huge headers and no body are stored in several messages, each far below the limit."""
    bus = Faulty()
    journal = Journal(bus, "test")
    said = {f"x-{number}": "v" * 8000 for number in range(100)}
    answers = [Event("x", 1, seq, 0, "CallSucceeded", CallSucceeded(200, said, Body())) for seq in range(20)]
    journal.add(answers)
    await journal.close()
    stored = bus.stored()
    assert len(stored) == len(answers)
    assert Counter(event.seq for batch in stored for event in batch.events) == Counter(range(20))


async def test_what_can_never_be_stored_ends():
    """A group that the bus refuses for its size is given up with a word: it is not tried for ever."""
    bus = Faulty()
    journal = Journal(bus, "test")
    journal.add([an_event(1, b"x" * (MAX_PAYLOAD + 1))])
    async with asyncio.timeout(20):
        await journal.close()
    assert len(bus.sent) == 1
    assert bus.stored() == []
