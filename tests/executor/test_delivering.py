"""Results that the bus does not carry as they are."""

import msgspec
from msgspec.structs import replace

from wf_executor.delivering import Delivery
from wfcore.events import Failure, TaskSummary, Timings
from wfcore.messages import AttemptId, ResultsHeard, RunEnded
from wfservice.testing import MemoryBus, Room

from .by_hand import AskerByHand
from .house import a_run


async def test_a_result_with_too_much_to_tell_is_told_in_short():
    """Even where the summaries of its tasks alone are too large, the asker hears that it ended, and its effects."""
    room = Room()
    asker, bus = AskerByHand(MemoryBus(room)), MemoryBus(room)
    await asker.listen()
    run = a_run("hash", asker=asker.id)
    failed = TaskSummary("each[0].call", "call", "failed", 1, 0, 0, 0, "possible", Failure("X", "x" * 1000))
    tasks = [replace(failed, id=f"each[{index}].call") for index in range(9000)]
    assert len(msgspec.msgpack.encode(tasks)) > 8 << 20
    delivery = Delivery(bus)
    ended = RunEnded(
        execution=run.execution,
        attempt=1,
        executor="executor",
        status="partial",
        effects="possible",
        tasks=tasks,
        timings=Timings(1, 1),
        output=b"[]",
    )
    await delivery.deliver(run, ended, replied=False)
    told = await asker.result()
    assert told.failure is not None
    assert (told.status, told.effects, told.failure.code, told.tasks) == ("failed", "possible", "RESULT_TOO_LARGE", [])
    await delivery.heard(ResultsHeard(asker.id, [AttemptId(run.execution, 1)]))
    await delivery.close()
