"""Who may act, and what the caller hears: the asker's side of one execution, as a pure machine.

An asker (gateway, scheduler) hands a run to some executor and must tell the truth about it, whatever dies.
The rule that makes it possible: an executor makes calls that are not safe only with a licence, and the asker
gives at most one per execution, to the attempt that it still waits for. So it may ask again elsewhere as long
as no licence is out, and must not as soon as one is.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from wfcore.events import Effect
from wfcore.messages import RunEnded

MOST_ATTEMPTS = 2
"""A run is asked again elsewhere once."""


# --- what the asker sees ------------------------------------------------------------------------


class Taken(NamedTuple):
    """An executor said that the run is its own."""

    attempt: int
    executor: str


class NotTaken(NamedTuple):
    """Nobody took this attempt: no responder, busy, or silence for too long."""

    attempt: int
    code: Literal["NO_EXECUTOR", "OVERLOADED", "BUS_UNAVAILABLE", "UNSUPPORTED_SCHEMA"]
    reason: str


class ActionAsked(NamedTuple):
    """An executor wants to make a call that is not safe."""

    attempt: int
    executor: str
    seq: int


class Gone(NamedTuple):
    """The executor is dead: its subject has no responder any more."""

    executor: str


class Silent(NamedTuple):
    """The executor neither beats nor answers, but its connection stands: it may be paused and come back."""

    executor: str


class Ended(NamedTuple):
    """A result arrived."""

    result: RunEnded


class OutOfTime(NamedTuple):
    """The caller's deadline has come."""


class CallerGone(NamedTuple):
    """Nobody waits for the answer any more."""


Fact = Taken | NotTaken | ActionAsked | Gone | Silent | Ended | OutOfTime | CallerGone


# --- what the asker does ------------------------------------------------------------------------


class Send(NamedTuple):
    """Ask some executor to run this attempt."""

    attempt: int


class License(NamedTuple):
    """Write Granted at this seq, then say yes."""

    attempt: int
    executor: str
    seq: int


class Refuse(NamedTuple):
    """Say no: somebody else acts, or nobody waits."""

    reason: str


class Answer(NamedTuple):
    """Tell the caller: the run's own result, or why there is none."""

    result: RunEnded | None
    code: str = ""
    message: str = ""
    effects: Effect = "none"


class Withdraw(NamedTuple):
    """Tell the executor that nobody waits any more."""

    attempt: int
    executor: str


Command = Send | License | Refuse | Answer | Withdraw


class Ask(Struct, frozen=True):
    """One execution as its asker knows it."""

    attempt: int = 1
    executor: str | None = None
    """Who runs the current attempt, as far as known."""
    licensed: tuple[int, str] | None = None
    """(attempt, executor) that may act. Given once, never taken back."""
    answered: bool = False


def ask() -> tuple[Ask, list[Command]]:
    """Begin."""
    return Ask(), [Send(1)]


def hear(ask: Ask, fact: Fact) -> tuple[Ask, list[Command]]:
    """What follows from a fact."""
    match fact:
        case ActionAsked(attempt, executor) if ask.licensed == (attempt, executor):
            return ask, [License(attempt, executor, fact.seq)]  # a repeated question gets the same answer
        case ActionAsked():
            return _may_act(ask, fact)
        case Taken(attempt, executor) if ask.answered:
            return ask, [Withdraw(attempt, executor)]
        case _ if ask.answered:
            return ask, []
        case Taken(attempt, executor) if attempt == ask.attempt and ask.executor is None:
            return replace(ask, executor=executor), []
        case NotTaken(attempt) if attempt == ask.attempt and ask.executor is None:
            return _again(ask, fact.code, fact.reason)
        case Gone(executor) if executor == ask.executor and ask.licensed:
            return _answer(ask, "EXECUTOR_LOST", f"executor {executor} died after it was allowed to act", "possible")
        case Gone(executor) | Silent(executor) if executor == ask.executor and not ask.licensed:
            return _again(ask, "NO_EXECUTOR", f"executor {executor} is lost")
        case Ended(result) if result.attempt == ask.attempt:
            return replace(ask, answered=True), [Answer(result, effects=result.effects)]
        case OutOfTime():
            effects: Effect = "possible" if ask.licensed else "none"
            after, commands = _answer(ask, "DEADLINE_EXCEEDED", "no result arrived in time", effects)
            return after, [*commands, *_withdrawal(ask)]
        case CallerGone():
            return replace(ask, answered=True), _withdrawal(ask)
    return ask, []


def _may_act(ask: Ask, fact: ActionAsked) -> tuple[Ask, list[Command]]:
    if ask.answered:
        return ask, [Refuse("the caller has its answer")]
    if ask.licensed or fact.attempt != ask.attempt:
        return ask, [Refuse("another attempt runs")]
    if ask.executor not in (None, fact.executor):
        return ask, [Refuse("another executor runs this attempt")]
    licensed = (fact.attempt, fact.executor)
    return replace(ask, executor=fact.executor, licensed=licensed), [License(*licensed, fact.seq)]


def _again(ask: Ask, code: str, reason: str) -> tuple[Ask, list[Command]]:
    if ask.attempt < MOST_ATTEMPTS:
        after = replace(ask, attempt=ask.attempt + 1, executor=None)
        return after, [Send(after.attempt)]
    return _answer(ask, code, reason, "none")


def _answer(ask: Ask, code: str, message: str, effects: Effect) -> tuple[Ask, list[Command]]:
    return replace(ask, answered=True), [Answer(None, code, message, effects)]


def _withdrawal(ask: Ask) -> list[Command]:
    return [] if ask.executor is None else [Withdraw(ask.attempt, ask.executor)]
