"""A dry run with an answer for every call comes to the same end as the machine that runs for real."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.wfcore.tried import Told, Tried, tried

from wfcore.bundle import TaskPlan
from wfcore.jsontext import decode
from wfcore.mocking import NoMock, places
from wfcore.run import End

GOOD = Path(__file__).parents[2] / "corpus" / "good"
PATHS = sorted(GOOD.glob("*.json"))


def runs() -> list[Any]:
    return [
        pytest.param(path, said, id=f"{path.stem}-{at}")
        for path in PATHS
        for at, said in enumerate(json.loads(path.read_text()))
    ]


def mocks_of(workflow: Tried, said: dict[str, Any]) -> dict[str, Any]:
    """The mocks that say what a run of the corpus says."""
    known = places(workflow.bundle)
    mocks = {path: {"status": status} for path, status in said.get("fails", {}).items()}
    for name, output in said.get("answers", {}).items():
        mocks |= {path: {"output": output} for path, task in known.items() if name in (path, _called(path, task))}
    return mocks


def _called(path: str, task: TaskPlan) -> str:
    if path.endswith(":fallback"):
        assert task.fallback is not None
        assert task.fallback.call is not None
        return task.fallback.call.task_ref
    return task.ref


@pytest.mark.parametrize(("path", "said"), runs())
def test_a_run_of_the_corpus_is_told_before_it_is_made(path: Path, said: dict[str, Any]):
    """Status, output, the declared problem and the statuses of the tasks are those of the run."""
    workflow = tried(path.with_suffix(".yaml").read_text(), said.get("workflow"))
    told = workflow.dry(said["input"], mocks_of(workflow, said))
    assert told.json["status"] == said.get("status", "succeeded")
    assert told.output == said.get("output")
    assert (told.json["failure"] or {}).get("told") == said.get("problem")
    reached = {task: status for task, status in told.statuses.items() if status != "unreached"}
    asked = {task: status for task, status in said.get("tasks", {}).items() if task in reached}
    assert asked.items() <= reached.items()


@pytest.mark.parametrize(("path", "said"), runs())
def test_the_mocked_run_is_the_dry_run(path: Path, said: dict[str, Any]):
    """The same mocks, the real machine: the same end, whatever the tasks."""
    workflow = tried(path.with_suffix(".yaml").read_text(), said.get("workflow"))
    mocks = mocks_of(workflow, said)
    same_end(workflow, said["input"], mocks)


ANSWERS = st.sampled_from(
    [
        None,
        {"status": 404},
        {"status": 500, "body": {"error": "x"}},
        {"fail": "UPSTREAM_UNAVAILABLE"},
        {"output": None},
        {"output": 1},
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_fails_both_come_to_the_same_end(data: st.DataObject):
    """Any call of any workflow of the corpus fails, breaks its schema or answers: both agree on what comes of it."""
    path = data.draw(st.sampled_from(PATHS))
    said = data.draw(st.sampled_from(json.loads(path.read_text())))
    workflow = tried(path.with_suffix(".yaml").read_text(), said.get("workflow"))
    mocks = mocks_of(workflow, said)
    callable_ = [name for name, task in places(workflow.bundle).items() if ":" in name or _calls(task)]
    for name in data.draw(st.lists(st.sampled_from(callable_), max_size=3)) if callable_ else ():
        answer = data.draw(ANSWERS)
        if answer is not None:
            mocks[name] = answer
    same_end(workflow, said["input"], mocks)


def _calls(task: TaskPlan) -> bool:
    return type(task.work).__name__ == "CallPlan"


def same_end(workflow: Tried, input: Any, mocks: dict[str, Any]) -> None:
    told = workflow.dry(input, mocks)
    try:
        end = workflow.play(input, mocks)
    except NoMock:
        assert told.json["status"] in ("unresolved", "failed")
        return
    if told.json["status"] == "unresolved":
        # Behind a failure the machine asks for no more answers.
        assert end.status == "failed", told.json
        return
    assert told.json["status"] == end.status, (told.json, end)
    if end.output is not None:
        assert told.output == decode(end.output, what="answer")
    if end.failure is None:
        same_tasks(told, end)


def same_tasks(told: Told, end: End) -> None:
    """Every task of both ends alike. Inside a task that failed each stops where it wants."""
    failed = tuple(f"{task['path']}{sign}" for task in told.json["tasks"] if "error" in task for sign in ".[")
    ended = {task.id: task.status for task in end.tasks if not task.id.startswith(failed)}
    listed = {path: status for path, status in told.statuses.items() if not path.startswith(failed)}
    assert listed.items() <= ended.items()
    assert len(listed) + told.json["omittedTasks"] == len(ended)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_less_knowledge_is_never_other_knowledge(data: st.DataObject):
    """With mocks taken away, each value and each status is as with them, or unresolved.

    A call of which nothing is known is taken to succeed, so here none fails.
    """
    path = data.draw(st.sampled_from(PATHS))
    said = data.draw(st.sampled_from(json.loads(path.read_text())))
    workflow = tried(path.with_suffix(".yaml").read_text(), said.get("workflow"))
    mocks = mocks_of(workflow, {**said, "fails": {}})
    whole = workflow.dry(said["input"], mocks)
    kept = data.draw(st.sets(st.sampled_from([*mocks, *workflow.own]))) if mocks or workflow.own else set()
    fewer = workflow._replace(own={name: own for name, own in workflow.own.items() if name in kept})
    # A mock of a task of its own may stand behind one that was taken away: that would be another answer.
    if any(name not in kept for name in mocks):
        fewer = fewer._replace(own={})
    told = fewer.dry(said["input"], {name: mock for name, mock in mocks.items() if name in kept})
    full = {task["path"]: task for task in whole.json["tasks"]}
    for task in told.json["tasks"]:
        if task["path"] in full and "unreached" not in (task["status"], full[task["path"]]["status"]):
            # What a task would take is told even where it turns out not to run.
            for field in task.keys() & full[task["path"]].keys() - {"because", "mock", "request"}:
                assert says_no_other(task[field], full[task["path"]][field]), (field, task)
    if told.json["failure"] is None and whole.json["failure"] is None:
        assert says_no_other(told.output, whole.output)


def says_no_other(part: Any, whole: Any) -> bool:
    """Whether a value of which not all is known may become the other one, which is cut to what its schema declares."""
    if part in ("unresolved", None):
        return True
    if isinstance(part, dict):
        if "unresolved" in part:
            return True
        return isinstance(whole, dict) and all(says_no_other(part[key], whole[key]) for key in part if key in whole)
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(says_no_other, part, whole))
    return bool(part == whole)
