"""The asker's machine: who may act, and what the caller hears."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from wfcore import asking
from wfcore.asking import (
    ActionAsked,
    Answer,
    Ask,
    Ended,
    Gone,
    License,
    NotTaken,
    OutOfTime,
    Refuse,
    Send,
    Silent,
    Taken,
)
from wfcore.events import Timings
from wfcore.messages import RunEnded


def result(attempt: int, executor: str = "one") -> RunEnded:
    return RunEnded(
        execution="x",
        attempt=attempt,
        executor=executor,
        status="succeeded",
        effects="none",
        tasks=[],
        timings=Timings(0, 0),
        output=b"1",
    )


def hear(*facts: asking.Fact) -> tuple[Ask, list[asking.Command]]:
    """The commands that followed from the last of these facts."""
    ask, commands = asking.ask()
    for fact in facts:
        ask, commands = asking.hear(ask, fact)
    return ask, commands


def test_a_run_is_asked_once_and_its_result_is_the_answer():
    """The plain way: send, taken, result."""
    assert asking.ask()[1] == [Send(1)]
    _, (answer,) = hear(Taken(1, "one"), Ended(result(1)))
    assert isinstance(answer, Answer)
    assert answer.result == result(1)


def test_one_licence_per_execution():
    """The executor that runs the current attempt gets it; a repeated question gets the same answer; no other does."""
    asked = ActionAsked(1, "one", 7)
    assert hear(Taken(1, "one"), asked)[1] == [License(1, "one", 7)]
    assert hear(Taken(1, "one"), asked, asked)[1] == [License(1, "one", 7)]
    for other in (ActionAsked(1, "two", 7), ActionAsked(2, "one", 7)):
        (refused,) = hear(Taken(1, "one"), asked, other)[1]
        assert isinstance(refused, Refuse)


def test_a_licence_may_come_before_the_acceptance():
    """Messages overtake each other: who asks for the current attempt runs it, and a late acceptance changes nothing."""
    asked = ActionAsked(1, "one", 7)
    assert hear(asked)[1] == [License(1, "one", 7)]
    assert hear(asked, NotTaken(1, "NO_EXECUTOR", "silence"))[1] == []


def test_a_dead_executor_without_licence_is_replaced_once():
    """Gone or silent before any licence: asked again elsewhere; the second time the caller hears NO_EXECUTOR."""
    for lost in (Gone("one"), Silent("one")):
        assert hear(Taken(1, "one"), lost)[1] == [Send(2)]
    _, (answer,) = hear(Taken(1, "one"), Gone("one"), Taken(2, "two"), Gone("two"))
    assert answer == Answer(None, "NO_EXECUTOR", "executor two is lost", "none")


def test_a_dead_executor_with_licence_is_told_at_once():
    """Gone after a licence: EXECUTOR_LOST, effects possible. Silence alone decides nothing: it may come back."""
    licensed = (Taken(1, "one"), ActionAsked(1, "one", 7))
    _, (answer,) = hear(*licensed, Gone("one"))
    assert isinstance(answer, Answer)
    assert (answer.code, answer.effects) == ("EXECUTOR_LOST", "possible")
    assert hear(*licensed, Silent("one"))[1] == []


def test_a_replaced_attempt_may_not_act_nor_answer():
    """The first executor comes back after the run was asked again: refused, and its result is not the answer."""
    replaced = (Taken(1, "one"), Silent("one"))
    (refused,) = hear(*replaced, ActionAsked(1, "one", 7))[1]
    assert isinstance(refused, Refuse)
    assert hear(*replaced, Ended(result(1)))[1] == []
    assert hear(*replaced, Ended(result(2, "two")))[1] != []


def test_after_the_answer_nobody_may_act():
    """Once the caller was told, no licence is given, whoever asks."""
    (refused,) = hear(OutOfTime(), ActionAsked(1, "one", 7))[1]
    assert isinstance(refused, Refuse)


def test_the_deadline_tells_what_may_have_happened():
    """Without a licence effects are none, with one they are possible; the executor is told that nobody waits."""
    _, (told, withdrawn) = hear(Taken(1, "one"), OutOfTime())
    assert (told.effects, withdrawn) == ("none", asking.Withdraw(1, "one"))  # type: ignore[union-attr]
    _, (told, _) = hear(Taken(1, "one"), ActionAsked(1, "one", 7), OutOfTime())
    assert told.effects == "possible"  # type: ignore[union-attr]


def test_an_executor_that_takes_a_run_too_late_hears_that_nobody_waits():
    """The caller left before anybody had taken the run: whoever takes it then is told at once."""
    assert hear(asking.CallerGone())[1] == []
    assert hear(asking.CallerGone(), Taken(1, "one"))[1] == [asking.Withdraw(1, "one")]


facts: Any = st.one_of(
    st.builds(Taken, st.integers(1, 3), st.sampled_from("abc")),
    st.builds(NotTaken, st.integers(1, 3), st.just("NO_EXECUTOR"), st.just("x")),
    st.builds(ActionAsked, st.integers(1, 3), st.sampled_from("abc"), st.just(5)),
    st.builds(Gone, st.sampled_from("abc")),
    st.builds(Silent, st.sampled_from("abc")),
    st.builds(lambda n, e: Ended(result(n, e)), st.integers(1, 3), st.sampled_from("abc")),
    st.builds(OutOfTime),
    st.builds(asking.CallerGone),
)


@given(st.lists(facts, max_size=30))
def test_whatever_happens_one_licence_and_one_answer(happened: list[asking.Fact]):
    """In any order of any facts: at most one (attempt, executor) is licensed, the caller hears at most one answer,
    nothing is asked again after a licence, and "effects: none" is never said after one."""
    ask, commands = asking.ask()
    licensed: set[tuple[int, str]] = set()
    answers = 0
    for fact in happened:
        ask, commands = asking.hear(ask, fact)
        for command in commands:
            match command:
                case License(attempt, executor):
                    licensed.add((attempt, executor))
                case Send():
                    assert not licensed
                case Answer(result=None) as answer:
                    assert not (licensed and answer.effects == "none")
                    answers += 1
                case Answer():
                    answers += 1
    assert len(licensed) <= 1
    assert answers <= 1
