"""The load generator makes exactly the calls it is told to, and checks every answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from loadtests.generator import Job
from loadtests.parts import CannotMeasure, Generator, Target

from loadtests import composition, generator


@pytest.mark.parametrize(("calls", "connections"), [(1, 1), (10, 1), (100, 32), (5, 8)])
async def test_it_makes_as_many_calls_as_it_is_told(calls: int, connections: int):
    """Every call is made once and timed once, also where there are more connections than calls."""
    async with a_server(right) as (port, asked):
        result = await generator.run(Job(port=port, path="/x", calls=calls, connections=connections))
    assert sorted(asked) == sorted(composition.user_id(number) for number in range(calls))
    assert (len(result.latencies), result.wrong) == (calls, 0)
    assert 0 < max(result.latencies) <= result.seconds * 1000


async def test_users_are_asked_for_in_turn():
    """A job goes on where the one before ended, and begins anew after the last user."""
    async with a_server(right) as (port, asked):
        await generator.run(Job(port=port, path="/x", calls=4, connections=1, first=composition.USERS - 2))
    assert asked == ["u-998", "u-999", "u-0", "u-1"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda user: (200, composition.composed("u-5")), id="somebody else's"),
        pytest.param(lambda user: (200, {}), id="empty"),
        pytest.param(lambda user: (500, composition.composed(user)), id="500"),
    ],
)
async def test_a_wrong_answer_is_counted_and_told(answer: Callable[[str], tuple[int, object]]):
    """Status and body must both be right; the first wrong ones are shown."""
    async with a_server(answer) as (port, _):
        result = await generator.run(Job(port=port, path="/x", calls=5, connections=2))
    assert result.wrong == 5
    assert result.wrong_ones[0].startswith("u-0: ")
    assert len(result.wrong_ones) == 3


async def test_an_answer_may_come_in_pieces():
    """A head and a body cut anywhere are one answer."""
    async with a_server(right, piece=7) as (port, _):
        result = await generator.run(Job(port=port, path="/x", calls=6, connections=2))
    assert (len(result.latencies), result.wrong) == (6, 0)


async def test_a_connection_that_is_closed_ends_the_job():
    """Who hangs up does not leave the bench waiting: the job ends and says whom it asked for."""
    async with a_server(lambda user: None) as (port, _):
        result = await generator.run(Job(port=port, path="/x", calls=5, connections=1))
    assert result.wrong == 1
    assert result.wrong_ones[0].startswith("u-0: the connection was closed")


async def test_the_process_answers_jobs_until_its_input_ends(floor: Target, generator: Generator):
    """Two jobs in a row, each with its own result."""
    for calls in (20, 3):
        result = await generator.run(Job(port=floor.port, path=floor.path, calls=calls, connections=4))
        assert len(result.latencies) == calls


async def test_a_wrong_answer_fails_the_bench(floor: Target, generator: Generator):
    """Nothing is measured that was not right."""
    with pytest.raises(CannotMeasure, match="2 wrong answers of 2"):
        await generator.run(Job(port=floor.port, path="/nowhere", calls=2, connections=1))


def right(user: str) -> tuple[int, object]:
    """The answer that is expected."""
    return 200, composition.composed(user)


@asynccontextmanager
async def a_server(
    answer: Callable[[str], tuple[int, object] | None], piece: int = 1 << 20
) -> AsyncIterator[tuple[int, list[str]]]:
    """A server that answers each user so, in pieces of so many bytes, or hangs up; its port and who was asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"Content-Length: ")[2].split(b"\r\n")[0])
                user = msgspec.json.decode(await reader.readexactly(length))["userId"]
                asked.append(user)
                found = answer(user)
                if found is None:
                    break
                body = msgspec.json.encode(found[1])
                whole = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (found[0], len(body), body)
                for start in range(0, len(whole), piece):
                    writer.write(whole[start : start + piece])
                    await writer.drain()
                    await asyncio.sleep(0)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked
    assert Counter(asked).most_common(1)[0][1] == 1, "somebody was asked for twice"
