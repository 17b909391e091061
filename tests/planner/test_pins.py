"""A workflow that pins a version of a task goes on with it when the task changes."""

from functools import partial

import msgspec

from tests.wfservice.waiting import until
from wf_planner import versions
from wfcore import subjects
from wfcore.definition import version_of

from .conftest import House
from .definitions import entry, task, upstream, workflow


def pin(text: str) -> str:
    """The version of a definition."""
    return version_of(msgspec.json.decode(text)["spec"])


async def test_a_pinned_task_stays_as_it_was(house: House):
    """The task changes its path; who pinned the version before calls the old one, who did not the new one."""
    before = task("get-user")
    pinned = workflow("pinned", entry("user", "get-user", taskVersion=pin(before)))
    await house.apply(upstream(), before, pinned, workflow("moving", entry("user", "get-user")))
    await house.plan()
    moving = house.pointer("moving")
    await house.apply(task("get-user", path="/v2/{{input.id}}"))
    await until(lambda: house.pointer("moving") != moving)
    assert (await house.bundle("moving")).body.tasks[0].work.http.path == "/v2/{{input.id}}"
    assert (await house.bundle("pinned")).body.tasks[0].work.http.path == "/things/{{input.id}}"


async def test_a_version_that_is_not_kept_is_told(house: House):
    """A pin that no kept version answers to: the workflow is not Ready, and the warning names both versions."""
    wanted = "sha256:" + "0" * 64
    await house.apply(upstream(), task("get-user"), workflow("w", entry("user", "get-user", taskVersion=wanted)))
    await house.plan()
    verdict = house.verdict("Workflow", "w")
    assert verdict is not None
    assert not verdict.ready
    assert any(wanted in diagnostic.message for diagnostic in verdict.diagnostics)


async def test_so_many_versions_are_kept(house: House):
    """Of an object that changes and changes the newest versions stay, the oldest go."""
    await house.apply(upstream(), task("get-user"))
    await house.plan()
    for number in range(versions.MOST + 3):
        text = task("get-user", path=f"/v{number}")
        await house.apply(text)
        key = subjects.version_key("WorkflowTask", "shop", "get-user", pin(text))
        await until(partial(lambda key: key in house.bus.bucket(subjects.VERSIONS).entries, key))
    await until(lambda: len(house.bus.bucket(subjects.VERSIONS).entries) == versions.MOST)


async def test_a_version_that_is_applied_anew_is_new_again(house: House):
    """Who goes back to the oldest version kept can pin it: after one more change it is still there."""
    first, last = task("get-user"), task("get-user", path="/last")
    await house.apply(upstream(), first)
    await house.plan()
    entries = house.bus.bucket(subjects.VERSIONS).entries
    keys = [subjects.version_key("WorkflowTask", "shop", "get-user", pin(each)) for each in (first, last)]
    for number in range(versions.MOST - 1):
        text = task("get-user", path=f"/v{number}")
        await house.apply(text)
        key = subjects.version_key("WorkflowTask", "shop", "get-user", pin(text))
        await until(partial(lambda key: key in entries, key))
    before = entries[keys[0]].revision
    await house.apply(first)
    await until(lambda: entries[keys[0]].revision > before)
    await house.apply(last)
    await until(lambda: keys[1] in entries and len(entries) == versions.MOST)
    assert keys[0] in entries
