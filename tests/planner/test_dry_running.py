"""A planner answers dry runs of what is defined now, live or not."""

import json
from typing import Any

import pytest

from tests.planner.conftest import House
from tests.planner.definitions import entry, task, upstream, workflow
from wf_planner import dry_running
from wf_planner.handlers import handlers
from wfcore import subjects
from wfcore.messages import DryRunTold, DryRunWorkflow
from wfservice.bus import RemoteFailure
from wfservice.testing import MemoryBus

MOCKED = task("get-user", mocks=[{"output": {"id": 7, "name": "Ada"}}])
PROFILE = workflow("profile", entry("user", "get-user"), output={"name": "{{tasks.user.output.name}}"})


async def ask(house: House, input: Any, mocks: Any = None, recorded: Any = None, name: str = "profile") -> DryRunTold:
    """Over the bus, as the gateway asks."""
    (planner,) = house.planners
    served, asker = MemoryBus(house.room), MemoryBus(house.room)
    await served.serve(handlers(planner))
    encoded = [json.dumps(value or {}).encode() for value in (input, mocks, recorded)]
    try:
        told: DryRunTold = await asker.request(
            subjects.DRY_RUN, DryRunWorkflow("shop", name, *encoded), DryRunTold, within=10
        )
        return told
    finally:
        await served.unserve()


async def answered(house: House, *asked: Any) -> dict[str, Any]:
    told = await ask(house, *asked)
    assert told.dry_run is not None, told
    return json.loads(told.dry_run)  # type: ignore[no-any-return]


async def test_the_mocks_of_the_tasks_answer(house: House):
    """They are not in the bundle; the planner has them."""
    await house.apply(upstream(), MOCKED, PROFILE)
    await house.plan()
    told = await answered(house, {"id": 1})
    assert (told["status"], told["output"]) == ("succeeded", {"name": "Ada"})
    assert told["tasks"][0]["mock"] == "task"


async def test_mocks_of_the_question_go_first_then_what_was_recorded(house: House):
    """Request, recording, task: in this order."""
    await house.apply(upstream(), MOCKED, PROFILE)
    await house.plan()
    recorded = {"user": {"status": 200, "body": {"id": 7, "name": "Eve"}}}
    assert (await answered(house, {"id": 1}, None, recorded))["output"] == {"name": "Eve"}
    asked = {"user": {"output": {"id": 7, "name": "Bob"}}}
    assert (await answered(house, {"id": 1}, asked, recorded))["output"] == {"name": "Bob"}


async def test_an_unknown_workflow_is_not_found(house: House):
    """Nothing else is said."""
    await house.plan()
    assert await ask(house, {}, name="nobody") == DryRunTold(False)


async def test_a_workflow_with_errors_is_answered_by_its_diagnostics(house: House):
    """And one of which something is missing: the older version that may be live is not what is tried."""
    await house.apply(upstream(), workflow("profile", entry("user", "get-user")))
    await house.plan()
    told = await ask(house, {"id": 1})
    assert (told.found, told.dry_run) == (True, None)
    assert [diagnostic.code for diagnostic in told.diagnostics] == ["WF-301"]


async def test_an_input_that_does_not_fit_is_told_place_by_place(house: House):
    """Before anything is tried."""
    await house.apply(upstream(), MOCKED, PROFILE)
    await house.plan()
    told = await ask(house, {"id": "x"})
    assert [(breach.pointer, breach.keyword) for breach in told.breaches] == [("/id", "type")]


async def test_a_mock_for_no_task_is_refused(house: House):
    """With the nearest name, as a failure of the question."""
    await house.apply(upstream(), MOCKED, PROFILE)
    await house.plan()
    with pytest.raises(RemoteFailure, match="there is no task `usr`; did you mean `user`") as caught:
        await ask(house, {"id": 1}, {"usr": {"output": 1}})
    assert caught.value.code == "PARAMETER_INVALID"


async def test_what_is_too_large_to_answer_is_said(house: House, monkeypatch: pytest.MonkeyPatch):
    """A failure with a name, not a message that the bus drops."""
    monkeypatch.setattr(dry_running, "MOST_BYTES", 100)
    await house.apply(upstream(), MOCKED, PROFILE)
    await house.plan()
    with pytest.raises(RemoteFailure) as caught:
        await ask(house, {"id": 1})
    assert caught.value.code == "RESULT_TOO_LARGE"
